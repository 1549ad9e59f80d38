"""Documents that hang on a contract or on the house: statements of work, side letters, schedules, memos, a policy.

A document of a contract is written in one of three voices, chosen by the contract's style: 0 plain, 1 formal, 2 brisk.
Parties stand only inside sentences or at the start of a paragraph, where `fill` gives them their capital.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from . import contracts
from .contracts import blocks, clause, fact
from .hazards import Hazard
from .house import RULES, Company, never_drawn
from .text import Clause, Fact, PlacedFact, Written, fill, splice, write_clause, write_paragraph, write_row
from .values import Value, coined, from_date, money, number, person, place, to_date

if TYPE_CHECKING:
    from .world import Contract, FactKey

VOICES = 3
ORDINALS = ("first", "second", "third")


def reference_of(rng: Random, contract: Contract) -> str:
    """How a text names a contract: 'the supply agreement between Brenmere Foods and Toska Mills'."""
    template = rng.choice(contracts.GENRES[contract.kind.key].references)
    a, b = contract.parties
    return template.format(A_name=a.name, B_name=b.name)


def currency_of(contract: Contract) -> str:
    """The currency of a contract's sums; where it states none, always the same one for all its papers."""
    sums = [placed.value[:3] for placed in contract.written.facts if placed.fact.name in contracts.MONEY_FACTS]
    return sums[0] if sums else Random(f"currency/{contract.doc_id}").choice(contracts.CURRENCIES)


# ---------------------------------------------------------------- statements of work

WORK_TYPES = ("services", "hosting", "maintenance", "manufacturing")
WORK_SHARE = 0.75  # of the contracts of these types, which makes a third of all
SECOND_WORK_SHARE = 0.4
WORK_REFERENCES = (
    "the {ordinal} statement of work under {contract}",
    "statement of work number {number} under {contract}",
    "the {ordinal} statement of work that belongs to {contract}",
)
WORK_OPENINGS = blocks("""
    This is statement of work number {number} under the {type} that {A_full} ("{A_called}") and {B_full} ("{B_called}")
    signed on {date_signed}. It is dated {date_work} and describes one project in {subject}. The terms of that contract
    apply to it.

    THIS STATEMENT OF WORK NO. {number} is made on {date_work} by and between {A_full} ("{A_called}") and {B_full}
    ("{B_called}") pursuant to the {type} dated {date_signed}, the terms of which are incorporated herein by reference,
    and concerns {subject}.

    Statement of Work No. {number}, dated {date_work}. Parties: {A_full} ("{A_called}"); {B_full} ("{B_called}"). Basis:
    {type} of {date_signed}, whose terms apply. Subject: {subject}.
    """)


def derived(rng: Random) -> str:
    raise RuntimeError("this value follows from the rest of the document")


def in_any_currency(value: Value) -> Value:
    """The number of a sum of money without its currency, which the contract gives."""
    return lambda rng: value(rng).split(" ", 1)[1]


