"""Pretraining text for Clerk: passages from freshly drawn documents with several questions on each set of passages.

Every sample is drawn from its own seed, so that a run can be resumed and repeated. The course world's seed is never used:
sample seeds are strings that begin with 'clerk', world seeds are integers.

A sample is a `prefix` (instruction and passages) and `branches` (question and answer each). In a packed row every branch
sees the prefix and itself only, at the positions it would have alone, so one reading of the passages serves many questions
and each is learned exactly as it will be asked.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from random import Random

import torch

from labutils import robustness
from labutils.prompts import ABSTAIN, CLOSED_BOOK_TEMPLATE, QA_TEMPLATE, format_passages

from . import contracts, genres, values
from .text import SENTENCE_END, PlacedFact, Written, draw_values, fill, write_clause, write_document
from .tokenizer import CITATIONS, NUMBERS

USER, ASSISTANT, END = "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>"
CONTRACT_SHARE = 0.3
# Of contracts it reads the first part of the types and of the drafters: the rest is head-room for fine-tuning.
CONTRACT_PART = 2 / 3
EVERYTHING = 1 / CONTRACT_PART  # the breadth that holds what is never read, for measuring
# The tokens of an answer's citation and the two behind it decide whether to answer, from which passage and with which
# value; the rest is copying.
DECISION_WEIGHT = 4.0
# Up to this difficulty all questions are on one passage; from there on passages are added, up to MOST (see `draw_sample`).
ONE_PASSAGE = 0.4
MOST = 8
HEADING_NUMBER = re.compile(r"## \d+\.\s+$")
PARAGRAPH_END = re.compile(r"\n\n")


@dataclass
class Draft:
    """A drawn document with the genre it came from; `notice` is its later notice of change, if it has one."""

    genre: object
    written: Written
    clauses: list
    notice: Written | None = None


@dataclass
class Sample:
    prefix: str
    branches: list[tuple[str, str]]
    kinds: list[str]


# ---------------------------------------------------------------- documents

def draw_draft(rng: Random, genre, names: dict[str, str], clauses: list, style: int) -> Draft:
    return Draft(genre, write_document(genre, rng, names, clauses, style), clauses)


def draw_family(rng: Random, count: int, contract: bool, breadth: float = 1.0) -> list[Draft]:
    """`count` documents of one genre with overlapping sections, some sharing a name: each is a distractor of the others."""
    if contract:
        kind = rng.choice(first_part(contracts.TYPES, breadth * CONTRACT_PART))
        style = rng.choice(first_part(range(contracts.STYLES), breadth * CONTRACT_PART))
        genre = contracts.GENRES[kind.key]
        draw_names = lambda: contracts.contract_names(rng, kind, style)
    else:
        genre = rng.choice(first_part(genres.GENRES, breadth))
        style = None
        draw_names = lambda: genre.names(rng)
    pool = genre.clauses
    shared = rng.sample(list(pool), min(len(pool), rng.randint(3, 6)))
    drafts, first = [], None
    for _ in range(count):
        names = draw_names()
        if first is not None and not contract and rng.random() < 0.4:
            key = rng.choice(list(names))
            names = names | {key: first[key]} if len(names) > 1 else names
        if first is not None and contract and rng.random() < 0.4:
            names = share_party(names, first, rng.choice("AB"))
        first = first or names
        clauses = [c for c in shared if rng.random() < 0.8] or shared[:1]
        clauses += [c for c in rng.sample(list(pool), min(len(pool), 3)) if c not in clauses]
        rng.shuffle(clauses)
        voice = rng.choice(first_part(range(4), breadth)) if style is None else style
        drafts.append(draw_draft(rng, genre, names, clauses, voice))
    return drafts


def first_part(options, breadth: float):
    """The first `breadth` of the options (all from 1 on), at least two: what practice with few wordings draws from."""
    return options[: max(2, round(len(options) * breadth))]


def share_party(names: dict[str, str], other: dict[str, str], side: str) -> dict[str, str]:
    """`names` with the party of one side (A or B) taken from another contract."""
    taken = {key: value for key, value in other.items() if key == side or key.startswith(f"{side}_")}
    rest = {key: value for key, value in names.items() if key not in taken}
    return names if set(taken.values()) & set(rest.values()) else names | taken


def unique_reference(rng: Random, draft: Draft, others: list[Draft]) -> str | None:
    """A way to name this document that names none of the others; None if there is none."""
    references = list(draft.genre.references)
    rng.shuffle(references)
    for template in references:
        text = fill_reference(template, draft.written.names)
        taken = {fill_reference(t, o.written.names) for o in others for t in o.genre.references}
        if text not in taken:
            return text
    return None


def fill_reference(template: str, names: dict[str, str]) -> str:
    """Like `fill`, but keeps the first letter's case: a reference stands inside a sentence."""
    filled = fill(template, names)[0]
    return template[0] + filled[1:] if template[0] != "{" else filled


