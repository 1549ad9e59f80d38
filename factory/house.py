"""What the house knows beside its contracts: the corporate register, the contract playbook and the glossary."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from . import contracts
from .text import Clause, Fact, Written, write_clause
from .values import LEGAL_FORMS, MONTHS, coined, company, person, place

LABELS = ("low", "medium", "high")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


# ---------------------------------------------------------------- companies

@dataclass(frozen=True)
class Company:
    """A company as the register knows it; `parent` and `former` are names or None."""

    name: str
    form: str
    seat: str
    signatory: str
    parent: str | None
    former: str | None
    renamed: str | None

    @property
    def legal(self) -> str:
        return f"{self.name} {self.form}"

    @property
    def stem(self) -> str:
        return self.name.split()[0]


def fresh(rng: Random, draw: Callable[[Random], str], taken: set[str]) -> str:
    """Draw a name whose coined word neither begins a drawn one nor begins with one; adds it to `taken`."""
    while True:
        name = draw(rng)
        coin = name.split()[-1] if draw in (person, place) else name.split()[0]
        if not any(coin.startswith(other) or other.startswith(coin) for other in taken):
            taken.add(coin)
            return name


def holding(rng: Random) -> str:
    return f"{coined(rng, 1)} {rng.choice(['Holdings', 'Group', 'Partners', 'Capital', 'Industries'])}"


def draw_companies(rng: Random, count: int) -> tuple[list[Company], list[Company]]:
    """(`count` trading companies, the holdings above them). All names differ, also in their first words.

    Nearly half of the companies have a parent; about half of the parents have one subsidiary only, the others two.
    """
    taken: set[str] = set()
    parents = [fresh(rng, holding, taken) for _ in range(max(1, round(count * 0.3)))]
    owners = parents + parents[: round(count * 0.45) - len(parents)]
    owners += [None] * (count - len(owners))
    rng.shuffle(owners)
    trading = [draw_company(rng, fresh(rng, company, taken), owner, taken) for owner in owners]
    return trading, [draw_company(rng, name, None, taken, renamed_share=0.0) for name in parents]


def draw_company(rng: Random, name: str, parent: str | None, taken: set[str], renamed_share: float = 0.5) -> Company:
    former = renamed = None
    if rng.random() < renamed_share:
        former = fresh(rng, company, taken)
        renamed = f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(1998, 2014)}"
    form, seat, signatory = rng.choice(LEGAL_FORMS), fresh(rng, place, taken), fresh(rng, person, taken)
    return Company(name, form, seat, signatory, parent, former, renamed)


# ---------------------------------------------------------------- register

SEAT = ("{company} has its registered seat in {seat}.", "The registered seat of {company} is {seat}.")
PARENT = ("{company} is a wholly owned subsidiary of {parent}.",
          "All shares in {company} are held by its parent company, {parent}.")
INDEPENDENT = ("{company} is independent and has no parent company.",
               "No other company holds a majority of the shares in {company}.")
FORMER = ("Until {renamed}, {company} was called {former_name}.",
          "{company} took its present name on {renamed}; it was formerly called {former_name}.")
SIGNATORY = ("{signatory} is the authorized signatory of {company}.", "{signatory} signs alone on behalf of {company}.")


def never_drawn(rng: Random) -> str:
    raise RuntimeError("the values of the register come from its companies")


REGISTER_FACTS = tuple(Fact(name, never_drawn, ()) for name in ("seat", "parent", "former_name", "signatory"))


def write_register(rng: Random, companies: list[Company]) -> Written:
    """One section per company, in alphabetical order; the clause key of an entry's facts is the company's name."""
    document = Written("Corporate Register", "# Corporate Register\n\n", {})
    document.text += (
        "This register lists the companies that the group deals with: their legal names, registered seats, "
        "parent companies, former names and authorized signatories. Contracts use the names that were "
        "current when they were signed.\n\n")
    for entry in sorted(companies, key=lambda c: c.name):
        sentences = [rng.choice(SEAT), rng.choice(PARENT if entry.parent else INDEPENDENT), rng.choice(SIGNATORY)]
        if entry.former:
            sentences.insert(rng.randint(1, 3), rng.choice(FORMER))
        wording = " || ".join([f"The full legal name of {{company}} is {entry.legal}. {sentences[0]}", *sentences[1:]])
        values = {"company": entry.name, "seat": entry.seat, "signatory": entry.signatory, "parent": entry.parent or "",
                  "former_name": entry.former or "", "renamed": entry.renamed or ""}
        clause = Clause(entry.name, "", (entry.legal,), (wording,), REGISTER_FACTS)
        write_clause(document, clause, values, wording, entry.legal)
    document.text = document.text.rstrip() + "\n"
    return document


# ---------------------------------------------------------------- playbook

@dataclass(frozen=True)
class Rule:
    """A house position on one fact: `phrase` opens its sentences, `topic` stands in questions.

    `rising` True means that more is riskier, False that less is, None that the value is an option of a list.
    """

    name: str
    clause: str
    fact: str
    topic: str
    phrase: str
    why: str
    rising: bool | None


RULES: tuple[Rule, ...] = (
    Rule("payment_term", "payment", "payment_term", "payment term", "a payment term of",
         "Long payment terms tie up cash.", True),
    Rule("late_interest", "payment", "late_rate", "monthly interest on late payments",
         "monthly interest on late payments of", "High interest on late payments punishes a slip in accounting.", True),
    Rule("liability_cap", "cap", "liability_cap", "cap on liability", "a cap on liability of",
         "A high cap exposes us to claims that we cannot insure. Currencies are not converted for this rule.", True),
    Rule("governing_law", "law", "governing_law", "governing law", "the law of",
         "A law that we know saves the cost of foreign counsel.", None),
    Rule("initial_term", "term", "initial_term", "initial term", "an initial term of",
         "A long first term binds us when markets move.", True),
    Rule("renewal_term", "renewal", "renewal_term", "renewal term", "a renewal term of",
         "Long renewals keep us in contracts that nobody has looked at again.", True),
    Rule("renewal_notice", "nonrenewal", "renewal_notice", "notice of non-renewal", "a notice of non-renewal of",
         "The earlier the notice has to be given, the more easily it is missed.", True),
    Rule("convenience_notice", "convenience", "convenience_notice", "notice for termination without cause",
         "a notice for termination without cause of", "A short notice leaves no time to find somebody else.", False),
    Rule("cure_period", "cause", "cure_period", "cure period", "a cure period of",
         "A short cure period lets a small mistake end a contract.", False),
    Rule("warranty", "warranty", "warranty_time", "warranty period", "a warranty period of",
         "A short warranty leaves us alone with hidden defects.", False),
    Rule("minimum_spend", "minimum", "minimum_spend", "minimum purchase per contract year",
         "a minimum purchase per contract year of",
         "A high minimum turns a forecast into a debt. Currencies are not converted for this rule.", True),
    Rule("lead_time", "delivery", "lead_time", "lead time for deliveries", "a lead time for deliveries of",
         "Long lead times force us to hold stock.", True),
    Rule("secrecy", "confidentiality", "secrecy_time", "confidentiality period", "a confidentiality period of",
         "Secrets that are free too early cost us our lead.", False),
    Rule("noncompete", "noncompete", "noncompete_time", "non-compete period", "a non-compete period of",
         "A long non-compete closes markets to us.", True),
    Rule("nosolicit", "nosolicit", "nosolicit_time", "ban on soliciting employees",
         "a ban on soliciting employees for", "A long ban hampers our recruiting.", True),
    Rule("incident", "incident", "incident_time", "deadline for reporting data incidents",
         "a deadline for reporting data incidents of", "Late reports of incidents make the damage worse.", True),
    Rule("price_increase", "price", "price_increase", "maximum price increase per contract year",
         "a maximum price increase per contract year of", "Prices that may rise fast cannot be planned for.", True),
    Rule("deposit", "deposit", "deposit", "security deposit", "a security deposit of",
         "A high deposit is money that does not work. Currencies are not converted for this rule.", True),
)


def quantity(value: str) -> float:
    """The number in a value such as '45 days', '2.5%' or 'EUR 1,250,000'; ValueError if there is none."""
    match = NUMBER.search(value)
    if not match:
        raise ValueError(f"no number in {value!r}")
    return float(match[0].replace(",", ""))


def round_to_step(number: float, whole: bool) -> float:
    """A threshold that people would choose: 12, 45, 700, 1.5; without decimals where the values have none."""
    magnitude = 10.0 ** math.floor(math.log10(number))
    step = magnitude / 10 if number < 2 * magnitude else magnitude / 2
    step = max(step, 1.0) if whole else step
    return round(round(number / step) * step, 6)


@dataclass(frozen=True)
class Position:
    """A rule with the world's own thresholds or options; `label` applies it."""

    rule: Rule
    bounds: tuple[float, float] | None
    options: tuple[tuple[str, ...], tuple[str, ...]] | None
    unit: str

    def label(self, value: str) -> str:
        """'low', 'medium' or 'high' for a fact's value."""
        if self.options is not None:
            return next((label for label, names in zip(LABELS, self.options) if value in names), "high")
        band = sum(quantity(value) > bound for bound in self.bounds)
        return LABELS[band if self.rule.rising else 2 - band]

    def sentences(self) -> list[str]:
        """Three sentences, one per label, with the label as a placeholder: '... is {low} risk.'"""
        phrase = self.rule.phrase[0].upper() + self.rule.phrase[1:]
        if self.options is not None:
            listed = [", ".join(names[:-1]) + f" or {names[-1]}" for names in self.options]
            return [f"{phrase} {listed[0]} is {{low}} risk.", f"{phrase} {listed[1]} is {{medium}} risk.",
                    f"{phrase} any other place is {{high}} risk."]
        low, high = ((f"{bound:,.0f}" if bound == int(bound) else f"{bound:g}") + self.unit for bound in self.bounds)
        bands = [f"up to {low}", f"more than {low} and up to {high}", f"more than {high}"]
        return [f"{phrase} {band} is {{{label}}} risk."
                for band, label in zip(bands, LABELS if self.rule.rising else LABELS[::-1])]


