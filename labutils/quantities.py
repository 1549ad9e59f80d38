"""Amounts of money, shares and times in a text, and exact arithmetic with them."""

from __future__ import annotations

import re
from typing import NamedTuple

_ONES = dict(zip("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
                 "sixteen seventeen eighteen nineteen".split(), range(20)))
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10)))
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_MONEY = re.compile(rf"\b([A-Z]{{3}}) ({_NUMBER})")
_SHARE = re.compile(rf"({_NUMBER}) ?(?:%|percent|per cent)")
_TIME = re.compile(rf"({_NUMBER}|[a-z]+(?:[ -](?:and )?[a-z]+)*?)\)? (business day|day|week|month|year|hour)s?\b")
# What a time comes to in the smallest unit in which it can be counted exactly: a month has no fixed number of days.
BASE = {"year": ("month", 12), "month": ("month", 1), "week": ("day", 7), "day": ("day", 1)}


class Quantity(NamedTuple):
    """A number with its unit as written: a time ("month"), a currency ("EUR") or "%"."""

    amount: float
    unit: str

    @property
    def base(self) -> tuple[float, str]:
        """The same in months, days, or its own unit where nothing converts exactly."""
        unit, factor = BASE.get(self.unit, (self.unit, 1))
        return self.amount * factor, unit

    def __str__(self) -> str:
        number = f"{self.amount:,.10g}" if self.amount % 1 else f"{self.amount:,.0f}"
        if self.unit == "%":
            return f"{number}%"
        if self.unit.isupper():
            return f"{self.unit} {number}"
        return f"{number} {self.unit}{'s' if self.amount != 1 else ''}"


def parse_quantity(text: str) -> Quantity | None:
    """Return the first amount of money, share or time in a text, digits before words; None without one.

    "twelve (12) years", "twelve years" and "12 years" are the same; "forty-four" and the like are read up to 999.
    """
    if found := _MONEY.search(text):
        return Quantity(parse_number(found[2]), found[1])
    if found := _SHARE.search(text):
        return Quantity(parse_number(found[1]), "%")
    for found in _TIME.finditer(text.casefold()):
        amount = parse_number(found[1])
        if amount is not None:
            return Quantity(amount, found[2])
    return None


def parse_number(text: str) -> float | None:
    """Return a number in digits or in words; None if it is neither."""
    if text[:1].isdigit():
        return float(text.replace(",", ""))
    total, known = 0, False
    for word in re.split(r"[ -]", text):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word in _ONES or word in _TENS:
            total += _ONES.get(word, _TENS.get(word, 0))
        elif word != "and" or not known:
            total, known = 0, False
            continue
        known = True
    return float(total) if known else None


def subtract(one: Quantity, other: Quantity) -> Quantity | None:
    """Return the larger minus the smaller, in their own unit or, where those differ, in the smaller one; else None."""
    if one.unit == other.unit:
        return Quantity(round(abs(one.amount - other.amount), 6), one.unit)
    (a, unit), (b, same) = one.base, other.base
    return Quantity(round(abs(a - b), 6), unit) if unit == same else None


def compare(found: Quantity, bound: Quantity | float | None) -> int | None:
    """Return -1, 0 or 1 for less, equal, more; None where the two can't be compared. A bare number has any unit."""
    if bound is None:
        return None
    if isinstance(bound, Quantity):
        (a, unit), (b, other) = found.base, bound.base
        if unit != other:
            return None
    else:
        a, b = found.amount, bound
    return (a > b) - (a < b)