# The clause key of a fact is its name; a section holds one paragraph for each of its clauses.
WORK_SECTIONS: tuple[tuple[str, tuple[Clause, ...]], ...] = (
    ("Scope", (
        clause("sow_start", "", "Scope", """
            Work on this statement starts on {sow_start}. Before that day, {A} prepares its staff, and {B} makes the
            rooms, the data and the contacts ready without which nothing can be done.

            The performance of the services described herein shall commence on {sow_start}, and {B} shall before such
            day have provided access to all premises and information which {A} may reasonably require.

            Start of work on {sow_start}. Access, data and contacts from {B} complete by then. Later start only if
            confirmed in writing by both companies.
            """, fact("sow_start", derived, """
            When does work under {doc} start?
            On what date does {doc} have the work begin?
            What is the start date of {doc}?
            From which date is work done under {doc}?
            Which day does {doc} set for the start of the work?
            On which day does work commence under {doc}?
            As of what date are the experts active under {doc}?
            What is the opening date of the assignment in {doc}?
            """)),
        clause("sow_site", "", "Scope", """
            {A} carries out the work at the site of {B} in {sow_site}, where a room and a locked cupboard are kept for
            it. Other places may be used for preparation, but not for handing over results.

            The services shall be rendered at the premises of {B} situated in {sow_site}, where suitable rooms shall be
            kept available, and no results shall be handed over at any other place save by consent.

            Place of work: premises of {B} in {sow_site}. Room and locked cupboard on hand there. Preparation elsewhere
            allowed, hand-over of results elsewhere not.
            """, fact("sow_site", place, """
            At which site is the work of {doc} carried out?
            Where is the work under {doc} done?
            In which place does {doc} have the work carried out?
            What is the place of work under {doc}?
            Which site does {doc} name for the work?
            In what place are the premises where {doc} has the work done?
            Which town do the experts travel to for {doc}?
            To what location is staff sent under {doc}?
            """)),
        clause("sow_limits", "", "Scope", """
            Only what is listed in this document is part of the work. If {B} needs more, both companies put it into a
            further statement before anybody begins with it, and until then the additional wish is noted and nothing
            else.

            The services shall be limited to those enumerated herein, and no service beyond the same shall be deemed to
            have been ordered by reason only that it was discussed, proposed or found useful in the course of the
            project.

            Scope limited to this document. Additional wishes to be noted by the project lead. No work on them before a
            further statement is signed. Talks in meetings are no order.
            """),
    )),
    ("Acceptance", (
        clause("sow_accept", "", "Acceptance", """
            {B} tests each result within {sow_accept} of its hand-over and says what is missing. A result on which {B}
            has said nothing by then is accepted as it stands.

            {B} shall examine every result within {sow_accept} of its delivery, failing which such result shall be
            deemed to have been accepted, and any defect notified in time shall be remedied without further charge.

            Test of each result by {B} within {sow_accept} after hand-over. No word in that time means acceptance.
            Defects notified in time to be cured free of charge.
            """, fact("sow_accept", number(3, 30, 1, "business days"), """
            How long may the customer test a result under {doc}?
            Within what time must a result be tested under {doc}?
            How many business days does {doc} give for the test of a result?
            What is the time for acceptance of a result under {doc}?
            After how many business days is a result accepted under {doc}?
            How long after hand-over is a result deemed accepted under {doc}?
            What window does the client have to reject an item of {doc}?
            How soon is silence taken as a yes under {doc}?
            """)),
        clause("sow_repair", "", "Acceptance", """
            What is missing, {A} puts right and hands over again, and the test then begins anew. Small flaws that do not
            hinder the use of a result are listed and mended along the way, without holding up the next step.

            Where a defect has been duly notified, {A} shall remedy the same with all due speed and shall present the
            result anew, whereupon the examination shall be repeated, save that trifling defects shall not be a ground
            for refusal.

            Defects to be cured and result to be handed over again. New test after each cure. Minor flaws no ground for
            refusal, but to be listed and cured later on.
            """),
    )),
    ("People in Charge", (
        clause("sow_manager", "", "People in Charge", """
            {sow_manager} leads the project for {A} and is the first person to call. If that changes, {A} names somebody
            of the same experience and introduces the new lead to {B} before the old one leaves.

            The project shall be managed on the part of {A} by {sow_manager}, and no other person shall be substituted
            in that function unless {B} has been informed in writing and has raised no reasonable objection.

            Project manager of {A}: {sow_manager}. Replacement by a person of like experience only. Notice to {B} before
            any change of the project manager.
            """, fact("sow_manager", person, """
            Who is the project manager under {doc}?
            Who leads the project of {doc}?
            Which person manages the project under {doc}?
            What is the name of the project manager in {doc}?
            Who is in charge of the project for the provider under {doc}?
            Whom does {doc} make the lead of the project?
            Who runs the assignment on the vendor side of {doc}?
            Who is at the head of the crew that fulfills {doc}?
            """)),
        clause("sow_approver", "", "People in Charge", """
            For {B}, {sow_approver} approves results and signs the acceptance form. A result that somebody else has
            praised is not yet approved, however friendly the words were.

            Results shall be approved on behalf of {B} by {sow_approver} and by nobody else, and no expression of
            satisfaction by other employees of {B} shall be construed as an approval hereunder.

            Approval of results for {B} by {sow_approver} only. Praise by others is no approval. Deputy to be named in
            writing during holidays.
            """, fact("sow_approver", person, """
            Who approves results under {doc}?
            Which person gives the approval of results in {doc}?
            Whose approval do results need under {doc}?
            Who signs the acceptance form under {doc}?
            By whom are results approved according to {doc}?
            Who is the one to approve results for the customer under {doc}?
            Who on the client side decides whether the deliverables of {doc} are good enough?
            Whose yes is required before a piece of {doc} counts as finished?
            """)),
        clause("sow_reports", "", "People in Charge", """
            The two of them talk once a week, keep a list of open points and tell their companies early when a date is
            in danger. Neither of them can change this document alone, because that takes the signatures of both
            companies.

            The aforesaid persons shall confer weekly and shall keep a joint list of open matters, but nothing which
            they may agree between themselves shall vary the terms hereof unless executed by both companies in due
            form.

            Weekly call of both leads. Joint list of open points. Early warning when a date is at risk. No power of
            either lead to change this document.
            """),
    )),
)
WORK_FEES = (
    clause("sow_fee", "", "Fees", """
        The total fee for this statement of work is {sow_fee}. It covers everything that is listed here, and the table
        below shows in which parts it falls due. Taxes come on top.

        In consideration of the services {B} shall pay a total fee of {sow_fee}, exclusive of taxes, in the instalments
        set forth in the table hereunder, and no further remuneration shall be payable except as agreed in writing.

        Total fee of {sow_fee} plus taxes. Instalments as in the table below. No extra fee without a written change
        order signed by both companies.
        """, fact("sow_fee", derived, """
        What is the total fee of {doc}?
        How much is the total fee under {doc}?
        What total fee does {doc} set?
        What do the services of {doc} cost in total?
        Which sum is the total fee for all milestones of {doc}?
        How high is the total fee agreed in {doc}?
        How much money does the client spend on {doc} altogether?
        What is the overall price tag of {doc}?
        """)),
    clause("sow_travel", "", "Fees", """
        Travel costs are paid separately, against receipts, up to {sow_travel} for the whole project. Beyond that, {A}
        asks before it books anything.

        Reasonable travel expenses of {A} shall be reimbursed against receipts up to an aggregate of {sow_travel}, and
        any excess shall be borne by {A} unless {B} has given its prior consent in writing.

        Travel expenses against receipts, up to {sow_travel} in all. Excess only with prior consent of {B}. Flights in
        economy class.
        """, fact("sow_travel", in_any_currency(money(1_000, 30_000, 250)), """
        Up to what amount are travel expenses paid under {doc}?
        What is the limit for travel costs under {doc}?
        How much is paid at most for travel under {doc}?
        Which sum caps travel expenses in {doc}?
        What amount of travel costs does {doc} allow?
        To what amount are travel expenses reimbursed under {doc}?
        What is the ceiling for hotel and train bills under {doc}?
        How much can the crew claim back for trips under {doc}?
        """)),
)
WORK_CLAUSES = tuple(item for _, clauses in WORK_SECTIONS for item in clauses) + WORK_FEES

