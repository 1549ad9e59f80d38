"""Exercises of notebook 3.1: `paired_bootstrap`, `cost_per_correct`, `decide`."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, TYPE_CHECKING

from labutils.claims import VERDICTS
from labutils.errors import LabsError

from .attempts import (
    ask_judgement, Attempt, checker, Diagnosis, Interval, read_interval, read_rows, require_columns, require_numbers,
    require_reason, right_verdict, show_interval, to_number,
)

if TYPE_CHECKING:
    import pandas as pd

# ... and what errors do, and that this is weighed against money.
ERRORS = (r"\bloss|\blos[et]|wrong|incorrect|\bfalse|hallucinat|damage|\berr|mistake"
          r"|\bbad\b|\bfail|\bslips?\b|fault|inaccura")
MONEY = r"cost|usd|dollar|[$%\d]|price|\b(?:pay|paid|sav(?:e|ing))|cheap|expens|money|worth|outweigh|number"


# --- paired_bootstrap -------------------------------------------------------------------------------------------------


def _paired_bootstrap(differences: Sequence[float], clusters: Sequence[str], n_boot: int = 1000,
                      seed: int = 0) -> tuple[float, float]:
    """(low, high) of the 95% percentile interval of the mean difference, contracts resampled whole."""
    import numpy as np

    totals, sizes = _sums(differences, clusters)
    drawn = np.random.default_rng(seed).integers(len(sizes), size=(n_boot, len(sizes)))
    low, high = np.percentile(totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _sums(differences: Sequence[float], clusters: Sequence[str]) -> tuple[Any, Any]:
    """Of each contract the sum of its differences, and how many they are."""
    import numpy as np

    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    return np.bincount(codes, weights=differences), np.bincount(codes)


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
             "draw whole contracts; do not draw again among their questions": _boot_twice,
             "divide each round by the number of questions that it drew": _boot_fixed_size,
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
    if _require_pair(attempt(*cases[0], 1000, 1)) == given[0]:
        raise Diagnosis("another seed gives the same interval; draw from a generator made of the seed")


def _difference_cases() -> list[tuple[list[float], list[str]]]:
    """Seeded differences. Four cases with most of the spread between contracts, where large ones differ from small ones;
    three with most of it within contracts, and a mean far from 0.
    """
    cases = []
    for seed in range(7):
        draw = random.Random(seed)
        differences, clusters = [], []
        for contract in range(24):
            size = draw.choice([1, 2, 6, 8])
            center = draw.gauss(0.25 if size > 4 else -0.25, 0.35) if seed < 4 else draw.gauss(0.6, 0.1)
            differences += [round(center + draw.gauss(0, 0.1 if seed < 4 else 0.5), 3) for _ in range(size)]
            clusters += [f"contract-{contract}"] * size
        cases.append((differences, clusters))
    return cases


def _require_pair(result: Any) -> tuple[float, float]:
    try:
        low, high = result
    except (TypeError, ValueError) as fault:
        raise Diagnosis("a pair is wanted: low and high") from fault
    return to_number(low, "low"), to_number(high, "high")


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

    totals, sizes = _sums(differences, clusters)
    drawn = np.random.default_rng(1).integers(len(sizes), size=(20_000, len(sizes)))
    return tuple(np.percentile(totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [tail, 100 - tail]))


def _boot_once(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    import numpy as np

    totals, sizes = _sums(differences, clusters)
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


def _boot_twice(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    """Contracts drawn, and questions drawn again within each."""
    import numpy as np

    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    groups = [np.asarray(differences)[codes == code] for code in range(codes.max() + 1)]
    generator = np.random.default_rng(1)
    drawn = generator.integers(len(groups), size=(5_000, len(groups)))
    sums, sizes = np.zeros(drawn.shape), np.array([len(group) for group in groups])[drawn]
    for code, group in enumerate(groups):
        places = np.nonzero(drawn == code)
        sums[places] = generator.choice(group, size=(len(places[0]), len(group))).sum(axis=1)
    return tuple(np.percentile(sums.sum(axis=1) / sizes.sum(axis=1), [2.5, 97.5]))


def _boot_fixed_size(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    import numpy as np

    totals, _ = _sums(differences, clusters)
    drawn = np.random.default_rng(1).integers(len(totals), size=(20_000, len(totals)))
    return tuple(np.percentile(totals[drawn].sum(axis=1) / len(differences), [2.5, 97.5]))


def _boot_raw(differences: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    import numpy as np

    return tuple(np.percentile(differences, [2.5, 97.5]))


# --- cost_per_correct -------------------------------------------------------------------------------------------------


def _cost_per_correct(frame: pd.DataFrame, price_in: float, price_out: float) -> float:
    """Cost of all answers over the number of correct ones; prices per million tokens; infinite if none is correct."""
    total = (frame["tokens_in"].sum() * price_in + frame["tokens_out"].sum() * price_out) / 1e6
    correct = int(frame["correct"].sum())
    return float(total / correct) if correct else math.inf


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
    require_numbers(attempt, cases, _cost_per_correct, known, "a cost")
    try:
        cost = to_number(attempt(*hopeless), "a cost", allow_infinite=True)
    except Diagnosis as fault:
        raise Diagnosis(f"when no answer is correct: {fault}; no finite price buys one: return float('inf')") from fault
    if cost != math.inf:
        raise Diagnosis("when no answer is correct, no finite price buys a correct one; return float('inf')")


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


# --- decide -----------------------------------------------------------------------------------------------------------


def _decide(table: Any, loss_wrong: float, differences: Mapping[str, Any]) -> dict[str, Any]:
    """The memo: the arm of the smallest expected loss, why, and what each measured difference allows to say."""
    losses = _losses(table, loss_wrong)
    arm = min(losses, key=losses.__getitem__)
    return {"arm": arm, "reason": f"expected loss per question, cost included, is smallest: {losses[arm]:.4g}",
            "claims": {name: right_verdict(difference) for name, difference in differences.items()}}


@checker(reference=_decide, passed="the arm follows from the losses, and no claim goes beyond its interval")
def decide(student: Any, table: Any = None, loss_wrong: float | None = None, differences: Any = None) -> None:
    """A memo {"arm", "reason", "claims"} for a `table` with the columns arm, wrong (share) and cost (per question).

    `loss_wrong` is what one wrong answer costs, in the unit of cost. `differences`: name -> Difference or
    (estimate, low, high); the memo's claims give each name "helps", "hurts" or "inconclusive".
    """
    contexts = [(table, loss_wrong, differences)] if table is not None else _decision_cases()
    for context in contexts:
        memo = ask_judgement(student, table is not None, *context)
        if not isinstance(memo, Mapping) or not {"arm", "reason", "claims"} <= set(memo):
            raise Diagnosis("a memo is wanted: a dict with arm, reason and claims")
        _require_arm(memo["arm"], _losses(*context[:2]), context[0])
        _require_claims(memo["claims"], context[2])
        require_reason(memo["reason"], {"what wrong answers cost": ERRORS, "what is paid or saved": MONEY})


def _losses(table: Any, loss_wrong: float | None) -> dict[str, float]:
    """Expected loss of each arm per question: what it costs, and what its wrong answers cost."""
    rows = read_rows(table)
    require_columns(rows, "arm", "wrong", "cost")
    if loss_wrong is None:
        raise LabsError("decide needs loss_wrong: what one wrong answer costs, in the unit of the column cost.")
    return {row["arm"]: row["cost"] + loss_wrong * row["wrong"] for row in rows}


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
    rows = {row["arm"]: row for row in read_rows(table)}
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
        right = right_verdict(differences[name])
        if said == right:
            continue
        if said not in VERDICTS:
            raise Diagnosis(f"claims[{name!r}] is 'helps', 'hurts' or 'inconclusive', not {str(said)[:40]!r}")
        interval = show_interval(read_interval(differences[name]))
        if right == "inconclusive":
            raise Diagnosis(f"{name} {said}? {interval} contains 0: abstain from that claim")
        if said == "inconclusive":
            _, low, high = read_interval(differences[name])
            raise Diagnosis(f"{name} {said}? Only the interval counts here: from {low:.3g} to {high:.3g}, it lies "
                            f"wholly {'above' if low > 0 else 'below'} 0")
        raise Diagnosis(f"{name} {said}? Look at which side of 0 {interval} lies")
