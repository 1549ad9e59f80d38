"""Checks of the exercises: `rank = check.rank(rank)` says how far you are and always gives back something that works.

Each checker prints one line: "[not attempted]" while the stub is untouched (it returns `...` or None, or raises
NotImplementedError), "[diagnosis]" with what is wrong but not the answer (or which of several `...` is left), or
"[passed]". It returns the reference unless passed, then your own object, so that a notebook always runs to its end.
What your code prints or raises during a check stays inside it. In judgement exercises you hand in a value, or a
function of the measured numbers that returns it.

Lab 1: `rrf`, `evidence_recall`, `choose_k`, `predict`, `fill_budget`, `expand_terms`, `audit`, `weighted_fusion`,
`in_force`, `audit_indexes`, `mmr`, `risk_coverage`, `audit_citations`, `pagerank`, `canonical`, `audit_triplets`,
`difference`, `settle`, `audit_computed`.
Lab 2: `format_example`, `split_by_contract`, `forgetting`. Lab 3: `paired_bootstrap`, `cost_per_correct`, `decide`.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import math
import random
import re
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from types import CodeType
from typing import TYPE_CHECKING, Any

from labutils.claims import VERDICTS
from labutils.errors import LabsError
from labutils.metrics import fill_budget as fill_budget_rule
from labutils.quantities import BASE, Quantity, subtract

if TYPE_CHECKING:
    import pandas as pd

    from labutils.corpus import Question

Spans = Sequence[tuple[int, int]]
Interval = tuple[float, float, float]

CHECKERS: dict[str, Callable[..., Any]] = {}
# A recall this much below the best is not worth arguing about: two or three questions of a hundred.
RECALL_MARGIN = 0.02
AUDIT_LABELS = ("unequal tokens", "chosen on test", "other questions", "says more than its interval", "fine")
CITATION_LABELS = ("no such passage", "no longer in force", "wrong passage", "in no passage", "fine")
TRIPLET_LABELS = ("turned around", "wrong company", "not stated", "fine")
COMPUTED_LABELS = ("missing counted", "units", "currencies", "old text", "fine")
CHOICE_LABELS = ("best of many", "test read twice", "two parts at once", "half the price", "fine")
INDEX_LABELS = ("judged by itself", "other k", "other machine", "cached questions", "fine")
# Two contexts that differ by less are as good as equal: a chunk ends where a sentence does.
TOKEN_MARGIN = 0.1
# What a reason has to speak of, in any words that people use for it: what more passages bring and take, ...
BUYS = r"recall|evidence|gold|\b(?:find|found|get|got|g[ai]ve|cover|miss|catch|retriev|return)|0\.\d|%|percent"
COSTS = r"token|budget|cost|cheap|limit|within|afford|spen[dt]|expens|price|\b(?:fit|pay|paid|under|below|exceed)"
# ... and what errors do, and that this is weighed against money.
ERRORS = r"\bloss|\blos[et]|wrong|incorrect|\bfalse|hallucinat|damage|\berr|mistake"
MONEY = r"cost|usd|dollar|[$%\d]|price|\b(?:pay|paid|sav(?:e|ing))|cheap|expens|money|worth|outweigh|number"


class Diagnosis(Exception):
    """What is wrong with an answer, in one sentence that does not give the answer away."""


class NotAttempted(Exception):
    """The stub is untouched."""


class Attempt:
    """The student's function during a check: called on copies, silenced, with faults turned into diagnoses."""

    def __init__(self, student: Any) -> None:
        if _untouched(student):
            raise NotAttempted
        if not callable(student):
            raise Diagnosis(f"a function is expected, this is a {type(student).__name__}")
        self.student = student

    def __call__(self, *args: Any) -> Any:
        given = copy.deepcopy(args)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                result = self.student(*given)
        except (Exception, SystemExit) as fault:
            if isinstance(fault, NotImplementedError) and _raised_by(fault, self.student):
                raise NotAttempted from fault
            raise Diagnosis(_fault(fault, self.student)) from fault
        if (result is None and not _does_something(self.student)) or (result is not None and _untouched(result)):
            raise NotAttempted
        _require_filled(result)
        if result is None:
            raise Diagnosis("your function returns nothing; is a `return` missing?")
        if not _same(given, args):
            raise Diagnosis("your function changes the objects that it is given; work on a copy")
        return result


def checker(reference: Callable[..., Any], passed: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Register the decorated test as a checker of that name.

    The test gets the student's object and the context, returns None when all is well, and raises Diagnosis or
    NotAttempted otherwise. `reference` is what an unfinished exercise gets back: the function itself, or, where the
    exercise wants a value, its value in the context. `passed` is what the line says then.
    """
    def register(test: Callable[..., None]) -> Callable[..., Any]:
        name = test.__name__

        @functools.wraps(test)
        def run(student: Any, *context: Any, **named: Any) -> Any:
            state, message = _state(test, passed, student, *context, **named)
            print(" ".join(f"[{state}] {name}: {message}".split()))
            if state == "passed":
                return student
            wants_value = (context or named) and not callable(student)
            return reference(*context, **named) if wants_value else reference

        run.reference = reference
        CHECKERS[name] = run
        return run

    return register


# --- references, named as the exercises name them -------------------------------------------------------------------


def _rrf(first: Sequence[str], second: Sequence[str], k: int = 60) -> list[str]:
    """Reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009): ids by the sum of 1 / (k + rank), best first."""
    scores = _fused(first, second, k)
    return sorted(scores, key=scores.__getitem__, reverse=True)


def _evidence_recall(retrieved: Spans, gold: Spans) -> float:
    """Share of the characters of gold spans (start, end) that retrieved ones cover (LegalBench-RAG, 2408.10343)."""
    wanted = {i for start, end in gold for i in range(start, end)}
    return len(wanted & {i for start, end in retrieved for i in range(start, end)}) / len(wanted)


def _choose_k(table: Any, budget: float) -> tuple[int, str]:
    """The smallest affordable k whose recall is as good as the best affordable one, with the reason."""
    rows = _affordable(table, budget)
    best = max(row["recall"] for row in rows)
    row = min((r for r in rows if r["recall"] >= best - RECALL_MARGIN), key=lambda r: r["tokens"])
    return int(row["k"]), (f"recall {row['recall']:.2f} for {row['tokens']:.0f} tokens: within the budget of "
                           f"{budget:.0f}, and no cheaper k finds as much evidence")


def _predict(names: Sequence[str]) -> dict[str, str]:
    """For somebody who has no opinion: that the data will not tell."""
    return dict.fromkeys(names, "inconclusive")


def _expand_terms(question: str, meanings: Mapping[str, str]) -> str:
    """The question with each term's meaning in parentheses behind it; whole words, any case, longest term first."""
    from labutils.queries import expand_terms as expand

    return expand(question, meanings)


def _audit(reports: Any) -> dict[str, str]:
    """Each report's first fault, in the order of AUDIT_LABELS, or "fine"."""
    return {row["report"]: min(_report_faults(row) or {"fine"}, key=AUDIT_LABELS.index) for row in _reports(reports)}


def _weighted_fusion(lists: Sequence[Mapping[str, float]], weights: Sequence[float]) -> list[str]:
    """Relative score fusion: ids by the weighted sum of scores scaled to 0..1 within each list, best first."""
    scores = _weighted(lists, weights)
    return sorted(scores, key=scores.__getitem__, reverse=True)


def _in_force(texts: Sequence[tuple[str, str, str]], day: str) -> list[str]:
    """Ids of the texts (clause, id, first day) in force on a day: of each clause the latest that had begun by then."""
    latest: dict[str, tuple[str, str]] = {}
    for clause, name, since in texts:
        if since <= day and since > latest.get(clause, ("", ""))[0]:
            latest[clause] = (since, name)
    return [name for _, name in latest.values()]


def _audit_indexes(reports: Any) -> dict[str, str]:
    """Each report's first fault, in the order of INDEX_LABELS, or "fine"."""
    return {row["report"]: min(_index_faults(row) or {"fine"}, key=INDEX_LABELS.index)
            for row in _index_reports(reports)}


def _mmr(relevance: Sequence[float], likeness: Sequence[Sequence[float]], weight: float, k: int) -> list[int]:
    """Maximal marginal relevance (Carbonell, Goldstein, SIGIR 1998): places of k passages in the order of picking."""
    return _picked(relevance, likeness, weight, k)


def _risk_coverage(confidence: Sequence[float], correct: Sequence[bool]) -> list[tuple[float, float]]:
    """(coverage, risk) after each answer, surest first (El-Yaniv, Wiener, JMLR 2010)."""
    order = sorted(range(len(correct)), key=lambda i: -confidence[i])
    points, wrong = [], 0
    for given, i in enumerate(order, 1):
        wrong += not correct[i]
        points.append((given / len(order), wrong / given))
    return points


def _audit_citations(reports: Any) -> dict[str, str]:
    """Each answer's first fault, in the order of CITATION_LABELS, or "fine"."""
    return {row["report"]: min(_citation_faults(row) or {"fine"}, key=CITATION_LABELS.index)
            for row in _citation_reports(reports)}


def _pagerank(neighbors: Mapping[str, Sequence[str]], seeds: Sequence[str], damping: float = 0.85,
              rounds: int = 50) -> dict[str, float]:
    """Personalized PageRank by power iteration (Haveliwala 2002); what is stuck returns to the seeds."""
    return _spread(neighbors, seeds, damping, rounds)