# In the order of a project: the name in the table and other words for it.
MILESTONES = (
    ("Kick-off workshop", "the opening meeting"), ("Site survey", "the inspection on location"),
    ("Requirements list", "the catalog of wishes"), ("Design sign-off", "the approval of the plans"),
    ("Pilot run", "the first trial"), ("Interim report", "the halfway paper"),
    ("Staff training", "the teaching of the users"), ("Load test", "the trial under heavy use"),
    ("Full rollout", "the general launch"), ("Manual handover", "the delivery of the guidebook"),
    ("Final review", "the concluding check"),
)
DUE_QUESTIONS = """
    When is the {milestone} due under {doc}?
    What due date does {doc} set for the {milestone}?
    On which date does the {milestone} of {doc} fall due?
    By what date must the {milestone} be reached under {doc}?
    Which date stands beside the {milestone} in the table of {doc}?
    What is the due date of the milestone called {milestone} in {doc}?
    By which day should {other} be finished according to {doc}?
    What is the deadline for {other} in {doc}?
    """
AMOUNT_QUESTIONS = """
    What amount is payable for the {milestone} under {doc}?
    What amount does {doc} set for the {milestone}?
    Which amount stands beside the {milestone} in the table of {doc}?
    How much is paid for the {milestone} under {doc}?
    What is the amount of the milestone called {milestone} in {doc}?
    How high is the amount for the {milestone} of {doc}?
    How much money does the client owe once {other} is done according to {doc}?
    How big is the share of the price tied to {other} in {doc}?
    """


@dataclass
class Work:
    """A statement of work under a contract; its table's cells are facts of the clauses `sow_due` and `sow_amount`."""

    doc_id: str
    number: int
    date: str
    written: Written


def work_reference(rng: Random, contract: Contract, work: Work) -> str:
    """How a question names a statement of work: 'the first statement of work under the supply agreement of ...'."""
    template = rng.choice(WORK_REFERENCES)
    return template.format(ordinal=ORDINALS[work.number - 1], number=work.number, contract=reference_of(rng, contract))


def add_works(seed: int, drawn: list[Contract]) -> None:
    """Write the statements of work of a third of the contracts, those whose types are about services."""
    rng = Random(f"{seed}/works")
    able = [contract for contract in drawn if contract.kind.key in WORK_TYPES]
    for contract in rng.sample(able, round(WORK_SHARE * len(able))):
        own = Random("/".join((str(seed), "work", contract.doc_id)))
        signed = to_date(contract.written.names["date_signed"])
        for i in range(1, 3 if own.random() < SECOND_WORK_SHARE else 2):
            signed += timedelta(days=own.randint(30, 400))
            contract.works.append(write_work(own, contract, i, signed))


