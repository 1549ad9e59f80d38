"""Exercises of notebook 1.1: `rrf`, `evidence_recall`, `choose_k`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from labutils.errors import LabsError

from .attempts import (
    ask_judgement, Attempt, checker, Diagnosis, first_wrong, name_mistake, negated, orders_agree, read_rows,
    require_columns, require_ids, require_numbers, require_reason,
)

Spans = Sequence[tuple[int, int]]
# A recall this much below the best is not worth arguing about: two or three questions of a hundred.
RECALL_MARGIN = 0.02
# What a reason has to speak of, in any words that people use for it: what more passages bring and take, ...
BUYS = (r"recall|evidence|gold|proof|\b(?:find|found|get|got|g[ai]ve|cover|miss|catch|retriev|return|hits?\b|sees?\b"
        r"|brings?\b|more than|as much as|better|third|half)|0\.\d|%|percent")
COSTS = (r"token|budget|cost|cheap|limit|within|afford|spen[dt]|expens|price|allow|too (?:much|many|long|large)|\b\d{3,}\b"
         r"|\b(?:fit|pay|paid|under|below|over|above|beyond|exceed)")


# --- rrf --------------------------------------------------------------------------------------------------------------


def _rrf(first: Sequence[str], second: Sequence[str], k: int = 60) -> list[str]:
    """Reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009): ids by the sum of 1 / (k + rank), best first."""
    scores = _fused(first, second, k)
    return sorted(scores, key=scores.__getitem__, reverse=True)


@checker(reference=_rrf, passed="ids come fused, best first, each once")
def rrf(student: Any) -> None:
    """`rrf(first, second, k=60)` -> list of ids, by the sum over the lists of 1 / (k + rank), best first."""
    attempt = Attempt(student)
    cases = _rankings()
    given = [require_ids(attempt(*case), {*case[0], *case[1]}, _shown_lists(*case)) for case in cases]
    if orders_agree(given, cases, _fused):
        return
    known = {"the worst comes first": lambda *case: negated(_fused(*case)),
             "the first rank is 1, not 0": lambda first, second, k=60: _fused(first, second, k - 1),
             "the first ranks weigh too much; where is the constant k = 60?":
                 lambda first, second, k=60: _fused(first, second, 0)}
    name_mistake(given, cases, known.items(), orders_agree)
    if any(orders_agree(given, cases, lambda *case: _fused(*case[:2], fixed)) for fixed in range(1, 101)):
        raise Diagnosis("k changes nothing; add the k that is passed in, whatever it is, to each rank")
    case, fused = first_wrong(given, cases, _fused, orders_agree)
    scores = _fused(*case)
    above, below = next((a, b) for a, b in zip(fused, fused[1:]) if scores[a] < scores[b] - 1e-12)
    raise Diagnosis(f"{above!r} stands above {below!r} {_shown_lists(*case)}; write down 1 / (k + rank) for both, in "
                    "either list")


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


# --- evidence_recall --------------------------------------------------------------------------------------------------


def _evidence_recall(retrieved: Spans, gold: Spans) -> float:
    """Share of the characters of gold spans (start, end) that retrieved ones cover (LegalBench-RAG, 2408.10343)."""
    wanted = {i for start, end in gold for i in range(start, end)}
    return len(wanted & {i for start, end in retrieved for i in range(start, end)}) / len(wanted)


@checker(reference=_evidence_recall, passed="characters are counted once each, over all gold evidence")
def evidence_recall(student: Any) -> None:
    """`evidence_recall(retrieved, gold)` -> share of gold characters covered; spans are (start, end), end exclusive."""
    cases = _span_cases()
    known = {"a character that two spans hold counts twice; count each once": _recall_counting_twice,
             "that is the share of the retrieved text (precision); recall divides by the evidence": _precision,
             "whole spans are counted; count characters, as a span may be found in part": _recall_of_spans,
             "the character at `end` is counted, but a span stops before it": _recall_end_included}
    require_numbers(Attempt(student), cases, _evidence_recall, known, "a share between 0 and 1")


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


# --- choose_k ---------------------------------------------------------------------------------------------------------


def _choose_k(table: Any, budget: float) -> tuple[int, str]:
    """The smallest affordable k whose recall is as good as the best affordable one, with the reason."""
    rows = _affordable(table, budget)
    best = max(row["recall"] for row in rows)
    row = min((r for r in rows if r["recall"] >= best - RECALL_MARGIN), key=lambda r: r["tokens"])
    return int(row["k"]), (f"recall {row['recall']:.2f} for {row['tokens']:.0f} tokens: within the budget of "
                           f"{budget:.0f}, and no cheaper k finds as much evidence")


@checker(reference=_choose_k, passed="affordable, not wasteful, and argued from both columns")
def choose_k(student: Any, table: Any = None, budget: float | None = None) -> None:
    """`(k, reason)` for a `table` with the columns k, recall, tokens, at no more than `budget` tokens a question."""
    contexts = [(table, budget)] if table is not None else _k_tables()
    for context in contexts:
        answer = ask_judgement(student, table is not None, *context)
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Diagnosis("a pair is wanted: the number k and your reason")
        _require_choice(answer[0], *context)
        require_reason(answer[1], {"what k buys (recall)": BUYS, "what k costs (tokens, budget)": COSTS})


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
    rows = read_rows(table)
    require_columns(rows, "k", "recall", "tokens")
    within = [row for row in rows if row["tokens"] <= budget]
    if not within:
        raise LabsError(f"No k of the table costs {budget} tokens or less; raise the budget.")
    return within


def _require_choice(k: Any, table: Any, budget: float) -> None:
    rows, within = read_rows(table), _affordable(table, budget)
    if isinstance(k, bool) or not isinstance(k, Integral):
        raise Diagnosis(f"k is {k!r}, a {type(k).__name__}; a whole number of the table is wanted")
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
