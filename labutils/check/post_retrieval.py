"""Exercises of notebook 1.4: `mmr`, `risk_coverage`, `audit_citations`."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .attempts import (
    all_close, Attempt, checker, Diagnosis, first_faults, first_wrong, name_mistake, read_rows, require_columns,
    require_labels, to_number,
)

CITATION_LABELS = ("no such passage", "no longer in force", "wrong passage", "in no passage", "fine")
Points = Sequence[tuple[float, float]]


# --- mmr --------------------------------------------------------------------------------------------------------------


def _mmr(relevance: Sequence[float], likeness: Sequence[Sequence[float]], weight: float, k: int) -> list[int]:
    """Maximal marginal relevance (Carbonell, Goldstein, SIGIR 1998): places of k passages in the order of picking."""
    return _picked(relevance, likeness, weight, k)


@checker(reference=_mmr, passed="each pick weighs relevance against what was picked before")
def mmr(student: Any) -> None:
    """`mmr(relevance, likeness, weight, k)` -> places of k passages in the order of picking."""
    attempt = Attempt(student)
    cases = _mmr_cases()
    given = []
    for relevance, likeness, weight, k in cases:
        picked = attempt(relevance, likeness, weight, k)
        if isinstance(picked, (str, Mapping)) or not isinstance(picked, (list, tuple)):
            raise Diagnosis(f"it returns a {type(picked).__name__}; a list of places is wanted")
        if len(set(picked)) < len(picked):
            raise Diagnosis("a passage is picked twice")
        if len(picked) != min(k, len(relevance)):
            raise Diagnosis(f"{len(picked)} of {len(relevance)} passages are picked with k = {k}; k are wanted, or all "
                            "if there are fewer")
        given.append(list(picked))
    if given == [_mmr(*case) for case in cases]:
        return
    known = {"the places are right, their order is not: return them as they were picked, not sorted":
                 lambda *case: sorted(_mmr(*case)),
             "likeness to what was picked has no effect": lambda r, s, w, k: _picked(r, s, 1.0, k),
             "likeness has to count against a passage: subtract it": functools.partial(_picked, sign=1),
             "the weight goes to relevance, the rest of 1 to likeness": lambda r, s, w, k: _picked(r, s, 1 - w, k),
             "likeness counts in full; it has the weight 1 - weight": functools.partial(_picked, unweighted=True),
             "one passage that says the same is enough: take the greatest likeness, not the mean":
                 functools.partial(_picked, join=lambda values: sum(values) / len(values)),
             "take the greatest likeness to what was picked, not the sum": functools.partial(_picked, join=sum),
             "take the greatest likeness to what was picked, not the smallest": functools.partial(_picked, join=min),
             "compare with what was picked before, not with all passages": functools.partial(_picked, against_all=True),
             "compare with all that was picked before, not with the last one alone":
                 functools.partial(_picked, join=lambda values: values[-1])}
    name_mistake(given, cases, known.items())
    case, picked = first_wrong(given, cases, _mmr)
    raise Diagnosis(f"{picked} are not the picks for relevance {case[0]}, weight {case[2]} and k = {case[3]}")


def _picked(relevance: Sequence[float], likeness: Sequence[Sequence[float]], weight: float, k: int, sign: int = -1,
            join: Callable[[Sequence[float]], float] = max, unweighted: bool = False,
            against_all: bool = False) -> list[int]:
    """Places in the order of picking; the settings other than the default ones are known mistakes."""
    picked: list[int] = []
    while len(picked) < min(k, len(relevance)):
        def worth(i: int) -> float:
            others = [j for j in range(len(relevance)) if j != i] if against_all else picked
            same = join([likeness[i][j] for j in others]) if others else 0.0
            return weight * relevance[i] + sign * (1.0 if unweighted else 1 - weight) * same
        picked.append(max((i for i in range(len(relevance)) if i not in picked), key=worth))
    return picked


def _mmr_cases() -> list[tuple[list[float], list[list[float]], float, int]]:
    """Seeded cosines of six passages, a weight and a k; more wanted than there are, one, none."""
    cases = []
    for seed in range(12):
        draw = random.Random(seed)
        count = 6
        likeness = [[1.0] * count for _ in range(count)]
        for i in range(count):
            for j in range(i):
                likeness[i][j] = likeness[j][i] = round(draw.uniform(0.1, 0.95), 3)
        relevance = [round(draw.uniform(0.2, 0.9), 3) for _ in range(count)]
        cases.append((relevance, likeness, (0.3, 0.5, 0.7)[seed % 3], (4, 5, 8, 1)[seed % 4]))
    return [*cases, ([], [], 0.5, 3)]


# --- risk_coverage ----------------------------------------------------------------------------------------------------


def _risk_coverage(confidence: Sequence[float], correct: Sequence[bool]) -> list[tuple[float, float]]:
    """(coverage, risk) after each answer, surest first (El-Yaniv, Wiener, JMLR 2010)."""
    order = sorted(range(len(correct)), key=lambda i: -confidence[i])
    points, wrong = [], 0
    for given, i in enumerate(order, 1):
        wrong += not correct[i]
        points.append((given / len(order), wrong / given))
    return points


@checker(reference=_risk_coverage, passed="surest first, and the risk is that of the answers given so far")
def risk_coverage(student: Any) -> None:
    """`risk_coverage(confidence, correct)` -> [(coverage, risk), ...] after each answer, surest first."""
    attempt = Attempt(student)
    cases = _confidence_cases()
    given = []
    for confidence, correct in cases:
        points = attempt(confidence, correct)
        if not isinstance(points, (list, tuple)) or any(not isinstance(point, (list, tuple)) or len(point) != 2
                                                        for point in points):
            raise Diagnosis("a list of pairs is wanted: (coverage, risk)")
        if len(points) != len(correct):
            raise Diagnosis(f"{len(points)} points for {len(correct)} answers; one is wanted after each answer")
        given.append([(to_number(c, "a coverage"), to_number(r, "a risk")) for c, r in points])
    if _points_agree(given, cases, _risk_coverage):
        return
    known = {"the surest answers come first; here the least sure do":
                 lambda conf, right: _risk_coverage([-c for c in conf], right),
             "sort the answers by confidence, each with its own verdict": lambda conf, right: _risk_coverage(
                 list(range(len(right), 0, -1)), right),
             "risk is the share of wrong answers, not of right ones":
                 lambda conf, right: [(c, 1 - r) for c, r in _risk_coverage(conf, right)],
             "risk is a share of the answers given, not of all answers":
                 lambda conf, right: [(c, r * c) for c, r in _risk_coverage(conf, right)],
             "the pair is (coverage, risk), in this order":
                 lambda conf, right: [(r, c) for c, r in _risk_coverage(conf, right)],
             "coverage is a share of all answers, not a count":
                 lambda conf, right: [(c * len(right), r) for c, r in _risk_coverage(conf, right)],
             "coverage begins at one answer, not at none":
                 lambda conf, right: [(c - 1 / len(right), r) for c, r in _risk_coverage(conf, right)]}
    name_mistake(given, cases, known.items(), _points_agree)
    case, points = first_wrong(given, cases, _risk_coverage, _points_agree)
    raise Diagnosis(f"{[tuple(round(x, 2) for x in p) for p in points]} is not the curve for confidence {case[0]} and "
                    f"correct {case[1]}")


def _confidence_cases() -> list[tuple[list[float], list[bool]]]:
    """Seeded confidences, all different, and whether each answer is right."""
    cases = []
    for seed in range(6):
        draw = random.Random(seed)
        confidence = [share / 100 for share in draw.sample(range(5, 100), 7)]
        cases.append((confidence, [draw.random() < 0.6 for _ in confidence]))
    return cases


def _points_agree(given: Sequence[Points], cases: Sequence[tuple], curve: Callable[..., Points]) -> bool:
    return all(all_close([x for point in points for x in point], [x for point in curve(*case) for x in point])
               for points, case in zip(given, cases, strict=True))


# --- audit_citations --------------------------------------------------------------------------------------------------


def _audit_citations(reports: Any) -> dict[str, str]:
    """Each answer's first fault, in the order of CITATION_LABELS, or "fine"."""
    return first_faults(_citation_reports(reports), _citation_faults, CITATION_LABELS)


