"""The documents beside the contracts and their amendments, and the planted hazards: what each promises."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from random import Random

import pytest

from factory import contracts, hazards, house, papers, world
from factory.text import Clause, Written, splice, write_clause
from factory.values import to_date
from factory.world import World
from labutils.corpus import _load_harbour

SEEDS = (7, 8)
STOP = set("""a an as the of for to in on by be is are does do how what which when who whom whose long much many must
may can it its under at with from before after and or that this if has have one each than more not""".split())


@cache
def drawn(seed: int) -> World:
    return world.build_world(seed)


@pytest.fixture(params=SEEDS)
def made(request) -> World:
    return drawn(request.param)


def words(text: str) -> set[str]:
    return {w[:6] for w in re.findall(r"[a-z]+", re.sub(r"{\w+}", "", text).lower()) if w not in STOP}


def works(made: World) -> list[tuple[world.Contract, papers.Work]]:
    return [(contract, work) for contract in made.contracts for work in contract.works]


# ---------------------------------------------------------------- the whole

def test_kinds_and_words(made) -> None:
    kinds = Counter(row["kind"] for row, _ in made.rows())
    assert sum(len(text.split()) for text in made.documents().values()) >= 100_000
    assert set(kinds) == {"contract", "amendment", "side letter", "sow", "memo", *world.SHARED}
    assert kinds["amendment"] + kinds["side letter"] >= 40 and kinds["sow"] >= 20
    assert 0.15 <= kinds["side letter"] / (kinds["amendment"] + kinds["side letter"]) <= 0.35
    assert 8 <= kinds["memo"] <= 10 and all(kinds[name] == 1 for name in world.SHARED)


def test_rows_follow_their_contract(made) -> None:
    by_id = {row["doc_id"]: row for row, _ in made.rows()}
    assert len(by_id) == len(made.rows())
    for row in by_id.values():
        base = by_id[row["cluster"]]
        assert (row["split"], row["parties"], row["contract_type"]) == (
            base["split"], base["parties"], base["contract_type"])
        assert (base["kind"] == "contract") == (row["kind"] in ("contract", "amendment", "side letter", "sow"))
        assert row["amends"] == (base["doc_id"] if row["kind"] in ("amendment", "side letter") else None)
        assert row["split"] in (("train", "dev", "test") if base["kind"] == "contract" else ("shared",))
        assert (row["date"] is None) == (row["kind"] in world.SHARED)


def test_every_fact_stands_where_it_says(made) -> None:
    for row, written in made.rows():
        for placed in written.facts:
            assert written.text[placed.start:placed.end] == placed.value, row["doc_id"]
            assert placed.evidence_start <= placed.start < placed.end <= placed.evidence_end
            sentence = written.text[placed.evidence_start:placed.evidence_end]
            assert "\n" not in sentence and sentence[-1] in ".|" and sentence[0] in sentence.upper()[0] + "|"
        for start, end, title in written.sections:
            assert title in written.text[start:end] and written.text[end - 1] != "\n" and written.text[end] == "\n"


def test_the_loader_reads_every_kind(made, tmp_path) -> None:
    world.write_world(made, tmp_path / "made")
    corpus = _load_harbour(tmp_path / "made")
    assert corpus.texts() == made.documents()
    assert {d.metadata["kind"] for d in corpus.documents} >= {"sow", "side letter", "memo", "policy"}
    rows = [json.loads(line) for line in (tmp_path / "made" / "hazards.jsonl").read_text("utf-8").splitlines()]
    assert rows == [json.loads(json.dumps(hazard.to_json())) for hazard in made.hazards] and rows


def test_the_same_seed_gives_the_same_papers(made) -> None:
    again = world.build_world(made.seed)
    assert again.documents() == made.documents() and again.hazards == made.hazards


# ---------------------------------------------------------------- statements of work

def test_a_third_of_the_contracts_have_statements_of_work(made) -> None:
    having = [contract for contract in made.contracts if contract.works]
    assert 0.25 <= len(having) / len(made.contracts) <= 0.4
    assert {contract.kind.key for contract in having} == set(papers.WORK_TYPES)
    assert {contract.style % papers.VOICES for contract in having} == {0, 1, 2}
    assert any(len(contract.works) == 2 for contract in having)
    for contract in having:
        dates = [to_date(d) for d in (contract.written.names["date_signed"], *(w.date for w in contract.works))]
        assert dates == sorted(set(dates))
        assert [w.doc_id for w in contract.works] == [f"{contract.doc_id[:3]}-s{i + 1}" for i in range(len(dates) - 1)]


def test_a_statement_of_work_states_each_fact_once(made) -> None:
    for contract, work in works(made):
        facts = work.written.facts
        assert len({(p.clause.key, p.fact.name) for p in facts}) == len(facts)
        assert {f.name for clause in papers.WORK_CLAUSES for f in clause.facts} < {p.fact.name for p in facts}
        assert len({p.value for p in facts}) == len(facts)
        body = work.written.text[work.written.sections[0][0]:]
        for placed in facts:
            assert len(re.findall(rf"(?<![\w.,]){re.escape(placed.value)}(?!\w)", body)) == 1, placed.value
        assert to_date(work.date) < to_date(work.written.fact("sow_start", "sow_start").value)


def test_the_fee_table_adds_up_in_the_contracts_currency(made) -> None:
    for contract, work in works(made):
        rows = re.findall(r"^\| ([A-Z][\w -]+) \| (\d+ \w+ \d{4}) \| ([A-Z]{3}) ([\d,]+) \|$", work.written.text, re.M)
        assert 4 <= len(rows) <= 5
        days = [to_date(row[1]) for row in rows]
        assert days == sorted(set(days)) and days[0] > to_date(work.written.fact("sow_start", "sow_start").value)
        total = sum(int(row[3].replace(",", "")) for row in rows)
        assert work.written.fact("sow_fee", "sow_fee").value == f"{rows[0][2]} {total:,}"
        texts = [contract.written.text, *(w.written.text for w in contract.works),
                 *(a.written.text for a in contract.amendments)]
        assert len(set(re.findall(r"\b(?:USD|EUR|GBP|CHF)\b", " ".join(texts)))) == 1
        cells = [p for p in work.written.facts if p.clause.key in ("sow_due", "sow_amount")]
        assert len(cells) == 2 * len(rows)
        for placed in cells:
            row = work.written.text[placed.evidence_start:placed.evidence_end]
            assert row.startswith("| ") and row.endswith(" |") and f"| {placed.value} |" in row


@pytest.mark.parametrize("clause", papers.WORK_CLAUSES, ids=lambda c: c.key)
def test_work_clauses_are_whole(clause) -> None:
    assert len(set(clause.wordings)) == papers.VOICES
    for wording in clause.wordings:
        assert 15 <= len(wording.split()) <= 60 and wording.endswith(".") and '"' not in wording
        assert not re.search(r"[.;:!?] \{[AB]\}", wording), "a role would start a sentence in small letters"
        assert all(wording.count("{" + f.name + "}") == 1 for f in clause.facts)
    text = words(" ".join(clause.wordings + clause.titles))
    for fact in clause.facts:
        assert fact.name == clause.key and len(set(fact.questions)) == 8
        assert all(q.count("{doc}") == 1 and q.endswith("?") and q[0].isupper() for q in fact.questions)
        for question in fact.questions[-2:]:
            assert not words(question) & text, question


@pytest.mark.parametrize("milestone", papers.MILESTONES, ids=lambda m: m[0])
def test_milestone_questions_are_whole(milestone) -> None:
    row = words("Milestone Due date Amount " + milestone[0])
    for questions in (papers.DUE_QUESTIONS, papers.AMOUNT_QUESTIONS):
        fact = papers.milestone_fact(*milestone, "due", questions)
        assert len(set(fact.questions)) == 8 and re.fullmatch(r"[a-z_]+", fact.name)
        for question in fact.questions:
            assert re.findall(r"{(\w+)}", question) == ["doc"] and question.endswith("?")
        assert all(milestone[0].lower() in question for question in fact.questions[:-2])
        assert not any(words(question) & row for question in fact.questions[-2:])


def test_a_reference_names_one_statement_of_work(made) -> None:
    named: dict[str, str] = {}
    for contract, work in works(made):
        for seed in range(30):
            text = papers.work_reference(Random(seed), contract, work)
            assert named.setdefault(text, work.doc_id) == work.doc_id
            assert all(company.name in text for company in contract.parties)


# ---------------------------------------------------------------- side letters

def test_side_letters_are_letters(made) -> None:
    letters = [(c, a) for c in made.contracts for a in c.amendments if a.kind == "side letter"]
    assert {contract.style % papers.VOICES for contract, _ in letters} == {0, 1, 2}
    for contract, letter in letters:
        text = letter.written.text
        assert letter.written.title.startswith(f"Side Letter of {letter.date} to the {contract.written.title}")
        assert "## " not in text and not re.search(r"^\d+\.\d+ ", text, re.M)
        assert re.search(r"^(Dear|Hello) ", text, re.M)
        assert all(text.count(company.signatory) == 1 for company in contract.parties)
        for key in letter.changed:
            placed = letter.written.fact(*key)
            assert '"' not in text[placed.evidence_start:placed.evidence_end]


# ---------------------------------------------------------------- schedules

def test_schedules_state_no_fact(made) -> None:
    having = 0
    for contract in made.contracts:
        body, _, schedule = contract.written.text.partition("\n## Schedule A\n")
        priced = any(clause.key in papers.PRICED for clause in contract.clauses)
        assert bool(schedule) == priced
        having += priced
        rows = re.findall(r"^\| (?!Item)([A-Z].*) \| (.*) \| ([A-Z]{3} [\d,]+) \|$", schedule, re.M)
        assert not priced or 4 <= len(rows) <= 6
        assert len({row[0] for row in rows}) == len({row[2] for row in rows}) == len(rows)
        assert all(placed.evidence_end <= len(body) for placed in contract.written.facts)
        values = {placed.value for key in contract.keys() for _, placed in contract.chain(key)}
        assert not values & {cell for row in rows for cell in row}
    assert having >= 0.7 * len(made.contracts)


# ---------------------------------------------------------------- cross-references

def test_cross_references_are_true(made) -> None:
    found = 0
    for contract in made.contracts:
        text = contract.written.text
        for number, part, title in re.findall(r'Section (\d+)\.(\d+) \("([^"]+)"\)', text):
            section = re.search(rf"^## {number}\. {re.escape(title)}$", text, re.M)
            paragraph = re.search(rf"^{number}\.{part} ", text, re.M)
            assert section and paragraph and section.end() < paragraph.start()
            found += 1
        pointers = re.findall(r"Section \d+\.\d+ \(", text)
        assert 1 <= len(pointers) <= 2 and len(set(pointers)) == len(pointers)
    assert found >= len(made.contracts)


# ---------------------------------------------------------------- memos

def test_memos_are_dated_and_in_order(made) -> None:
    assert [memo.doc_id for memo in made.memos] == [f"memo-{i:02d}" for i in range(1, len(made.memos) + 1)]
    days = [to_date(memo.date) for memo in made.memos]
    assert days == sorted(days)
    for memo in made.memos:
        assert f"- Date: {memo.date}\n- From: " in memo.written.text
        body = memo.written.text.split("\n\n", 2)[2]
        assert memo.stale or not re.search(r"\d", body), "a memo on what to watch states no value"
    assert 4 <= sum(bool(memo.stale) for memo in made.memos) <= len(made.memos) - 3


def test_stale_statements_were_true_on_their_date(made) -> None:
    by_id = {contract.doc_id: contract for contract in made.contracts}
    dates = {memo.doc_id: to_date(memo.date) for memo in made.memos}
    listed = [hazard for hazard in made.hazards if hazard.kind == "stale"]
    assert listed == [hazard for memo in made.memos for hazard in memo.stale] and len(listed) >= 5
    for hazard in listed:
        contract = by_id[hazard.contract]
        assert contract.split != "train"
        sentence = made.documents()[hazard.doc_id][hazard.start:hazard.end]
        base = contract.written.fact(*hazard.key).value
        assert base in sentence and re.search(r"\d{1,2} \w+ \d{4}", sentence) and sentence.endswith(".")
        changes = [to_date(a.date) for a in contract.amendments if hazard.key in a.changed]
        assert to_date(contract.written.names["date_signed"]) < dates[hazard.doc_id] < min(changes)


# ---------------------------------------------------------------- the signature policy

def test_the_policy_has_rising_bands(made) -> None:
    policy = made.policy
    bands = [clause for clause in dict.fromkeys(p.clause.key for p in policy.facts) if clause.startswith("band_")]
    assert 3 <= len(bands) <= 4 and bands == [f"band_{i}" for i in range(1, len(bands) + 1)]
    ranks = [papers.RANKS.index(policy.fact(band, "signer").value) for band in bands]
    limits = [int(policy.fact(band, "limit").value.replace(",", "")) for band in bands[:-1]]
    assert ranks == sorted(set(ranks)) and limits == sorted(set(limits))
    with pytest.raises(KeyError):
        policy.fact(bands[-1], "limit")
    assert policy.fact("two_signatures", "double_type").value in {kind.name.lower() for kind in contracts.TYPES}
    assert policy.fact("two_signatures", "second_signer").value != policy.fact(bands[-1], "signer").value
    assert len({(p.clause.key, p.fact.name) for p in policy.facts}) == len(policy.facts) >= 14


def test_policies_differ() -> None:
    assert len({tuple(p.value for p in papers.write_policy(Random(seed)).facts) for seed in range(20)}) == 20


# ---------------------------------------------------------------- hazards

def test_hazards_stand_in_few_contracts_outside_train(made) -> None:
    by_id = {contract.doc_id: contract for contract in made.contracts}
    planted = [hazard for hazard in made.hazards if hazard.kind != "stale"]
    assert all(by_id[hazard.doc_id].split != "train" for hazard in planted)
    assert len({hazard.doc_id for hazard in planted}) == len(planted)
    assert len(planted) <= sum(contract.split != "train" for contract in made.contracts) / 4
    assert all(count >= 3 for count in Counter(hazard.kind for hazard in planted).values())
    assert {hazard.kind for hazard in planted} == {"contradiction", "noise", "injection"}


def test_contradictions_give_two_values_for_a_listed_fact(made) -> None:
    by_id = {contract.doc_id: contract for contract in made.contracts}
    found = [hazard for hazard in made.hazards if hazard.kind == "contradiction"]
    assert made.contradicted == {(hazard.doc_id, hazard.key) for hazard in found}
    for hazard in found:
        contract = by_id[hazard.doc_id]
        assert hazard.contract == hazard.doc_id and hazard.key in contract.contradicted
        base = contract.written.fact(*hazard.key)
        assert len(contract.chain(hazard.key)) == 1 and not base.evidence_start < hazard.end < base.evidence_end
        sentence = contract.written.text[hazard.start:hazard.end]
        other = re.fullmatch(r"says (.+) where Section \d+ says (.+)", hazard.note)
        assert other[2] == base.value and other[1] in sentence and other[1] != base.value
        assert sentence[0].isupper() and sentence.endswith(".")
        assert hazard.start > base.evidence_end


def test_noise_is_a_garbled_paragraph_without_facts(made) -> None:
    documents = made.documents()
    for hazard in (h for h in made.hazards if h.kind == "noise"):
        noisy, clean = documents[hazard.doc_id][hazard.start:hazard.end], hazard.note.removeprefix("a scan of: ")
        assert noisy != clean and normal(noisy) == normal(clean) and clean not in documents[hazard.doc_id]
        assert documents[hazard.doc_id][hazard.end] == "\n"
        assert no_fact_in(made, hazard)


def normal(text: str) -> str:
    """The text with what a scan confuses made equal."""
    text = re.sub(r"(?<=\w)- (?=\w)", "", text)
    for old, new in (("rn", "m"), ("cl", "d"), ("c1", "d"), ("1", "l"), ("0", "o"), ("O", "o"), ("cl", "d")):
        text = text.replace(old, new)
    return text


def test_injections_are_sentences_without_facts(made) -> None:
    documents = made.documents()
    for hazard in (h for h in made.hazards if h.kind == "injection"):
        assert documents[hazard.doc_id][hazard.start:hazard.end] in hazards.INJECTIONS
        assert documents[hazard.doc_id][hazard.start - 1] == " " and no_fact_in(made, hazard)


def no_fact_in(made: World, hazard: hazards.Hazard) -> bool:
    """Whether the paragraph of a hazard states no fact."""
    written = next(written for row, written in made.rows() if row["doc_id"] == hazard.doc_id)
    low, high = written.text.rindex("\n", 0, hazard.start), written.text.index("\n", hazard.end)
    return not any(placed.start < high and low < placed.end for placed in written.facts)


@pytest.mark.parametrize("seed", range(10))
def test_garbled_text_keeps_its_first_letters(seed: int) -> None:
    clean = contracts.BOILERPLATE[seed % len(contracts.BOILERPLATE)].wordings[0]
    noisy = hazards.garble(Random(seed), clean)
    assert noisy != clean and noisy[0] == clean[0] and "  " not in noisy


def test_a_small_world_may_lack_papers() -> None:
    small = world.build_world(5, contracts=6, companies=8)
    assert small.policy.facts and len(small.memos) >= 1
    assert all(hazard.doc_id in small.documents() for hazard in small.hazards)


# ---------------------------------------------------------------- the text engine

def two_sections() -> Written:
    document = Written("Test", "# Test\n\n", {})
    for key in ("one", "two"):
        clause = Clause(key, "", (key,), (), (house.Fact("name", house.never_drawn, ()),))
        write_clause(document, clause, {"name": key.upper()}, "Something plain. The name is {name}. Nothing else.", key)
    return document


@pytest.mark.parametrize("where", ["before", "at the end", "in the middle"])
def test_splice_moves_what_stands_behind(where: str) -> None:
    document = two_sections()
    at = {"before": 8, "at the end": document.sections[0][1], "in the middle": document.sections[1][0]}[where]
    splice(document, at, at, "Inserted text. ")
    for placed, key in zip(document.facts, ("one", "two"), strict=True):
        assert document.text[placed.start:placed.end] == key.upper()
        assert document.text[placed.evidence_start:placed.evidence_end] == f"The name is {key.upper()}."
    assert document.text[slice(*document.sections[1][:2])].startswith("## 2. two")
    inside = "Inserted" in document.text[slice(*document.sections[0][:2])]
    assert inside == (where == "at the end")


def test_splice_replaces_a_sentence_but_never_a_fact() -> None:
    document = two_sections()
    start = document.text.index("Something")
    splice(document, start, start + len("Something plain."), "Short.")
    assert [document.text[p.start:p.end] for p in document.facts] == ["ONE", "TWO"]
    placed = document.facts[1]
    for low, high in ((placed.start, placed.start), (placed.evidence_end - 1, placed.evidence_end + 3)):
        with pytest.raises(ValueError):
            splice(document, low, high, "x")
