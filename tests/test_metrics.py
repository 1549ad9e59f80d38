"""Scores of answers and evidence against cases worked out by hand."""

import asyncio
import math
import subprocess
import sys

import pandas as pd
import pytest

from labutils.corpus import Question, Span
from labutils.errors import LabsError
from labutils.metrics import (ABSTAIN, evidence_scores, exact_match, fill_budget, first_json, normalize, parse_reply,
                              ragas_scores, token_f1)


def ask(answer: str, family: str = "lookup", accepted: tuple = ()) -> Question:
    return Question("q", family, "test", "c", "k", "?", answer, accepted, ())


@pytest.mark.parametrize(("one", "two"), [
    ("The  Buyer's\nplant.", "buyers plant"), ("1,000 units", "1000 units"), ("USD 1,250,000", "usd 1250000"),
    ("“Net 30” days", "net 30 days"), ("5 %", "5%"), ("$500", "$ 500"),
    ("U.S. law", "US law"), ("non-exclusive", "non exclusive"),
])
def test_normalize_makes_equal(one, two):
    assert normalize(one) == normalize(two)


@pytest.mark.parametrize(("one", "two"), [
    ("1.5 units", "15 units"), ("5%", "5"), ("30 days", "60 days"), ("Schedule A", "Schedule"),
    ("thirty (30) days", "30 days"),
    ("1,00", "100"), ("$500", "€500"),
])
def test_normalize_keeps_apart(one, two):
    assert normalize(one) != normalize(two)


def test_exact_match_takes_the_answer_the_accepted_ones_and_no_other():
    question = ask("30 days", accepted=("thirty (30) days",))
    assert exact_match("30 days.", question) and exact_match("Thirty (30) Days", question)
    assert exact_match("[2] 30 days", question), "a citation is no part of the answer"
    assert not exact_match("60 days", question) and not exact_match("within 30 days", question)
    assert not exact_match("", question) and not exact_match("...", question) and not exact_match(ABSTAIN, question)


def test_unanswerable_is_answered_by_the_abstention_only():
    question = ask(ABSTAIN, "unanswerable")
    assert exact_match("not stated in the provided documents", question) and token_f1(ABSTAIN, question) == 1.0
    assert not exact_match("30 days", question)
    assert token_f1("stated in the provided documents", question) == 0.0, "no credit for words of the abstention"
    assert token_f1(ABSTAIN, ask("the documents provided by the Seller")) == 0.0


def test_token_f1_as_squad():
    question = ask("thirty days after delivery", accepted=("30 days",))
    assert token_f1("thirty days after delivery", question) == 1.0
    # 2 of 3 words are right, 2 of 4 are found: P = 2/3, R = 1/2
    assert token_f1("[1] thirty days net", question) == pytest.approx(2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2))
    # against the accepted answer: P = 1/2, R = 1/2
    assert token_f1("30 weeks", question) == pytest.approx(0.5)
    assert token_f1("days days days", ask("days")) == pytest.approx(0.5), "a repeated word counts once"
    assert token_f1("", question) == 0.0


def test_summary_looks_for_the_value_of_each_point():
    question = ask("cure period: 20 days; governing law: Norrland", "summary")
    assert exact_match("[1] governing law is Norrland and the cure period 20 days", question)
    assert not exact_match("cure period: 120 days; governing law: Norrland", question)
    assert token_f1("governing law: Norrland; cure period: 2 days", question) == 0.5
    assert token_f1("Not stated in the provided documents.", question) == 0.0


def test_extract_compares_fields():
    question = ask('{"payment_term": "30 days", "cap": "1,000", "law": null}', "extract")
    assert exact_match('[1] {"cap": 1000, "law": null, "payment_term": "30 Days."} as asked', question)
    assert token_f1('{"payment_term": "30 days", "cap": "900", "law": null}', question) == pytest.approx(2 / 3)
    assert not exact_match('{"payment_term": "30 days", "cap": "1,000"}', question)
    added = '{"payment_term": "30 days", "cap": "1,000", "law": null, "more": 1}'
    assert not exact_match(added, question) and token_f1(added, question) == pytest.approx(3 / 4)
    for broken in ('{"payment_term": "30 days"', "30 days", "", '["30 days"]'):
        assert not exact_match(broken, question) and token_f1(broken, question) == 0.0