@checker(reference=_audit_citations, passed="each answer is told by the passages themselves")
def audit_citations(student: Any, reports: Any = None) -> None:
    """A dict that gives each answer one of CITATION_LABELS.

    A row of `reports` has report, question, answer, cites (1-based), passages (texts) and in_force (one bool for each
    passage).
    """
    require_labels(student, reports, _citation_rows, _citation_reports, _citation_faults, CITATION_LABELS)


def _citation_reports(reports: Any) -> list[dict[str, Any]]:
    rows = read_rows(reports)
    require_columns(rows, "report", "question", "answer", "cites", "passages", "in_force")
    return rows


def _citation_faults(row: Mapping[str, Any]) -> set[str]:
    holding = [row["answer"].casefold() in passage.casefold() for passage in row["passages"]]
    if not any(holding):
        return {"in no passage"} | ({"no such passage"} if not 1 <= row["cites"] <= len(holding) else set())
    if not 1 <= row["cites"] <= len(holding):
        return {"no such passage"}
    if not holding[row["cites"] - 1]:
        return {"wrong passage"}
    return set() if row["in_force"][row["cites"] - 1] else {"no longer in force"}


def _citation_rows(draw: random.Random) -> list[dict[str, Any]]:
    """Drawn answers, each with one fault or none."""
    days = draw.sample(range(5, 99), 4)
    passages = [f"{name} ends the contract with {number} days of notice." for name, number in zip("XYZ", days)]
    fine = {"question": "How many days of notice does Y have to give?", "answer": f"{days[1]} days", "cites": 2,
            "passages": passages, "in_force": [True] * 3}
    return [fine, fine | {"cites": 4}, fine | {"cites": 1}, fine | {"answer": f"{days[3]} days"},
            fine | {"in_force": [True, False, True]}]