def write_work(rng: Random, contract: Contract, i: int, signed: date) -> Work:
    """Write statement of work number `i` of a contract, signed on that day, in the voice of the contract's drafter."""
    names = contract.written.names | {"number": str(i), "date_work": from_date(signed)}
    title = f"Statement of Work No. {i} under the {contract.written.title}"
    document = Written(title, f"# {title}\n\n", names)
    voice = contract.style % VOICES
    document.text += fill(WORK_OPENINGS[voice], names)[0] + "\n\n"
    start = signed + timedelta(days=rng.randint(10, 90))
    rows = draw_milestones(rng, currency_of(contract), start)
    values = draw_work_values(rng, rows, start)
    for section_title, clauses in WORK_SECTIONS:
        write_section(document, section_title, clauses, values, voice)
    write_section(document, "Fees", WORK_FEES, values, voice)
    write_milestones(document, rows)
    document.text = document.text.rstrip() + "\n"
    return Work(f"{contract.doc_id.split('-')[0]}-s{i}", i, names["date_work"], document)


def draw_milestones(rng: Random, currency: str, start: date) -> list[tuple[str, str, str, str]]:
    """Four or five (milestone, other words for it, due date, amount), in order, with different amounts."""
    chosen = sorted(rng.sample(range(len(MILESTONES)), rng.randint(4, 5)))
    amounts = rng.sample(range(2_000, 60_001, 250), len(chosen))
    rows, day = [], start
    for i, amount in zip(chosen, amounts, strict=True):
        day += timedelta(days=rng.randint(7, 90))
        rows.append((*MILESTONES[i], from_date(day), f"{currency} {amount:,}"))
    return rows


def amount_of(money_text: str) -> int:
    return int(money_text.split(" ")[1].replace(",", ""))


def draw_work_values(rng: Random, rows: list[tuple[str, str, str, str]], start: date) -> dict[str, str]:
    """The values of the prose: the total fee is the sum of the table, no sum stands twice, two people differ."""
    currency = rows[0][3].split(" ")[0]
    values = {"sow_start": from_date(start), "sow_fee": f"{currency} {sum(amount_of(row[3]) for row in rows):,}"}
    drawn = [f for item in WORK_CLAUSES for f in item.facts if f.value is not derived]
    while len(set(values.values()) | {row[3] for row in rows}) < len(rows) + 2 + len(drawn):
        values |= {f.name: f.value(rng) for f in drawn}
        values["sow_travel"] = f"{currency} {values['sow_travel']}"
    return values


def write_section(document: Written, title: str, clauses: tuple[Clause, ...], values: dict[str, str],
                  voice: int) -> None:
    """Append a numbered section with one paragraph for each clause."""
    section = len(document.sections) + 1
    begin = len(document.text)
    document.text += f"## {section}. {title}\n\n"
    for i, item in enumerate(clauses, 1):
        write_paragraph(document, item, values, item.wordings[voice], section, f"{section}.{i} ")
    document.sections.append((begin, len(document.text.rstrip()), title))


def milestone_fact(milestone: str, other: str, ending: str, questions: str) -> Fact:
    slug = re.sub(r"\W+", "_", milestone.lower())
    filled = questions.replace("{milestone}", milestone.lower()).replace("{other}", other)
    return fact(f"{slug}_{ending}", derived, filled)


def write_milestones(document: Written, rows: list[tuple[str, str, str, str]]) -> None:
    """Append the fee table to the last section."""
    begin, _, title = document.sections[-1]
    document.text += "| Milestone | Due date | Amount |\n|---|---|---:|\n"
    for milestone, other, day, amount in rows:
        due = milestone_fact(milestone, other, "due", DUE_QUESTIONS)
        paid = milestone_fact(milestone, other, "amount", AMOUNT_QUESTIONS)
        write_row(document, [(milestone, None, None), (day, Clause("sow_due", "", (title,), (), (due,)), due),
                             (amount, Clause("sow_amount", "", (title,), (), (paid,)), paid)], len(document.sections))
    document.sections[-1] = (begin, len(document.text.rstrip()), title)


# ---------------------------------------------------------------- side letters