def _canonical(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    """The company's present name: of the names that a mention begins with the longest, a former one replaced."""
    known = [name for name in [*names, *former] if mention == name or mention.startswith(f"{name} ")]
    best = max(known, key=len, default=mention)
    return former.get(best, best)


def _audit_triplets(reports: Any) -> dict[str, str]:
    """Each triplet's first fault, in the order of TRIPLET_LABELS, or "fine"."""
    return {row["report"]: min(_triplet_faults(row) or {"fine"}, key=TRIPLET_LABELS.index)
            for row in _triplet_reports(reports)}


def _difference(one: tuple[float, str], other: tuple[float, str]) -> tuple[float, str] | tuple[()]:
    """The larger minus the smaller, in a unit that both can be counted in exactly; () without one."""
    return subtract(Quantity(*one), Quantity(*other)) or ()


def _settle(readings: Sequence[tuple[str, bool]], keep_empty: bool = False) -> list[str]:
    """The different values in force, each in its first spelling and place; case and outer spaces do not count."""
    found: dict[str, str] = {}
    for value, in_force in readings:
        if in_force and (value.strip() or keep_empty):
            found.setdefault(value.strip().casefold(), value.strip())
    return list(found.values())


def _audit_computed(reports: Any) -> dict[str, str]:
    """Each statement's first fault, in the order of COMPUTED_LABELS, or "fine"."""
    return {row["report"]: min(_computed_faults(row) or {"fine"}, key=COMPUTED_LABELS.index)
            for row in _computed_reports(reports)}


def _front(points: Sequence[tuple[float, float]], beats: Callable[..., bool] | None = None) -> list[bool]:
    """Whether no other (quality, cost) is at least as good and as cheap, and better in one of both."""
    beats = beats or (lambda one, other: one[0] >= other[0] and one[1] <= other[1] and one != other)
    return [not any(beats(one, other) for one in points) for other in points]


def _mend(question: str, names: Sequence[str], least: float = 0.85) -> str:
    """Each run of words that is nearly a name replaced by the name that it is likest to; names stay."""
    from labutils.robustness import mend as mend_names

    return mend_names(question, names, least)


def _audit_choice(reports: Any) -> dict[str, str]:
    """Each report's first fault, in the order of CHOICE_LABELS, or "fine"."""
    return {row["report"]: min(_choice_faults(row) or {"fine"}, key=CHOICE_LABELS.index)
            for row in _choice_reports(reports)}


def _format_example(question: Question, template: Any) -> list[dict[str, str]]:
    """The two messages of one training example: the question through the template, and its answer."""
    return [{"role": "user", "content": template.format(query_str=question.question)},
            {"role": "assistant", "content": question.answer}]


def _split_by_contract(questions: Sequence[Question], share: float, seed: int) -> tuple[list[Question], list[Question]]:
    """(train, test) with about `share` of the contracts, and all questions on them, in test.

    Raises LabsError without a question: then a notebook has nothing to measure.
    """
    if not questions:
        raise LabsError("this corpus has no questions, so nothing can be measured on it. Put a questions.jsonl into the "
                        "folder (README, \"Your own model, your own documents\"), or choose another LABS_CORPUS")
    contracts = sorted({q.cluster for q in questions})
    random.Random(seed).shuffle(contracts)
    held_out = set(contracts[:max(1, round(share * len(contracts)))])
    return [q for q in questions if q.cluster not in held_out], [q for q in questions if q.cluster in held_out]


def _forgetting(before: Interval, after: Interval, margin: float = 0.05) -> str:
    """"forgot" if every loss that the intervals allow is above 0, "kept" if none reaches `margin`, or "cannot tell"."""
    (_, low, high), (_, low_after, high_after) = _interval(before), _interval(after)
    smallest, largest = low - high_after, high - low_after
    if smallest > 0:
        return "forgot"
    return "kept" if largest < margin else "cannot tell"


def _paired_bootstrap(differences: Sequence[float], clusters: Sequence[str], n_boot: int = 1000,
                      seed: int = 0) -> tuple[float, float]:
    """(low, high) of the 95% percentile interval of the mean difference, contracts resampled whole."""
    import numpy as np

    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    totals, sizes = np.bincount(codes, weights=differences), np.bincount(codes)
    drawn = np.random.default_rng(seed).integers(len(sizes), size=(n_boot, len(sizes)))
    low, high = np.percentile(totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _cost_per_correct(frame: pd.DataFrame, price_in: float, price_out: float) -> float:
    """Cost of all answers over the number of correct ones; prices per million tokens; infinite if none is correct."""
    total = (frame["tokens_in"].sum() * price_in + frame["tokens_out"].sum() * price_out) / 1e6
    correct = int(frame["correct"].sum())
    return float(total / correct) if correct else math.inf


def _decide(table: Any, loss_wrong: float, differences: Mapping[str, Any]) -> dict[str, Any]:
    """The memo: the arm of the smallest expected loss, why, and what each measured difference allows to say."""
    losses = _losses(table, loss_wrong)
    arm = min(losses, key=losses.__getitem__)
    return {"arm": arm, "reason": f"expected loss per question, cost included, is smallest: {losses[arm]:.4g}",
            "claims": {name: _verdict(difference) for name, difference in differences.items()}}


# --- lab 1 ----------------------------------------------------------------------------------------------------------


@checker(reference=_rrf, passed="ids come fused, best first, each once")
def rrf(student: Any) -> None:
    """`rrf(first, second, k=60)` -> list of ids, by the sum over the lists of 1 / (k + rank), best first."""
    attempt = Attempt(student)
    cases = _rankings()
    given = [_require_ids(attempt(*case), {*case[0], *case[1]}, _shown_lists(*case)) for case in cases]
    if _orders_agree(given, cases, _fused):
        return
    known = {"the worst comes first": lambda *case: _negative(_fused(*case)),
             "the first rank is 1, not 0": lambda first, second, k=60: _fused(first, second, k - 1),
             "the first ranks weigh too much; where is the constant k = 60?":
                 lambda first, second, k=60: _fused(first, second, 0)}
    for message, wrong in known.items():
        if _orders_agree(given, cases, wrong):
            raise Diagnosis(message)
    if any(_orders_agree(given, cases, lambda *case: _fused(*case[:2], fixed)) for fixed in range(1, 101)):
        raise Diagnosis("k changes nothing; add the k that is passed in, whatever it is, to each rank")
    case, fused = next((c, g) for c, g in zip(cases, given) if not _orders_agree([g], [c], _fused))
    scores = _fused(*case)
    above, below = next((a, b) for a, b in zip(fused, fused[1:]) if scores[a] < scores[b] - 1e-12)
    raise Diagnosis(f"{above!r} stands above {below!r} {_shown_lists(*case)}; write down 1 / (k + rank) for both, in "
                    "either list")


@checker(reference=_evidence_recall, passed="characters are counted once each, over all gold evidence")
def evidence_recall(student: Any) -> None:
    """`evidence_recall(retrieved, gold)` -> share of gold characters covered; spans are (start, end), end exclusive."""
    cases = _span_cases()
    known = {"a character that two spans hold counts twice; count each once": _recall_counting_twice,
             "that is the share of the retrieved text (precision); recall divides by the evidence": _precision,
             "whole spans are counted; count characters, as a span may be found in part": _recall_of_spans,
             "the character at `end` is counted, but a span stops before it": _recall_end_included}
    _require_numbers(Attempt(student), cases, _evidence_recall, known, "a share between 0 and 1")


@checker(reference=_choose_k, passed="affordable, not wasteful, and argued from both columns")
def choose_k(student: Any, table: Any = None, budget: float | None = None) -> None:
    """`(k, reason)` for a `table` with the columns k, recall, tokens, at no more than `budget` tokens a question."""
    contexts = [(table, budget)] if table is not None else _k_tables()
    for context in contexts:
        answer = _judgement(student, table is not None, *context)
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Diagnosis("a pair is wanted: the number k and your reason")
        _require_choice(answer[0], *context)
        _require_reason(answer[1], {"what k buys (recall)": BUYS, "what k costs (tokens, budget)": COSTS})


@checker(reference=_predict, passed="written down; the last section holds it against what was measured")
def predict(student: Any, names: Sequence[str] | None = None) -> None:
    """A dict that gives each of `names` "helps", "hurts" or "inconclusive"; any prediction will do, none is missing."""
    for context in [names] if names is not None else [("chunks", "glossary"), ("HyDE",)]:
        said = _judgement(student, names is not None, context)
        if not isinstance(said, Mapping):
            raise Diagnosis(f"a dict is wanted, from name to prediction; this is a {type(said).__name__}")
        if missing := [name for name in context if name not in said]:
            raise Diagnosis(f"there is no prediction for {missing[0]!r}")
        if extra := [name for name in said if name not in context]:
            raise Diagnosis(f"{str(extra[0])[:40]!r} is not tested here; predict for {list(context)}")
        if wrong := [name for name, verdict in said.items() if verdict not in VERDICTS]:
            raise Diagnosis(f"for {wrong[0]!r} say one of {', '.join(VERDICTS)}, not {str(said[wrong[0]])[:40]!r}")


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
    for message, wrong in known.items():
        if _same_cuts(given, cases, wrong):
            raise Diagnosis(message)
    case, kept = next((c, g) for c, g in zip(cases, given) if not _same_cuts([g], [c], fill_budget_rule))
    raise Diagnosis(f"{kept} is not what {case[1]} tokens buy of {case[0]}")


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
    for message, wrong in known:
        if given == [wrong(*case) for case in cases]:
            raise Diagnosis(message)
    (question, meanings), got = next((c, g) for c, g, r in zip(cases, given, right) if g != r)
    raise Diagnosis(f"{question!r} with the terms {list(meanings)} becomes {got!r}")


@checker(reference=_audit, passed="each report is told by its own row")
def audit(student: Any, reports: Any = None) -> None:
    """A dict that gives each report one of AUDIT_LABELS.

    A row of `reports` has report, tokens_a and tokens_b (mean tokens read), questions_a and questions_b (which ones),
    chosen_on and measured_on (splits), low and high (interval) and said ("helps", "hurts" or "inconclusive").
    """
    _require_labels(student, reports, _report_tables, _reports, _report_faults, AUDIT_LABELS)


@checker(reference=_weighted_fusion, passed="each list is scaled by itself, weighted, and what it lacks counts 0 there")
def weighted_fusion(student: Any) -> None:
    """`weighted_fusion(lists, weights)` -> ids, best first; a list is a dict from id to score."""
    attempt = Attempt(student)
    cases = _score_lists()
    given = [_require_ids(attempt(lists, weights), set().union(*lists), f"for {lists}") for lists, weights in cases]
    if _orders_agree(given, cases, _weighted):
        return
    known = {"the worst comes first": lambda lists, weights: _negative(_weighted(lists, weights)),
             "scores of two searches have different scales: scale each list to 0..1 first": _weighted_raw,
             "a list's lowest score has to become 0: subtract it before you divide":
                 functools.partial(_weighted, from_zero=True),
             "lists are scaled together; each needs its own lowest and highest score": _weighted_together,
             "the weights change nothing": lambda lists, weights: _weighted(lists, [1.0] * len(lists)),
             "the weights go to the wrong lists": lambda lists, weights: _weighted(lists, weights[::-1]),
             "ranks are fused; this exercise fuses scores": _weighted_ranks,
             "what a list lacks counts 0 there; do not divide by the weights of the lists that have it":
                 _weighted_where_found,
             "where all scores of a list are equal, each counts 1": functools.partial(_weighted, equal=0.0)}
    for message, wrong in known.items():
        if _orders_agree(given, cases, wrong):
            raise Diagnosis(message)
    (lists, weights), fused = next((case, one) for case, one in zip(cases, given)
                                   if not _orders_agree([one], [case], _weighted))
    raise Diagnosis(f"{fused} is not the order of the weighted sums for {lists} with the weights {weights}")


@checker(reference=_in_force, passed="one text of each clause, the one that had begun last")
def in_force(student: Any) -> None:
    """`in_force(texts, day)` -> ids in force; a text is (clause, id, first day), days are "2024-01-16"."""
    attempt = Attempt(student)
    cases = _text_cases()
    given = []
    for case in cases:
        said = attempt(*case)
        if isinstance(said, (str, Mapping)) or not isinstance(said, (list, tuple, set, frozenset)):
            raise Diagnosis(f"it returns a {type(said).__name__}; a list of ids is wanted")
        if len(set(said)) < len(said):
            raise Diagnosis("an id comes twice")
        given.append(set(said))
    if given == [set(_in_force(*case)) for case in cases]:
        return
    known = {"an amended text is still there: of each clause only the latest is in force": _begun,
             "the day is not looked at: what is signed later is not in force yet": lambda t, d: _in_force(t, "9999"),
             "a text is in force on its first day": lambda t, d: _in_force([x for x in t if x[2] < d], d),
             "these are the first texts; what replaced them by that day counts": _first_texts,
             "one clause at a time: an amendment of one clause leaves the others in force":
                 lambda t, d: _in_force([("", name, since) for _, name, since in t], d),
             "the order of the list says nothing; compare the days": _last_listed,
             "the ids say nothing about what is later; compare the days": _last_id,
             "a clause is lost when its latest text lies after the day; an earlier one was in force": _latest_or_none}
    for message, wrong in known.items():
        if given == [set(wrong(*case)) for case in cases]:
            raise Diagnosis(message)
    case, said = next((c, g) for c, g in zip(cases, given) if g != set(_in_force(*c)))
    raise Diagnosis(f"{sorted(map(str, said))} are not the texts in force on {case[1]} among {case[0]}")


@checker(reference=_audit_indexes, passed="each report is told by its own row")
def audit_indexes(student: Any, reports: Any = None) -> None:
    """A dict that gives each report one of INDEX_LABELS.

    A row of `reports` compares an index with a baseline: report, truth (whose neighbors count as right), index, k and
    k_baseline (neighbors asked for), machine and machine_baseline, questions (asked), different (of them).
    """
    _require_labels(student, reports, _index_tables, _index_reports, _index_faults, INDEX_LABELS)


@checker(reference=_mmr, passed="each pick weighs relevance against what was picked before")
def mmr(student: Any) -> None:
    """`mmr(relevance, likeness, weight, k)` -> places of k passages in the order of picking."""
    attempt = Attempt(student)
    cases = _mmr_cases()
    given = []
    for relevance, likeness, weight, k in cases:
        picked = attempt(relevance, likeness, weight, k)
        if isinstance(picked, (str, Mapping)) or not isinstance(picked, (list, tuple)):
            raise Diagnosis(f"it returns a {type(picked).__name__}; a list of places is wanted")
        if len(set(picked)) < len(picked):
            raise Diagnosis("a passage is picked twice")
        if len(picked) != min(k, len(relevance)):
            raise Diagnosis(f"{len(picked)} of {len(relevance)} passages are picked with k = {k}; k are wanted, or all "
                            "if there are fewer")
        given.append(list(picked))
    if given == [_mmr(*case) for case in cases]:
        return
    known = {"the places are right, their order is not: return them as they were picked, not sorted":
                 lambda *case: sorted(_mmr(*case)),
             "likeness to what was picked has no effect": lambda r, s, w, k: _picked(r, s, 1.0, k),
             "likeness has to count against a passage: subtract it": functools.partial(_picked, sign=1),
             "the weight goes to relevance, the rest of 1 to likeness": lambda r, s, w, k: _picked(r, s, 1 - w, k),
             "likeness counts in full; it has the weight 1 - weight": functools.partial(_picked, unweighted=True),
             "one passage that says the same is enough: take the greatest likeness, not the mean":
                 functools.partial(_picked, join=lambda values: sum(values) / len(values)),
             "take the greatest likeness to what was picked, not the sum": functools.partial(_picked, join=sum),
             "take the greatest likeness to what was picked, not the smallest": functools.partial(_picked, join=min),
             "compare with what was picked before, not with all passages": functools.partial(_picked, against_all=True),
             "compare with all that was picked before, not with the last one alone":
                 functools.partial(_picked, join=lambda values: values[-1])}
    for message, wrong in known.items():
        if given == [wrong(*case) for case in cases]:
            raise Diagnosis(message)
    case, picked = next((c, g) for c, g in zip(cases, given) if g != _mmr(*c))
    raise Diagnosis(f"{picked} are not the picks for relevance {case[0]}, weight {case[2]} and k = {case[3]}")


@checker(reference=_risk_coverage, passed="surest first, and the risk is that of the answers given so far")
def risk_coverage(student: Any) -> None:
    """`risk_coverage(confidence, correct)` -> [(coverage, risk), ...] after each answer, surest first."""
    attempt = Attempt(student)
    cases = _confidence_cases()
    given = []
    for confidence, correct in cases:
        points = attempt(confidence, correct)
        if not isinstance(points, (list, tuple)) or any(not isinstance(point, (list, tuple)) or len(point) != 2
                                                        for point in points):
            raise Diagnosis("a list of pairs is wanted: (coverage, risk)")
        if len(points) != len(correct):
            raise Diagnosis(f"{len(points)} points for {len(correct)} answers; one is wanted after each answer")
        given.append([(_number(c, "a coverage"), _number(r, "a risk")) for c, r in points])
    if _points_agree(given, cases, _risk_coverage):
        return
    known = {"the surest answers come first; here the least sure do":
                 lambda conf, right: _risk_coverage([-c for c in conf], right),
             "sort the answers by confidence, each with its own verdict": lambda conf, right: _risk_coverage(
                 list(range(len(right), 0, -1)), right),
             "risk is the share of wrong answers, not of right ones":
                 lambda conf, right: [(c, 1 - r) for c, r in _risk_coverage(conf, right)],
             "risk is a share of the answers given, not of all answers":
                 lambda conf, right: [(c, r * c) for c, r in _risk_coverage(conf, right)],
             "the pair is (coverage, risk), in this order":
                 lambda conf, right: [(r, c) for c, r in _risk_coverage(conf, right)],
             "coverage is a share of all answers, not a count":
                 lambda conf, right: [(c * len(right), r) for c, r in _risk_coverage(conf, right)],
             "coverage begins at one answer, not at none":
                 lambda conf, right: [(c - 1 / len(right), r) for c, r in _risk_coverage(conf, right)]}
    for message, wrong in known.items():
        if _points_agree(given, cases, wrong):
            raise Diagnosis(message)
    case, points = next((c, g) for c, g in zip(cases, given) if not _points_agree([g], [c], _risk_coverage))
    raise Diagnosis(f"{[tuple(round(x, 2) for x in p) for p in points]} is not the curve for confidence {case[0]} and "
                    f"correct {case[1]}")


@checker(reference=_audit_citations, passed="each answer is told by the passages themselves")
def audit_citations(student: Any, reports: Any = None) -> None:
    """A dict that gives each answer one of CITATION_LABELS.

    A row of `reports` has report, question, answer, cites (1-based), passages (texts) and in_force (one bool for each
    passage).
    """
    _require_labels(student, reports, _citation_tables, _citation_reports, _citation_faults, CITATION_LABELS)


@checker(reference=_pagerank, passed="rank flows along edges and returns to the seeds")
def pagerank(student: Any) -> None:
    """`pagerank(neighbors, seeds, damping, rounds)` -> dict from every node to its rank; the ranks sum to 1."""
    attempt = Attempt(student)
    cases = _graph_cases()
    given = []
    for case in cases:
        ranks = attempt(*case)
        if not isinstance(ranks, Mapping) or set(ranks) != set(case[0]):
            raise Diagnosis("a dict is wanted that gives every node of the graph its rank")
        given.append({node: _number(value, "a rank") for node, value in ranks.items()})
    if _ranks_agree(given, cases, _spread):
        return
    known = {"the restart goes to the seeds only, not to all nodes": functools.partial(_spread, everywhere=True),
             "the share `damping` flows along edges, the rest returns to the seeds":
                 lambda n, s, d, r: _spread(n, s, 1 - d, r),
             "nothing returns to the seeds: a share of 1 - damping has to": lambda n, s, d, r: _spread(n, s, 1.0, r),
             "a node divides its rank among its neighbors; here each gets all of it":
                 functools.partial(_spread, divide="none"),
             "divide by the neighbors of the node that gives, not of the one that gets":
                 functools.partial(_spread, divide="receiver"),
             "the rank of a node without neighbors is lost; return it to the seeds":
                 functools.partial(_spread, lose=True),
             "one round is not enough; repeat it": lambda n, s, d, r: _spread(n, s, d, 1),
             "all ranks of a round come from the round before; do not mix them":
                 functools.partial(_spread, in_place=True),
             "the seeds share the start: each gets 1 / number of seeds": functools.partial(_spread, whole_seeds=True)}
    for message, wrong in known.items():
        if _ranks_agree(given, cases, wrong):
            raise Diagnosis(message)
    case, ranks = next((c, g) for c, g in zip(cases, given) if not _ranks_agree([g], [c], _spread))
    shown = {node: round(value, 3) for node, value in ranks.items()}
    raise Diagnosis(f"{shown} are not the ranks for {case[0]} from {case[1]} (they sum to {sum(ranks.values()):.3f})")


@checker(reference=_canonical, passed="legal forms are ignored, former names followed, and twins kept apart")
def canonical(student: Any) -> None:
    """`canonical(mention, names, former)` -> the present name of the company; `former` maps former to present names."""
    attempt = Attempt(student)
    cases = _mention_cases()
    given = [attempt(*case) for case in cases]
    if any(not isinstance(name, str) for name in given):
        raise Diagnosis("a name is wanted, as text")
    if given == [_canonical(*case) for case in cases]:
        return
    known = {"a former name leads to the present one": lambda m, n, f: _canonical(m, [*n, *f], {}),
             "a mention may carry its legal form behind the name": lambda m, n, f: f.get(m, m),
             "a former name may carry a legal form, too": lambda m, n, f: f.get(m) or _canonical(m, n, {}),
             "where two names fit, the longer one is meant": _shortest_name,
             "whole words: a name that goes on within a word is another company": _prefix_name,
             "who is not known stays as mentioned": lambda m, n, f: "" if _canonical(m, n, f) == m not in n
                 else _canonical(m, n, f),
             "likeness is not identity: companies that share a word are not one": _first_word}
    for message, wrong in known.items():
        if given == [wrong(*case) for case in cases]:
            raise Diagnosis(message)
    case, name = next((c, g) for c, g in zip(cases, given) if g != _canonical(*c))
    raise Diagnosis(f"{case[0]!r} becomes {name!r} with the names {case[1]} and the former names {case[2]}")


@checker(reference=_audit_triplets, passed="each triplet is told by its sentence")
def audit_triplets(student: Any, reports: Any = None) -> None:
    """A dict that gives each triplet one of TRIPLET_LABELS.

    A row of `reports` has report, head, relation, tail, sentence (which the triplet is said to come from), and
    stated_head and stated_tail (what that sentence states under the relation).
    """
    _require_labels(student, reports, _triplet_tables, _triplet_reports, _triplet_faults, TRIPLET_LABELS)


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
             "where both have the same unit, the distance has it, too": _always_base}
    for message, wrong in known.items():
        if _quantities_agree(given, cases, wrong):
            raise Diagnosis(message)
    case, got = next((c, g) for c, g in zip(cases, given) if not _quantities_agree([g], [c], _difference))
    raise Diagnosis(f"the distance of {case[0]} and {case[1]} is not {got}")


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
    for message, wrong in known.items():
        if given == [wrong(case) for case in cases]:
            raise Diagnosis(message)
    case, values = next((c, g) for c, g in zip(cases, given) if g != _settle(c))
    raise Diagnosis(f"{values} are not the different values in force of {case}")


@checker(reference=_audit_computed, passed="each sum is told from its cells")
def audit_computed(student: Any, reports: Any = None) -> None:
    """A dict that gives each computed statement one of COMPUTED_LABELS.

    A row of `reports` has report, said, cells (text), amounts (in base units, None where a contract does not say),
    units (base unit of each), compared (the numbers that went into the sum), text ("in force" or "replaced").
    """
    _require_labels(student, reports, _computed_tables, _computed_reports, _computed_faults, COMPUTED_LABELS)


@checker(reference=_front, passed="what another beats is off the front, ties and all")
def front(student: Any) -> None:
    """`front(points)` -> for each (quality, cost) whether it is on the Pareto front: no other point beats it."""
    attempt = Attempt(student)
    cases = _front_cases()
    given = []
    for case in cases:
        flags = attempt(case)
        if not isinstance(flags, (list, tuple)) or len(flags) != len(case):
            raise Diagnosis("a list is wanted with True or False for each point, in the order given")
        given.append([bool(flag) for flag in flags])
    if given == [_front(case) for case in cases]:
        return
    known = {"a lower cost is better, not a higher one": lambda a, b: a[0] >= b[0] and a[1] >= b[1] and a != b,
             "one that is as good and cheaper, or as cheap and better, beats the other":
                 lambda a, b: a[0] > b[0] and a[1] < b[1],
             "two equal points do not beat each other": lambda a, b: a[0] >= b[0] and a[1] <= b[1],
             "the cheapest is on the front as well, however bad": lambda a, b: a[0] > b[0],
             "the best is on the front as well, however dear": lambda a, b: a[1] < b[1],
             "a point is (quality, cost): high quality is good, low cost is good":
                 lambda a, b: a[1] >= b[1] and a[0] <= b[0] and a != b}
    for message, beats in known.items():
        if given == [_front(case, beats) for case in cases]:
            raise Diagnosis(message)
    case, flags = next((c, g) for c, g in zip(cases, given) if g != _front(c))
    raise Diagnosis(f"of {case}, {flags} are not those that no other beats")


@checker(reference=_mend, passed="near misses become names, and all else stays as it is")
def mend(student: Any) -> None:
    """`mend(question, names, least)` -> the question with near misses replaced by the names that they are likest to."""
    attempt = Attempt(student)
    for question, names, wanted, message in _MEND_CASES:
        said = attempt(question, names, 0.85)
        if not isinstance(said, str):
            raise Diagnosis("the question is wanted, as text")
        if said != wanted:
            raise Diagnosis(f"{message}: {question!r} becomes {said!r}")


@checker(reference=_audit_choice, passed="each choice is told from how it was made")
def audit_choice(student: Any, reports: Any = None) -> None:
    """A dict that gives each report on a chosen pipeline one of CHOICE_LABELS.

    A row of `reports` has report, said, tried (pipelines), chosen_on and reported_on (splits), test_reads (how often
    test was measured), changed (parts in which both sides differ), tokens_counted and tokens_spent (for a question).
    """
    _require_labels(student, reports, _choice_tables, _choice_reports, _choice_faults, CHOICE_LABELS)


# --- lab 2 ----------------------------------------------------------------------------------------------------------


@checker(reference=_format_example, passed="the prompt comes from the template, the answer stands alone")
def format_example(student: Any) -> None:
    """`format_example(question, template)` -> [user message, assistant message]; template.format(query_str=...)."""
    attempt = Attempt(student)
    for question, template in _example_cases():
        messages = attempt(question, template)
        if isinstance(messages, Mapping):
            raise Diagnosis("it returns a mapping; a list of two messages is wanted")
        if not isinstance(messages, (list, tuple)) or not all(isinstance(m, Mapping) for m in messages):
            raise Diagnosis("a list of messages is wanted, each a dict with role and content")
        if any(set(message) != {"role", "content"} for message in messages):
            raise Diagnosis(f"a message has the keys role and content, yours {sorted(map(str, messages[0]))}")
        _require_messages(messages, question, template)


@checker(reference=_split_by_contract, passed="no contract is on both sides, and nothing is lost")
def split_by_contract(student: Any) -> None:
    """`split_by_contract(questions, share, seed)` -> (train, test); `share` of the contracts go to test."""
    attempt = Attempt(student)
    chosen = []
    for questions, share, seed in _question_sets():
        train, test = _require_sides(attempt(questions, share, seed))
        _require_partition(train, test, questions)
        _require_share(test, questions, share)
        if _require_sides(attempt(questions, share, seed)) != (train, test):
            raise Diagnosis("two calls with one seed give two splits; draw from random.Random(seed) over a sorted list")
        _require_fixed_order(attempt, questions, share, seed)
        other = _require_sides(attempt(questions, share, seed + 1))
        chosen.append(other[1] != test)
    if not any(chosen):
        raise Diagnosis("the seed changes nothing; the held-out contracts should be drawn by it")


@checker(reference=_forgetting, passed="the intervals carry that statement")
def forgetting(student: Any, before: Any = None, after: Any = None, margin: float = 0.05) -> None:
    """"forgot", "kept" or "cannot tell", from two scores (estimate, low, high); a loss below `margin` is tolerable."""
    contexts = [(_interval(before), _interval(after), margin)] if before is not None else _score_pairs()
    for context in contexts:
        said = _judgement(student, before is not None, *context)
        if said not in ("forgot", "kept", "cannot tell"):
            raise Diagnosis(f"say 'forgot', 'kept' or 'cannot tell', not {str(said)[:40]!r}")
        right = _forgetting(*context)
        if said == right:
            continue
        shown = f"{_shown(context[0])} before, {_shown(context[1])} after and a margin of {context[2]}"
        raise Diagnosis(f"{said!r} for {shown}: " + {
            "forgot": "the largest score that 'after' allows is not below the smallest that 'before' allows",
            "kept": "absence of proof is not proof: how large a loss do the intervals still allow, against the margin?"
                    if right == "cannot tell" else "compare the two intervals: do they meet?",
            "cannot tell": "even the most cautious reading of both intervals settles this one"}[said])


# --- lab 3 ----------------------------------------------------------------------------------------------------------


@checker(reference=_paired_bootstrap, passed="contracts are drawn whole, and the interval has the right width")
def paired_bootstrap(student: Any) -> None:
    """`paired_bootstrap(differences, clusters, n_boot, seed)` -> (low, high), 95%, of the mean over questions."""
    attempt = Attempt(student)
    cases = _difference_cases()
    given = [_require_pair(attempt(*case, 1000, seed)) for seed, case in enumerate(cases)]
    right = [_paired_bootstrap(*case, 20_000, 7) for case in cases]
    if any(low > high for low, high in given):
        raise Diagnosis("the lower bound is above the upper one")
    known = {"too narrow: questions of one contract are no independent draws; draw contracts": _boot_items,
             "these are percentiles of single differences, not of their resampled means": _boot_raw,
             "every contract weighs the same, whatever its size; take the mean over questions": _boot_means,
             "a contract drawn twice must count twice": _boot_once,
             "this interval covers 90%: 2.5% belong to each side": functools.partial(_boot_level, tail=5)}
    if _interval_gap(given, right) >= 0.1:
        gaps = {message: _interval_gap(given, [wrong(*case) for case in cases]) for message, wrong in known.items()}
        # Two known faults give nearly the same width, so the nearest one is named.
        nearest = min(gaps, key=gaps.__getitem__)
        if gaps[nearest] < 0.1:
            raise Diagnosis(nearest)
        width = sum((h - l) / (high - low) for (l, h), (low, high) in zip(given, right)) / len(cases)
        raise Diagnosis(f"the interval is on average {width:.2f} times as wide as it should be, or lies elsewhere; "
                        "draw as many contracts as there are, with replacement, and take percentiles of the means")
    if _require_pair(attempt(*cases[0], 1000, 0)) != given[0]:
        raise Diagnosis("two calls with one seed give two intervals; draw from a generator made of the seed")


@checker(reference=_cost_per_correct, passed="every answer is paid for, only the right ones count")
def cost_per_correct(student: Any) -> None:
    """`cost_per_correct(frame, price_in, price_out)` -> cost of one; columns tokens_in, tokens_out, correct.

    Prices are per million tokens.
    """
    attempt = Attempt(student)
    *cases, hopeless = _answer_tables()
    known = {"that is the cost per answer; wrong answers cost as well, but only right ones count": _cost_per_answer,
             "wrong answers have to be paid, too": _cost_of_correct_rows,
             "tokens that the model writes are not free": lambda f, i, o: _cost_per_correct(f, i, 0),
             "the prices of tokens read and written are interchanged": lambda f, i, o: _cost_per_correct(f, o, i),
             "prices are per million tokens, not per thousand": lambda f, i, o: 1000 * _cost_per_correct(f, i, o),
             "prices are per million tokens, not per token": lambda f, i, o: 1e6 * _cost_per_correct(f, i, o)}
    _require_numbers(attempt, cases, _cost_per_correct, known, "a cost")
    try:
        cost = _number(attempt(*hopeless), "a cost", allow_infinite=True)
    except Diagnosis as fault:
        raise Diagnosis(f"when no answer is correct: {fault}; no finite price buys one: return float('inf')") from fault
    if cost != math.inf:
        raise Diagnosis("when no answer is correct, no finite price buys a correct one; return float('inf')")


@checker(reference=_decide, passed="the arm follows from the losses, and no claim goes beyond its interval")
def decide(student: Any, table: Any = None, loss_wrong: float | None = None, differences: Any = None) -> None:
    """A memo {"arm", "reason", "claims"} for a `table` with the columns arm, wrong (share) and cost (per question).

    `loss_wrong` is what one wrong answer costs, in the unit of cost. `differences`: name -> Difference or
    (estimate, low, high); the memo's claims give each name "helps", "hurts" or "inconclusive".
    """
    contexts = [(table, loss_wrong, differences)] if table is not None else _decision_cases()
    for context in contexts:
        memo = _judgement(student, table is not None, *context)
        if not isinstance(memo, Mapping) or not {"arm", "reason", "claims"} <= set(memo):
            raise Diagnosis("a memo is wanted: a dict with arm, reason and claims")
        _require_arm(memo["arm"], _losses(*context[:2]), context[0])
        _require_claims(memo["claims"], context[2])
        _require_reason(memo["reason"], {"what wrong answers cost": ERRORS, "what is paid or saved": MONEY})


# --- the framework's inside -----------------------------------------------------------------------------------------


def _state(test: Callable[..., None], passed: str, student: Any, *context: Any, **named: Any) -> tuple[str, str]:
    try:
        test(student, *context, **named)
    except NotAttempted:
        return "not attempted", "the reference is used from here on; come back whenever you like"
    except Diagnosis as fault:
        return "diagnosis", f"{fault}. (The reference is used from here on.)"
    except LabsError:
        raise
    except Exception as fault:  # a result of a shape that no test foresaw must not stop the learner
        return "diagnosis", (f"the result cannot be checked ({type(fault).__name__}); compare its type with the "
                             "exercise. (The reference is used from here on.)")
    return "passed", passed


def _judgement(student: Any, has_context: bool, *context: Any) -> Any:
    """The value handed in; a function is asked for it. Raises LabsError for a value without the numbers it judges."""
    if _untouched(student):
        raise NotAttempted
    if callable(student):
        return Attempt(student)(*context)
    if not has_context:
        raise LabsError("A value can only be judged with the numbers it rests on: pass them after it.")
    _require_filled(student)
    return student


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The parts of nested tuples, lists and mappings, each with the words that say where it stands."""
    if isinstance(value, Mapping):
        named = [(repr(key), part) for key, part in value.items()]
    elif isinstance(value, (tuple, list)):
        named = [(f"number {number} of {len(value)}", part) for number, part in enumerate(value, 1)]
    else:
        yield place, value
        return
    for name, part in named:
        yield from _leaves(part, f"{place}, {name}" if place else name)


def _untouched(value: Any) -> bool:
    """True for `...` and None, and for a tuple, list or mapping in which nothing but `...` stands."""
    parts = [part for _, part in _leaves(value)]
    return value is None or (bool(parts) and all(part is ... for part in parts))


def _require_filled(value: Any) -> None:
    if place := next((place for place, part in _leaves(value) if part is ...), None):
        raise Diagnosis(f"{place} is still missing; replace its `...`")


def _raised_by(fault: BaseException, student: Callable[..., Any]) -> bool:
    """True when the student's own line raised it, not a library below."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return last.filename == getattr(getattr(student, "__code__", None), "co_filename", None)


def _fault(fault: BaseException, student: Callable[..., Any]) -> str:
    """Name an exception and the line of the student's function it came from, without naming any file."""
    said = f"your code raises {type(fault).__name__}: {str(fault).replace(chr(10), ' ')[:120]}".rstrip(": ")
    code = getattr(student, "__code__", None)
    if not isinstance(code, CodeType):
        return said
    frames = [f for f in traceback.extract_tb(fault.__traceback__) if f.filename == code.co_filename]
    if not frames:
        return f"{said} (when it is called)"
    last = frames[-1]
    where = f"line {last.lineno - code.co_firstlineno + 1} of {code.co_name}" if last.name == code.co_name \
        else f"in {last.name}"
    return f"{said}, {where}" + (f" ({last.line})" if last.line else "")


def _does_something(student: Callable[..., Any]) -> bool:
    """False for a body that only passes: a None from it means that nobody has worked on it yet."""
    code = getattr(student, "__code__", None)
    return not isinstance(code, CodeType) or bool(code.co_names) or code.co_nlocals > code.co_argcount


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, (tuple, list)):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right))
    return left.equals(right) if hasattr(left, "equals") else bool(left == right)