# ---------------------------------------------------------------- passages

def cut_points(text: str) -> list[int]:
    """Where a chunk may begin or end: after sentences and paragraphs."""
    ends = (m.end() for m in SENTENCE_END.finditer(text) if not HEADING_NUMBER.search(text[: m.end()]))
    return sorted({0, len(text), *ends, *(m.end() for m in PARAGRAPH_END.finditer(text))})


def draw_window(rng: Random, written: Written, around: PlacedFact | None = None,
                longest: int = 480) -> tuple[int, int]:
    """A chunk of some 60 to `longest` characters, holding `around`'s evidence if given; a fifth end inside a sentence."""
    points = cut_points(written.text)
    size = rng.randint(60, longest)
    center = around or rng.choice(written.facts)
    start = max(p for p in points if p <= center.evidence_start)
    end = min(p for p in points if p >= center.evidence_end)
    while end - start < size:
        left = [p for p in points if p < start]
        right = [p for p in points if p > end]
        if not left and not right:
            break
        if right and (not left or rng.random() < 0.5):
            end = right[0]
        else:
            start = left[-1]
    if rng.random() < 0.2 and end < len(written.text):
        # Chunks of a fixed length break off.
        part = written.text[end : next(p for p in points if p > end)]
        cut = end + max(0, part[: rng.randrange(len(part))].rfind(" "))
        # Half a sentence could show a value of which it counts as not stated.
        if not any(f.evidence_start < cut < f.evidence_end for f in written.facts):
            end = cut
    return start, end


def draw_anywhere(rng: Random, written: Written) -> tuple[int, int]:
    """A chunk of some 60 to 480 characters from anywhere: it may state nothing at all, as titles and openings do."""
    points = cut_points(written.text)
    start, size = rng.randrange(len(points) - 1), rng.randint(60, 480)
    return points[start], next((p for p in points if p >= points[start] + size), points[-1])


def inside(placed: PlacedFact, window: tuple[int, int]) -> bool:
    return window[0] <= placed.evidence_start and placed.evidence_end <= window[1]


def draw_passages(rng: Random, drafts: list[Draft], count: int, longest: int = 480) -> list[tuple]:
    """Up to `count` passages (draft, document, window) of the drafts in turn, most on one matter, none overlapping."""
    chosen: list[tuple[Draft, Written, tuple[int, int]]] = []
    topic = rng.choice(drafts[0].clauses)
    for i in range(2 * count):
        draft = drafts[i % len(drafts)]
        if len(chosen) == count:
            break
        same = [f for f in draft.written.facts if f.clause is topic]
        if not draft.written.facts:
            continue
        roll = rng.random()
        window = (draw_window(rng, draft.written, rng.choice(same) if same and roll < 0.6 else None, longest)
                  if roll < 0.9 else draw_anywhere(rng, draft.written))
        if not any(d is draft and window[0] < w[1] and w[0] < window[1] for d, _, w in chosen):
            chosen.append((draft, draft.written, window))
    return chosen


# ---------------------------------------------------------------- samples