LETTER_OPENINGS = (
    '{date_amended} || Dear partners at {B_name}, || Our {type} of {date_signed} (the "Agreement") has served {A_full} '
    '("{A_called}") and {B_full} ("{B_called}") well, but in practice something has changed. We have talked about it '
    'with you, and this letter puts down what both of us said. It counts from its date.',
    '{date_amended} || Dear Sirs and Mesdames, || We refer to the {type} dated {date_signed} and made between {A_full} '
    '("{A_called}") and {B_full} ("{B_called}") (the "Agreement"). Terms defined therein shall bear the same meaning '
    'in this letter, which takes effect on its date upon your countersignature hereof.',
    '{date_amended} || Hello to the team of {B_name}, || This is about the {type} of {date_signed} (the "Agreement") '
    'between {A_full} ("{A_called}") and {B_full} ("{B_called}"). Short letter, same force as an amendment. Valid from '
    'its date.',
)
LETTER_WORDINGS = (
    'With this letter we agree that instead of Section {section}.{part} ("{title}") the following applies: '
    '"{new_text}"',
    'It is hereby agreed between us that in place of Section {section}.{part} of the Agreement, headed "{title}", the '
    'following shall henceforth apply: "{new_text}"',
    'Section {section}.{part} ("{title}") is off the table, and we both go by this text instead: "{new_text}"',
)
LETTER_CLOSINGS = (
    "All the rest of our contract stays as it is. Please sign the copy and send it back to us. || Kind regards || "
    "{A_signatory}, for {A_full} || We agree: {B_signatory}, for {B_full}",
    "Save as set out above, the Agreement shall remain unaltered. Kindly signify your assent by countersigning the "
    "enclosed duplicate. || Yours faithfully, || {A_signatory}, for and on behalf of {A_full} || Agreed and "
    "countersigned: {B_signatory}, for and on behalf of {B_full}",
    "Nothing else changes. Sign, scan, send back. || Best wishes || {A_signatory} ({A_full}) || Agreed: {B_signatory} "
    "({B_full})",
)


# ---------------------------------------------------------------- cross-references

REFERENCES_TO_SECTIONS = (
    ('This is subject to Section {section} ("{title}").', 'Section {section} ("{title}") is not affected by this.'),
    ('The foregoing is subject to Section {section} ("{title}") hereof.',
     'Nothing herein shall derogate from Section {section} ("{title}").'),
    ('Subject to Section {section} ("{title}").', 'Priority of Section {section} ("{title}").'),
    ('None of this changes what we have agreed in Section {section} ("{title}").',
     'We read this together with Section {section} ("{title}").'),
    ('The provisions of Section {section} ("{title}") remain unaffected.',
     'In this respect, reference is made to Section {section} ("{title}").'),
    ('If this and Section {section} ("{title}") clash, Section {section} wins.',
     'Section {section} ("{title}") still comes first.'),
)


def add_cross_references(rng: Random, contract: Contract) -> None:
    """Let one or two of the paragraphs without facts point to different facts elsewhere in the contract."""
    silent = contract.silent_paragraphs()
    ends = sorted((end for _, end in rng.sample(silent, rng.randint(1, 2))), reverse=True)
    firsts = [placed for placed in contract.written.facts if placed.fact is placed.clause.facts[0]]
    meant = rng.sample(firsts, len(ends))
    for end, placed in zip(ends, meant, strict=True):
        splice(contract.written, end, end, " " + cross_reference(rng, contract, placed))


def cross_reference(rng: Random, contract: Contract, placed: PlacedFact) -> str:
    """A sentence that points to the numbered paragraph of a fact, in the drafter's voice."""
    part, _ = contracts.part_of(placed.clause.wordings[contract.style], placed.fact.name)
    title = contract.written.sections[placed.section - 1][2]
    template = rng.choice(REFERENCES_TO_SECTIONS[contract.style])
    return template.replace("{section}", f"{placed.section}.{part}").replace("{title}", title)


# ---------------------------------------------------------------- schedules

PRICED = ("fee", "price", "volume", "minimum", "orders")
ITEMS = (
    ("service kit", "each"), ("starter set", "each"), ("adapter", "each"), ("spare unit", "each"),
    ("travel case", "each"), ("wall mount", "each"), ("refill", "per box"), ("test pack", "per box"),
    ("user guide", "per copy"), ("training day", "per group"), ("site visit", "per visit"),
    ("support hour", "per hour"), ("repair slot", "per hour"), ("data export", "per order"),
    ("label roll", "per dozen"), ("filter pad", "per dozen"),
)
SCHEDULE_INTROS = (
    "The following prices apply to what {B} orders beside the main subject of this agreement. They are without taxes.",
    "The prices set forth hereunder shall apply to such additional items as {B} may order, exclusive of taxes.",
    "Prices for additional orders of {B}, without taxes.",
    "For small things that {B} orders along the way, we have agreed on these prices. Taxes come on top.",
    "To additional items which {B} orders, the prices in this table apply. Taxes are not included.",
    "Need something extra? These are the prices for additional orders of {B}, with taxes on top.",
)


