"""Exercises of notebook 1.7: `front`, `mend`, `audit_choice`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .attempts import Attempt, checker, Diagnosis, first_faults, read_rows, require_columns, require_labels

CHOICE_LABELS = ("best of many", "test read twice", "two parts at once", "half the price", "fine")
# (question, names, right answer, what is wrong with another one); the likeness wanted is 0.85.
_NAMES = ["Alder Mills", "Alder Hills", "Birch Foods", "notice of non-renewal", "Cedar Tools Group", "Cedar Tools"]
_MEND_CASES = [
    ("When does the lease of Birch Foods end?", _NAMES, "When does the lease of Birch Foods end?",
     "a question without near misses stays as it is"),
    ("When does the lease of Bich Foods end?", _NAMES, "When does the lease of Birch Foods end?",
     "a name with a letter missing is not put right"),
    ("What is the notcie of non-renewal?", _NAMES, "What is the notice of non-renewal?",
     "names may have more words than two, and hyphens; the sign behind a name is no part of it"),
    ("Did Birhc, Foods sign?", _NAMES, "Did Birch Foods sign?", "a run of words may go across a comma"),
    ("Did Alder Hills sign?", _NAMES, "Did Alder Hills sign?", "what is a name already stays, however near another is"),
    ("Did Alder Mlls sign?", _NAMES, "Did Alder Mills sign?", "of several near names the likeliest is wanted"),
    ("Did birhc foods sign?", _NAMES, "Did Birch Foods sign?", "case does not count"),
    ("Did Alder Mole sign?", _NAMES, "Did Alder Mole sign?", "what is not near enough stays"),
    ("Cedra Tools Gruop, or Ceddar Tools: who  pays?", _NAMES, "Cedar Tools Group, or Cedar Tools: who  pays?",
     "longer names come first, and signs and spaces between stay"),
    ("Is the maximum pricee increae per contract year known?", [*_NAMES, "maximum price increase per contract year"],
     "Is the maximum price increase per contract year known?", "of runs that overlap the likeliest is wanted"),
    ("Aler Mills, Birchh Foods or Ceda Tools: who has a notice of non-renewl?", _NAMES,
     "Alder Mills, Birch Foods or Cedar Tools: who has a notice of non-renewal?",
     "a question may have several near misses, words may hold hyphens, and signs stay"),
    ("Cedar Tools Gruop?", ["Cedar Tools", "Cedar Tools Group"], "Cedar Tools Gruop?",
     "what is a name already comes before longer names"),
    ("Birhc Foods?", [], "Birhc Foods?", "without names nothing changes")]


# --- front ------------------------------------------------------------------------------------------------------------


def _front(points: Sequence[tuple[float, float]], beats: Callable[..., bool] | None = None) -> list[bool]:
    """Whether no other (quality, cost) is at least as good and as cheap, and better in one of both."""
    beats = beats or (lambda one, other: one[0] >= other[0] and one[1] <= other[1] and one != other)
    return [not any(beats(one, other) for one in points) for other in points]


@checker(reference=_front, passed="what another beats is off the front, ties and all")
def front(student: Any) -> None:
    """`front(points)` -> for each (quality, cost) whether it is on the Pareto front: no other point beats it."""
    attempt = Attempt(student)
    cases = _front_cases()
    given = []
    for case in cases:
        flags = attempt(case)
        if not isinstance(flags, (list, tuple)) or len(flags) != len(case):
            raise Diagnosis("a list is wanted with True or False for each point, in the order given")
        given.append([bool(flag) for flag in flags])
    if given == [_front(case) for case in cases]:
        return
    known = {"a lower cost is better, not a higher one": lambda a, b: a[0] >= b[0] and a[1] >= b[1] and a != b,
             "one that is as good and cheaper, or as cheap and better, beats the other":
                 lambda a, b: a[0] > b[0] and a[1] < b[1],
             "two equal points do not beat each other": lambda a, b: a[0] >= b[0] and a[1] <= b[1],
             "the cheapest is on the front as well, however bad": lambda a, b: a[0] > b[0],
             "the best is on the front as well, however dear": lambda a, b: a[1] < b[1],
             "a point is (quality, cost): high quality is good, low cost is good":
                 lambda a, b: a[1] >= b[1] and a[0] <= b[0] and a != b}
    for message, beats in known.items():
        if given == [_front(case, beats) for case in cases]:
            raise Diagnosis(message)
    case, flags = next((c, g) for c, g in zip(cases, given) if g != _front(c))
    raise Diagnosis(f"of {case}, {flags} are not those that no other beats")


def _front_cases() -> list[list[tuple[float, float]]]:
    """Points in mixed order: beaten in both, in one, by a point off the line, ties, equal points, none, one."""
    return [[(0.8, 450), (0.1, 370), (0.7, 460), (0.2, 370), (0.8, 440)], [(0.5, 3.0)], [],
            # Equal points have to be two objects, as they are in the notebook: else `a is not b` looks right.
            [tuple(point) for point in ([0.5, 2.0], [0.5, 2.0], [0.4, 2.0])],
            [(0.3, 1.0), (0.6, 2.0), (0.9, 4.0), (0.5, 3.0)],
            [(0.9, 1.0), (0.2, 5.0)], [(0.6, 2.0), (0.6, 1.0), (0.7, 2.0)]]


# --- mend -------------------------------------------------------------------------------------------------------------


def _mend(question: str, names: Sequence[str], least: float = 0.85) -> str:
    """Each run of words that is nearly a name replaced by the name that it is likest to; names stay."""
    from labutils.robustness import mend as mend_names

    return mend_names(question, names, least)


@checker(reference=_mend, passed="near misses become names, and all else stays as it is")
def mend(student: Any) -> None:
    """`mend(question, names, least)` -> the question with near misses replaced by the names that they are likest to."""
    attempt = Attempt(student)
    for question, names, wanted, message in _MEND_CASES:
        said = attempt(question, names, 0.85)
        if not isinstance(said, str):
            raise Diagnosis("the question is wanted, as text")
        if said != wanted:
            raise Diagnosis(f"{message}: {question!r} becomes {said!r}")


# --- audit_choice -----------------------------------------------------------------------------------------------------


def _audit_choice(reports: Any) -> dict[str, str]:
    """Each report's first fault, in the order of CHOICE_LABELS, or "fine"."""
    return first_faults(_choice_reports(reports), _choice_faults, CHOICE_LABELS)


