"""The text engine: a document is written clause by clause, and every fact's place in it is recorded as it is written.

A `Clause` is a title, several wordings, the facts that it carries, and for each fact several ways to ask for it. A richer
world is more clauses and genres, never other code. Templates use `{name}` placeholders: a fact's name gives its value, any
other name comes from the document (its parties, product, author).

A wording may hold ` || ` to start a new numbered paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from random import Random
from string import Formatter

from .values import Value

SENTENCE_END = re.compile(r"(?<=[.;:!?])\s+(?=[A-Z(\"])")


@dataclass(frozen=True)
class Fact:
    """One thing that can be asked: how its value is drawn and how it is asked (`{doc}` stands for the document)."""

    name: str
    value: Value
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """A section's content: `key` is unique in its genre, `category` the CUAD category or '' outside contracts."""

    key: str
    category: str
    titles: tuple[str, ...]
    wordings: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Genre:
    """A kind of document: `names` draws what its templates mention, `titles` and `references` use those names."""

    key: str
    names: object  # Callable[[Random], dict[str, str]]
    titles: tuple[str, ...]
    references: tuple[str, ...]
    openings: tuple[str, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class PlacedFact:
    """A fact where it stands: value at [start, end), the sentence that states it at [evidence_start, evidence_end)."""

    clause: Clause
    fact: Fact
    value: str
    start: int
    end: int
    evidence_start: int
    evidence_end: int
    section: int


@dataclass
class Written:
    """A written document: Markdown text with numbered sections, its facts and the bounds of each section."""

    title: str
    text: str
    names: dict[str, str]
    facts: list[PlacedFact] = field(default_factory=list)
    sections: list[tuple[int, int, str]] = field(default_factory=list)

    def fact(self, clause_key: str, fact_name: str) -> PlacedFact:
        """The placed fact; KeyError if this document does not state it."""
        for placed in self.facts:
            if placed.clause.key == clause_key and placed.fact.name == fact_name:
                return placed
        raise KeyError((clause_key, fact_name))


def fill(template: str, names: dict[str, str]) -> tuple[str, list[tuple[str, int, int]]]:
    """Fill a template; also returns (name, start, end) of each filled placeholder. KeyError for an unknown name."""
    text, spans = "", []
    for literal, name, _, _ in Formatter().parse(template):
        text += literal
        if name is not None:
            value = names[name]
            spans.append((name, len(text), len(text) + len(value)))
            text += value
    return text[:1].upper() + text[1:], spans


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds of the sentence in `text` that holds [start, end)."""
    bounds = [0] + [m.end() for m in SENTENCE_END.finditer(text)] + [len(text)]
    low = max(b for b in bounds if b <= start)
    high = min(b for b in bounds if b >= end)
    return low, low + len(text[low:high].rstrip())


def write_paragraph(document: Written, clause: Clause, values: dict[str, str], template: str, section: int,
                    label: str = "") -> None:
    """Append one paragraph to the document, after `label`, and record the facts of the clause that it states."""
    by_name = {fact.name: fact for fact in clause.facts}
    paragraph, spans = fill(template.strip(), document.names | values)
    offset = len(document.text) + len(label)
    document.text += label + paragraph + "\n\n"
    for name, start, end in spans:
        if name in by_name:
            low, high = sentence_around(paragraph, start, end)
            document.facts.append(PlacedFact(
                clause, by_name[name], paragraph[start:end], offset + start, offset + end,
                offset + low, offset + high, section,
            ))


def write_clause(document: Written, clause: Clause, values: dict[str, str], wording: str, title: str) -> None:
    """Append one numbered section to the document and record its facts."""
    number = len(document.sections) + 1
    begin = len(document.text)
    document.text += f"## {number}. {title}\n\n"
    for i, part in enumerate(wording.split(" || "), 1):
        write_paragraph(document, clause, values, part, number, f"{number}.{i} ")
    document.sections.append((begin, len(document.text.rstrip()), title))


def write_row(document: Written, cells: list[tuple[str, Clause | None, Fact | None]], section: int) -> None:
    """Append a row of a Markdown table; a cell with a fact becomes a placed fact whose evidence is the row."""
    begin, spans = len(document.text), []
    for text, clause, fact in cells:
        document.text += "| "
        if fact is not None:
            spans.append((clause, fact, text, len(document.text)))
        document.text += text + " "
    document.text += "|"
    document.facts += [PlacedFact(clause, fact, text, start, start + len(text), begin, len(document.text), section)
                       for clause, fact, text, start in spans]
    document.text += "\n"


def splice(document: Written, start: int, end: int, text: str) -> None:
    """Put `text` in the place of [start, end) and move the facts and sections behind it.

    Text at the end of a section becomes part of that section. ValueError if a fact's evidence would be cut.
    """
    if any(placed.evidence_start < end and start < placed.evidence_end for placed in document.facts):
        raise ValueError(f"[{start}, {end}) cuts a sentence that states a fact")
    shift = len(text) - (end - start)
    document.text = document.text[:start] + text + document.text[end:]
    document.facts = [moved(placed, shift) if placed.evidence_start >= end else placed for placed in document.facts]
    document.sections = [(low + shift * (low >= end), high + shift * (high >= end), title)
                         for low, high, title in document.sections]


def moved(placed: PlacedFact, shift: int) -> PlacedFact:
    return replace(placed, start=placed.start + shift, end=placed.end + shift,
                   evidence_start=placed.evidence_start + shift, evidence_end=placed.evidence_end + shift)


def draw_values(clause: Clause, rng: Random) -> dict[str, str]:
    return {fact.name: fact.value(rng) for fact in clause.facts}


def write_document(genre: Genre, rng: Random, names: dict[str, str], clauses: list[Clause], style: int,
                   title: str | None = None) -> Written:
    """Write a document of a genre; `style` picks the wording of each clause, so one drafter keeps one voice."""
    title = title or fill(rng.choice(genre.titles), names)[0]
    document = Written(title, f"# {title}\n\n", dict(names))
    if genre.openings:
        document.text += fill(genre.openings[style % len(genre.openings)], names)[0] + "\n\n"
    for clause in clauses:
        wording = clause.wordings[style % len(clause.wordings)]
        write_clause(document, clause, draw_values(clause, rng), wording, rng.choice(clause.titles))
    document.text = document.text.rstrip() + "\n"
    return document


def reference(genre: Genre, rng: Random, names: dict[str, str]) -> str:
    """How a question names the document: 'the supply agreement between Brenmere Foods and Toska Mills'."""
    text = rng.choice(genre.references)
    for literal_name in re.findall(r"{(\w+)}", text):
        text = text.replace("{" + literal_name + "}", names[literal_name])
    return text