def draw_position(rng: Random, rule: Rule) -> Position:
    """House thresholds near the thirds of what contracts say, so that no label can be guessed."""
    found = next(f for f in contracts.BY_KEY[rule.clause].facts if f.name == rule.fact)
    values = [found.value(rng) for _ in range(600)]
    if rule.rising is None:
        options = sorted(set(values))
        rng.shuffle(options)
        third = len(options) // 3
        return Position(rule, None, (tuple(sorted(options[:third])), tuple(sorted(options[third:2 * third]))), "")
    numbers = sorted(map(quantity, values))
    whole = all(number == int(number) for number in numbers)
    low, high = (round_to_step(numbers[int(len(numbers) * rng.uniform(*share))], whole)
                 for share in ((0.25, 0.4), (0.6, 0.75)))
    unit = NUMBER.sub("", values[0]) if not values[0][0].isalpha() else ""
    return Position(rule, (low, high), None, unit)


def draw_positions(rng: Random) -> list[Position]:
    return [draw_position(rng, rule) for rule in RULES]


def write_playbook(positions: list[Position]) -> Written:
    """One section per rule; the clause key of a section is its rule's name, its facts are the three labels."""
    document = Written("Contract Playbook", "# Contract Playbook\n\n", {})
    document.text += (
        "This playbook tells everybody who negotiates or reviews a contract how the house rates it. Each rule gives "
        "one of three labels. Low risk may be signed, medium risk needs a second reader, high risk needs the "
        "approval of the legal team.\n\n")
    facts = tuple(Fact(label, never_drawn, ()) for label in LABELS)
    for position in positions:
        rule = position.rule
        title = rule.topic[0].upper() + rule.topic[1:]
        wording = f"{rule.why} || " + " ".join(position.sentences())
        write_clause(document, Clause(rule.name, "", (title,), (wording,), facts),
                     {label: label for label in LABELS}, wording, title)
    document.text = document.text.rstrip() + "\n"
    return document