def add_schedule(rng: Random, contract: Contract) -> None:
    """Append a price list behind the last section of a contract that has a fee, price or volume.

    Its numbers are of the same kind as the contract's facts and state none of them.
    """
    if not any(item.key in PRICED for item in contract.clauses):
        return
    document = contract.written
    taken = {placed.value for key in contract.keys() for _, placed in contract.chain(key)}
    intro = fill(SCHEDULE_INTROS[contract.style], document.names)[0]
    document.text += f"\n## Schedule A\n\n{intro}\n\n| Item | Unit | Price |\n|---|---|---:|\n"
    for item, unit, price in draw_prices(rng, currency_of(contract), rng.randint(4, 6), taken):
        write_row(document, [(cell, None, None) for cell in (item, unit, price)], 0)


def draw_prices(rng: Random, currency: str, count: int, taken: set[str]) -> list[tuple[str, str, str]]:
    """`count` rows of different items with different prices, none of which is in `taken`."""
    items = rng.sample(ITEMS, count)
    amounts = [amount for amount in range(50, 9_951, 50) if f"{currency} {amount:,}" not in taken]
    return [(f"{coined(rng, 1)} {noun}", unit, f"{currency} {amount:,}")
            for (noun, unit), amount in zip(items, rng.sample(amounts, count), strict=True)]


# ---------------------------------------------------------------- memos

STALE_MEMOS = 5
DEPARTMENTS = ("Legal", "Purchasing", "Sales", "Finance", "Internal Audit")
# A statement with its own date, then what the writer makes of it.
STALE_STATEMENTS = (
    "As of {date}, the {topic} under {doc} is {value}.",
    "When I opened the file on {date}, {doc} gave {value} as the {topic}.",
    "Status on {date}: {value} is the {topic} under {doc}.",
    "On {date} the signed copy of {doc} showed {value} as the {topic}.",
)
STALE_COMMENTS = blocks("""
    Nobody has complained about it so far. I would still bring it up when we next talk to them, because our sales team
    hears that other customers get something else.

    Please use this figure for the planning round of this quarter. For anything later, look into the file again instead
    of copying from this memo.

    I have told accounting the same on the phone. If a new document comes in, they want to hear of it from us and not
    from the partner.

    The colleagues on the other side read it in the same way. We checked the sentence together, and there is no quarrel
    about what it says.
    """)
STALE_INTROS = blocks("""
    You asked me for a short note on one of our contracts before the meeting. I looked at the file today and put down
    what I found. It is a snapshot, so please read it with its date.

    While cleaning up the archive I came across a contract that several people have asked about lately. Here is what the
    file says at this moment, without any guess about what will come.

    For the quarterly review I went through the files of the partners on your list. This note is about one contract
    only, the others follow when the originals are back from the scanner.
    """)
STALE_CLOSINGS = blocks("""
    I know that there are talks about changes. Once something is signed, the new document counts and this memo does not.

    If you pass this on, please pass on the date as well.

    Questions to me, please, and no copies outside the department.
    """)


@dataclass
class Memo:
    """An internal memo; `stale` lists its statements that amendments have overtaken since."""

    doc_id: str
    date: str
    written: Written
    stale: list[Hazard] = field(default_factory=list)


@dataclass(frozen=True)
class Draft:
    """A memo before it has its number; `claims` are (sentence, contract, fact) that have become stale."""

    day: date
    title: str
    paragraphs: tuple[str, ...]
    claims: tuple[tuple[str, Contract, FactKey], ...] = ()


def write_memos(rng: Random, drawn: list[Contract]) -> list[Memo]:
    """The memos of the house in the order of their dates; a small world may lack what some of them would be about."""
    staff = [f"{person(rng)}, {department}" for department in DEPARTMENTS]
    stale = [contract for contract in drawn if contract.split != "train" and overtaken(contract)]
    drafts = [draft_stale(rng, contract) for contract in rng.sample(stale, min(STALE_MEMOS, len(stale)))]
    drafts += [draft for watch in WATCHES if (draft := draft_watch(rng, watch, drawn))]
    drafts.sort(key=lambda draft: (draft.day, draft.title))
    return [write_memo(rng, number, draft, staff) for number, draft in enumerate(drafts, 1)]


def write_memo(rng: Random, number: int, draft: Draft, staff: list[str]) -> Memo:
    sender, receiver = rng.sample(staff, 2)
    title = f"Memo: {draft.title}"
    when = from_date(draft.day)
    text = f"# {title}\n\n- Date: {when}\n- From: {sender}\n- To: {receiver}\n\n" + "\n\n".join(draft.paragraphs) + "\n"
    memo = Memo(f"memo-{number:02d}", when, Written(title, text, {}))
    for sentence, contract, key in draft.claims:
        start = text.index(sentence)
        memo.stale.append(Hazard("stale", memo.doc_id, start, start + len(sentence),
                                 f"true on {when}, before a later document changed it", contract.doc_id, key))
    return memo


