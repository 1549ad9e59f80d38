"""Questions on one contract, each with its answer, the answers that count as well, and gold evidence as character spans.

A question asks for the text in force: for a fact that was amended, the latest amendment's value is the answer.

Splits go by contract. `train` and `known` ask about the same contracts, but `known` uses wordings that `train` never
sees: the last two of every fact and of every family's own templates. `dev` and `test` draw from all wordings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from labutils.prompts import ABSTAIN

from . import contracts
from .house import CODE_NAMES, JARGON_FACTS, LABELS, Company, Position, Rule
from .papers import work_reference
from .text import Fact, PlacedFact
from .world import Contract, FactKey, World, from_date, to_date

HELD_OUT = 2
TAUGHT = 20
ASKS_FOR_THE_FIRST = " originally "  # a wording that would mean the value before any amendment
PLAYBOOK_QUESTIONS = (
    "What risk does the playbook assign to the {topic} under {doc}?",
    "Which risk label does the {topic} under {doc} get by the playbook?",
    "How risky is the {topic} under {doc} according to the playbook?",
    "By the playbook, is the {topic} under {doc} of low, medium or high risk?",
    "What is the playbook's risk label for the {topic} under {doc}?",
    "If we follow the house rules, how should a reviewer rate the {topic} under {doc}?",
    "Measured against our house positions, how dangerous is the {topic} under {doc}?",
)
EXTRACT_QUESTIONS = (
    "Extract from {doc} as JSON with the keys {keys}.",
    "Give the values of {doc} as a JSON object with the keys {keys}.",
    "Return JSON with the keys {keys} for {doc}.",
    "Read {doc} and write a JSON object with the keys {keys}.",
    "Fill the fields {keys} from {doc} and answer in JSON.",
    "For our database we need {keys} out of {doc}, as JSON.",
)
JARGON_QUESTIONS = (
    "What is the {term} under {doc}?",
    "Which {term} does {doc} have?",
    "What did we agree as {term} in {doc}?",
    "State the {term} of {doc}.",
    "Please look up the {term} in {doc}.",
    "What does {doc} say on the {term}?",
    "In our own words: how much is the {term} for {doc}?",
    "A colleague asks for the {term} of {doc}. What do I tell her?",
)
SUMMARY_QUESTIONS = (
    "Sum up {doc} in one line: {points}.",
    "Give me {doc} in a nutshell: {points}.",
    "Summarise {doc} on these points: {points}.",
    "For the board, put {doc} in one line with these points: {points}.",
    "Write a one-line summary of {doc} that covers {points}.",
    "What does a reader in a hurry need to know about {doc}? Cover {points}.",
)


@dataclass(frozen=True)
class Span:
    """Characters [start, end) of a document."""

    doc_id: str
    start: int
    end: int


@dataclass(frozen=True)
class Item:
    """One question; `chain` has every statement of an amended fact, oldest first; selection balances `kind`."""

    family: str
    split: str
    cluster: str
    klass: str
    question: str
    answer: str
    accepted: tuple[str, ...]
    evidence: tuple[Span, ...]
    chain: tuple[Span, ...] = ()
    kind: str = ""
    question_id: str = ""

    def to_json(self) -> dict:
        """The object of questions.jsonl."""
        row = {
            "question_id": self.question_id, "family": self.family, "split": self.split, "cluster": self.cluster,
            "class": self.klass, "question": self.question, "answer": self.answer, "accepted": list(self.accepted),
            "evidence": [vars(span) for span in self.evidence],
        }
        return row | ({"chain": [vars(span) for span in self.chain]} if self.chain else {})


Stated = tuple[Contract, str, PlacedFact]  # a contract, the document that states the fact in force, and the fact


# ---------------------------------------------------------------- accepted variants

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()
TENS = ". . twenty thirty forty fifty sixty seventy eighty ninety".split()
TIME_UNITS = "hours days weeks months years".split()
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def number_words(number: int) -> str:
    """A whole number from 0 to 999 in words: 'one hundred and five'; ValueError beyond."""
    if not 0 <= number < 1000:
        raise ValueError(number)
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    rest = number % 100
    return f"{ONES[number // 100]} hundred" + (f" and {number_words(rest)}" if rest else "")


def counted(number: int, unit: str) -> list[str]:
    """A quantity as contracts also write it: '30 days', 'thirty days', 'thirty (30) days'."""
    forms = [f"{number:,} {unit}"]
    if number < 1000:
        words = number_words(number)
        forms += [f"{words} {unit}", f"{words} ({number}) {unit}", f"{words.replace('-', ' ')} {unit}"]
    return forms


def accepted_variants(value: str, fact_name: str = "", question: str = "") -> tuple[str, ...]:
    """Other ways to write a value that count as right, without the value itself.

    The number alone counts where the unit names what is counted, or the question says 'how many' of it.
    """
    forms: list[str] = []
    if match := re.fullmatch(r"([\d,]+) ([a-z ]+)", value):
        number, unit = int(match[1].replace(",", "")), match[2]
        forms += counted(number, unit)
        if unit.split()[-1] not in TIME_UNITS or f"how many {unit}" in question.lower():
            forms += [match[1], str(number)] + ([number_words(number)] if number < 1000 else [])
        for smaller, larger, ratio in (("months", "years", 12), ("days", "weeks", 7)):
            if unit == smaller and number % ratio == 0:
                forms += counted(number // ratio, larger if number > ratio else larger.removesuffix("s"))
            if unit == larger:
                forms += counted(number * ratio, smaller)
    elif match := re.fullmatch(r"([A-Z]{3}) ([\d,]+)", value):
        number = int(match[2].replace(",", ""))
        forms += [f"{match[1]} {number}", f"{match[2]} {match[1]}", f"{number} {match[1]}"]
        forms += [f"{SYMBOLS[match[1]]}{match[2]}"] if match[1] in SYMBOLS else []
        if number >= 1_000_000:
            forms += [f"{match[1]} {number / 1e6:.7g} million"]
    elif match := re.fullmatch(r"([\d.]+)%", value):
        forms += [f"{match[1]} %", f"{match[1]} percent", f"{match[1]} per cent"]
    elif is_date(value):
        day = to_date(value)
        _, month, year = from_date(day).split()
        forms += [f"{month} {day.day}, {year}", day.isoformat(), f"{ordinal(day.day)} {month} {year}",
                  f"{ordinal(day.day)} of {month} {year}", f"{month} {ordinal(day.day)}, {year}"]
    elif fact_name == "governing_law":
        forms += [f"the law of {value}", f"the laws of {value}", f"{value} law"]
    if value.startswith("the "):
        forms.append(value.removeprefix("the "))
    return tuple(dict.fromkeys(form for form in forms if form != value))


def is_date(value: str) -> bool:
    try:
        to_date(value)
    except ValueError:
        return False
    return True


def ordinal(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


# ---------------------------------------------------------------- helpers

def evidence(doc_id: str, placed: PlacedFact) -> Span:
    """The sentence that states a fact."""
    return Span(doc_id, placed.evidence_start, placed.evidence_end)


def wordings(all_wordings: Sequence[str], split: str) -> list[str]:
    """The wordings that a split may use: train all but the held-out ones, known those only, dev and test all."""
    if split == "train":
        return list(all_wordings[:-HELD_OUT])
    return list(all_wordings[-HELD_OUT:] if split == "known" else all_wordings)


def ask(template: str, reference: str) -> str:
    text = template.replace("{doc}", reference)
    return text[0].upper() + text[1:]


def reference(rng: Random, contract: Contract, a: str = "", b: str = "", marked: float = 0.3) -> str:
    """How a question names a contract; `a`, `b` stand for its parties.

    If it has amendments, a share `marked` says so; whether it is said or not, the question is on the text in force.
    """
    template = rng.choice(contracts.GENRES[contract.kind.key].references)
    text = template.format(A_name=a or contract.parties[0].name, B_name=b or contract.parties[1].name)
    return as_amended(text) if contract.amendments and rng.random() < marked else text


def as_amended(text: str) -> str:
    """'the supply agreement of A and B' with the mark beside what is amended: 'the supply agreement (as amended) of ...'."""
    return re.sub(r"\b(agreement|contract)\b", r"\1 (as amended)", text, count=1)


def fact_of(placed: PlacedFact) -> tuple[Fact, FactKey]:
    return placed.fact, (placed.clause.key, placed.fact.name)


def plain_facts(contract: Contract) -> list[PlacedFact]:
    """Facts of the base contract that no amendment states, whether changed or only restated, and nothing contradicts."""
    return [placed for placed in contract.written.facts
            if len(contract.chain(fact_of(placed)[1])) == 1 and fact_of(placed)[1] not in contract.contradicted]


def asked_facts(world: World, contract: Contract, split: str) -> list[PlacedFact]:
    """The plain facts that a split may ask for: of a train contract some, so that each of them can be learned."""
    facts = plain_facts(contract)
    if split not in ("train", "known"):
        return facts
    chosen = Random(f"{world.seed}/taught/{contract.doc_id}").sample(facts, min(TAUGHT, len(facts)))
    return [placed for placed in facts if placed in chosen]


def amended_facts(contract: Contract) -> list[list[tuple[str, PlacedFact]]]:
    """Chains of statements whose latest one brought a value that no earlier one had."""
    chains = [contract.chain(key) for key in contract.keys() if key not in contract.contradicted]
    return [chain for chain in chains if len(chain) > 1 and chain[-1][1].value not in {p.value for _, p in chain[:-1]}]


def in_force(contract: Contract, rule: Rule) -> Stated | None:
    """The latest statement of a rule's fact in a contract and its amendments; None without one or with two at odds."""
    key = (rule.clause, rule.fact)
    chain = contract.chain(key)
    return (contract, *chain[-1]) if chain and key not in contract.contradicted else None


