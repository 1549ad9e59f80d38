"""Questions on several contracts: a few that are named (aggregate), and all that there are (global).

All of them are about numbers that every contract states in one unit, so that they can be compared without conversion;
amounts only within one currency.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from random import Random

from .contracts import GENRES
from .house import Rule, quantity
from .questions import (
    Item, Span, Stated, accepted_variants, as_amended, ask, evidence, in_force, number_words, reference, wordings)
from .world import Contract, World

LARGER = (
    "Which has the {larger} {topic}: {choice}?",
    "Compare {docs}: which one has the {larger} {topic}?",
    "Of {docs}, which has the {larger} {topic}?",
    "Take {docs}. Where is the {topic} {larger}?",
    "If you lay {docs} side by side, where do you find the {larger} {topic}?",
    "Between {docs}, which one comes with the {larger} {topic}?",
)
DIFFERENCE = (
    "By how much does the {topic} differ between {docs}?",
    "What is the difference in the {topic} between {docs}?",
    "How far apart are {docs} in the {topic}?",
    "Compare the {topic} of {docs}: how large is the difference?",
    "How large is the gap in the {topic} when you compare {docs}?",
    "Subtract the smaller {topic} from the larger one for {docs}. What is left?",
)
COUNT = (
    "How many of these contracts have a {topic} of more than {bound}: {docs}?",
    "Of {docs}, how many have a {topic} above {bound}?",
    "Count the contracts whose {topic} exceeds {bound}: {docs}.",
    "Look at {docs}. In how many is the {topic} more than {bound}?",
    "Among {docs}, how many go beyond {bound} in the {topic}?",
    "Here are some contracts: {docs}. How many of them have a {topic} over {bound}?",
)
BY_LAW = ("How many contracts in the whole portfolio are governed by the law of {value}?",
          "Across all our contracts, how many name {value} in their choice of law?")
BY_TYPE = ("How many contracts of the type {value} are there in the whole portfolio?",
           "Across all our contracts, how many are of the type {value}?")
BY_PARTY = ("To how many contracts in the whole portfolio is {value} a party?",
            "Across all our contracts, how many did {value} sign?")
EXTREME = ("Which contract in the whole portfolio has the {most} {topic}?",
           "Across all our contracts, which one has the {most} {topic}?")


# ---------------------------------------------------------------- values and names

def unit(value: str) -> str:
    """What stands around the number: 'days' of '45 days', 'EUR' of 'EUR 1,200', '%' of '2.5%'."""
    return value.strip("0123456789,. ") if not value.endswith("%") else "%"


def degree(value: str, most: bool = False) -> str:
    """'longer' for a time, 'higher' for all else; with `most`, 'longest' and 'highest'."""
    long = unit(value).split()[-1] in ("hours", "days", "weeks", "months", "years")
    return ("long" if long else "high") + ("est" if most else "er")


def names_of(contract: Contract) -> tuple[str, ...]:
    """The ways to name a contract that count as an answer, beside its title."""
    a, b = (party.name for party in contract.parties)
    references = [template.format(A_name=x, B_name=y) for template in GENRES[contract.kind.key].references
                  for x, y in ((a, b), (b, a))]
    return tuple(dict.fromkeys([f"{contract.kind.name} between {b} and {a}", *references,
                                *map(as_amended, references)]))


def short_names(contract: Contract) -> tuple[str, ...]:
    """The ways to name a contract by its type alone, where no other of that type is meant."""
    references = GENRES[contract.kind.key].references
    return tuple(dict.fromkeys([contract.kind.name, *(re.match(r".*?(?:agreement|contract)\b", text)[0] for text in references)]))


def amount(number: float, value: str) -> str:
    """A number in the unit of `value`: 15 and '45 days' give '15 days'."""
    whole = f"{number:,.0f}" if number == int(number) else f"{number:g}"
    around = unit(value)
    return f"{whole}%" if around == "%" else f"{around} {whole}" if around.isupper() else f"{whole} {around}"


def counted_answer(number: int) -> tuple[str, ...]:
    return (number_words(number), f"{number} contracts", f"{number_words(number)} contracts") if number != 1 else (
        "one", "1 contract", "one contract")


# ---------------------------------------------------------------- some contracts

def aggregate(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    """Which of two or more named contracts is ahead, by how much two differ, how many of three or four pass a bound."""
    for position in world.positions:
        own = in_force(contract, position.rule)
        if position.rule.rising is None or own is None:
            continue
        others = [found for other in world.contracts if other.split == contract.split and other is not contract
                  and (found := in_force(other, position.rule)) and unit(found[2].value) == unit(own[2].value)]
        for make, least, most in ((larger, 1, 2), (difference, 1, 1), (count, 2, 3)):
            if len(others) >= least:
                chosen = [own, *rng.sample(others, rng.randint(least, min(most, len(others))))]
                yield from make(rng, position.rule, rng.sample(chosen, len(chosen)), contract.doc_id, split)


def larger(rng: Random, rule: Rule, stated: list[Stated], cluster: str, split: str) -> Iterator[Item]:
    ranked = sorted(stated, key=lambda found: quantity(found[2].value))
    if quantity(ranked[-1][2].value) > quantity(ranked[-2][2].value):
        winner = ranked[-1][0]
        word = degree(ranked[0][2].value, most=len(stated) > 2)
        names = names_of(winner)
        if [contract.kind for contract, _, _ in stated].count(winner.kind) == 1:
            names += short_names(winner)
        yield named_item(rng, LARGER, rule, stated, cluster, split, winner.written.title, names, "larger", {"larger": word})


def difference(rng: Random, rule: Rule, stated: list[Stated], cluster: str, split: str) -> Iterator[Item]:
    one, two = (quantity(found[2].value) for found in stated)
    if one != two:
        answer = amount(round(abs(one - two), 6), stated[0][2].value)
        accepted = accepted_variants(answer)
        if answer.endswith("%"):
            accepted += (f"{answer[:-1]} percentage points",)
        yield named_item(rng, DIFFERENCE, rule, stated, cluster, split, answer, accepted, "difference")


def count(rng: Random, rule: Rule, stated: list[Stated], cluster: str, split: str) -> Iterator[Item]:
    numbers = sorted({quantity(found[2].value) for found in stated})
    if len(numbers) > 1:
        bound = rng.choice(numbers[:-1])
        answer = sum(quantity(found[2].value) > bound for found in stated)
        yield named_item(rng, COUNT, rule, stated, cluster, split, str(answer), counted_answer(answer), "count",
                         {"bound": amount(bound, stated[0][2].value)})


def named_item(rng: Random, templates: tuple[str, ...], rule: Rule, stated: list[Stated], cluster: str, split: str,
               answer: str, accepted: tuple[str, ...], kind: str, slots: dict[str, str] | None = None) -> Item:
    """A question that names its contracts; the evidence is each one's sentence, in the order of the question."""
    text = rng.choice(wordings(templates, split))
    for name, value in ({"topic": rule.topic} | (slots or {})).items():
        text = text.replace("{" + name + "}", value)
    # All that are amended are marked or none: a mark on one would leave open which text of the others counts.
    marked = float(rng.random() < 0.3)
    references = [reference(rng, contract, marked=marked) for contract, _, _ in stated]
    listed = ", ".join(references[:-1])
    text = text.replace("{docs}", f"{listed} and {references[-1]}").replace("{choice}", f"{listed} or {references[-1]}")
    spans = tuple(evidence(doc_id, placed) for _, doc_id, placed in stated)
    return Item("aggregate", split, cluster, rule.name, ask(text, ""), answer, accepted, spans,
                kind=kind)