def _number(value: Any, wanted: str, allow_infinite: bool = False) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as fault:
        raise Diagnosis(f"it returns a {type(value).__name__}; {wanted} is wanted, a number") from fault
    if math.isnan(number) or (math.isinf(number) and not allow_infinite):
        raise Diagnosis(f"it returns {number}; {wanted} is wanted")
    return number


def _require_numbers(attempt: Attempt, cases: Sequence[tuple], reference: Callable[..., float],
                     known: Mapping[str, Callable[..., float]], wanted: str) -> None:
    """Compare numbers on all cases; a known mistake is called by its name, another one shown on its first case."""
    given = [_number(attempt(*case), wanted) for case in cases]
    if _all_close(given, [reference(*case) for case in cases]):
        return
    for message, wrong in known.items():
        if _all_close(given, [wrong(*case) for case in cases]):
            raise Diagnosis(message)
    case, number = next((c, g) for c, g in zip(cases, given) if not _all_close([g], [reference(*c)]))
    side = "high" if number > reference(*case) else "low"
    shown = " and ".join(str(part) for part in case if isinstance(part, list))
    raise Diagnosis(f"{number:.4g} is too {side}" + (f" for {shown}" if shown else "") + f"; {wanted} is wanted")


def _all_close(left: Iterable[float], right: Iterable[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12) for a, b in zip(left, right, strict=True))