def test_first_json_is_parsed_never_evaluated():
    assert first_json('x {"a": {"b": 1}} {"c": 2}') == {"a": {"b": 1}}
    for text in ("", "no json", "{'a': 1}", '{"a": __import__("os")}', "[1]", '{"a":' * 100_000):
        assert first_json(text) is None


def test_parse_reply_of_each_form():
    parsed = parse_reply("[2] 30 days")
    assert (parsed.text, parsed.citations, parsed.abstained, parsed.well_formed) == ("30 days", [2], False, True)
    assert parse_reply("30 days [1][3].").citations == [1, 3] and parse_reply("[1, 2] x").citations == [1, 2]
    abstention = parse_reply(f"  {ABSTAIN}\n")
    assert abstention.abstained and abstention.well_formed and abstention.citations == []
    assert parse_reply('[1] {"a": "b"}', family="extract").well_formed
    assert parse_reply("[***] is redacted").citations == []


@pytest.mark.parametrize(("text", "options"), [
    ("", {}), ("  \n", {}), ("[1]", {}), ("[2] .", {}), (f"[1] {ABSTAIN}", {}), ('[1] {"a": ', {}),
    ("[1] 30 days", {"family": "extract"}), ("30 days", {"needs_citation": True}),
])
def test_malformed_replies_are_counted(text, options):
    assert parse_reply(text, **options).well_formed is False


def test_a_near_abstention_is_an_answer():
    assert not parse_reply("Not stated.").abstained
    assert parse_reply(f"[1] {ABSTAIN}").abstained


def test_evidence_scores_by_characters():
    gold = [Span("a", 10, 20), Span("b", 0, 10)]
    assert evidence_scores([Span("a", 15, 25)], gold) == (5 / 20, 5 / 10)
    assert evidence_scores([Span("a", 0, 20), Span("a", 10, 30)], gold) == (10 / 20, 10 / 30), "overlaps count once"
    assert evidence_scores([Span("c", 10, 20)], gold) == (0.0, 0.0)
    assert evidence_scores([], gold) == (0.0, 0.0)
    assert all(math.isnan(value) for value in evidence_scores([Span("a", 0, 5)], []))


def test_evidence_scores_ignore_white_space():
    texts = {"a": "ab    cd"}
    gold = [Span("a", 0, 8)]
    assert evidence_scores([Span("a", 0, 2)], gold, texts) == (0.5, 1.0)
    assert evidence_scores([Span("a", 0, 6)], gold, texts) == (0.5, 1.0)
    assert evidence_scores([Span("a", 0, 6)], gold) == (0.75, 1.0)


ROWS = [{"answer": "30 days", "reference": "30 days"}, {"answer": "60 days", "reference": "30 days"}]


def test_ragas_in_a_script_and_in_a_running_loop():
    frame = pd.DataFrame(ROWS, index=["x", "y"])
    scores = ragas_scores(frame)
    assert list(scores.index) == ["x", "y"]
    assert scores["ragas_exact_match"].tolist() == [1.0, 0.0]
    assert scores["ragas_rouge_l"].tolist() == pytest.approx([1.0, 0.5])
    assert scores["ragas_string_similarity"].tolist() == pytest.approx([1.0, 6 / 7])

    async def notebook():
        return ragas_scores(ROWS)

    assert asyncio.run(notebook()).to_numpy().tolist() == scores.to_numpy().tolist()
    assert len(ragas_scores([])) == 0


def test_ragas_refuses_rows_without_text():
    with pytest.raises(LabsError, match="'reference'"):
        ragas_scores([{"answer": "x"}])


def test_import_is_light():
    code = ("import sys, labutils, labutils.metrics, labutils.corpus, labutils.cache, labutils.settings; "
            "heavy = {'torch', 'transformers', 'llama_index', 'ragas', 'pandas', 'sentence_transformers'}; "
            "heavy &= set(sys.modules); "
            "sys.exit(str(heavy) if heavy else 0)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).returncode == 0


@pytest.mark.parametrize(("passages", "budget", "kept"), [
    ([(400, 20, 100), (400, 20, 100)], 150, [400, 40]),  # 30 tokens left, 10 of them for text
    ([(400, 20, 100), (400, 20, 100)], 140, [400]), ([(400, 20, 100)], 120, [400]), ([(400, 20, 100)], 20, []),
    ([(10, 1, 5), (400, 20, 100), (10, 1, 5)], 66, [10, 160]), ([], 50, [])])
def test_a_budget_keeps_whole_passages_and_a_part_of_the_next(passages, budget, kept):
    assert fill_budget(passages, budget) == kept