# ---------------------------------------------------------------- all contracts

def whole(rng: Random, world: World, contract: Contract, split: str) -> Iterator[Item]:
    """Questions on the whole portfolio; a contract stands for its law, type, parties and extremes."""
    law = next(position.rule for position in world.positions if position.rule.rising is None)
    own = in_force(contract, law)
    laws = [found for other in world.contracts if (found := in_force(other, law))]
    if own:
        same = [found for found in laws if found[2].value == own[2].value]
        yield whole_item(rng, BY_LAW, split, own[2].value, same, "law")
    kinds = [other for other in world.contracts if other.kind is contract.kind]
    yield whole_item(rng, BY_TYPE, split, contract.kind.name, [headed(other) for other in kinds], "type")
    for party in contract.parties:
        signed = [other for other in world.contracts if party in other.parties]
        yield whole_item(rng, BY_PARTY, split, party.name, [headed(other) for other in signed], "party")
    for position in world.positions:
        if (found := unmatched(world, position.rule)) and found[0] is contract:
            text = rng.choice(EXTREME).replace("{most}", degree(found[2].value, most=True))
            yield Item("global", split, f"portfolio-{position.rule.name}", position.rule.name,
                       text.replace("{topic}", position.rule.topic), contract.written.title, names_of(contract),
                       (evidence(found[1], found[2]),), kind="extreme")


def headed(contract: Contract) -> Span:
    """The title line of a contract, without its mark."""
    return Span(contract.doc_id, 2, 2 + len(contract.written.title))


def whole_item(rng: Random, templates: tuple[str, ...], split: str, value: str, found: list, kind: str) -> Item:
    """How many contracts share a value; the evidence is every place that says so."""
    spans = tuple(item if isinstance(item, Span) else evidence(item[1], item[2]) for item in found)
    return Item("global", split, f"portfolio-{kind}-{value}", kind, rng.choice(templates).replace("{value}", value),
                str(len(found)), counted_answer(len(found)), spans, kind=kind)


def unmatched(world: World, rule: Rule) -> Stated | None:
    """The one contract whose value is larger than all others, or None: amounts in several currencies have no order."""
    stated = [found for contract in world.contracts if (found := in_force(contract, rule))]
    if rule.rising is None or len({unit(found[2].value) for found in stated}) != 1:
        return None
    best = Counter(quantity(found[2].value) for found in stated)
    top = max(best)
    return next(found for found in stated if quantity(found[2].value) == top) if best[top] == 1 else None