def _require_reason(reason: Any, names: Mapping[str, str]) -> None:
    if not isinstance(reason, str) or len(set(re.findall(r"\w+", reason.casefold()))) < 5:
        raise Diagnosis("give your reason in a sentence, five different words at least")
    for what, pattern in names.items():
        if not re.search(pattern, reason, re.IGNORECASE):
            raise Diagnosis(f"your reason does not say {what}")


def _rows(table: Any) -> list[dict[str, Any]]:
    """Rows of a DataFrame (its index too) or of a list of dicts."""
    if hasattr(table, "to_dict"):
        return table.reset_index().to_dict("records")
    return [dict(row) for row in table]


def _require_columns(rows: Sequence[Mapping[str, Any]], *names: str) -> None:
    missing = [name for name in names if not rows or name not in rows[0]]
    if missing:
        raise LabsError(f"The table has no column {', '.join(missing)}; it needs {', '.join(names)} and some rows.")


# --- lab 1, inside --------------------------------------------------------------------------------------------------


def _fused(first: Sequence[str], second: Sequence[str], k: float = 60) -> dict[str, float]:
    scores: dict[str, float] = {}
    for ranking in (first, second):
        for rank, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return scores


def _rankings() -> list[tuple[Any, ...]]:
    """Pairs of rankings without a k, seeded ones, and ones with an id in both lists, which k puts first or not."""
    cases: list[tuple[Any, ...]] = [(["d1", "d2", "d3", "d4"], ["d5", "d6", "d3", "d7"]), (["d1", "d2"], ["d3", "d4"]),
                                    (["d1", "d2"], [])]
    for seed in range(6):
        draw = random.Random(seed)
        ids = [f"d{i}" for i in range(1, 13)]
        cases.append((draw.sample(ids, draw.randint(4, 9)), draw.sample(ids, draw.randint(4, 9))))
    # 1 / (k + 1) of a first rank against both ranks: the first pair turns over below k = 1, the others above 1 and 10.
    for one, other in ((2, 3), (3, 4), (13, 13)):
        first, second = ([*(f"{letter}{i}" for i in range(1, rank)), "both"]
                         for letter, rank in (("d", one), ("e", other)))
        cases += [(first, second, k) for k in (1, 10, 60)]
    return cases


