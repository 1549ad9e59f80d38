"""Exercises of notebook 1.6: `difference`, `settle`, `audit_computed`."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labutils.quantities import BASE, Quantity, subtract

from .attempts import (
    Attempt, checker, Diagnosis, first_faults, first_wrong, name_mistake, read_rows, require_columns, require_labels,
    to_number,
)

COMPUTED_LABELS = ("missing counted", "units", "currencies", "old text", "fine")
Pair = tuple[float, str]


# --- difference -------------------------------------------------------------------------------------------------------


def _difference(one: tuple[float, str], other: tuple[float, str]) -> tuple[float, str] | tuple[()]:
    """The larger minus the smaller, in a unit that both can be counted in exactly; () without one."""
    return subtract(Quantity(*one), Quantity(*other)) or ()


@checker(reference=_difference, passed="distances are exact, or there are none")
def difference(student: Any) -> None:
    """`difference(one, other)` -> (amount, unit) of the distance of two (amount, unit), or () without one."""
    attempt = Attempt(student)
    cases = _quantity_cases()
    given = [_require_quantity(attempt(*case)) for case in cases]
    if _quantities_agree(given, cases, _difference):
        return
    known = {"the distance is never negative": _signed_difference,
             "two units are two scales: convert before you subtract": lambda a, b: (abs(a[0] - b[0]), min(a[1], b[1])),
             "different units are not always incomparable: years are months, weeks are days":
                 lambda a, b: _difference(a, b) if a[1] == b[1] else None,
             "a month has no fixed number of days: there the distance is ()":
                 lambda a, b: _difference(a, b) or _by_days(a, b),
             "two currencies have no distance without a rate, and () says so":
                 lambda a, b: _difference(a, b) or ((abs(a[0] - b[0]), a[1]) if a[1].isupper() and b[1].isupper()
                                                    else None),
             "units are written as they come in, without an s": _with_plural,
             "where both have the same unit, the distance has it, too": _always_base}
    name_mistake(given, cases, known.items(), _quantities_agree)
    case, got = first_wrong(given, cases, _difference, _quantities_agree)
    raise Diagnosis(f"the distance of {case[0]} and {case[1]} is not {got}")


def _quantity_cases() -> list[tuple[Pair, Pair]]:
    """Same units, years and months, weeks and days, what cannot be compared, both orders, no distance."""
    return [((30, "day"), (45, "day")), ((2, "year"), (30, "month")), ((30, "month"), (2, "year")),
            ((3, "week"), (10, "day")), ((7, "year"), (12, "year")), ((1, "month"), (30, "day")),
            ((4100000, "EUR"), (3000000, "EUR")), ((4100000, "EUR"), (3000000, "USD")), ((2.5, "%"), (1.75, "%")),
            ((8, "business day"), (10, "day")), ((24, "month"), (2, "year")), ((20, "hour"), (72, "hour")),
            ((6, "week"), (4, "week"))]


def _require_quantity(found: Any) -> Pair | None:
    """Return (amount, unit), or None for an empty tuple."""
    if isinstance(found, (tuple, list)) and not found:
        return None
    if not isinstance(found, (tuple, list)) or len(found) != 2 or not isinstance(found[1], str):
        raise Diagnosis("a pair (amount, unit) is wanted, or () where there is no distance")
    if isinstance(found[0], (str, bool)):
        raise Diagnosis(f"the amount is wanted as a number, not as {found[0]!r}")
    return to_number(found[0], "the amount"), found[1]


def _quantities_agree(given: Sequence[Pair | None], cases: Sequence[tuple[Pair, Pair]], right: Callable) -> bool:
    for got, case in zip(given, cases):
        wanted = right(*case) or None
        if (got is None) != (wanted is None):
            return False
        if got and not (math.isclose(got[0], wanted[0], abs_tol=1e-6) and got[1] == wanted[1]):
            return False
    return True


def _with_plural(one: Pair, other: Pair) -> Pair | None:
    found = _difference(one, other)
    return (found[0], f"{found[1]}s") if found else None


def _signed_difference(one: Pair, other: Pair) -> Pair | tuple[()] | None:
    found = _difference(one, other)
    if not found or found[0] == 0:
        return found
    (a, _), (b, _) = Quantity(*one).base, Quantity(*other).base
    return (found[0] if a > b else -found[0], found[1])


def _by_days(one: Pair, other: Pair) -> Pair | None:
    """Counts 30 days to the month."""
    days = {"year": 365, "month": 30, "week": 7, "day": 1}
    if one[1] not in days or other[1] not in days:
        return None
    return abs(one[0] * days[one[1]] - other[0] * days[other[1]]), "day"


def _always_base(one: Pair, other: Pair) -> Pair | tuple[()] | None:
    found = _difference(one, other)
    unit, factor = BASE.get(found[1], (found[1], 1)) if found else ("", 1)
    return (found[0] * factor, unit) if found else None


# --- settle -----------------------------------------------------------------------------------------------------------


def _settle(readings: Sequence[tuple[str, bool]], keep_empty: bool = False) -> list[str]:
    """The different values in force, each in its first spelling and place; case and outer spaces do not count."""
    found: dict[str, str] = {}
    for value, in_force in readings:
        if in_force and (value.strip() or keep_empty):
            found.setdefault(value.strip().casefold(), value.strip())
    return list(found.values())


@checker(reference=_settle, passed="what is in force counts, and contradictions stay visible")
def settle(student: Any) -> None:
    """`settle(readings)` -> the different values in force; a reading is (value, whether its text is in force)."""
    attempt = Attempt(student)
    cases = _reading_cases()
    given = []
    for case in cases:
        values = attempt(case)
        if not isinstance(values, (list, tuple)) or any(not isinstance(value, str) for value in values):
            raise Diagnosis("a list of values is wanted, each as text; an empty list where nothing is stated")
        given.append(list(values))
    if given == [_settle(case) for case in cases]:
        return
    known = {"what is no longer in force does not count": lambda c: _settle([(v, True) for v, _ in c]),
             "an empty value states nothing": lambda c: _settle(c, keep_empty=True),
             "spellings that differ in case or outer spaces are one value": lambda c: list(dict.fromkeys(
                 v for v, now in c if now and v.strip())),
             "a majority does not make a contract: keep all different values": _settle_most,
             "the first reading is not the only one: keep all different values": lambda c: _settle(c)[:1],
             "keep the values in the order in which they come": lambda c: sorted(_settle(c)),
             "keep a value as it is first spelled": lambda c: [v.casefold() for v in _settle(c)],
             "each value comes once": lambda c: [v.strip() for v, now in c if now and v.strip()]}
    name_mistake(given, cases, known.items(), _settled_alike)
    case, values = first_wrong(given, cases, _settle, _settled_alike)
    raise Diagnosis(f"{values} are not the different values in force of {case}")


def _settled_alike(given: Sequence[list[str]], cases: Sequence[Any], settle: Callable[..., list[str]]) -> bool:
    return given == [settle(case) for case in cases]


def _reading_cases() -> list[list[tuple[str, bool]]]:
    """One value, none, two in force, a replaced one beside its successor, other spellings, a majority against one."""
    return [[("30 days", True)], [("", True), ("", True)], [("30 days", True), ("45 days", True)],
            [("10 years", False), ("8 years", True)], [("30 Days", True), ("30 days ", True)],
            [("60 days", True), ("30 days", True), ("30 days", True)], [("", True), ("Slovenia", True)],
            [("9 months", True), ("7 months", True), ("9 months", True), ("5 months", False)], [],
            [("10 years", False)], [("EUR 5,000", True), ("", False), ("EUR 5,000", True)],
            [("30 days", False), ("30 days", True)]]


def _settle_most(readings: Sequence[tuple[str, bool]]) -> list[str]:
    counted = Counter(value.strip().casefold() for value, now in readings if now and value.strip())
    best = max(counted.values(), default=0)
    return [value for value in _settle(readings) if counted[value.casefold()] == best]


# --- audit_computed ---------------------------------------------------------------------------------------------------


def _audit_computed(reports: Any) -> dict[str, str]:
    """Each statement's first fault, in the order of COMPUTED_LABELS, or "fine"."""
    return first_faults(_computed_reports(reports), _computed_faults, COMPUTED_LABELS)