def reading_sample(rng: Random, passages: int, contract: bool, questions: int = 9, breadth: float = 1.0) -> Sample:
    """Passages of several documents of one genre; questions on facts inside, beside and outside them."""
    # Distractors are sections of the same document as well as of others. One document more than is shown: questions
    # about it have no answer.
    drafts = draw_family(rng, rng.randint(1, min(6, passages)) + 1, contract, breadth)
    longest = 480 if breadth >= 1 else 260
    if passages >= MOST:  # from here on the context is to be filled: some 4.5 characters to a token
        longest = min(1600, max(300, 9 * rng.randint(600, 1700) // passages))
    chosen = draw_passages(rng, drafts[:-1], passages, longest)
    if breadth >= 0.8 and rng.random() < 0.3:
        add_notice(rng, chosen, contract)
    aliases = add_alias(rng, drafts, chosen) if breadth >= 0.8 and rng.random() < 0.2 else {}
    rng.shuffle(chosen)
    numbers = draw_numbers(rng, len(chosen), shuffled=0.5)
    prefix = QA_TEMPLATE.split("{context_str}")[0] + format_passages(
        [(written.title, written.text[a:b].strip()) for _, written, (a, b) in chosen], numbers)
    branches, kinds = draw_questions(rng, drafts, chosen, numbers, questions, breadth, aliases)
    return Sample(USER + prefix, branches, kinds)


def draw_numbers(rng: Random, count: int, shuffled: float) -> list[int]:
    """Passage numbers: 1, 2, 3 ..., or in a share of the samples any order of any numbers up to 9 (or 20).

    With numbers in order alone, a model guesses them from how far into the text a passage stands and is often off by one.
    """
    if count > NUMBERS or rng.random() >= shuffled:
        return list(range(1, count + 1))
    return rng.sample(range(1, (9 if count <= 9 and rng.random() < 0.7 else NUMBERS) + 1), count)


def add_notice(rng: Random, chosen: list, contract: bool) -> None:
    """Give one of the chosen documents a later notice that replaces the text of a section, and add it as a passage."""
    draft, written, window = rng.choice(chosen)
    stated = [f for f in written.facts if inside(f, window)]
    if not stated:
        return
    clause = rng.choice(stated).clause
    if contract and clause.key in contracts.AMENDABLE:
        notice = draw_amendment(rng, written, clause)
    elif not contract and draft.genre.key in genres.REVISIONS:
        notice = genres.revise(written, draft.genre, clause.key, rng, rng.randrange(4))
    else:
        return
    draft.notice = notice
    chosen.append((draft, notice, (0, len(notice.text))))


ALIAS_PASSAGES = (
    ("List of names", "{alias} is what we call {doc}."), ("Short names", "{alias}: {doc}."),
    ("Names in use at the office", "When people say {alias}, they mean {doc}."), ("Index", "For {alias} see {doc}."),
)


def add_alias(rng: Random, drafts: list[Draft], chosen: list) -> dict[int, str]:
    """Add a passage that gives one of the shown documents another name; {id of the draft: that name}."""
    draft = rng.choice(chosen)[0]
    reference = unique_reference(rng, draft, [d for d in drafts if d is not draft])
    if reference is None:
        return {}
    alias, (title, text) = values.coined(rng), rng.choice(ALIAS_PASSAGES)
    alias = rng.choice(["{}", "Project {}", "the {} file"]).format(alias)
    text = text.format(alias=alias, doc=reference)
    chosen.append((draft, Written(title, text[:1].upper() + text[1:], {}), (0, len(text))))
    return {id(draft): alias}


def draw_amendment(rng: Random, written: Written, clause) -> Written:
    """An amendment of a contract that replaces one clause by the same clause with new values."""
    section = next(f.section for f in written.facts if f.clause is clause)
    style = rng.randrange(contracts.STYLES)
    heading = written.sections[section - 1][2]
    new_text = clause.wordings[style].replace(" || ", " ")
    wording = contracts.AMENDMENT_WORDINGS[style]
    for name, text in (("section", str(section)), ("part", "1"), ("title", heading),
                       ("new_text", new_text[:1].upper() + new_text[1:])):
        wording = wording.replace("{" + name + "}", text)
    notice = Written(f"Amendment 1 to {written.title}", "", dict(written.names))
    notice.text = f"# {notice.title}\n\nDated {values.date(2020, 2025)(rng)}.\n\n"
    write_clause(notice, clause, draw_values(clause, rng), wording, f"Change to Section {section}")
    return notice


def draw_questions(rng: Random, drafts: list[Draft], chosen: list, numbers: list[int], count: int,
                   breadth: float = 1.0, aliases: dict[int, str] | None = None) -> tuple[list[tuple[str, str]], list[str]]:
    """Question branches: about two thirds answerable, the rest about facts that no passage states.

    A document of `aliases` is asked for by that name, by both names, or as ever.
    """
    stated, absent = [], []
    for draft in drafts:
        for placed in draft.written.facts:
            found = locate(draft, placed, chosen, numbers)
            (stated if found else absent).append((draft, placed, found))
    rng.shuffle(stated)
    rng.shuffle(absent)
    # Half of the unanswerable ones ask one document for what a passage states of another: the type of fact misleads.
    shown = {(placed.clause.key, placed.fact.name) for _, placed, _ in stated}
    absent.sort(key=lambda item: (item[1].clause.key, item[1].fact.name) not in shown or rng.random() < 0.5)
    # Few facts in few words: they are asked twice, most often in other words.
    asked = (stated + stated)[: max(1, round(count * 0.65))]
    branches, kinds = [], []
    for draft, placed, found in asked + absent[: max(1, min(count - len(asked), len(asked)))]:
        reference = unique_reference(rng, draft, [d for d in drafts if d is not draft])
        if reference is None:
            continue
        if aliases and id(draft) in aliases:
            alias = aliases[id(draft)]
            reference = rng.choice([alias, f"{alias} ({reference})", reference])
        if found and breadth >= 0.6 and rng.random() < 0.15:
            kind = rng.choice(["extract", "points"])
            made = fields_question(rng, draft, placed, chosen, numbers, reference, kind == "extract")
            if made:
                branches.append(made)
                kinds.append(kind)
                continue
        question = rng.choice(first_part(placed.fact.questions, breadth)).replace("{doc}", reference)
        question = carelessly(rng, question) if breadth >= 1 and rng.random() < 0.25 else question
        answer = f"[{found[0]}] {found[1]}" if found else ABSTAIN
        branches.append((question_branch(question), answer))
        kinds.append(("version" if found[2] else "lookup") if found else "unanswerable")
    # Rows are cut from the end: without a new order the unanswerable ones would be lost.
    order = rng.sample(range(len(kinds)), len(kinds))
    return [branches[i] for i in order], [kinds[i] for i in order]


FRAMES = ("I need to know this: {}", "{} Thanks!", "Please help. {}", "One more thing. {}", "{} Keep it brief.",
          "Somebody asked me: {}", "{} I could not find it myself.", "Quick check: {}")


def carelessly(rng: Random, question: str) -> str:
    """The question as people type: with slips, in a frame, in small letters, or without its question mark."""
    manner = rng.randrange(4)
    if manner == 0:
        return robustness.misspell(question, 0.08, rng.randrange(10**6))
    if manner == 1:
        return rng.choice(FRAMES).format(question)
    return question.lower() if manner == 2 else question.rstrip("?")


def locate(draft: Draft, placed: PlacedFact, chosen: list, numbers: list[int]) -> tuple[int, str, bool] | None:
    """(passage number, value, overridden) of the text in force for this fact, or None if no passage states it."""
    base = None
    for number, (owner, written, window) in zip(numbers, chosen, strict=True):
        if owner is not draft:
            continue
        if written is draft.notice:
            for new in written.facts:
                if new.fact is placed.fact and new.clause is placed.clause:
                    return number, new.value, True
        elif written is draft.written and inside(placed, window):
            base = (number, placed.value, False)
    return base


EXTRACT_QUESTIONS = (
    "Extract from {doc} as JSON with the keys {keys}.", "Fill this form from {doc}, as JSON: {keys}.",
    "Write JSON with {keys} as they stand in {doc}.", "From {doc}, return {keys} as a JSON object.",
)
POINTS_QUESTIONS = (
    "Sum up {doc} on these points: {keys}.", "Give an overview of {doc}: {keys}.",
    "What does {doc} say about {keys}? One line.", "List {keys} of {doc} in one line.",
)


def fields_question(rng: Random, draft: Draft, placed: PlacedFact, chosen: list, numbers: list[int], reference: str,
                    as_json: bool) -> tuple[str, str] | None:
    """A question for 2 to 4 facts of a document, `placed` among them, as JSON or in a line; a tenth are not stated.

    The passage of the first stated one is cited. None where too few facts stand in the passages.
    """
    names = [other.fact.name for other in draft.written.facts]
    fields = {other.fact.name: locate(draft, other, chosen, numbers) for other in draft.written.facts
              if names.count(other.fact.name) == 1}  # a name that two clauses share would not say which is meant
    if placed.fact.name not in fields:
        return None
    rest = [name for name, found in fields.items() if found and name != placed.fact.name]
    missing = [name for name, found in fields.items() if not found]
    picked = [placed.fact.name] + rng.sample(rest, min(len(rest), rng.randint(1, 3)))
    if missing and rng.random() < 0.2:
        picked.append(rng.choice(missing))
    if len(picked) < 2:
        return None
    picked = [(name, fields[name]) for name in picked]
    rng.shuffle(picked)
    cited = next(found[0] for _, found in picked if found)
    if as_json:
        keys = ", ".join(f'"{name}"' for name, _ in picked)
        question = rng.choice(EXTRACT_QUESTIONS)
        answer = json.dumps({name: found[1] if found else None for name, found in picked}, ensure_ascii=False)
    else:
        names = [name.replace("_", " ") for name, _ in picked]
        keys = ", ".join(names[:-1]) + rng.choice([", ", " and "]) + names[-1]
        question = rng.choice(POINTS_QUESTIONS)
        answer = "; ".join(f"{name}: {found[1] if found else 'not stated'}"
                           for name, (_, found) in zip(names, picked, strict=True))
    return question_branch(question.replace("{doc}", reference).replace("{keys}", keys)), f"[{cited}] {answer}"


def title_sample(rng: Random, passages: int, contract: bool) -> Sample:
    """Practice in telling documents apart: short passages, and questions which of them a reference means."""
    drafts = draw_family(rng, passages, contract)
    shown, numbers, longest = [], draw_numbers(rng, len(drafts), shuffled=1.0), rng.choice([0, 0, 120])
    for draft in drafts:
        points = cut_points(draft.written.text)
        start = rng.randrange(max(1, len(points) - 1))
        text = draft.written.text[points[start] : points[min(start + 1, len(points) - 1)]].strip()
        shown.append(text[: longest and rng.randint(0, longest)])
    prefix = QA_TEMPLATE.split("{context_str}")[0] + format_passages(
        [(draft.written.title, text) for draft, text in zip(drafts, shown, strict=True)], numbers)
    branches = []
    for number, draft in zip(numbers, drafts, strict=True):
        reference = unique_reference(rng, draft, [d for d in drafts if d is not draft])
        if reference:
            branches.append((question_branch(f"Which passage belongs to {reference}?"), f"[{number}]"))
    other = draw_family(rng, 1, contract)[0]
    reference = fill_reference(rng.choice(other.genre.references), other.written.names)
    branches.append((question_branch(f"Which passage belongs to {reference}?"), ABSTAIN))
    rng.shuffle(branches)
    return Sample(USER + prefix, branches, ["title"] * len(branches))


def quote_sample(rng: Random, passages: int, contract: bool, breadth: float = 1.0, questions: int = 6) -> Sample:
    """Practice in finding a place: some words of a document are given, the three words that follow them are asked.

    It lies between copying and reading: the place is found by equal words, where a question finds it by its meaning.
    """
    drafts = draw_family(rng, rng.randint(1, min(4, passages)), contract, breadth)
    chosen = [(drafts[i % len(drafts)], draw_window(rng, drafts[i % len(drafts)].written, longest=260))
              for i in range(passages)]
    numbers = draw_numbers(rng, passages, shuffled=0.5)
    texts = [draft.written.text[a:b].strip() for draft, (a, b) in chosen]
    prefix = QA_TEMPLATE.split("{context_str}")[0] + format_passages(
        [(draft.written.title, text) for (draft, _), text in zip(chosen, texts)], numbers)
    branches = []
    for _ in range(questions):
        at = rng.randrange(passages)
        draft, words = chosen[at][0], texts[at].split(" ")
        given = rng.randint(3, 6)
        if len(words) < given + 4:
            continue
        start = rng.randrange(len(words) - given - 3)
        quote, answer = " ".join(words[start : start + given]), " ".join(words[start + given : start + given + 3])
        reference = unique_reference(rng, draft, [d for d in drafts if d is not draft])
        # The words must lead to one passage: none other of this document holds them.
        single = sum(quote in text for (d, _), text in zip(chosen, texts) if d is draft) == 1 == texts[at].count(quote)
        if reference and single and "\n" not in quote + answer:
            question = f'Which three words follow "{quote}" in {reference}?'
            branches.append((question_branch(question), f"[{numbers[at]}] {answer}"))
    return Sample(USER + prefix, branches, ["quote"] * len(branches))


def match_sample(rng: Random, contract: bool, questions: int = 10, breadth: float = 1.0) -> Sample:
    """One passage, and more questions that it leaves open than it answers: all the ways in which a passage can miss.

    Left open are other facts of the same document, facts that no section of it states, and what the passage says, asked
    of another document. A passage may state nothing at all, as headings and tables do.
    """
    drafts = draw_family(rng, 2, contract, breadth)
    draft, other = drafts
    written, window = draw_match_passage(rng, draft, contract)
    stated = [f for f in written.facts if inside(f, window)]
    here = {(f.clause.key, f.fact.name) for f in stated}
    missing = [c for c in draft.genre.clauses if c not in draft.clauses]
    elsewhere = [(f.clause, f.fact) for f in draft.written.facts if (f.clause.key, f.fact.name) not in here]
    nowhere = [(c, f) for c in missing for f in c.facts]
    foreign = [(f.clause, f.fact) for f in other.written.facts if (f.clause.key, f.fact.name) in here]
    asked = [(draft, f.fact, f"[{{}}] {f.value}") for f in (stated * 3)[: questions // 2]]
    open_facts = ([(draft, f) for _, f in rng.sample(elsewhere, min(len(elsewhere), 3))]
                  + [(draft, f) for _, f in rng.sample(nowhere, min(len(nowhere), 1))]
                  + [(other, f) for _, f in rng.sample(foreign, min(len(foreign), 2))])
    asked += [(owner, fact, ABSTAIN) for owner, fact in open_facts]
    number = draw_numbers(rng, 1, shuffled=0.3)[0]
    prefix = QA_TEMPLATE.split("{context_str}")[0] + format_passages(
        [(written.title, written.text[slice(*window)].strip())], [number])
    branches, kinds = [], []
    for owner, fact, answer in rng.sample(asked, len(asked)):
        reference = unique_reference(rng, owner, [d for d in drafts if d is not owner])
        if reference is not None:
            question = rng.choice(first_part(fact.questions, breadth)).replace("{doc}", reference)
            branches.append((question_branch(question), answer.format(number)))
            kinds.append("unanswerable" if answer == ABSTAIN else "lookup")
    return Sample(USER + prefix, branches, kinds)


def draw_match_passage(rng: Random, draft: Draft, contract: bool) -> tuple[Written, tuple[int, int]]:
    """A window of the document, around a fact or anywhere, or of a later notice that changes one of its sections."""
    roll = rng.random()
    if contract and roll < 0.12:
        amendable = [c for c in draft.clauses if c.key in contracts.AMENDABLE
                     and any(f.clause is c for f in draft.written.facts)]
        if amendable:
            notice = draw_amendment(rng, draft.written, rng.choice(amendable))
            return notice, (0, len(notice.text)) if roll < 0.08 else draw_window(rng, notice)
    if roll < 0.4:
        return draft.written, draw_anywhere(rng, draft.written)
    return draft.written, draw_window(rng, draft.written)


def closed_book_sample(rng: Random) -> Sample:
    """A question without passages: the only honest answer is the abstention."""
    draft = draw_family(rng, 1, rng.random() < CONTRACT_SHARE)[0]
    placed = rng.choice(draft.written.facts)
    question = rng.choice(placed.fact.questions).replace(
        "{doc}", fill_reference(rng.choice(draft.genre.references), draft.written.names))
    prompt = CLOSED_BOOK_TEMPLATE.split("\n\nQuestion:")[0]
    return Sample(USER + prompt, [(question_branch(question), ABSTAIN)], ["closed_book"])


def question_branch(question: str) -> str:
    return f"\n\nQuestion: {question}" + ASSISTANT


def draw_sample(rng: Random, difficulty: float, room: int = 2048) -> Sample:
    """One sample of the mix, as far as `room` tokens go.

    Up to difficulty `ONE_PASSAGE` every sample has one passage and the breadth grows: genres, drafters' styles and ways
    to ask, from two of each to all, beside practice in what a passage leaves open (`match_sample`) and in telling
    documents apart. From there on the number of passages grows to `MOST`, and a part gives way to `SKILLS`.
    """
    from .skills import SHARES, SKILLS  # they are made with what this module offers

    contract = rng.random() < CONTRACT_SHARE
    breadth = min(1.0, 0.1 + 0.9 * difficulty / ONE_PASSAGE)
    beyond = max(0.0, difficulty - ONE_PASSAGE) / (1 - ONE_PASSAGE)
    top = 1 + round((MOST - 1) * beyond)
    # One passage is read as often as any two other numbers: it is where values are learned.
    passages = min(max(1, rng.randint(0, top)), max(1, (room - 150) // 130))
    if beyond == 1 and room > 1500 and rng.random() < 0.5:
        passages = rng.randint(MOST, NUMBERS - 2)  # what fills the whole context; a notice and an alias may come
    roll = rng.random()
    if roll < 0.02:
        return closed_book_sample(rng)
    if difficulty <= 0.1 and roll < 0.3:
        return quote_sample(rng, passages, contract, breadth)
    if difficulty > 0.1 and roll < 0.17:
        return match_sample(rng, contract, breadth=breadth)
    if difficulty > 0.1 and roll < 0.23:
        return title_sample(rng, min(rng.randint(2, 5), max(2, (room - 150) // 70)), contract)
    if roll < 0.23 + 0.4 * beyond:
        return rng.choices(SKILLS, SHARES)[0](rng, min(passages, 5), contract)
    return reading_sample(rng, passages, contract, breadth=breadth)


# ---------------------------------------------------------------- packed rows

@dataclass
class Row:
    """One packed row of `length` tokens: ids, positions, labels (-100: not learned), weights, and who sees whom."""

    ids: torch.Tensor
    positions: torch.Tensor
    labels: torch.Tensor
    weights: torch.Tensor
    sample: torch.Tensor
    branch: torch.Tensor


def encode(sample: Sample, tokenizer, rng: Random, context_share: float = 0.3) -> list[tuple]:
    """Token tuples (id, position, label, weight, branch) of a sample; branch 0 is the prefix.

    Some tokens of passages and questions carry a little loss, too: to foresee a question from its passage is to know
    which words of one belong to which of the other.
    """
    tokens = []
    decisions = len(tokenizer.encode("[1]", add_special_tokens=False)) + 2
    prefix = tokenizer.encode(sample.prefix, add_special_tokens=False)
    for position, token in enumerate(prefix):
        label = token if position and rng.random() < context_share else -100
        tokens.append((token, position, label, 0.1, 0))
    for number, (question, answer) in enumerate(sample.branches, 1):
        asked = tokenizer.encode(question, add_special_tokens=False)
        answered = tokenizer.encode(answer + END, add_special_tokens=False)
        for i, token in enumerate(asked + answered):
            label = token if i >= len(asked) or rng.random() < context_share else -100
            decides = i < len(asked) + decisions
            weight = 0.2 if i < len(asked) else DECISION_WEIGHT if decides else 1.0
            tokens.append((token, len(prefix) + i, label, weight, number))
    return tokens


def pack_row(seed: str, tokenizer, length: int, difficulty: float, copy_share: float = 0.03,
             find_share: float = 0.06) -> Row:
    """A row filled with samples, each cut to whole branches that fit; what no sample fits into is copying practice.

    Samples are of any difficulty up to the one given, half of them of that: what is easy stays in the mix.
    """
    rng = Random(seed)
    columns: list[tuple] = []
    number = 0
    while length - len(columns) > 20:
        number += 1
        room = length - len(columns)
        tokens, roll = [], rng.random()
        if roll >= copy_share + find_share:
            level = difficulty if rng.random() < 0.5 else difficulty * rng.random()
            tokens = trim_branches(encode(draw_sample(rng, level, room), tokenizer, rng), room)
        elif roll >= copy_share:
            tokens = trim_branches(find_tokens(rng, tokenizer, rng.choice(FIND_IN_READING)), room)
        tokens = tokens or copy_tokens(rng, tokenizer, min(31, room // 2))
        columns += [(*token, number) for token in tokens]
    return make_row(columns, length, tokenizer)


def trim_branches(tokens: list[tuple], room: int) -> list[tuple]:
    """Drop whole branches from the end until the sample fits; [] if not even one branch does."""
    while tokens and len(tokens) > room:
        last = tokens[-1][4]
        tokens = [t for t in tokens if t[4] != last] if last else []
    return tokens if tokens and tokens[-1][4] else []


def copy_tokens(rng: Random, tokenizer, longest: int) -> list[tuple]:
    n = rng.randint(8, longest)
    first = [rng.randrange(8, len(tokenizer)) for _ in range(n)]
    return [(t, i, t if i >= n else -100, 0.3, 0) for i, t in enumerate(first + first)]


@dataclass(frozen=True)
class FindLevel:
    """A level of practice in finding: which sorts of question, at most how many passages and tokens of each part.

    `vocab` limits the random tokens to so many (0: all): as in copying, a new sort is learned sooner from few tokens.
    """

    sorts: str
    passages: int
    title: int
    text: int
    terms: int = 0
    term: int = 0
    vocab: int = 0


FIND_LEVELS = (
    FindLevel("title", 2, 1, 2), FindLevel("title", 3, 2, 8), FindLevel("title text", 3, 2, 16),
    FindLevel("form form title text", 2, 1, 16, 1, 1, 64),
    FindLevel("form form absent title text", 2, 1, 16, 2, 1, 64),
    FindLevel("form form absent title text", 2, 2, 16, 3, 1, 384),
    FindLevel("form form absent title text", 3, 2, 16, 3, 2),
    FindLevel("form absent title text", 4, 6, 32, 5, 2), FindLevel("form absent title text", 5, 8, 40, 6, 3),
)
FIND_IN_READING = FIND_LEVELS[4:]  # what stays in the mix while reading is learned


def find_tokens(rng: Random, tokenizer, level: FindLevel, sort: str | None = None) -> list[tuple]:
    """Passages of random tokens, each a title, its number and a text, and questions of one sort (by default any).

    `title`: tokens of a title are given and its number is asked. `text`: tokens of a text are given, the number is asked
    with the tokens that follow. `form`: all texts are one form, the same terms with other values; tokens of a title are
    given with a term, the number is asked with the value. `absent`: the same texts, and a term that is in none of them,
    which has to be told from one that is. What copying is to values, this is to citing, finding and abstaining: the bare
    skill, without any language around it.
    """
    encode = functools.partial(tokenizer.encode, add_special_tokens=False)
    pool = few_tokens(len(tokenizer), level.vocab) if level.vocab else range(8, len(tokenizer) - len(CITATIONS))
    draw = lambda longest, shortest=1: rng.choices(pool, k=rng.randint(shortest, longest))
    sort = sort or rng.choice(level.sorts.split())
    count = rng.randint(1 if sort == "text" else 2, level.passages)
    numbers = rng.sample(range(1, NUMBERS + 1), count)
    titles = [draw(level.title) for _ in range(count)]
    form = [draw(level.term) for _ in range(rng.randint(1, level.terms))] if sort in ("form", "absent") else []
    filled = [[(term, draw(2)) for term in rng.sample(form, len(form))] for _ in range(count)]
    shortest = 6 if sort == "text" else 0
    texts = [sum((term + value for term, value in pairs), []) if form else draw(level.text, shortest) for pairs in filled]
    prefix = []
    for number, title, text in zip(numbers, titles, texts, strict=True):
        prefix += title + encode(f" [{number}]\n") + text + encode("\n\n")
    missing = sorted(set(pool) - set(prefix)) if sort == "absent" else []
    tokens = [(token, i, -100, 0.0, 0) for i, token in enumerate(prefix)]
    for branch, which in enumerate(rng.choices(range(count), k=6), 1):
        cited = encode(f"[{numbers[which]}]")
        if sort == "text":
            given, following = part_of_text(rng, texts[which])
        else:
            given, following = part_of_title(rng, titles[which]), []
        if sort in ("form", "absent"):
            # With a title in both, only the term tells what can be answered.
            term, following = rng.choice(filled[which])
            if sort == "absent":
                term, following, cited = rng.choices(missing, k=len(term)), encode(ABSTAIN), []
            given = given + term if rng.random() < 0.5 else term + given
        asked = encode("\n\nQuestion: ") + given + encode(ASSISTANT)
        answered = cited + following + encode(END)
        decisive = {"title": (0,), "text": (1,), "form": (0, 1), "absent": (0,)}[sort]
        for i, token in enumerate(asked + answered):
            tokens.append((token, len(prefix) + i, token if i >= len(asked) else -100,
                           DECISION_WEIGHT if i - len(asked) in decisive else 0.5, branch))
    return tokens


@functools.cache
def few_tokens(size: int, count: int) -> list[int]:
    """The same `count` tokens of a vocabulary of `size`, neither special nor the number of a passage."""
    return Random("few").sample(range(300, size - len(CITATIONS)), count)


def part_of_title(rng: Random, title: list[int]) -> list[int]:
    """Some tokens of a title, one after the other."""
    size = rng.randint(1, len(title))
    start = rng.randrange(len(title) - size + 1)
    return title[start : start + size]


def part_of_text(rng: Random, text: list[int]) -> tuple[list[int], list[int]]:
    """Two or three tokens of a text, and the one or two that follow them."""
    size, following = rng.randint(2, 3), rng.randint(1, 2)
    start = rng.randrange(len(text) - size - following + 1)
    return text[start : start + size], text[start + size : start + size + following]


def find_row(seed: str, tokenizer, length: int, level: int, sort: str | None = None) -> Row:
    """A row of practice in finding, of one sort of question if given; with some copying else."""
    rng, columns, number = Random(seed), [], 0
    while length - len(columns) > 20:
        number += 1
        room = length - len(columns)
        tokens = trim_branches(find_tokens(rng, tokenizer, FIND_LEVELS[level], sort), room)
        if not tokens or sort is None and rng.random() < 0.1:
            tokens = copy_tokens(rng, tokenizer, min(31, room // 2))
        columns += [(*token, number) for token in tokens]
    return make_row(columns, length, tokenizer)


def make_row(columns: list[tuple], length: int, tokenizer) -> Row:
    columns = columns + [(tokenizer.pad_token_id, 0, -100, 0.0, 0, 0)] * (length - len(columns))
    ids, positions, labels, weights, branch, sample = zip(*columns[:length])
    return Row(torch.tensor(ids), torch.tensor(positions), torch.tensor(labels), torch.tensor(weights),
               torch.tensor(sample), torch.tensor(branch))


def attention_mask(sample: torch.Tensor, branch: torch.Tensor) -> torch.Tensor:
    """(batch, 1, length, length), True where attended: earlier tokens of the sample, of the prefix or one's own branch."""
    length = sample.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=sample.device).tril()
    same = sample[:, :, None] == sample[:, None, :]
    visible = (branch[:, None, :] == 0) | (branch[:, :, None] == branch[:, None, :])
    return (causal & same & visible)[:, None]


class Rows(torch.utils.data.Dataset):
    """Rows start to stop by index, made by `make(seed)`. Row i is the same on every machine and every run."""

    def __init__(self, make, start: int, stop: int, seed: int):
        self.make, self.start, self.stop, self.seed = make, start, stop, seed

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, i: int) -> Row:
        return self.make(f"clerk-{self.seed}-{self.start + i}")


def collate(rows: list[Row]) -> Row:
    return Row(*(torch.stack([getattr(row, name) for row in rows]) for name in
                 ("ids", "positions", "labels", "weights", "sample", "branch")))


def tokenizer_texts(count: int, seed: str = "clerk-tokenizer") -> list[str]:
    """Text on which the tokenizer is trained: prompts and answers as the model will see them."""
    samples = []
    for i in range(count):
        rng = Random(f"{seed}-{i}")
        samples.append(draw_sample(rng, 1.0) if i % 3 == 0 else
                       reading_sample(rng, rng.randint(1, 4), rng.random() < 0.5))
    return [s.prefix + "".join(q + a for q, a in s.branches) for s in samples]