def _shown_lists(first: Sequence[str], second: Sequence[str], k: int = 60) -> str:
    return f"for {first} and {second}, k = {k}"


def _require_ids(fused: Any, expected: set[str], shown: str) -> list[str]:
    if isinstance(fused, Mapping):
        raise Diagnosis("it returns a mapping; a list of ids is wanted, best first")
    if not isinstance(fused, (list, tuple)):
        raise Diagnosis(f"it returns a {type(fused).__name__}; a list of ids is wanted, best first")
    if any(not isinstance(item, str) for item in fused):
        raise Diagnosis("the list holds something else than ids; leave the scores out")
    _require_same_ids(list(fused), expected, shown)
    return list(fused)


def _require_same_ids(fused: list[str], expected: set[str], shown: str) -> None:
    twice = sorted(item for item, count in Counter(fused).items() if count > 1)
    if twice:
        raise Diagnosis(f"{twice[0]!r} comes twice {shown}; an id in both lists collects two scores, but is one id")
    if missing := sorted(expected - set(fused)):
        raise Diagnosis(f"{missing[0]!r} is lost {shown}; an id in one list only still has a score")
    if extra := sorted(set(fused) - expected):
        raise Diagnosis(f"{extra[0]!r} is in neither list {shown}")


def _descending(fused: Sequence[str], scores: Mapping[str, float]) -> bool:
    return all(scores[a] >= scores[b] - 1e-12 for a, b in zip(fused, fused[1:]))


def _span_cases() -> list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]:
    """Seeded (retrieved, gold): overlapping on either side, nothing found, all found, found in part."""
    cases = [([(0, 60), (40, 100)], [(50, 90)]), ([], [(3, 9)]), ([(0, 10)], [(0, 20)]),
             ([(0, 50)], [(10, 30), (20, 40)])]
    for seed in range(8):
        draw = random.Random(seed)
        cases.append(tuple([(start, start + draw.randint(5, 60)) for start in (draw.randint(0, 200) for _ in range(n))]
                           for n in (draw.randint(1, 6), draw.randint(1, 3))))
    return cases


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def _recall_counting_twice(retrieved: Spans, gold: Spans) -> float:
    return sum(_overlap(r, g) for r in retrieved for g in gold) / sum(end - start for start, end in gold)


def _precision(retrieved: Spans, gold: Spans) -> float:
    return _evidence_recall(gold, retrieved) if retrieved else 0.0


def _recall_of_spans(retrieved: Spans, gold: Spans) -> float:
    return sum(any(_overlap(r, g) for r in retrieved) for g in gold) / len(gold)


def _recall_end_included(retrieved: Spans, gold: Spans) -> float:
    return _evidence_recall([(s, e + 1) for s, e in retrieved], [(s, e + 1) for s, e in gold])


def _k_tables() -> list[tuple[list[dict[str, float]], float]]:
    """Seeded tables in which recall rises with k and levels off, with a budget that not every k meets."""
    cases = []
    for seed in range(6):
        draw = random.Random(seed)
        ceiling, size = draw.uniform(0.6, 0.95), draw.randint(60, 200)
        table = [{"k": k, "recall": ceiling * (1 - 0.6**k), "tokens": size * k} for k in (1, 2, 3, 5, 8, 12, 20)]
        cases.append((table, size * draw.choice([3.5, 5, 9, 13])))
    return cases


def _affordable(table: Any, budget: float) -> list[dict[str, Any]]:
    rows = _rows(table)
    _require_columns(rows, "k", "recall", "tokens")
    within = [row for row in rows if row["tokens"] <= budget]
    if not within:
        raise LabsError(f"No k of the table costs {budget} tokens or less; raise the budget.")
    return within


def _require_choice(k: Any, table: Any, budget: float) -> None:
    rows, within = _rows(table), _affordable(table, budget)
    chosen = next((row for row in rows if row["k"] == k), None)
    if chosen is None:
        raise Diagnosis(f"k = {k!r} is not in the table; choose among {[row['k'] for row in rows]}")
    if chosen not in within:
        raise Diagnosis(f"k = {k} needs {chosen['tokens']:.0f} tokens a question, the budget is {budget:.0f}")
    best = max(row["recall"] for row in within)
    if chosen["recall"] < best - RECALL_MARGIN:
        raise Diagnosis(f"k = {k} leaves recall unused: {best - chosen['recall']:.2f} more can be had for the budget")
    if any(row["recall"] >= chosen["recall"] and row["tokens"] < chosen["tokens"] for row in within):
        raise Diagnosis(f"k = {k} is wasteful: another k finds as much for fewer tokens")


Passages = Sequence[tuple[int, int, int]]


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
        _number(odd[0], "a number of characters")
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
    """Equal but for one character less: 100 * 0.29 is 28.999999999999996, which no learner has to know."""
    wanted = [_without_tail(keep(*case)) for case in cases]
    return all(len(a) == len(b) and all(0 <= y - x <= 1 for x, y in zip(a, b)) for a, b in zip(given, wanted))


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


