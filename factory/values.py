"""Generators of the values that facts carry: each is a function of a `random.Random` and returns a short string.

Names are put together from syllables, so that a reader has to copy them and cannot know them by heart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as Day
from random import Random

Value = Callable[[Random], str]

ONSETS = "b br c ch cl d dr f fl g gr h j k kl l m n p pr qu r s sh sk st t th tr v w wh y z".split()
NUCLEI = "a e i o u ai ea ee ie oa oo ou ay".split()
CODAS = ["", "", "", "l", "ll", "m", "n", "nd", "r", "rn", "rt", "s", "sk", "st", "t", "th", "ck", "x", "lm", "ng"]
NAME_ENDINGS = "well ford ham ton by mere wick ley dale more stead croft burn hurst gate ridge mond ara ossa una eth iel".split()
TRADES = """Foods Mills Optics Freight Marine Labs Energy Textiles Robotics Ceramics Pharma Software Seeds Timber Analytics
Logistics Metals Polymers Instruments Media Dairy Glass Packaging Telecom Biotech Aviation Tools Paper Cables Systems""".split()
LEGAL_FORMS = ["Ltd", "plc", "Inc", "LLC", "GmbH", "BV", "SA", "AG"]
FIRST_NAMES = """Ada Bela Carin Dov Edda Fenn Greta Hal Ines Joss Kit Lena Milo Nora Otto Pia Quin Rhea Sami Tess Ulla Vito Wren
Xan Yara Zeno Alva Bram Cleo Dara Emre Faye Gwen Hugo Ivo Jade Kaja Lars Mina Nils""".split()
MONTHS = "January February March April May June July August September October November December".split()


def syllable(rng: Random) -> str:
    return rng.choice(ONSETS) + rng.choice(NUCLEI) + rng.choice(CODAS)


def coined(rng: Random, syllables: int | None = None) -> str:
    """A coined proper name such as 'Brenmere' or 'Toska'."""
    count = syllables or rng.choice([1, 1, 2])
    stem = "".join(syllable(rng) for _ in range(count))
    return (stem + rng.choice(NAME_ENDINGS)).capitalize()


def company(rng: Random) -> str:
    """A company's short name, two words: 'Brenmere Foods'."""
    return f"{coined(rng, 1)} {rng.choice(TRADES)}"


def person(rng: Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {coined(rng, 1)}"


def place(rng: Random) -> str:
    return rng.choice(["", "", "", "Port ", "New ", "East ", "Lower ", "Upper "]) + coined(rng, 1)


def product(rng: Random) -> str:
    """A product's name with a model number: 'Toska 450'."""
    return f"{coined(rng, 1)} {rng.randint(1, 99) * rng.choice([1, 10, 100])}"


def one_of(*options: str) -> Value:
    return lambda rng: rng.choice(options)


def number(low: int, high: int, step: int = 1, unit: str = "") -> Value:
    """A number in steps with an optional unit: number(10, 90, 5, 'days') gives '45 days'."""

    def make(rng: Random) -> str:
        value = rng.randrange(low, high + 1, step)
        return f"{value:,} {unit}".strip() if unit else f"{value:,}"

    return make


def percent(low: float, high: float, step: float = 0.5) -> Value:
    def make(rng: Random) -> str:
        value = low + step * rng.randint(0, round((high - low) / step))
        return f"{value:g}%"

    return make


def money(low: int, high: int, step: int, currencies: tuple[str, ...] = ("USD", "EUR", "GBP", "CHF")) -> Value:
    return lambda rng: f"{rng.choice(currencies)} {rng.randrange(low, high + 1, step):,}"


def date(first_year: int = 2012, last_year: int = 2025) -> Value:
    return lambda rng: f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(first_year, last_year)}"


def clock(rng: Random) -> str:
    return f"{rng.randint(0, 23):02d}:{rng.choice(['00', '15', '30', '45'])}"


def code(prefix: str = "") -> Value:
    """An identifier such as 'QX-4821'."""
    letters = "ABCDEFGHKLMNPQRSTVWXYZ"
    return lambda rng: f"{prefix or rng.choice(letters) + rng.choice(letters)}-{rng.randint(100, 9999)}"


def to_date(text: str) -> Day:
    """The date in '3 March 2019'; ValueError if it is none."""
    day, month, year = text.split()
    return Day(int(year), MONTHS.index(month) + 1, int(day))


def from_date(day: Day) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
