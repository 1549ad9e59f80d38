"""The contract content: every wording fills and states each fact once; questions are complete and distinct."""

from __future__ import annotations

import re
from random import Random
from string import Formatter

import pytest

from factory import contracts
from factory.text import SENTENCE_END, draw_values, fill, reference, write_document

EVERY_CLAUSE = contracts.CLAUSES + contracts.BOILERPLATE
NAMES = {"A", "B", "A_name", "B_name", "subject"}
ABBREVIATION = re.compile(r"\b(?:Ltd|Inc|No|Co|Corp|Art|Sec|approx|etc|e\.g|i\.e)\.")
STOP = set("""a an the of for to in on by be is are does do how what which when who whom long much many must may can it
its under doc at with from before after and or that this if has have one each than more not""".split())


def placeholders(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


def words(text: str) -> set[str]:
    return {w[:6] for w in re.findall(r"[a-z]+", re.sub(r"{\w+}", "", text).lower()) if w not in STOP}


def test_there_is_enough_content() -> None:
    assert len(contracts.CLAUSES) >= 20
    assert len({c.category for c in EVERY_CLAUSE if c.category}) >= 18
    assert len(contracts.TYPES) >= 6
    assert len({c.key for c in EVERY_CLAUSE}) == len(EVERY_CLAUSE)
    assert len({f.name for c in EVERY_CLAUSE for f in c.facts}) == sum(len(c.facts) for c in EVERY_CLAUSE)


@pytest.mark.parametrize("clause", EVERY_CLAUSE, ids=lambda c: c.key)
def test_wordings_are_whole(clause) -> None:
    assert 2 <= len(clause.titles) <= 3
    assert len(set(clause.wordings)) == contracts.STYLES
    facts = {f.name for f in clause.facts}
    assert not facts & (NAMES | {"type", "A_full", "B_full", "A_called", "B_called", "date_signed"})
    for style, wording in enumerate(clause.wordings):
        used = placeholders(wording)
        assert set(used) <= facts | NAMES
        assert all(used.count(name) == 1 for name in facts), "each fact is stated once"
        names = contracts.contract_names(Random(0), contracts.TYPES[0], style) | draw_values(clause, Random(0))
        assert 25 <= len(fill(wording.replace("||", ""), names)[0].split()) <= 60
        assert '"' not in wording, "a quote would break an amendment that cites the wording"
        assert not re.search(r"\d", wording), "digits are for values only"
        assert not ABBREVIATION.search(wording)
        parts = wording.split(" || ")
        assert 1 <= len(parts) <= 2
        for part in parts:
            assert part.endswith(".")
            for sentence in re.split(r"(?<=[.;:!?])\s+", part)[1:]:
                assert not sentence.startswith("{") or style not in contracts.ROLE_STYLES, sentence


@pytest.mark.parametrize("kind", contracts.TYPES, ids=lambda t: t.key)
def test_a_type_is_complete(kind) -> None:
    assert 9 <= len(kind.core) <= 13 and len(kind.optional) >= 6
    keys = kind.core + kind.optional
    assert len(set(keys)) == len(keys) and set(keys) <= set(contracts.BY_KEY)
    assert len({"term", "expiry"} & set(keys)) == 1, "exactly one clause says when the contract ends"
    assert ("renewal" in keys) == ("nonrenewal" in keys) and ("renewal" not in keys or "term" in keys)
    # Never optional: a contract that lacks one of these still says something that answers its questions.
    assert not {"term", "expiry", "renewal", "nonrenewal"} & set(kind.optional)
    owner: dict[str, str] = {}
    for key in keys:
        for fact in contracts.BY_KEY[key].facts:
            assert len(fact.questions) >= 6
            for question in fact.questions:
                assert placeholders(question) == ["doc"] and question.endswith("?")
                assert question[0].isupper()
                assert owner.setdefault(question, fact.name) == fact.name, f"two clauses share {question}"
            assert len(set(fact.questions)) == len(fact.questions)


@pytest.mark.parametrize("clause", contracts.CLAUSES, ids=lambda c: c.key)
def test_held_out_questions_share_fewer_words_with_the_wordings(clause) -> None:
    text = words(" ".join(clause.wordings) + " ".join(clause.titles))
    for fact in clause.facts:
        share = [len(words(q) & text) / max(1, len(words(q))) for q in fact.questions]
        trained, held_out = share[:-2], share[-2:]
        assert max(held_out) < sum(trained) / len(trained), (fact.name, share)


@pytest.mark.parametrize("kind", contracts.TYPES, ids=lambda t: t.key)
@pytest.mark.parametrize("style", range(contracts.STYLES))
def test_contracts_are_written(kind, style) -> None:
    genre = contracts.GENRES[kind.key]
    for seed in range(5):
        rng = Random(1000 * style + seed)
        names = genre.names(rng, style)
        clauses = contracts.contract_clauses(rng, kind, len(kind.optional), 7)
        document = write_document(genre, rng, names, clauses, style)
        assert document.title == f"{kind.name} between {names['A_name']} and {names['B_name']}"
        assert "{" not in document.text and "||" not in document.text
        assert names["A_full"] in document.text and names["date_signed"] in document.text
        assert len(document.facts) == sum(len(c.facts) for c in clauses)
        for placed in document.facts:
            assert document.text[placed.start:placed.end] == placed.value
            sentence = document.text[placed.evidence_start:placed.evidence_end]
            assert placed.value in sentence and sentence.endswith(".") and len(sentence.split()) >= 6
            low, high, _ = document.sections[placed.section - 1]
            found = re.findall(rf"(?<![\w.,]){re.escape(placed.value)}(?!\w)", document.text[low:high])
            assert len(found) == 1, f"{placed.value} of {placed.clause.key} stands {len(found)} times"
        for paragraph in re.findall(r"^\d+\.\d+ (.*)$", document.text, re.M):
            assert all(s[0].isupper() for s in SENTENCE_END.split(paragraph))


@pytest.mark.parametrize("kind", contracts.TYPES, ids=lambda t: t.key)
def test_names_follow_the_style(kind) -> None:
    for style in range(contracts.STYLES):
        names = contracts.contract_names(Random(style), kind, style)
        if style in contracts.ROLE_STYLES:
            assert (names["A"], names["B"]) == tuple(f"the {role}" for role in kind.roles)
        else:
            assert names["A_name"].startswith(names["A"]) and names["A"] != names["B"]
    genre = contracts.GENRES[kind.key]
    assert len(genre.openings) == contracts.STYLES and len(set(genre.references)) >= 5
    for opening in genre.openings:
        assert {"A_full", "B_full", "A_called", "B_called", "date_signed"} <= set(placeholders(opening))
    for seed in range(20):
        text = reference(genre, Random(seed), names)
        assert names["A_name"] in text and names["B_name"] in text and "{" not in text


def test_a_contract_uses_one_currency() -> None:
    money = {f.name for c in contracts.CLAUSES for f in c.facts if re.match(r"[A-Z]{3} \d", f.value(Random(0)))}
    assert money == contracts.MONEY_FACTS
    for seed, kind in enumerate(contracts.TYPES * 3):
        rng = Random(seed)
        names = contracts.contract_names(rng, kind, seed)
        clauses = contracts.contract_clauses(rng, kind, len(kind.optional))
        document = write_document(contracts.GENRES[kind.key], rng, names, clauses, seed)
        again = [f.fact.value(rng) for f in document.facts if f.fact.name in money]
        found = set(re.findall(r"\b(?:USD|EUR|GBP|CHF)\b", document.text + " ".join(again)))
        assert len(found) == 1


def test_the_same_seed_gives_the_same_contract() -> None:
    def once() -> str:
        rng, kind = Random(7), contracts.TYPES[0]
        names = contracts.contract_names(rng, kind, 1)
        return write_document(contracts.GENRES[kind.key], rng, names, contracts.contract_clauses(rng, kind), 1).text

    assert once() == once()


def test_amendments_cite_the_paragraph_with_its_new_value() -> None:
    assert len(contracts.AMENDMENT_WORDINGS) >= 4
    rng, kind = Random(3), contracts.TYPES[0]
    for key, fact_names in contracts.AMENDABLE.items():
        clause = contracts.BY_KEY[key]
        for style in range(contracts.STYLES):
            names = contracts.contract_names(rng, kind, style) | draw_values(clause, rng)
            for fact_name in fact_names:
                part, template = contracts.part_of(clause.wordings[style], fact_name)
                new_text = fill(template, names)[0]
                text, _ = fill(contracts.AMENDMENT_WORDINGS[style], {
                    "section": "4", "part": str(part), "title": clause.titles[0], "new_text": new_text})
                assert names[fact_name] in text and text.endswith('."')
    with pytest.raises(KeyError):
        contracts.part_of("Nothing here.", "lead_time")