def _reports(reports: Any) -> list[dict[str, Any]]:
    rows = _rows(reports)
    _require_columns(rows, "report", "tokens_a", "tokens_b", "questions_a", "questions_b", "chosen_on", "measured_on",
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
    if row["said"] not in ("inconclusive", _verdict((0.0, row["low"], row["high"]))):
        faults.add("says more than its interval")
    return faults


def _require_labels(student: Any, reports: Any, tables: Callable[[], list], read: Callable[[Any], list[dict[str, Any]]],
                    faults: Callable[[Mapping[str, Any]], set[str]], labels: Sequence[str]) -> None:
    """Hold a label for each report against the faults of its row; without `reports`, on the seeded tables."""
    for context in [reports] if reports is not None else tables():
        rows = {row["report"]: row for row in read(context)}
        said = _judgement(student, reports is not None, context)
        if not isinstance(said, Mapping) or set(said) != set(rows):
            raise Diagnosis(f"a dict is wanted that labels each of {list(rows)}")
        for name, label in said.items():
            _require_label(name, label, faults(rows[name]), labels)


def _require_label(name: str, label: Any, faults: set[str], labels: Sequence[str]) -> None:
    if label not in labels:
        raise Diagnosis(f"label {name} with one of {list(labels)}, not {str(label)[:40]!r}")
    if label in (faults or {"fine"}):
        return
    if label == "fine":
        raise Diagnosis(f"{name} is not fine; compare what its row says of either side, and its verdict with the rest")
    raise Diagnosis(f"nothing in the row of {name} says {label!r}")


def _report_tables() -> list[list[dict[str, Any]]]:
    """Seeded reports, each with one fault or none, in mixed order."""
    tables = []
    for seed in range(4):
        draw = random.Random(seed)
        fine = {"tokens_a": 300, "tokens_b": 296, "questions_a": "60 jargon", "questions_b": "60 jargon",
                "chosen_on": "dev", "measured_on": "test", "low": 0.05, "high": 0.2, "said": "helps"}
        rows = [fine, fine | {"tokens_a": draw.randint(400, 900)}, fine | {"chosen_on": "test"},
                fine | {"questions_b": "60 of all"}, fine | {"low": -draw.uniform(0.01, 0.1)},
                fine | {"low": -0.1, "said": "inconclusive"}, fine | {"low": -0.2, "high": -0.1, "said": "hurts"}]
        draw.shuffle(rows)
        tables.append([{"report": letter, **row} for letter, row in zip("ABCDEFG", rows)])
    return tables


ScoreLists = Sequence[Mapping[str, float]]


def _weighted(lists: ScoreLists, weights: Sequence[float], from_zero: bool = False,
              equal: float = 1.0) -> dict[str, float]:
    """Id -> weighted sum; the settings other than the default ones are known mistakes."""
    scores: dict[str, float] = {}
    for found, weight in zip(lists, weights, strict=True):
        low, high = (0.0 if from_zero else min(found.values())), max(found.values())
        for item, score in found.items():
            share = equal if high == min(found.values()) else (score - low) / (high - low)
            scores[item] = scores.get(item, 0.0) + weight * share
    return scores


def _negative(scores: Mapping[str, float]) -> dict[str, float]:
    return {item: -score for item, score in scores.items()}


def _weighted_raw(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    return {item: sum(weight * found.get(item, 0.0) for found, weight in zip(lists, weights))
            for item in set().union(*lists)}


def _weighted_together(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    every = [score for found in lists for score in found.values()]
    low, high = min(every), max(every)
    return _weighted_raw([{item: (score - low) / (high - low) for item, score in found.items()} for found in lists],
                         weights)


def _weighted_ranks(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    ranked = [sorted(found, key=found.__getitem__, reverse=True) for found in lists]
    return _weighted_raw([{item: 1 / (60 + rank) for rank, item in enumerate(found, 1)} for found in ranked], weights)


def _weighted_where_found(lists: ScoreLists, weights: Sequence[float]) -> dict[str, float]:
    held = {item: sum(weight for found, weight in zip(lists, weights) if item in found) for item in set().union(*lists)}
    return {item: score / held[item] if held[item] else 0.0 for item, score in _weighted(lists, weights).items()}


def _orders_agree(given: Sequence[Sequence[str]], cases: Sequence[tuple[Any, ...]],
                  score: Callable[..., Mapping[str, float]]) -> bool:
    return all(_descending(fused, score(*case)) for fused, case in zip(given, cases, strict=True))


def _score_lists() -> list[tuple[list[dict[str, float]], list[float]]]:
    """Seeded lists as dense search and BM25 give them: shared ids, a list of one, equal scores, three lists."""
    cases = [([{"d1": 0.8, "d2": 0.5, "d3": 0.2}, {"d4": 3.0}], [0.5, 0.6]),
             ([{"d1": 0.8, "d2": 0.5, "d3": 0.2}, {"d4": 3.0, "d2": 3.0}], [0.3, 0.7])]
    for seed in range(8):
        draw = random.Random(seed)
        ids = [f"d{i}" for i in range(1, 13)]
        lists = [{item: round(draw.uniform(low, high), 3) for item in draw.sample(ids, draw.randint(4, 8))}
                 for low, high in ((0.3, 0.8), (2.0, 25.0), (0.0, 1.0))[:2 + seed % 2]]
        cases.append((lists, [round(draw.uniform(0.1, 0.9), 2) for _ in lists]))
    return cases


Texts = Sequence[tuple[str, str, str]]


def _text_cases() -> list[tuple[list[tuple[str, str, str]], str]]:
    """Seeded texts of several clauses in mixed order: before, on and after the days on which they begin.

    Their ids are in another order than their days, and no two texts begin on one day.
    """
    cases: list[tuple[list[tuple[str, str, str]], str]] = []
    for seed in range(6):
        draw = random.Random(seed)
        free = [f"20{year}-{month:02}-{day:02}" for year in range(18, 25) for month in (2, 7, 11) for day in (3, 19)]
        draw.shuffle(free)
        texts = []
        for clause in draw.sample(["term", "fee", "notice", "cap", "venue"], 3):
            days = [free.pop() for _ in range(draw.randint(1, 4))]
            texts += [(clause, f"{clause}-{number}", day) for number, day in enumerate(days)]
        draw.shuffle(texts)
        cases += [(texts, day) for day in ("2017-01-01", draw.choice(texts)[2], "2021-05-05", "2030-01-01")]
    return cases


def _begun(texts: Texts, day: str) -> list[str]:
    return [name for _, name, since in texts if since <= day]


def _first_texts(texts: Texts, day: str) -> list[str]:
    earliest = {clause: (since, name) for clause, name, since in sorted(texts, key=lambda text: text[2], reverse=True)}
    return [name for since, name in earliest.values() if since <= day]


def _last_listed(texts: Texts, day: str) -> list[str]:
    return list({clause: name for clause, name, since in texts if since <= day}.values())


def _last_id(texts: Texts, day: str) -> list[str]:
    return _last_listed(sorted(texts), day)


def _latest_or_none(texts: Texts, day: str) -> list[str]:
    return [name for name in _in_force(texts, "9999") if name in _begun(texts, day)]


def _index_reports(reports: Any) -> list[dict[str, Any]]:
    rows = _rows(reports)
    _require_columns(rows, "report", "index", "truth", "k", "k_baseline", "machine", "machine_baseline", "questions",
                     "different")
    return rows


def _index_faults(row: Mapping[str, Any]) -> set[str]:
    faults = set()
    if row["truth"] == row["index"]:
        faults.add("judged by itself")
    if row["k"] != row["k_baseline"]:
        faults.add("other k")
    if row["machine"] != row["machine_baseline"]:
        faults.add("other machine")
    if row["different"] < row["questions"]:
        faults.add("cached questions")
    return faults


def _index_tables() -> list[list[dict[str, Any]]]:
    """Seeded reports, each with one fault or none, in mixed order."""
    tables = []
    for seed in range(4):
        draw = random.Random(seed)
        fine = {"index": "HNSW", "truth": "exact", "k": 10, "k_baseline": 10, "machine": "2 cores",
                "machine_baseline": "2 cores", "questions": 200, "different": 200}
        rows = [fine, fine | {"truth": "HNSW"}, fine | {"k": draw.choice([1, 5])}, fine | {"machine": "one GPU"},
                fine | {"different": draw.randint(1, 20)}, fine | {"index": "8 bits"}]
        draw.shuffle(rows)
        tables.append([{"report": letter, **row} for letter, row in zip("ABCDEF", rows)])
    return tables


def _picked(relevance: Sequence[float], likeness: Sequence[Sequence[float]], weight: float, k: int, sign: int = -1,
            join: Callable[[Sequence[float]], float] = max, unweighted: bool = False,
            against_all: bool = False) -> list[int]:
    """Places in the order of picking; the settings other than the default ones are known mistakes."""
    picked: list[int] = []
    while len(picked) < min(k, len(relevance)):
        def worth(i: int) -> float:
            others = [j for j in range(len(relevance)) if j != i] if against_all else picked
            same = join([likeness[i][j] for j in others]) if others else 0.0
            return weight * relevance[i] + sign * (1.0 if unweighted else 1 - weight) * same
        picked.append(max((i for i in range(len(relevance)) if i not in picked), key=worth))
    return picked


def _mmr_cases() -> list[tuple[list[float], list[list[float]], float, int]]:
    """Seeded cosines of six passages, a weight and a k; more wanted than there are, one, none."""
    cases = []
    for seed in range(12):
        draw = random.Random(seed)
        count = 6
        likeness = [[1.0] * count for _ in range(count)]
        for i in range(count):
            for j in range(i):
                likeness[i][j] = likeness[j][i] = round(draw.uniform(0.1, 0.95), 3)
        relevance = [round(draw.uniform(0.2, 0.9), 3) for _ in range(count)]
        cases.append((relevance, likeness, (0.3, 0.5, 0.7)[seed % 3], (4, 5, 8, 1)[seed % 4]))
    return [*cases, ([], [], 0.5, 3)]


def _confidence_cases() -> list[tuple[list[float], list[bool]]]:
    """Seeded confidences, all different, and whether each answer is right."""
    cases = []
    for seed in range(6):
        draw = random.Random(seed)
        confidence = [share / 100 for share in draw.sample(range(5, 100), 7)]
        cases.append((confidence, [draw.random() < 0.6 for _ in confidence]))
    return cases


Points = Sequence[tuple[float, float]]


def _points_agree(given: Sequence[Points], cases: Sequence[tuple], curve: Callable[..., Points]) -> bool:
    return all(_all_close([x for point in points for x in point], [x for point in curve(*case) for x in point])
               for points, case in zip(given, cases, strict=True))


def _citation_reports(reports: Any) -> list[dict[str, Any]]:
    rows = _rows(reports)
    _require_columns(rows, "report", "question", "answer", "cites", "passages", "in_force")
    return rows


def _citation_faults(row: Mapping[str, Any]) -> set[str]:
    holding = [row["answer"].casefold() in passage.casefold() for passage in row["passages"]]
    if not any(holding):
        return {"in no passage"} | ({"no such passage"} if not 1 <= row["cites"] <= len(holding) else set())
    if not 1 <= row["cites"] <= len(holding):
        return {"no such passage"}
    if not holding[row["cites"] - 1]:
        return {"wrong passage"}
    return set() if row["in_force"][row["cites"] - 1] else {"no longer in force"}


def _citation_tables() -> list[list[dict[str, Any]]]:
    """Seeded answers, each with one fault or none, in mixed order."""
    tables = []
    for seed in range(4):
        draw = random.Random(seed)
        days = draw.sample(range(5, 99), 4)
        passages = [f"{name} ends the contract with {number} days of notice." for name, number in zip("XYZ", days)]
        fine = {"question": "How many days of notice does Y have to give?", "answer": f"{days[1]} days", "cites": 2,
                "passages": passages, "in_force": [True] * 3}
        rows = [fine, fine | {"cites": 4}, fine | {"cites": 1}, fine | {"answer": f"{days[3]} days"},
                fine | {"in_force": [True, False, True]}]
        draw.shuffle(rows)
        tables.append([{"report": letter, **row} for letter, row in zip("ABCDE", rows)])
    return tables


Neighbors = Mapping[str, Sequence[str]]


def _spread(neighbors: Neighbors, seeds: Sequence[str], damping: float, rounds: int, everywhere: bool = False,
            divide: str = "giver", lose: bool = False, in_place: bool = False,
            whole_seeds: bool = False) -> dict[str, float]:
    """Ranks after some rounds; the settings other than the default ones are known mistakes."""
    share = 1.0 if whole_seeds else 1 / len(seeds)
    home = {node: 1 / len(neighbors) if everywhere else share * (node in seeds) for node in neighbors}
    ranks = {node: share * (node in seeds) for node in neighbors}
    for _ in range(rounds):
        stuck = 0.0 if lose else sum(rank for node, rank in ranks.items() if not neighbors[node])
        made = ranks if in_place else {}
        for node in neighbors:
            parts = {"giver": [ranks[other] / len(neighbors[other]) for other in neighbors if node in neighbors[other]],
                     "receiver": [ranks[other] / max(1, len(neighbors[node])) for other in neighbors[node]],
                     "none": [ranks[other] for other in neighbors[node]]}[divide]
            made[node] = (1 - damping) * home[node] + damping * (sum(parts) + stuck * home[node])
        ranks = made
    return ranks


def _graph_cases() -> list[tuple[dict[str, list[str]], list[str], float, int]]:
    """Seeded undirected graphs with a node by itself, one seed or two; one walk that cannot leave its start."""
    cases = []
    for seed in range(6):
        draw = random.Random(seed)
        neighbors: dict[str, list[str]] = {node: [] for node in "abcdef"}
        for one, other in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"),
                           *draw.sample([("a", "c"), ("a", "d"), ("b", "d"), ("b", "e"), ("a", "e")], 2)]:
            neighbors[one].append(other)
            neighbors[other].append(one)
        cases.append((neighbors, draw.sample("abcde", 1 + seed % 2), (0.85, 0.7)[seed % 2], 30))
    return [*cases, (cases[0][0], ["f", "a"], 0.85, 30), (cases[1][0], ["a", "c"], 0.85, 1),
            (cases[2][0], ["b", "f"], 0.7, 2)]


def _ranks_agree(given: Sequence[Mapping[str, float]], cases: Sequence[tuple], ranks: Callable[..., Any]) -> bool:
    return all(math.isclose(found[node], wanted, rel_tol=1e-3, abs_tol=1e-6)
               for found, case in zip(given, cases, strict=True) for node, wanted in ranks(*case).items())


def _mention_cases() -> list[tuple[str, list[str], dict[str, str]]]:
    """Mentions as they stand, with legal forms, former names with and without, twins, part of a word, unknown ones."""
    names = ["Alder Mills", "Alder Mills Trading", "Alder Foods", "Brun Optics"]
    former = {"Cato Seeds": "Brun Optics", "Old Alder": "Alder Mills"}
    mentions = ["Alder Mills", "Alder Mills plc", "Alder Mills Trading BV", "Alder Foods SA", "Brun Optics GmbH",
                "Cato Seeds", "Cato Seeds LLC", "Old Alder AG", "Alder Millstone", "Dorn Freight BV", "Alder Marine"]
    longer = ("Alder Mills Trading plc", ["Alder Mills"], {"Alder Mills Trading": "Brun Optics"})
    return [*((mention, names, former) for mention in mentions), longer]


def _shortest_name(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    known = [name for name in [*names, *former] if mention == name or mention.startswith(f"{name} ")]
    best = min(known, key=len, default=mention)
    return former.get(best, best)


def _prefix_name(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    best = max((name for name in [*names, *former] if mention.startswith(name)), key=len, default=mention)
    return former.get(best, best)


def _first_word(mention: str, names: Sequence[str], former: Mapping[str, str]) -> str:
    exact = _canonical(mention, names, former)
    if exact != mention or mention in names:
        return exact
    return next((name for name in names if name.split()[0] == mention.split()[0]), mention)


def _triplet_reports(reports: Any) -> list[dict[str, Any]]:
    rows = _rows(reports)
    _require_columns(rows, "report", "head", "relation", "tail", "sentence", "stated_head", "stated_tail")
    return rows


def _triplet_faults(row: Mapping[str, Any]) -> set[str]:
    said, right = (row["head"], row["tail"]), (row["stated_head"], row["stated_tail"])
    if said == right:
        return set()
    if said == right[::-1]:
        return {"turned around"}
    return {"wrong company"} if said[1] == right[1] else {"not stated"}


def _triplet_tables() -> list[list[dict[str, Any]]]:
    """Seeded triplets, each with one fault or none, in mixed order."""
    tables = []
    for seed in range(4):
        draw = random.Random(seed)
        fine = {"head": "Alder Mills", "relation": "owner", "tail": "Brun Optics", "stated_head": "Alder Mills",
                "stated_tail": "Brun Optics", "sentence": "All shares in Alder Mills are held by Brun Optics."}
        rows = [fine, fine | {"head": "Brun Optics", "tail": "Alder Mills"}, fine | {"head": "Alder Foods"},
                fine | {"tail": "Dorn Freight"}]
        draw.shuffle(rows)
        tables.append([{"report": letter, **row} for letter, row in zip("ABCD", rows)])
    return tables


Pair = tuple[float, str]


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
    return _number(found[0], "the amount"), found[1]


def _quantities_agree(given: Sequence[Pair | None], cases: Sequence[tuple[Pair, Pair]], right: Callable) -> bool:
    for got, case in zip(given, cases):
        wanted = right(*case) or None
        if (got is None) != (wanted is None):
            return False
        if got and not (math.isclose(got[0], wanted[0], abs_tol=1e-6) and got[1].removesuffix("s") == wanted[1]):
            return False
    return True


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


def _computed_reports(reports: Any) -> list[dict[str, Any]]:
    rows = _rows(reports)
    _require_columns(rows, "report", "said", "cells", "amounts", "units", "compared", "text")
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


def _computed_tables() -> list[list[dict[str, Any]]]:
    """Seeded statements, each with one fault or none, in mixed order."""
    tables = []
    for seed in range(4):
        draw = random.Random(seed)
        fine = {"said": "The longer one is that of the first.", "cells": "36 months; 24 months", "amounts": [36, 24],
                "units": ["month", "month"], "compared": [36, 24], "text": "in force"}
        rows = [fine, fine | {"amounts": [36, None], "compared": [36, 0]}, fine | {"compared": [3, 24]},
                fine | {"units": ["EUR", "USD"]}, fine | {"text": "replaced"}]
        draw.shuffle(rows)
        tables.append([{"report": letter, **row} for letter, row in zip("ABCDE", rows)])
    return tables


def _front_cases() -> list[list[tuple[float, float]]]:
    """Points in mixed order: beaten in both, in one, by a point off the line, ties, equal points, none, one."""
    return [[(0.8, 450), (0.1, 370), (0.7, 460), (0.2, 370), (0.8, 440)], [(0.5, 3.0)], [],
            [(0.5, 2.0), (0.5, 2.0), (0.4, 2.0)], [(0.3, 1.0), (0.6, 2.0), (0.9, 4.0), (0.5, 3.0)],
            [(0.9, 1.0), (0.2, 5.0)], [(0.6, 2.0), (0.6, 1.0), (0.7, 2.0)]]


# (question, names, right answer, what is wrong with another one); the likeness wanted is 0.85.
_NAMES = ["Alder Mills", "Alder Hills", "Birch Foods", "notice of non-renewal", "Cedar Tools Group", "Cedar Tools"]
_MEND_CASES = [
    ("When does the lease of Birch Foods end?", _NAMES, "When does the lease of Birch Foods end?",
     "a question without near misses stays as it is"),
    ("When does the lease of Bich Foods end?", _NAMES, "When does the lease of Birch Foods end?",
     "a name with a letter missing is not put right"),
    ("What is the notcie of non-renewal?", _NAMES, "What is the notice of non-renewal?",
     "a name may have more words than two"),
    ("Did Alder Hills sign?", _NAMES, "Did Alder Hills sign?", "what is a name already stays, however near another is"),
    ("Did Alder Mlls sign?", _NAMES, "Did Alder Mills sign?", "of several near names the likeliest is wanted"),
    ("Did birhc foods sign?", _NAMES, "Did Birch Foods sign?", "case does not count"),
    ("Did Alder Mole sign?", _NAMES, "Did Alder Mole sign?", "what is not near enough stays"),
    ("Cedra Tools Gruop, or Ceddar Tools: who  pays?", _NAMES, "Cedar Tools Group, or Cedar Tools: who  pays?",
     "longer names come first, and signs and spaces between stay"),
    ("Is the maximum pricee increae per contract year known?", [*_NAMES, "maximum price increase per contract year"],
     "Is the maximum price increase per contract year known?", "of runs that overlap the likeliest is wanted"),
    ("Aler Mills, Birchh Foods or Ceda Tools: who has a notice of non-renewl?", _NAMES,
     "Alder Mills, Birch Foods or Cedar Tools: who has a notice of non-renewal?",
     "a question may have several near misses, words may hold hyphens, and signs stay"),
    ("Cedar Tools Gruop?", ["Cedar Tools", "Cedar Tools Group"], "Cedar Tools Gruop?",
     "what is a name already comes before longer names"),
    ("Birhc Foods?", [], "Birhc Foods?", "without names nothing changes")]


def _choice_reports(reports: Any) -> list[dict[str, Any]]:
    rows = _rows(reports)
    _require_columns(rows, "report", "said", "tried", "chosen_on", "reported_on", "test_reads", "changed",
                     "tokens_counted", "tokens_spent")
    return rows


def _choice_faults(row: Mapping[str, Any]) -> set[str]:
    faults = {"best of many"} if row["tried"] > 1 and row["chosen_on"] == row["reported_on"] else set()
    if row["test_reads"] > 1:
        faults.add("test read twice")
    if len(row["changed"]) > 1:
        faults.add("two parts at once")
    if row["tokens_counted"] < row["tokens_spent"]:
        faults.add("half the price")
    return faults


def _choice_tables() -> list[list[dict[str, Any]]]:
    """Seeded reports, each with one fault or none, in mixed order."""
    tables = []
    for seed in range(4):
        draw = random.Random(seed)
        fine = {"said": "It answers more.", "tried": 18, "chosen_on": "dev", "reported_on": "test", "test_reads": 1,
                "changed": ["plans"], "tokens_counted": 450, "tokens_spent": 450}
        rows = [fine, fine | {"reported_on": "dev"}, fine | {"test_reads": draw.randint(2, 5)},
                fine | {"changed": ["plans", "routes"]}, fine | {"tokens_spent": draw.randint(900, 2000)}]
        draw.shuffle(rows)
        tables.append([{"report": letter, **row} for letter, row in zip("ABCDE", rows)])
    return tables


# --- lab 2, inside --------------------------------------------------------------------------------------------------


def _question(number: int, contract: int, draw: random.Random) -> Question:
    from labutils.corpus import Question

    days = draw.randint(5, 120)
    return Question(f"q{number}", "lookup", "train", f"contract-{contract}", "payment_term",
                    f"Within how many days does party {number} pay under contract {contract}?", f"{days} days",
                    (f"{days} calendar days",), ())


def _example_cases() -> list[tuple[Question, str]]:
    templates = ("Answer briefly.\n\nQuestion: {query_str}", "{query_str}\nAnswer in a few words.")
    return [(_question(seed, seed, random.Random(seed)), templates[seed % 2]) for seed in range(4)]


def _require_messages(messages: Sequence[Mapping[str, Any]], question: Question, template: str) -> None:
    roles = [message["role"] for message in messages]
    if roles == ["assistant", "user"]:
        raise Diagnosis("the order is user, then assistant: the model learns to write what comes second")
    if roles != ["user", "assistant"]:
        raise Diagnosis(f"the roles are {roles}; one user message and one assistant message are wanted")
    prompt, reply = (message["content"] for message in messages)
    if prompt == question.question:
        raise Diagnosis("the user message is the bare question; train on the prompt that will be sent: the template's")
    if isinstance(prompt, str) and (str(question) in prompt or repr(question) in prompt):
        raise Diagnosis("you filled in the question object; use its text, question.question")
    if isinstance(prompt, str) and question.answer in prompt:
        raise Diagnosis("the prompt holds the answer: the model would learn to copy, not to know")
    if isinstance(prompt, str) and "{query_str}" in prompt:
        raise Diagnosis("the placeholder {query_str} is still in the prompt")
    if prompt != template.format(query_str=question.question):
        raise Diagnosis("the user message is not the given template filled with the question's text")
    if reply != question.answer:
        found = isinstance(reply, str) and question.answer in reply
        raise Diagnosis("the assistant message " + ("holds more than the answer; the model would learn to say that, too"
                                                    if found else "is not the question's answer"))


def _question_sets() -> list[tuple[list[Question], float, int]]:
    """Seeded questions over contracts of unequal size, in mixed order, with the share to hold out."""
    cases = []
    for seed, share in enumerate((0.25, 0.4, 0.2)):
        draw = random.Random(seed)
        contracts = [contract for contract in range(20) for _ in range(draw.randint(1, 6))]
        draw.shuffle(contracts)
        cases.append(([_question(i, contract, draw) for i, contract in enumerate(contracts)], share, seed))
    return cases


def _require_sides(result: Any) -> tuple[list[Question], list[Question]]:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Diagnosis("two lists are wanted: train and test")
    train, test = map(list, result)
    if not all(hasattr(item, "cluster") for item in (*train, *test)):
        raise Diagnosis("the two sides hold something else than questions")
    return train, test


def _require_partition(train: list[Question], test: list[Question], questions: list[Question]) -> None:
    shared = sorted({q.cluster for q in train} & {q.cluster for q in test})
    if shared:
        raise Diagnosis(f"{len(shared)} contracts are on both sides, {shared[0]!r} for one: what is learned about a "
                        "contract in training helps in the test")
    counts = Counter(q.question_id for q in (*train, *test))
    if lost := [q.question_id for q in questions if not counts[q.question_id]]:
        raise Diagnosis(f"{len(lost)} of {len(questions)} questions are on neither side")
    if max(counts.values()) > 1:
        raise Diagnosis("a question comes twice")


def _require_share(test: list[Question], questions: list[Question], share: float) -> None:
    contracts = len({q.cluster for q in test}) / len({q.cluster for q in questions})
    if min(abs(contracts - share), abs(len(test) / len(questions) - share)) <= 0.06:
        return
    swapped = abs(1 - contracts - share) <= 0.06
    raise Diagnosis(f"{contracts:.0%} of the contracts are in test, {share:.0%} are wanted"
                    + ("; are train and test interchanged?" if swapped else ""))


def _rehashed(questions: Sequence[Question], salt: str) -> list[Question]:
    """The same questions; in a set, their contracts stand in another order, as after another start of Python."""
    class Contract(str):
        def __hash__(self) -> int:
            return zlib.crc32(f"{salt}{self}".encode())

    return [replace(question, cluster=Contract(question.cluster)) for question in questions]


def _require_fixed_order(attempt: Attempt, questions: list[Question], share: float, seed: int) -> None:
    held_out = []
    # Code that makes plain text of the contracts may fail on these ones, which is no fault of its own.
    with contextlib.suppress(Diagnosis):
        for salt in ("one", "other"):
            test = _require_sides(attempt(_rehashed(questions, salt), share, seed))[1]
            held_out.append({question.question_id for question in test})
    if len(held_out) == 2 and held_out[0] != held_out[1]:
        raise Diagnosis("the split follows the order of a set, another one at each start of Python; sort the contracts "
                        "before you draw")


def _interval(score: Any) -> Interval:
    """(estimate, low, high) of a tuple or of an object with those attributes."""
    if all(hasattr(score, name) for name in ("estimate", "low", "high")):
        return float(score.estimate), float(score.low), float(score.high)
    if isinstance(score, (tuple, list)) and len(score) == 3:
        return tuple(float(part) for part in score)
    raise LabsError("A score is (estimate, low, high), or an object with these attributes.")


def _shown(score: Interval) -> str:
    return f"{score[0]:.2f} [{score[1]:.2f}, {score[2]:.2f}]"


def _score_pairs() -> list[tuple[Interval, Interval, float]]:
    """Seeded scores before and after, with a margin, clear of every border: any sensible rule agrees on them.

    A loss, hardly a change, too little known twice; a gain, a loss of the estimates alone, two that the margin decides.
    """
    cases = []
    for seed in range(5):
        draw = random.Random(seed)
        high = draw.uniform(0.75, 0.9)
        low = high - draw.uniform(0.3, 0.4)
        cases += [((high, high - 0.05, high + 0.05), (low, low - 0.06, low + 0.06), 0.05),
                  ((high, high - 0.008, high + 0.008), (high - 0.003, high - 0.011, high + 0.005), 0.05),
                  ((high, high - 0.15, high + 0.1), (high - 0.12, high - 0.27, high + 0.02), 0.05),
                  ((high, high - 0.2, high + 0.1), (high, high - 0.2, high + 0.1), 0.05),
                  ((low, low - 0.05, low + 0.05), (high, high - 0.05, high + 0.05), 0.05),
                  ((high, low - 0.1, high + 0.05), (low - 0.1, low - 0.2, low + 0.05), 0.05),
                  ((high, high - 0.015, high + 0.015), (high - 0.002, high - 0.017, high + 0.013), 0.01),
                  ((high, high - 0.05, high + 0.05), (high - 0.02, high - 0.07, high + 0.03), 0.2)]
    return cases


# --- lab 3, inside --------------------------------------------------------------------------------------------------


def _difference_cases() -> list[tuple[list[float], list[str]]]:
    """Seeded differences of which most of the spread is between contracts; large contracts differ from small ones."""
    cases = []
    for seed in range(4):
        draw = random.Random(seed)
        differences, clusters = [], []
        for contract in range(24):
            size = draw.choice([1, 2, 6, 8])
            center = draw.gauss(0.25 if size > 4 else -0.25, 0.35)
            differences += [round(center + draw.gauss(0, 0.1), 3) for _ in range(size)]
            clusters += [f"contract-{contract}"] * size
        cases.append((differences, clusters))
    return cases


def _require_pair(result: Any) -> tuple[float, float]:
    try:
        low, high = result
    except (TypeError, ValueError) as fault:
        raise Diagnosis("a pair is wanted: low and high") from fault
    return _number(low, "low"), _number(high, "high")


def _interval_gap(given: Sequence[tuple[float, float]], right: Sequence[tuple[float, float]]) -> float:
    """How far the mean width is off, as a share; infinite where a bound is off by more than a tenth of the width.

    Less than a tenth is what 1,000 draws leave to chance.
    """
    ratios = []
    for (low, high), (right_low, right_high) in zip(given, right, strict=True):
        width = right_high - right_low
        if max(abs(low - right_low), abs(high - right_high)) > 0.1 * width:
            return math.inf
        ratios.append((high - low) / width)
    return abs(sum(ratios) / len(ratios) - 1)


def _boot_level(differences: Sequence[float], clusters: Sequence[str], tail: float) -> tuple[float, float]:
    import numpy as np

    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    totals, sizes = np.bincount(codes, weights=differences), np.bincount(codes)
    drawn = np.random.default_rng(1).integers(len(sizes), size=(20_000, len(sizes)))
    return tuple(np.percentile(totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [tail, 100 - tail]))


def _boot_once(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    import numpy as np

    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    totals, sizes = np.bincount(codes, weights=differences), np.bincount(codes)
    drawn = np.random.default_rng(1).integers(len(sizes), size=(20_000, len(sizes)))
    seen = np.zeros(drawn.shape)
    np.put_along_axis(seen, drawn, 1, axis=1)
    return tuple(np.percentile(seen @ totals / (seen @ sizes), [2.5, 97.5]))


def _boot_items(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    return _paired_bootstrap(differences, [str(i) for i in range(len(differences))], 20_000, 1)


def _boot_means(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    groups: dict[str, list[float]] = {}
    for difference, contract in zip(differences, clusters):
        groups.setdefault(contract, []).append(difference)
    means = [sum(group) / len(group) for group in groups.values()]
    return _paired_bootstrap(means, list(groups), 20_000, 1)


def _boot_raw(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    import numpy as np

    return tuple(np.percentile(differences, [2.5, 97.5]))


def _answer_tables() -> list[tuple[pd.DataFrame, float, float]]:
    """Seeded tables of answers with two prices; nobody answers anything correctly in the last one."""
    import pandas as pd

    cases = []
    for seed, rate in enumerate((0.3, 0.6, 0.9, 0.0)):
        draw = random.Random(seed)
        rows = [{"tokens_in": draw.randint(100, 900), "tokens_out": draw.randint(3, 60),
                 "correct": draw.random() < rate} for _ in range(30)]
        cases.append((pd.DataFrame(rows), draw.uniform(0.1, 1.0), draw.uniform(2.0, 9.0)))
    return cases


def _cost_per_answer(frame: pd.DataFrame, price_in: float, price_out: float) -> float:
    return _cost_per_correct(frame.assign(correct=True), price_in, price_out)


def _cost_of_correct_rows(frame: pd.DataFrame, price_in: float, price_out: float) -> float:
    return _cost_per_correct(frame[frame["correct"]], price_in, price_out)


def _losses(table: Any, loss_wrong: float | None) -> dict[str, float]:
    """Expected loss of each arm per question: what it costs, and what its wrong answers cost."""
    rows = _rows(table)
    _require_columns(rows, "arm", "wrong", "cost")
    if loss_wrong is None:
        raise LabsError("decide needs loss_wrong: what one wrong answer costs, in the unit of the column cost.")
    return {row["arm"]: row["cost"] + loss_wrong * row["wrong"] for row in rows}


def _verdict(difference: Any) -> str:
    _, low, high = _interval(difference)
    return "helps" if low > 0 else "hurts" if high < 0 else "inconclusive"


def _decision_cases() -> list[tuple[list[dict[str, Any]], float, dict[str, Interval]]]:
    """Seeded tables in which the best arm is neither always the cheapest nor always the most accurate."""
    cases = []
    for seed, loss in enumerate((0.0001, 0.05, 2.0, 0.0001, 0.05, 2.0)):
        draw = random.Random(seed)
        table = [{"arm": "base", "wrong": draw.uniform(0.6, 0.8), "cost": 0.0004},
                 {"arm": "rag", "wrong": draw.uniform(0.25, 0.4), "cost": 0.004},
                 {"arm": "sft_rag", "wrong": draw.uniform(0.1, 0.2), "cost": 0.03}]
        gain = draw.uniform(0.2, 0.4)
        cases.append((table, loss, {"rag - base": (gain, gain - 0.1, gain + 0.1), "sft_rag - rag": (0.05, -0.04, 0.14),
                                    "sft - base": (-gain, -gain - 0.1, -gain + 0.1)}))
    return cases


def _require_arm(said: Any, losses: Mapping[str, float], table: Any) -> None:
    # "none (do nothing)" is long to type; "none" and None mean it as well.
    called = str(said).strip().casefold()
    arm = next((name for name in losses if called in (name.casefold(), name.casefold().split(" (")[0])), said)
    if arm not in losses:
        raise Diagnosis(f"arm {arm!r} is not in the table; choose among {list(losses)}")
    if losses[arm] <= min(losses.values()) * (1 + 1e-6):
        return
    rows = {row["arm"]: row for row in _rows(table)}
    if rows[arm]["cost"] == min(row["cost"] for row in rows.values()):
        raise Diagnosis(f"{arm!r} is the cheapest to run, but its wrong answers have a price as well")
    if rows[arm]["wrong"] == min(row["wrong"] for row in rows.values()):
        raise Diagnosis(f"{arm!r} errs least, but at this loss per wrong answer it costs more than it saves")
    raise Diagnosis(f"{arm!r} does not have the smallest expected loss per question: cost + share wrong x loss")


def _require_claims(claims: Any, differences: Any) -> None:
    if not isinstance(differences, Mapping):
        raise LabsError("decide needs differences: name -> Difference or (estimate, low, high).")
    if not isinstance(claims, Mapping) or set(claims) != set(differences):
        raise Diagnosis(f"claims is a dict with a verdict for each of {sorted(differences)}")
    for name, said in claims.items():
        right = _verdict(differences[name])
        if said == right:
            continue
        if said not in VERDICTS:
            raise Diagnosis(f"claims[{name!r}] is 'helps', 'hurts' or 'inconclusive', not {str(said)[:40]!r}")
        interval = _shown(_interval(differences[name]))
        if right == "inconclusive":
            raise Diagnosis(f"{name} {said}? {interval} contains 0: abstain from that claim")
        if said == "inconclusive":
            _, low, high = _interval(differences[name])
            raise Diagnosis(f"{name} {said}? Only the interval counts here: from {low:.3g} to {high:.3g}, it lies "
                            f"wholly {'above' if low > 0 else 'below'} 0")
        raise Diagnosis(f"{name} {said}? Look at which side of 0 {interval} lies")