@checker(reference=_audit_computed, passed="each sum is told from its cells")
def audit_computed(student: Any, reports: Any = None) -> None:
    """A dict that gives each computed statement one of COMPUTED_LABELS.

    A row of `reports` has report, said, cells (text), amounts (in base units, None where a contract does not say),
    units (base unit of each), compared (the numbers that went into the sum), text ("in force" or "replaced").
    """
    require_labels(student, reports, _computed_rows, _computed_reports, _computed_faults, COMPUTED_LABELS)


def _computed_reports(reports: Any) -> list[dict[str, Any]]:
    rows = read_rows(reports)
    require_columns(rows, "report", "said", "cells", "amounts", "units", "compared", "text")
    return rows


def _computed_faults(row: Mapping[str, Any]) -> set[str]:
    pairs = list(zip(row["amounts"], row["compared"], row["units"], strict=True))
    known = [(amount, used, unit) for amount, used, unit in pairs if amount is not None]
    faults = {"missing counted"} if any(amount is None and used is not None for amount, used, _ in pairs) else set()
    if len({unit for _, _, unit in known}) > 1:
        faults.add("currencies")
    elif any(used is not None and used != amount for amount, used, _ in known):
        faults.add("units")
    return faults | ({"old text"} if row["text"] == "replaced" else set())


def _computed_rows(draw: random.Random) -> list[dict[str, Any]]:
    """Drawn statements, each with one fault or none."""
    fine = {"said": "The longer one is that of the first.", "cells": "36 months; 24 months", "amounts": [36, 24],
            "units": ["month", "month"], "compared": [36, 24], "text": "in force"}
    return [fine, fine | {"amounts": [36, None], "compared": [36, 0]}, fine | {"compared": [3, 24]},
            fine | {"units": ["EUR", "USD"]}, fine | {"text": "replaced"}]