def overtaken(contract: Contract) -> list[tuple[FactKey, str]]:
    """(fact, its name in the playbook) for the contract's facts that a later document has changed."""
    changed = contract.changed()
    return [((rule.clause, rule.fact), rule.topic) for rule in RULES if (rule.clause, rule.fact) in changed]


def draft_stale(rng: Random, contract: Contract) -> Draft:
    """A memo that states base values of changed facts, dated between signature and the first change of any of them."""
    facts = rng.sample(overtaken(contract), min(2, len(overtaken(contract))))
    keys = {key for key, _ in facts}
    signed = to_date(contract.written.names["date_signed"])
    changed = min(to_date(a.date) for a in contract.amendments if keys & set(a.changed))
    day = signed + (changed - signed) * rng.uniform(0.3, 0.9)
    statements = [fill(template, {"date": from_date(day), "topic": topic, "doc": reference_of(rng, contract),
                                  "value": contract.written.fact(*key).value})[0]
                  for template, (key, topic) in zip(rng.sample(STALE_STATEMENTS, len(facts)), facts, strict=True)]
    comments = rng.sample(STALE_COMMENTS, len(facts))
    paragraphs = (rng.choice(STALE_INTROS), *map(" ".join, zip(statements, comments, strict=True)),
                  rng.choice(STALE_CLOSINGS))
    names = " and ".join(company.name for company in contract.parties)
    claims = tuple((sentence, contract, key) for sentence, (key, _) in zip(statements, facts, strict=True))
    return Draft(day, f"Note on the {contract.kind.name} of {names}", paragraphs, claims)


@dataclass(frozen=True)
class Watch:
    """A memo on what to watch: about `count` contracts of which `about` is true; it states none of their facts."""

    title: str
    about: Callable[[Contract], bool]
    count: int
    text: str


WATCHES = (
    Watch("Automatic renewals", lambda contract: any(c.key == "nonrenewal" for c in contract.clauses), 2, """
        Last year we woke up too late twice and were bound for another period. Whoever looks after a contract with
        automatic renewal puts the last day for a notice into the planner, with a reminder four weeks ahead.

        I worry most about {doc1} and {doc2}. In both, silence means that everything goes on. Please check the files,
        read the later documents as well, and tell me by the end of the month whether we want to go on.
        """),
    Watch("Read the later documents first", lambda contract: len(contract.amendments) > 1, 1, """
        It happened again that somebody quoted a figure from a base contract that had been changed in the meantime. The
        signed contract is where reading starts, and never where it ends.

        A good example is {doc1}. It has been changed more than once, and a change can undo an earlier change. Before
        you quote anything from it, lay all its documents side by side in the order of their dates.
        """),
    Watch("Side letters get lost", lambda contract: any(a.kind == "side letter" for a in contract.amendments), 1, """
        A side letter looks like ordinary mail, so it ends up in somebody's drawer. In law it can weigh as much as an
        amendment. From now on, every letter that changes a contract goes to the archive on the day it is signed.

        The last one that I had to hunt for belongs to {doc1}. The reception had filed it under greetings. If you know
        of others, bring them to me, and nobody will be blamed.
        """),
    Watch("Work without a statement", lambda contract: bool(contract.works), 1, """
        Project teams like to begin before the papers are ready. Without a signed statement of work there is no agreed
        fee, no test and nobody who may approve a result, and we end up arguing about all three.

        Look at how it was done for {doc1}: scope, people and a fee table, and only then the first day of work. Please
        take that as a pattern, and send requests for additional work back until there is a document for them.
        """),
    Watch("Who may sign", lambda contract: True, 0, """
        Three contracts came back this month because the wrong person had signed them. The signature policy is short,
        so please read it before you ask somebody for a signature, and look at the yearly value first.

        Also check the name of the company at the top of the page. Some partners have been renamed, and older contracts
        still carry the names of that time. The register knows both, so there is no reason to guess.
        """),
)


def draft_watch(rng: Random, watch: Watch, drawn: list[Contract]) -> Draft | None:
    """The memo, dated after every document of the contracts that it names; None if too few contracts fit."""
    fitting = [contract for contract in drawn if watch.about(contract)]
    if len(fitting) < watch.count:
        return None
    chosen = rng.sample(fitting, watch.count)
    names = {f"doc{i}": reference_of(rng, contract) for i, contract in enumerate(chosen, 1)}
    last = max(latest_date(contract) for contract in chosen or drawn[:1])
    paragraphs = tuple(fill(part, names)[0] for part in blocks(watch.text))
    return Draft(last + timedelta(days=rng.randint(20, 200)), watch.title, paragraphs)


