"""Exercises of notebook 1.3: `weighted_fusion`, `in_force`, `audit_indexes`."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .attempts import (
    Attempt, checker, Diagnosis, first_faults, first_wrong, name_mistake, negated, orders_agree, read_rows,
    require_columns, require_ids, require_labels,
)

INDEX_LABELS = ("judged by itself", "other k", "other machine", "cached questions", "fine")
ScoreLists = Sequence[Mapping[str, float]]
Texts = Sequence[tuple[str, str, str]]


# --- weighted_fusion --------------------------------------------------------------------------------------------------


def _weighted_fusion(lists: Sequence[Mapping[str, float]], weights: Sequence[float]) -> list[str]:
    """Relative score fusion: ids by the weighted sum of scores scaled to 0..1 within each list, best first."""
    scores = _weighted(lists, weights)
    return sorted(scores, key=scores.__getitem__, reverse=True)


@checker(reference=_weighted_fusion, passed="each list is scaled by itself, weighted, and what it lacks counts 0 there")
def weighted_fusion(student: Any) -> None:
    """`weighted_fusion(lists, weights)` -> ids, best first; a list is a dict from id to score."""
    attempt = Attempt(student)
    cases = _score_lists()
    given = [require_ids(attempt(lists, weights), set().union(*lists), f"for {lists}") for lists, weights in cases]
    if orders_agree(given, cases, _weighted):
        return
    known = {"the worst comes first": lambda lists, weights: negated(_weighted(lists, weights)),
             "scores of two searches have different scales: scale each list to 0..1 first": _weighted_raw,
             "a list's lowest score has to become 0: subtract it before you divide":
                 functools.partial(_weighted, from_zero=True),
             "lists are scaled together; each needs its own lowest and highest score": _weighted_together,
             "the weights change nothing": lambda lists, weights: _weighted(lists, [1.0] * len(lists)),
             "the weights go to the wrong lists": lambda lists, weights: _weighted(lists, weights[::-1]),
             "ranks are fused; this exercise fuses scores": _weighted_ranks,
             "what a list lacks counts 0 there; do not divide by the weights of the lists that have it":
                 _weighted_where_found,
             "where all scores of a list are equal, each counts 1": functools.partial(_weighted, equal=0.0)}
    name_mistake(given, cases, known.items(), orders_agree)
    (lists, weights), fused = first_wrong(given, cases, _weighted, orders_agree)
    raise Diagnosis(f"{fused} is not the order of the weighted sums for {lists} with the weights {weights}")


def _weighted(lists: ScoreLists, weights: Sequence[float], from_zero: bool = False,
              equal: float = 1.0) -> dict[str, float]:
    """Id -> weighted sum; the settings other than the default ones are known mistakes."""
    scores: dict[str, float] = {}
    for found, weight in zip(lists, weights, strict=True):
        low, high = (0.0 if from_zero else min(found.values())), max(found.values())
        for item, score in found.items():
            share = equal if high == min(found.values()) else (score - low) / (high - low)
            scores[item] = scores.get(item, 0.0) + weight * share
    return scores


def _weighted_raw(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    return {item: sum(weight * found.get(item, 0.0) for found, weight in zip(lists, weights))
            for item in set().union(*lists)}


def _weighted_together(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    every = [score for found in lists for score in found.values()]
    low, high = min(every), max(every)
    return _weighted_raw([{item: (score - low) / (high - low) for item, score in found.items()} for found in lists],
                         weights)


def _weighted_ranks(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    ranked = [sorted(found, key=found.__getitem__, reverse=True) for found in lists]
    return _weighted_raw([{item: 1 / (60 + rank) for rank, item in enumerate(found, 1)} for found in ranked], weights)


def _weighted_where_found(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    held = {item: sum(weight for found, weight in zip(lists, weights) if item in found) for item in set().union(*lists)}
    return {item: score / held[item] if held[item] else 0.0 for item, score in _weighted(lists, weights).items()}


def _score_lists() -> list[tuple[list[dict[str, float]], list[float]]]:
    """Seeded lists as dense search and BM25 give them: shared ids, a list of one, equal scores, three lists."""
    cases = [([{"d1": 0.8, "d2": 0.5, "d3": 0.2}, {"d4": 3.0}], [0.5, 0.6]),
             ([{"d1": 0.8, "d2": 0.5, "d3": 0.2}, {"d4": 3.0, "d2": 3.0}], [0.3, 0.7])]
    for seed in range(8):
        draw = random.Random(seed)
        ids = [f"d{i}" for i in range(1, 13)]
        lists = [{item: round(draw.uniform(low, high), 3) for item in draw.sample(ids, draw.randint(4, 8))}
                 for low, high in ((0.3, 0.8), (2.0, 25.0), (0.0, 1.0))[:2 + seed % 2]]
        cases.append((lists, [round(draw.uniform(0.1, 0.9), 2) for _ in lists]))
    return cases


# --- in_force ---------------------------------------------------------------------------------------------------------


def _in_force(texts: Sequence[tuple[str, str, str]], day: str) -> list[str]:
    """Ids of the texts (clause, id, first day) in force on a day: of each clause the latest that had begun by then."""
    latest: dict[str, tuple[str, str]] = {}
    for clause, name, since in texts:
        if since <= day and since > latest.get(clause, ("", ""))[0]:
            latest[clause] = (since, name)
    return [name for _, name in latest.values()]


@checker(reference=_in_force, passed="one text of each clause, the one that had begun last")
def in_force(student: Any) -> None:
    """`in_force(texts, day)` -> ids in force; a text is (clause, id, first day), days are "2024-01-16"."""
    attempt = Attempt(student)
    cases = _text_cases()
    given = []
    for case in cases:
        said = attempt(*case)
        if isinstance(said, (str, Mapping)) or not isinstance(said, (list, tuple, set, frozenset)):
            raise Diagnosis(f"it returns a {type(said).__name__}; a list of ids is wanted")
        if len(set(said)) < len(said):
            raise Diagnosis("an id comes twice")
        given.append(set(said))
    if _sets_agree(given, cases, _in_force):
        return
    known = {"an amended text is still there: of each clause only the latest is in force": _begun,
             "the day is not looked at: what is signed later is not in force yet": lambda t, d: _in_force(t, "9999"),
             "a text is in force on its first day": lambda t, d: _in_force([x for x in t if x[2] < d], d),
             "these are the first texts; what replaced them by that day counts": _first_texts,
             "one clause at a time: an amendment of one clause leaves the others in force":
                 lambda t, d: _in_force([("", name, since) for _, name, since in t], d),
             "the order of the list says nothing; compare the days": _last_listed,
             "the ids say nothing about what is later; compare the days": _last_id,
             "a clause is lost when its latest text lies after the day; an earlier one was in force": _latest_or_none}
    name_mistake(given, cases, known.items(), _sets_agree)
    case, said = first_wrong(given, cases, _in_force, _sets_agree)
    raise Diagnosis(f"{sorted(map(str, said))} are not the texts in force on {case[1]} among {case[0]}")


def _sets_agree(given: Sequence[set[str]], cases: Sequence[tuple], right: Callable[..., list[str]]) -> bool:
    return given == [set(right(*case)) for case in cases]


def _text_cases() -> list[tuple[list[tuple[str, str, str]], str]]:
    """Seeded texts of several clauses in mixed order: before, on and after the days on which they begin.

    Their ids are in another order than their days, and no two texts begin on one day.
    """
    cases: list[tuple[list[tuple[str, str, str]], str]] = []
    for seed in range(6):
        draw = random.Random(seed)
        free = [f"20{year}-{month:02}-{day:02}" for year in range(18, 25) for month in (2, 7, 11) for day in (3, 19)]
        draw.shuffle(free)
        texts = []
        for clause in draw.sample(["term", "fee", "notice", "cap", "venue"], 3):
            days = [free.pop() for _ in range(draw.randint(1, 4))]
            texts += [(clause, f"{clause}-{number}", day) for number, day in enumerate(days)]
        draw.shuffle(texts)
        cases += [(texts, day) for day in ("2017-01-01", draw.choice(texts)[2], "2021-05-05", "2030-01-01")]
    return cases


def _begun(texts: Texts, day: str) -> list[str]:
    return [name for _, name, since in texts if since <= day]


def _first_texts(texts: Texts, day: str) -> list[str]:
    earliest = {clause: (since, name) for clause, name, since in sorted(texts, key=lambda text: text[2], reverse=True)}
    return [name for since, name in earliest.values() if since <= day]


def _last_listed(texts: Texts, day: str) -> list[str]:
    return list({clause: name for clause, name, since in texts if since <= day}.values())


def _last_id(texts: Texts, day: str) -> list[str]:
    return _last_listed(sorted(texts), day)


def _latest_or_none(texts: Texts, day: str) -> list[str]:
    return [name for name in _in_force(texts, "9999") if name in _begun(texts, day)]


# --- audit_indexes ----------------------------------------------------------------------------------------------------


def _audit_indexes(reports: Any) -> dict[str, str]:
    """Each report's first fault, in the order of INDEX_LABELS, or "fine"."""
    return first_faults(_index_reports(reports), _index_faults, INDEX_LABELS)