# ---------------------------------------------------------------- glossary

FIRST_WORDS = "blue iron long quiet paper glass short open cold silver double late early green hollow round".split()
SECOND_WORDS = """clock rope lid bridge gate drawer ladder lantern anchor cushion mirror ledger window bell fence
hook""".split()
# Terms for a fact of a contract, and terms for anything else.
JARGON_FACTS = {
    "the time that a customer has to pay an invoice": ("payment", "payment_term"),
    "the interest on an invoice that was paid late": ("payment", "late_rate"),
    "the most that we may have to pay under a contract": ("cap", "liability_cap"),
    "the first period for which a contract binds us": ("term", "initial_term"),
    "the period by which a contract renews itself": ("renewal", "renewal_term"),
    "the notice that keeps a contract from renewing": ("nonrenewal", "renewal_notice"),
    "the notice for leaving a contract without a reason": ("convenience", "convenience_notice"),
    "the time to put a breach right before the other side may leave": ("cause", "cure_period"),
    "the law by which a contract is read": ("law", "governing_law"),
    "the time for which secrets stay secret": ("confidentiality", "secrecy_time"),
    "the time for which we answer for defects": ("warranty", "warranty_time"),
    "the smallest amount that has to be bought in a year": ("minimum", "minimum_spend"),
    "the steepest rise of a price in a year": ("price", "price_increase"),
    "the money left with the other side as a pledge": ("deposit", "deposit"),
    "the time from an order to its arrival": ("delivery", "lead_time"),
    "the time in which we hear of a leak of data": ("incident", "incident_time"),
}
OTHER_MEANINGS = (
    "a promise to deal with one partner only", "an amendment that changes a price",
    "a contract that nobody has opened for a year", "a review by two people who did not draft the contract",
    "a clause copied from an older contract without change", "the list of contracts that end in the next quarter",
    "a partner with whom we hold more than one contract", "a draft that has come back with comments for the third time",
    "the folder of signed originals", "a contract signed by the wrong person",
    "the last version that both sides have seen", "a promise that was made on the phone only",
)
MEANINGS = (*JARGON_FACTS, *OTHER_MEANINGS)
HOUSE_TERMS, CODE_NAMES = "House terms", "Code names"
JARGON_WORDINGS = (
    "When we say {term}, we mean {meaning}.", "{term} is house language for {meaning}.",
    "In our files, {term} stands for {meaning}.",
)