def latest_date(contract: Contract) -> date:
    later = [paper.date for paper in contract.amendments + contract.works]
    return max(map(to_date, [contract.written.names["date_signed"], *later]))


# ---------------------------------------------------------------- signature policy

RANKS = ("a team lead", "a department head", "a regional director", "a division head", "the finance director",
         "the managing director")
LIMITS = ((10, 15, 20, 25, 30), (60, 75, 80, 100, 120), (250, 300, 400, 500, 600))  # in thousands, one per band


def policy_facts(*names: str) -> tuple[Fact, ...]:
    return tuple(Fact(name, never_drawn, ()) for name in names)


# Clause key, title, wording (placeholders are the facts); the keys of the bands, `band_1` and so on, come before.
POLICY_CLAUSES = (
    ("two_signatures", "Contracts with Two Signatures",
     "Two people sign every contract whose first term is longer than {double_term}. || The same holds for every "
     "{double_type}, whatever its value. || A contract in which our liability is capped above {double_cap}, or is not "
     "capped at all, needs two signatures as well. || The second signature always comes from {second_signer}."),
    ("work_signature", "Statements of Work",
     "A statement of work is signed by {work_signer}, as long as its total fee is at most {work_limit}. With a higher "
     "fee it is treated like a contract of that value."),
    ("change_signature", "Amendments and Side Letters",
     "An amendment needs the signatures that the contract would need if it were signed today with its new content. A "
     "side letter is treated in the same way, however friendly its form. Nobody may split a change into several "
     "letters in order to stay below a limit."),
    ("deputies", "Absence",
     "Someone who is away for more than {absence_time} names a deputy of the same rank in writing. For shorter times, "
     "contracts wait."),
    ("filing", "Filing",
     "The signed original reaches the archive within {filing_time} of the last signature. || The archive is kept by "
     "{archivist}, who also keeps the list of deputies."),
    ("wrong_signature", "Wrong Signatures",
     "Whoever notices that the wrong person has signed reports it to {report_to} on the same day. The contract is not "
     "void for that reason alone, but no work under it begins before the report has been answered."),
)
POLICY_INTRO = (
    "This policy says who may sign contracts for the house, and up to which value. The yearly value of a contract is "
    "everything that is paid under it in one year. It is compared with the limits in the currency of the contract, "
    "without conversion. The authorized signatories of other companies are in the register.")


def write_policy(rng: Random) -> Written:
    """The signature policy; three or four bands with the facts `limit` and `signer` (the last band has no limit)."""
    document = Written("Signature Policy", f"# Signature Policy\n\n{POLICY_INTRO}\n\n", {})
    bands = rng.randint(3, 4)
    ranks = sorted(rng.sample(range(len(RANKS)), bands))
    limits = [rng.choice(options) * 1000 for options in LIMITS[:bands - 1]]
    for i, rank in enumerate(ranks, 1):
        wording = ("Up to a yearly value of {limit}, a contract is signed by {signer}." if i < bands else
                   "A contract of a still higher yearly value is signed by {signer}.")
        values = {"signer": RANKS[rank]} | ({"limit": f"{limits[i - 1]:,}"} if i < bands else {})
        write_clause(document, Clause(f"band_{i}", "", (), (), policy_facts(*values)), values, wording, f"Band {i}")
    values = draw_policy_values(rng, RANKS[ranks[-1]])
    for key, title, wording in POLICY_CLAUSES:
        facts = policy_facts(*re.findall(r"{(\w+)}", wording))
        write_clause(document, Clause(key, "", (title,), (wording,), facts), values, wording, title)
    document.text = document.text.rstrip() + "\n"
    return document


def draw_policy_values(rng: Random, highest: str) -> dict[str, str]:
    """The values of the policy's other sections; who countersigns is not who signs the largest contracts alone."""
    return {
        "double_term": number(4, 10, 1, "years")(rng), "double_type": rng.choice(contracts.TYPES).name.lower(),
        "double_cap": f"{rng.randrange(1_000_000, 10_000_001, 500_000):,}",
        "second_signer": rng.choice([rank for rank in RANKS[2:] if rank != highest]),
        "work_signer": rng.choice(("the project sponsor", "the head of purchasing", "the head of operations")),
        "work_limit": f"{rng.randrange(30_000, 90_001, 5_000):,}", "archivist": person(rng),
        "absence_time": number(2, 9, 1, "business days")(rng), "filing_time": number(2, 15, 1, "days")(rng),
        "report_to": rng.choice(("the legal team", "the internal auditor", "the head of compliance")),
    }