@checker(reference=_audit_choice, passed="each choice is told from how it was made")
def audit_choice(student: Any, reports: Any = None) -> None:
    """A dict that gives each report on a chosen pipeline one of CHOICE_LABELS.

    A row of `reports` has report, said, tried (pipelines), chosen_on and reported_on (splits), test_reads (how often
    test was measured), changed (parts in which both sides differ), tokens_counted and tokens_spent (for a question).
    """
    require_labels(student, reports, _choice_rows, _choice_reports, _choice_faults, CHOICE_LABELS)


def _choice_reports(reports: Any) -> list[dict[str, Any]]:
    rows = read_rows(reports)
    require_columns(rows, "report", "said", "tried", "chosen_on", "reported_on", "test_reads", "changed",
                    "tokens_counted", "tokens_spent")
    return rows


def _choice_faults(row: Mapping[str, Any]) -> set[str]:
    faults = {"best of many"} if row["tried"] > 1 and row["chosen_on"] == row["reported_on"] else set()
    if row["test_reads"] > 1:
        faults.add("test read twice")
    if len(row["changed"]) > 1:
        faults.add("two parts at once")
    if row["tokens_counted"] < row["tokens_spent"]:
        faults.add("half the price")
    return faults


def _choice_rows(draw: random.Random) -> list[dict[str, Any]]:
    """Drawn reports, each with one fault or none."""
    fine = {"said": "It answers more.", "tried": 18, "chosen_on": "dev", "reported_on": "test", "test_reads": 1,
            "changed": ["plans"], "tokens_counted": 450, "tokens_spent": 450}
    return [fine, fine | {"reported_on": "dev"}, fine | {"test_reads": draw.randint(2, 5)},
            fine | {"changed": ["plans", "routes"]}, fine | {"tokens_spent": draw.randint(900, 2000)}]