def write_glossary(rng: Random, projects: dict[str, str]) -> Written:
    """Terms of the house with their meanings, then code names; `projects` maps a code name to a reference.

    The clause key of an entry is its section's title, its fact's name is the term, the fact's value is the meaning.
    """
    document = Written("Glossary of House Terms", "# Glossary of House Terms\n\n", {})
    document.text += (
        "People here use words that outsiders do not know. This list explains them; nothing in it changes a "
        "contract.\n\n")
    pairs = [f"{a} {b}" for a in FIRST_WORDS for b in SECOND_WORDS]
    terms = dict(zip(rng.sample(pairs, len(MEANINGS)), MEANINGS))
    for title, wordings, entries in (
        (HOUSE_TERMS, JARGON_WORDINGS, terms),
        (CODE_NAMES, ("{term} is our code name for {meaning}.",), projects),
    ):
        # A term is the name of its own fact: what it means.
        parts = [rng.choice(wordings).replace("{term}", term).replace("{meaning}", "{" + term + "}")
                 for term in sorted(entries)]
        if parts:
            wording = " || ".join(parts)
            facts = tuple(Fact(term, never_drawn, ()) for term in entries)
            write_clause(document, Clause(title, "", (title,), (wording,), facts), entries, wording, title)
    document.text = document.text.rstrip() + "\n"
    return document