@checker(reference=_audit_indexes, passed="each report is told by its own row")
def audit_indexes(student: Any, reports: Any = None) -> None:
    """A dict that gives each report one of INDEX_LABELS.

    A row of `reports` compares an index with a baseline: report, truth (whose neighbors count as right), index, k and
    k_baseline (neighbors asked for), machine and machine_baseline, questions (asked), different (of them).
    """
    require_labels(student, reports, _index_rows, _index_reports, _index_faults, INDEX_LABELS)


def _index_reports(reports: Any) -> list[dict[str, Any]]:
    rows = read_rows(reports)
    require_columns(rows, "report", "index", "truth", "k", "k_baseline", "machine", "machine_baseline", "questions",
                    "different")
    return rows


def _index_faults(row: Mapping[str, Any]) -> set[str]:
    faults = set()
    if row["truth"] == row["index"]:
        faults.add("judged by itself")
    if row["k"] != row["k_baseline"]:
        faults.add("other k")
    if row["machine"] != row["machine_baseline"]:
        faults.add("other machine")
    if row["different"] < row["questions"]:
        faults.add("cached questions")
    return faults


def _index_rows(draw: random.Random) -> list[dict[str, Any]]:
    """Drawn reports, each with one fault or none."""
    fine = {"index": "HNSW", "truth": "exact", "k": 10, "k_baseline": 10, "machine": "2 cores",
            "machine_baseline": "2 cores", "questions": 200, "different": 200}
    return [fine, fine | {"truth": "HNSW"}, fine | {"k": draw.choice([1, 5])}, fine | {"machine": "one GPU"},
            fine | {"different": draw.randint(1, 20)}, fine | {"index": "8 bits"}]
