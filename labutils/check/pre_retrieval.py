"""Exercises of notebook 1.2: `predict`, `fill_budget`, `expand_terms`, `audit`."""

from __future__ import annotations

import functools
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

from labutils.claims import VERDICTS
from labutils.metrics import fill_budget as fill_budget_rule

from .attempts import (
    ask_judgement, Attempt, checker, Diagnosis, first_faults, first_wrong, name_mistake, read_rows, require_columns,
    require_labels, right_verdict, to_number,
)

AUDIT_LABELS = ("unequal tokens", "chosen on test", "other questions", "says more than its interval", "fine")
# Two contexts that differ by less are as good as equal: a chunk ends where a sentence does.
TOKEN_MARGIN = 0.1
Passages = Sequence[tuple[int, int, int]]


# --- predict ----------------------------------------------------------------------------------------------------------


def _predict(names: Sequence[str]) -> dict[str, str]:
    """For somebody who has no opinion: that the data will not tell."""
    return dict.fromkeys(names, "inconclusive")


@checker(reference=_predict, passed="written down; the last section holds it against what was measured")
def predict(student: Any, names: Sequence[str] | None = None) -> None:
    """A dict that gives each of `names` "helps", "hurts" or "inconclusive"; any prediction will do, none is missing."""
    for context in [names] if names is not None else [("chunks", "glossary"), ("HyDE",)]:
        said = ask_judgement(student, names is not None, context)
        if not isinstance(said, Mapping):
            raise Diagnosis(f"a dict is wanted, from name to prediction; this is a {type(said).__name__}")
        if missing := [name for name in context if name not in said]:
            raise Diagnosis(f"there is no prediction for {missing[0]!r}")
        if extra := [name for name in said if name not in context]:
            raise Diagnosis(f"{str(extra[0])[:40]!r} is not tested here; predict for {list(context)}")
        if wrong := [name for name, verdict in said.items() if verdict not in VERDICTS]:
            raise Diagnosis(f"for {wrong[0]!r} say one of {', '.join(VERDICTS)}, not {str(said[wrong[0]])[:40]!r}")


# --- fill_budget ------------------------------------------------------------------------------------------------------


@checker(reference=fill_budget_rule, passed="the budget is used up, never overdrawn, and titles are paid for")
def fill_budget(student: Any) -> None:
    """`fill_budget(passages, budget)` -> characters kept of each; a passage is (characters, title and text tokens)."""
    attempt = Attempt(student)
    cases = _budget_cases()
    given = [_require_kept(attempt(*case), *case) for case in cases]
    if _same_cuts(given, cases, fill_budget_rule):
        return
    known = {"the passage that does not fit is left out; keep the part that the budget still pays for": _keep_whole,
             "the first passage that does not fit ends the context; what ranks below it must not slip in":
                 _keep_skipping,
             "titles are read as well; their tokens have to be paid": _keep_without_titles,
             "the last passage goes beyond the budget": _keep_beyond,
             "the part that is kept is counted in tokens; characters are wanted": _keep_tokens,
             "the passage that is cut has a title, too: it is paid before any of its text": _keep_title_unpaid,
             "the part that is kept is not rounded down; a character more is a character beyond the budget":
                 _keep_rounded_up}
    name_mistake(given, cases, known.items(), _same_cuts)
    case, kept = first_wrong(given, cases, fill_budget_rule, _same_cuts)
    raise Diagnosis(f"{kept} is not what {case[1]} tokens buy of {case[0]}")


def _budget_cases() -> list[tuple[list[tuple[int, int, int]], int]]:
    """Seeded (passages, budget): a cut in the text, in the title, at a border, none; small ones behind large ones."""
    cases = [([(400, 20, 100), (400, 20, 100), (80, 10, 20)], 150), ([(400, 20, 100), (300, 30, 80)], 140),
             ([(400, 20, 100), (200, 20, 50)], 120), ([(200, 10, 50), (100, 10, 25)], 500), ([], 50),
             ([(900, 20, 230), (60, 20, 15)], 40)]
    for seed in range(6):
        draw = random.Random(seed)
        passages = [(tokens * 4 + draw.randint(0, 9), draw.randint(8, 25), tokens)
                    for tokens in (draw.randint(12, 220) for _ in range(draw.randint(3, 8)))]
        cases.append((passages, draw.choice([150, 300, 450])))
    return cases


def _require_kept(kept: Any, passages: Passages, budget: int) -> list[int]:
    kept = kept.tolist() if hasattr(kept, "tolist") else kept
    if not isinstance(kept, (list, tuple)) or any(isinstance(n, (str, list, tuple)) for n in kept):
        raise Diagnosis("a list of numbers is wanted: the characters that are kept of each passage")
    if odd := [number for number in kept if not isinstance(number, Integral)]:
        to_number(odd[0], "a number of characters")
        raise Diagnosis(f"{odd[0]} is a {type(odd[0]).__name__}; round down to whole characters, an int")
    numbers = [int(number) for number in kept]
    if any(number < 0 for number in numbers):
        raise Diagnosis(f"{kept} of {list(passages)} for {budget} tokens: fewer than 0 characters cannot be kept")
    if len(numbers) > len(passages) or any(n > size for n, (size, _, _) in zip(numbers, passages)):
        raise Diagnosis(f"{kept} of {list(passages)}: more is kept than there is")
    return _without_tail(numbers)