def phrasings(rng: Random, contract: Contract, templates: Sequence[str], split: str, never: str = "\n") -> list[str]:
    """Question texts of one fact, three or four in train, elsewhere one; no template that contains `never`."""
    usable = [template for template in wordings(templates, split) if never not in template]
    count = rng.choice((3, 4)) if split == "train" else 1
    return [ask(template, reference(rng, contract)) for template in rng.sample(usable, min(count, len(usable)))]


# ---------------------------------------------------------------- families

def lookup(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    for placed in asked_facts(world, contract, split):
        for question in phrasings(rng, contract, placed.fact.questions, split):
            yield Item("lookup", split, contract.doc_id, placed.clause.key, question, placed.value,
                       accepted_variants(placed.value, placed.fact.name, question),
                       (evidence(contract.doc_id, placed),))
    for work in contract.works if split in ("dev", "test") else []:
        for placed in work.written.facts:
            question = ask(rng.choice(placed.fact.questions), work_reference(rng, contract, work))
            yield Item("lookup", split, contract.doc_id, placed.clause.key, question, placed.value,
                       accepted_variants(placed.value, placed.fact.name, question), (evidence(work.doc_id, placed),))


def version(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    for chain in amended_facts(contract):
        latest = chain[-1][1]
        spans = tuple(evidence(doc_id, placed) for doc_id, placed in chain)
        for question in phrasings(rng, contract, latest.fact.questions, split, ASKS_FOR_THE_FIRST):
            yield Item("version", split, contract.doc_id, latest.clause.key, question, latest.value,
                       accepted_variants(latest.value, latest.fact.name, question), spans[-1:], spans)


def multihop(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    hops = [(named, hop) for named, hidden in (contract.parties, contract.parties[::-1])
            for hop in register_hops(world, contract, named, hidden)]
    facts = plain_facts(contract)
    for named, (kind, description, placed_in_register) in hops:
        for placed in rng.sample(facts, min(4 if split == "train" else len(facts), len(facts))):
            template = rng.choice(wordings(placed.fact.questions, split))
            question = ask(template, reference(rng, contract, named.name, description))
            yield Item("multihop", split, contract.doc_id, placed.clause.key, question, placed.value,
                       accepted_variants(placed.value, placed.fact.name, question),
                       (evidence("register", placed_in_register), evidence(contract.doc_id, placed)), kind=kind)


def register_hops(world: World, contract: Contract, named: Company,
                  hidden: Company) -> list[tuple[str, str, PlacedFact]]:
    """(kind, description, register fact) of every way to describe `hidden` that leads to this contract and no other."""
    everyone = world.companies + world.holdings
    ways = [("seat", f"the company seated in {hidden.seat}", [c for c in everyone if c.seat == hidden.seat]),
            ("signatory", f"the company for which {hidden.signatory} signs",
             [c for c in everyone if c.signatory == hidden.signatory])]
    if hidden.former:
        ways.append(("former_name", f"the company formerly called {hidden.former}",
                     [c for c in everyone if c.former == hidden.former]))
    if hidden.parent:
        children = [c for c in everyone if c.parent == hidden.parent]
        article = "the" if len(children) == 1 else "a"
        ways.append(("parent", f"{article} subsidiary of {hidden.parent}", children))
    return [(kind, description, world.register.fact(hidden.name, kind)) for kind, description, meant in ways
            if matching(world, contract, named, meant) == [contract.doc_id]]


def matching(world: World, contract: Contract, named: Company, meant: Iterable[Company]) -> list[str]:
    """The contracts of this one's type between `named` and any of the companies meant."""
    pairs = [{named.name, company.name} for company in meant]
    return [other.doc_id for other in world.contracts
            if other.kind.key == contract.kind.key and {party.name for party in other.parties} in pairs]


def unanswerable(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    # The same few facts in train and known: what the adapter may know is that they are missing.
    steady = Random(f"{world.seed}/absent/{contract.doc_id}")
    missing = [(clause.key, fact) for clause in contract.absent() for fact in clause.facts]
    for key, fact in steady.sample(missing, min(5, len(missing))):
        for question in phrasings(rng, contract, fact.questions, split):
            yield Item("unanswerable", split, contract.doc_id, key, question, ABSTAIN, (), ())


def playbook(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    placed_by_key = {fact_of(placed)[1]: placed for placed in plain_facts(contract)}
    for position in world.positions:
        placed = placed_by_key.get((position.rule.clause, position.rule.fact))
        if placed:
            yield from playbook_items(rng, world, contract, split, position, placed)


def playbook_items(rng: Random, world: World, contract: Contract, split: str, position: Position,
                   placed: PlacedFact) -> Iterator[Item]:
    label = position.label(placed.value)
    # "Any other place" is proved by the places that are listed.
    proof = LABELS if position.options and label == LABELS[-1] else (label,)
    rules = tuple(evidence("playbook", world.playbook.fact(position.rule.name, name)) for name in proof)
    templates = [text.replace("{topic}", position.rule.topic) for text in PLAYBOOK_QUESTIONS]
    for question in phrasings(rng, contract, templates, split)[:2]:
        yield Item("playbook", split, contract.doc_id, position.rule.name, question, label, (f"{label} risk",),
                   (evidence(contract.doc_id, placed), *rules), kind=label)


def extract(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    # The same field sets in train and known, as for the unanswerable.
    for group in field_groups(Random(f"{world.seed}/fields/{contract.doc_id}"), plain_facts(contract)):
        keys = ", ".join(f'"{placed.fact.name}"' for placed in group)
        answer = json.dumps({placed.fact.name: placed.value for placed in group}, ensure_ascii=False)
        spans = tuple(dict.fromkeys(evidence(contract.doc_id, placed) for placed in group))
        klass = "+".join(dict.fromkeys(placed.clause.key for placed in group))
        templates = [text.replace("{keys}", keys) for text in EXTRACT_QUESTIONS]
        for question in phrasings(rng, contract, templates, split)[:2]:
            yield Item("extract", split, contract.doc_id, klass, question, answer, (), spans)


def field_groups(rng: Random, facts: list[PlacedFact]) -> list[list[PlacedFact]]:
    """Up to five groups of two or three facts: of one clause where it has several, else of two clauses side by side."""
    by_clause: dict[str, list[PlacedFact]] = {}
    for placed in facts:
        by_clause.setdefault(placed.clause.key, []).append(placed)
    groups = [group[:3] for group in by_clause.values() if len(group) > 1]
    single = [group[0] for group in by_clause.values() if len(group) == 1]
    groups += [list(pair) for pair in zip(single[::2], single[1::2])]
    chosen = rng.sample(groups, min(5, len(groups)))
    return [rng.sample(group, len(group)) for group in chosen]


def jargon(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    """A fact named by its house term, or a contract named by its code name: the glossary says what is meant."""
    placed_by_key = {fact_of(placed)[1]: placed for placed in asked_facts(world, contract, split)}
    for entry in world.house_terms():
        placed = placed_by_key.get(JARGON_FACTS.get(entry.value))
        templates = [text.replace("{term}", entry.fact.name) for text in JARGON_QUESTIONS]
        for question in phrasings(rng, contract, templates, split)[:2] if placed else []:
            yield jargon_item(contract, split, entry, placed, question, "term")
    code = next((code for code, doc_id in world.projects.items() if doc_id == contract.doc_id), None)
    for placed in rng.sample(list(placed_by_key.values()), min(6, len(placed_by_key))) if code else []:
        entry = world.glossary.fact(CODE_NAMES, code)
        question = ask(rng.choice(wordings(placed.fact.questions, split)), code)
        yield jargon_item(contract, split, entry, placed, question, "code name")


def jargon_item(contract: Contract, split: str, entry: PlacedFact, placed: PlacedFact, question: str, kind: str) -> Item:
    return Item("jargon", split, contract.doc_id, placed.clause.key, question, placed.value,
                accepted_variants(placed.value, placed.fact.name, question),
                (evidence("glossary", entry), evidence(contract.doc_id, placed)), kind=kind)


def summary(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    """A line on three to five points that the playbook cares for, each with the value in force."""
    points = [(position.rule, *found[1:]) for position in world.positions if (found := in_force(contract, position.rule))]
    points = rng.sample(points, min(rng.randint(3, 5), len(points)))
    if len(points) < 3:
        return
    topics = [rule.topic for rule, _, _ in points]
    listed = ", ".join(topics[:-1]) + f" and {topics[-1]}"
    question = ask(rng.choice(wordings(SUMMARY_QUESTIONS, split)).replace("{points}", listed), reference(rng, contract))
    answer = "; ".join(f"{rule.topic}: {placed.value}" for rule, _, placed in points)
    spans = tuple(dict.fromkeys(evidence(doc_id, placed) for _, doc_id, placed in points))
    yield Item("summary", split, contract.doc_id, "+".join(rule.name for rule, _, _ in points), question, answer, (), spans)
