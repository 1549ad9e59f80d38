"""Nothing of test or dev is in train: checked on the committed files of the course world."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from factory import contracts
from factory.corpus import draw_sample
from factory.questions import EXTRACT_QUESTIONS, HELD_OUT, JARGON_QUESTIONS, PLAYBOOK_QUESTIONS
from factory.world import COURSE_SEED, build_world

ROOT = Path(__file__).resolve().parent.parent
HARBOUR = ROOT / "datasets" / "harbour"
HOME = {"train": "train", "known": "train", "dev": "dev", "test": "test"}


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    with open(HARBOUR / "questions.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict]:
    found = json.loads((HARBOUR / "manifest.json").read_text(encoding="utf-8"))
    assert found["seed"] == COURSE_SEED
    return {row["doc_id"]: row for row in found["documents"]}


@pytest.fixture(scope="module")
def texts(manifest) -> dict[str, str]:
    return {doc_id: (HARBOUR / "documents" / f"{doc_id}.md").read_bytes().decode() for doc_id in manifest}


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def shared_questions(rows: list[dict]) -> set[str]:
    """Question texts, spelling aside, that stand in more than one split."""
    splits = defaultdict(set)
    for row in rows:
        splits[plain(row["question"])].add(row["split"])
    return {text for text, found in splits.items() if len(found) > 1}


def foreign_evidence(rows: list[dict], manifest: dict[str, dict]) -> list[str]:
    """Ids of questions whose evidence or cluster lies in another split's contracts.

    Global questions are about all contracts, whatever their split; none is in train.
    """
    assert not any(row["family"] == "global" for row in rows if HOME[row["split"]] == "train")
    return [row["question_id"] for row in rows if row["family"] != "global"
            if manifest[row["cluster"]]["split"] != HOME[row["split"]]
            or any(manifest[span["doc_id"]]["split"] not in ("shared", HOME[row["split"]]) for span in row["evidence"])]


def test_no_question_is_in_two_splits(rows) -> None:
    assert shared_questions(rows) == set()
    planted = rows + [{**next(r for r in rows if r["split"] == "test"), "split": "train"}]
    assert len(shared_questions(planted)) == 1


def test_evidence_stays_in_its_split(rows, manifest) -> None:
    assert foreign_evidence(rows, manifest) == []
    lookup = next(r for r in rows if r["split"] == "test" and r["family"] == "lookup")
    assert foreign_evidence([{**lookup, "split": "train"}], manifest) == [lookup["question_id"]]


def test_an_amendment_is_in_the_split_of_its_contract(manifest) -> None:
    amendments = [row for row in manifest.values() if row["kind"] in ("amendment", "side letter")]
    assert len(amendments) >= 16
    for row in amendments:
        base = manifest[row["amends"]]
        assert (row["split"], row["cluster"], row["parties"]) == (base["split"], base["doc_id"], base["parties"])


def test_no_pair_of_parties_has_one_type_in_two_splits(manifest) -> None:
    owners = defaultdict(list)
    for row in manifest.values():
        if row["kind"] == "contract":
            owners[row["contract_type"], frozenset(row["parties"])].append(row["split"])
    assert all(len(splits) == 1 for splits in owners.values())


def test_no_fact_of_test_is_an_answer_in_train(rows) -> None:
    answers = {split: {(r["cluster"], r["class"], r["answer"]) for r in rows if HOME[r["split"]] == split}
               for split in ("train", "dev", "test")}
    assert all(answers.values())
    assert not answers["train"] & (answers["test"] | answers["dev"])
    assert not answers["dev"] & answers["test"]


def test_train_never_names_a_test_contract(rows, manifest) -> None:
    """No way to name a test or dev contract, in either order of its parties, occurs in a train question."""
    asked = "\n".join(r["question"] for r in rows if HOME[r["split"]] == "train")
    for row in manifest.values():
        if row["kind"] == "contract" and row["split"] != "train":
            for template in contracts.GENRES[row["contract_type"]].references:
                for a, b in (row["parties"], row["parties"][::-1]):
                    assert template.format(A_name=a, B_name=b) not in asked


def test_held_out_wordings_are_not_in_train(rows) -> None:
    held = {clause.key: [q for fact in clause.facts for q in fact.questions[-HELD_OUT:]]
            for clause in contracts.CLAUSES}
    held_in_family = {family: [re.split(r"{topic}|{term}|{doc}|{keys}", t)[0] for t in templates[-HELD_OUT:]]
                      for family, templates in (("playbook", PLAYBOOK_QUESTIONS), ("extract", EXTRACT_QUESTIONS),
                                                ("jargon", JARGON_QUESTIONS))}
    seen = {"train": 0, "known": 0}
    for row in (r for r in rows if r["split"] in seen):
        hit = row["question"].startswith(tuple(held_in_family.get(row["family"], ())))
        if not hit and row["family"] not in ("playbook", "extract"):
            hit = any(fits(template, row["question"]) for template in held[row["class"]])
        assert hit == (row["split"] == "known"), row["question"]
        seen[row["split"]] += 1
    assert all(seen.values())


def fits(template: str, question: str) -> bool:
    before, after = template.lower().split("{doc}")
    return question.lower().startswith(before) and question.lower().endswith(after)


def test_known_asks_what_train_teaches(rows) -> None:
    taught = {(r["family"], r["cluster"], r["class"], fields(r)) for r in rows if r["split"] == "train"}
    for row in (r for r in rows if r["split"] == "known"):
        # Of a house term the fact is taught, and the term at other contracts.
        family = "lookup" if row["family"] == "jargon" else row["family"]
        assert (family, row["cluster"], row["class"], fields(row)) in taught, row["question"]


def fields(row: dict) -> str:
    return json.dumps(json.loads(row["answer"]), sort_keys=True) if row["family"] == "extract" else row["answer"]


def test_spans_lie_inside_their_documents(rows, texts) -> None:
    for row in rows:
        assert row["evidence"] or row["family"] == "unanswerable"
        for span in row["evidence"] + row.get("chain", []):
            text = texts[span["doc_id"]]
            assert 0 <= span["start"] < span["end"] <= len(text)
            assert text[span["start"]:span["end"]].strip()
        if row["family"] in ("lookup", "version", "multihop", "jargon"):
            last = row["evidence"][-1]
            assert row["answer"] in texts[last["doc_id"]][last["start"]:last["end"]]


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_seed_same_bytes_and_the_committed_world_is_fresh(tmp_path) -> None:
    """Two processes with other hash seeds write the same bytes, those of the repository."""
    for number in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "factory", "world", "--seed", str(COURSE_SEED), "--out", str(tmp_path / number)],
            cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": number}, check=True, capture_output=True, timeout=60)
    first = folder_bytes(tmp_path / "1")
    assert len(first) > 60 and first == folder_bytes(tmp_path / "2")
    assert first == folder_bytes(HARBOUR), "datasets/harbour is stale: python -m factory world --out datasets/harbour"


def test_another_seed_gives_other_names() -> None:
    names = [{c.name for c in build_world(seed).companies} for seed in (COURSE_SEED, COURSE_SEED + 1)]
    assert not names[0] & names[1]


def ngrams(text: str, n: int) -> set[str]:
    """Runs of n words; the numbers of sections are none ("7. Notice of Non-Renewal 7.1" is any contract's heading)."""
    words = [word for word in plain(text).split() if not word.isdigit()]
    return {" ".join(words[at : at + n]) for at in range(len(words) - n + 1)}


@pytest.fixture(scope="module")
def pretraining_text() -> str:
    """What some hundred rows of pretraining hold, at full difficulty."""
    samples = [draw_sample(Random(f"clerk-0-leakage-{number}"), 1.0) for number in range(600)]
    return "\n".join(part for sample in samples for part in (sample.prefix, *map("".join, sample.branches)))


def test_pretraining_never_shows_the_house_its_terms_and_its_companies(manifest, texts, pretraining_text) -> None:
    """No house term, code name or pair of parties, and no six words in a row of playbook, glossary and policy."""
    world, read = build_world(COURSE_SEED), f" {plain(pretraining_text)} "
    terms = [placed.fact.name for placed in world.glossary.facts]
    assert len(terms) > 40
    assert [term for term in terms if f" {plain(term)} " in read] == []
    pairs = {tuple(row["parties"]) for row in manifest.values() if row["kind"] == "contract"}
    assert [pair for pair in pairs if all(f" {plain(name)} " in read for name in pair)] == []
    house = "\n".join(text for doc_id, text in texts.items() if doc_id in ("playbook", "glossary", "policy"))
    assert len(ngrams(house, 6)) > 1500
    assert ngrams(house, 6) & ngrams(pretraining_text, 6) == set()


def test_the_loader_reads_the_committed_world(rows, texts) -> None:
    from labutils.corpus import load_corpus

    corpus = load_corpus("harbour")
    assert {d.id_: d.text for d in corpus.documents} == texts and corpus.skipped == []
    assert [q.question_id for q in corpus.questions] == [r["question_id"] for r in rows]