def _without_tail(kept: Iterable[int]) -> list[int]:
    """Nothing kept of the last passages is the same as saying nothing about them."""
    numbers = list(kept)
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def _same_cuts(given: Sequence[Sequence[int]], cases: Sequence[tuple[Passages, int]],
               keep: Callable[[Passages, int], Sequence[int]]) -> bool:
    """Equal but for one character less where the share is a whole number of them; for a known mistake, everywhere.

    100 * 0.29 is 28.999999999999996, which no learner has to know.
    """
    wanted = [_without_tail(keep(*case)) for case in cases]
    return all(len(a) == len(b) and all(
        x == y or y - x == 1 and (keep is not fill_budget_rule or _is_whole_cut(*case)) for x, y in zip(a, b))
        for a, b, case in zip(given, wanted, cases))


def _is_whole_cut(passages: Passages, budget: int) -> bool:
    """Whether the passage that is cut keeps, before rounding, a whole number of characters."""
    for size, title, text in passages:
        if title + text > budget:
            return size * (budget - title) % text == 0
        budget -= title + text
    return False


def _keep_whole(passages: Passages, budget: int) -> list[int]:
    return [kept for (size, _, _), kept in zip(passages, fill_budget_rule(passages, budget)) if kept == size]


def _keep_skipping(passages: Passages, budget: int) -> list[int]:
    kept, left = [], budget
    for size, title, text in passages:
        fits = title + text <= left
        kept.append(size if fits else 0)
        left -= title + text if fits else 0
    return kept


def _keep_without_titles(passages: Passages, budget: int) -> list[int]:
    return fill_budget_rule([(size, 0, text) for size, _, text in passages], budget)


def _keep_beyond(passages: Passages, budget: int) -> list[int]:
    kept, spent = [], 0
    for size, title, text in passages:
        if spent >= budget:
            break
        kept.append(size)
        spent += title + text
    return kept


def _keep_tokens(passages: Passages, budget: int) -> list[int]:
    kept = fill_budget_rule(passages, budget)
    if kept and kept[-1] < passages[len(kept) - 1][0]:
        spent = sum(title + text for _, title, text in passages[:len(kept) - 1])
        kept[-1] = budget - spent - passages[len(kept) - 1][1]
    return kept


def _keep_title_unpaid(passages: Passages, budget: int) -> list[int]:
    kept, left = [], budget
    for size, title, text in passages:
        if title + text > left:
            return [*kept, int(size * min(1.0, left / text))]
        kept.append(size)
        left -= title + text
    return kept


def _keep_rounded_up(passages: Passages, budget: int) -> list[int]:
    kept = fill_budget_rule(passages, budget)
    if kept and kept[-1] < passages[len(kept) - 1][0]:
        size, title, text = passages[len(kept) - 1]
        left = budget - title - sum(title + text for _, title, text in passages[:len(kept) - 1])
        kept[-1] = math.ceil(size * left / text)
    return kept


# --- expand_terms -----------------------------------------------------------------------------------------------------


def _expand_terms(question: str, meanings: Mapping[str, str]) -> str:
    """The question with each term's meaning in parentheses behind it; whole words, any case, longest term first."""
    from labutils.queries import expand_terms as expand

    return expand(question, meanings)


@checker(reference=_expand_terms, passed="terms are found as people write them, and only terms")
def expand_terms(student: Any) -> None:
    """`expand_terms(question, meanings)` -> the question with "(meaning)" behind each term that it uses."""
    attempt = Attempt(student)
    cases = _term_cases()
    given = [attempt(*case) for case in cases]
    if odd := next((one for one in given if not isinstance(one, str)), None):
        raise Diagnosis(f"it returns a {type(odd).__name__}; a question is wanted, a string")
    right = [_expand_terms(*case) for case in cases]
    if given == right:
        return
    variant = functools.partial
    one_by_one = "what one term puts in is searched for the next one; go through the question once, for all terms"
    known = [("the term is gone: keep it, the glossary itself is searched by it",
              variant(_put_meanings, shape="{meaning}")),
             ("a term at the beginning of a question has a capital letter, and is the same term",
              variant(_put_meanings, flags=0)),
             ("a term is found inside a longer word; compare whole words", variant(_put_meanings, whole_words=False)),
             ("of two terms that begin at one place, the longer one is meant",
              variant(_put_meanings, longest_first=False)),
             ("only the first use of a term is expanded", variant(_put_meanings, once=True)),
             ("the question's own words lose their capital letters", lambda q, m: _put_meanings(q.lower(), m)),
             (one_by_one, _put_one_by_one), (one_by_one, variant(_put_one_by_one, longest_first=True))]
    name_mistake(given, cases, known)
    (question, meanings), got = next((c, g) for c, g, r in zip(cases, given, right) if g != r)
    raise Diagnosis(f"{question!r} with the terms {list(meanings)} becomes {got!r}")


def _term_cases() -> list[tuple[str, dict[str, str]]]:
    """Questions with terms: at the start, twice, inside a word, one within another, odd signs, none; no glossary."""
    house = {"anchor": "first term", "late anchor": "a contract that the wrong person signed",
             "glass bell": "the time until the anchor ends", "glass bell jar": "the archive",
             "Project Oak": "the Lease with Ulm Ltd", "Project Oakley": "the Supply Contract with R&D (East)",
             "A+ list": "contracts without a fault"}
    return [("What is the anchor of Project Oak?", house), ("Anchor or late anchor: which one is it?", house),
            ("Are anchors or anchorages meant, or the glass bell?", house),
            ("Is Project Oakley on the A+ list in the glass bell jar?", house), ("Who signs the Lease?", house),
            ("Is there an anchor?", {}), ("If the anchor slips, is it still an anchor?", house)]


def _put_meanings(question: str, meanings: Mapping[str, str], longest_first: bool = True, whole_words: bool = True,
                  flags: int = re.IGNORECASE, shape: str = "{term} ({meaning})", once: bool = False) -> str:
    """The question after one pass over it; the settings other than the default ones are the known mistakes."""
    if not meanings:
        return question
    terms = "|".join(map(re.escape, sorted(meanings, key=len, reverse=longest_first)))
    lower, seen = {term.casefold(): meaning for term, meaning in meanings.items()}, set()

    def put(found: re.Match[str]) -> str:
        key = found[0].casefold()
        if once and key in seen:
            return found[0]
        seen.add(key)
        return shape.format(term=found[0], meaning=lower[key])

    return re.sub(rf"(?<!\w)(?:{terms})(?!\w)" if whole_words else terms, put, question, flags=flags)


def _put_one_by_one(question: str, meanings: Mapping[str, str], longest_first: bool = False) -> str:
    terms = sorted(meanings, key=len, reverse=True) if longest_first else list(meanings)
    for term in terms:
        question = _put_meanings(question, {term: meanings[term]})
    return question


# --- audit ------------------------------------------------------------------------------------------------------------


def _audit(reports: Any) -> dict[str, str]:
    """Each report's first fault, in the order of AUDIT_LABELS, or "fine"."""
    return first_faults(_reports(reports), _report_faults, AUDIT_LABELS)


@checker(reference=_audit, passed="each report is told by its own row")
def audit(student: Any, reports: Any = None) -> None:
    """A dict that gives each report one of AUDIT_LABELS.

    A row of `reports` has report, tokens_a and tokens_b (mean tokens read), questions_a and questions_b (which ones),
    chosen_on and measured_on (splits), low and high (interval) and said ("helps", "hurts" or "inconclusive").
    """
    require_labels(student, reports, _report_rows, _reports, _report_faults, AUDIT_LABELS)


def _reports(reports: Any) -> list[dict[str, Any]]:
    rows = read_rows(reports)
    require_columns(rows, "report", "tokens_a", "tokens_b", "questions_a", "questions_b", "chosen_on", "measured_on",
                    "low", "high", "said")
    return rows


def _report_faults(row: Mapping[str, Any]) -> set[str]:
    faults = set()
    if abs(row["tokens_a"] - row["tokens_b"]) > TOKEN_MARGIN * max(row["tokens_a"], row["tokens_b"]):
        faults.add("unequal tokens")
    if row["chosen_on"] == row["measured_on"]:
        faults.add("chosen on test")
    if row["questions_a"] != row["questions_b"]:
        faults.add("other questions")
    if row["said"] not in ("inconclusive", right_verdict((0.0, row["low"], row["high"]))):
        faults.add("says more than its interval")
    return faults


def _report_rows(draw: random.Random) -> list[dict[str, Any]]:
    """Drawn reports, each with one fault or none."""
    fine = {"tokens_a": 300, "tokens_b": 296, "questions_a": "60 jargon", "questions_b": "60 jargon",
            "chosen_on": "dev", "measured_on": "test", "low": 0.05, "high": 0.2, "said": "helps"}
    return [fine, fine | {"tokens_a": draw.randint(400, 900)}, fine | {"chosen_on": "test"},
            fine | {"questions_b": "60 of all"}, fine | {"low": -draw.uniform(0.01, 0.1)},
            fine | {"low": -0.1, "said": "inconclusive"}, fine | {"low": -0.2, "high": -0.1, "said": "hurts"}]
