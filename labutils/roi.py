"""From measured answers to money: a first model of cost and return.

Quality, tokens and milliseconds come from the results table; prices from the dated price file; everything else is an
assumption with a name, a unit and a reason. No number is typed in twice.

Symbols, per arm: a = share of right answers, s = share abstained, w = share wrong (a + s + w = 1); v = value of a right
answer, h = cost of an abstention, L = loss on a wrong answer, u = variable cost per query, q = queries per month,
H = fixed cost per month, F = one-off cost, T = horizon in months.
Sources: Cost-of-Pass (arXiv 2504.13359) for cost per correct answer; FinOps for AI for unit economics.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from labutils import prices, stats
from labutils.errors import LabsError

RETRIEVING = frozenset({"rag", "sft_rag"})
TUNED = frozenset({"sft", "sft_rag"})
NONE = "none (do nothing)"


def _assume(default: float | int | str, why: str):
    return field(default=default, metadata={"why": why})


@dataclass(frozen=True)
class Assumptions:
    """What the benchmark cannot measure. Amounts are US dollars; replace them with your own.

    Raises LabsError for a negative amount, or no month to look ahead to.
    """

    queries_per_month: float = _assume(2_000, "a team of 20 that asks 5 questions on each of 20 working days")
    value_correct_usd: float = _assume(8.0, "6 minutes of a contract expert saved by a right answer")
    cost_abstain_usd: float = _assume(1.33, "1 minute lost on an abstention, right or not, before looking it up by hand")
    loss_wrong_usd: float = _assume(4.0, "3 minutes lost until a wrong answer is noticed; an unnoticed one costs far more")
    horizon_months: int = _assume(12, "how long the one-off costs must be earned back in")
    discount_rate_per_year: float = _assume(0.08, "cost of capital")
    evaluation_hours: float = _assume(16, "expert hours, once: test questions and their answers, for every arm")
    integration_hours_retrieval: float = _assume(40, "expert hours, once: parsing, index, access rights")
    integration_hours_tuning: float = _assume(24, "expert hours, once: training and release procedure")
    labelling_hours: float = _assume(40, "expert hours, once: training questions with checked answers")
    refreshes_per_year: float = _assume(4, "how often contracts change enough to re-embed, or to train again")
    refresh_hours_retrieval: float = _assume(1, "expert hours per refresh: check what was re-embedded")
    refresh_hours_tuning: float = _assume(12, "expert hours per refresh: new labels, training, evaluation")
    model_hosting_usd_per_month: float = _assume(0.0, "served per token: no fixed cost of the model")
    index_hosting_usd_per_month: float = _assume(40.0, "a small machine for the index, arms with retrieval only")
    adapter_hosting_usd_per_month: float = _assume(40.0, "keeping an adapter loaded, tuned arms only")
    machine_cores: int = _assume(2, "cores that training and retrieval keep busy while they are timed")
    price_item: str = _assume("llama-3.1-8b-together", "price row for the tokens of the untuned model")
    tuned_price_item: str = _assume("llama-3.1-8b-together", "price row for the tokens of the tuned model")
    cpu_item: str = _assume("cpu", "price row for training and retrieval time")
    expert_item: str = _assume("contract-expert", "price row for expert hours")

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):
            value = getattr(self, spec.name)
            if isinstance(value, (int, float)) and not (value >= 0 and math.isfinite(value)):
                raise LabsError(f"Assumption {spec.name} is {value}: it must be a number of 0 or more.")
        if self.horizon_months < 1 or self.horizon_months != int(self.horizon_months):
            raise LabsError(f"Assumption horizon_months is {self.horizon_months}: it must be whole and at least 1.")

    def describe(self) -> list[tuple[str, object, str]]:
        """(name, value, reason) of every assumption."""
        return [(spec.name, getattr(self, spec.name), spec.metadata["why"]) for spec in dataclasses.fields(self)]


@dataclass(frozen=True)
class Training:
    """What fine-tuning took: measured wall-clock seconds of one run, and how many runs it took to get it right."""

    seconds: float = 0.0
    tries: int = 1

    def __post_init__(self) -> None:
        if not (self.seconds >= 0 and math.isfinite(self.seconds)) or self.tries < 1:
            raise LabsError(f"Training took {self.seconds} s in {self.tries} tries: seconds must be 0 or more and "
                            "tries at least 1.")

    def usd(self, assumptions: Assumptions, table: pd.DataFrame | None = None) -> float:
        """Computing cost of all tries: core hours times the price of a core hour."""
        core_hours = self.seconds / 3600 * assumptions.machine_cores * self.tries
        return prices.cost(assumptions.cpu_item, "cpu_hours", core_hours, table)


@dataclass(frozen=True)
class Economics:
    """One arm in money. Shares in 0..1, the rest in USD; payback_month None means not within the horizon."""

    arm: str
    correct: float
    abstained: float
    wrong: float
    variable_usd: float
    monthly_usd: float
    one_off_usd: float
    net_per_query_usd: float
    cost_per_correct_usd: float
    monthly_value_usd: float
    payback_month: int | None
    npv_usd: float
    roi: float
    loss_tolerance_usd: float | None


# Doing nothing: no gain, no cost.
NOTHING = Economics(NONE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.inf, 0.0, None, 0.0, math.nan, None)


@dataclass(frozen=True)
class BreakEven:
    """Queries per month at which two arms are worth the same; `volume` None means never, and `reason` says why."""

    volume: float | None
    reason: str


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """a, s, w as 0/1 columns per row; exactly one is 1.

    An abstention is an abstention, right (the documents do not say) or in vain: who gets it can't tell one from the
    other and looks it up by hand, so neither saves a minute.
    """
    correct, abstained = frame["correct"].astype(bool), frame["abstained"].astype(bool)
    return pd.DataFrame({"a": correct & ~abstained, "s": abstained, "w": ~correct & ~abstained}).astype(float)


def cost_per_query(frame: pd.DataFrame, assumptions: Assumptions, table: pd.DataFrame | None = None) -> pd.Series:
    """Variable cost u of each row in USD: its metered tokens at the arm's price row, plus its retrieval time.

    The tokens are priced as if the model of the price row had served them. A missing retrieve_ms (closed book) is 0.
    """
    needed = ["arm", "tokens_in", "tokens_out", "retrieve_ms"]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise LabsError(f"The results table has no column {', '.join(missing)}: it cannot be priced.")
    tokens = frame[["tokens_in", "tokens_out"]].astype(float)
    bad = frame.index[~(np.isfinite(tokens) & (tokens >= 0)).all(axis=1)]
    if len(bad):
        raise LabsError(f"Token counts of {len(bad)} rows are missing or negative, the first in arm "
                        f"{frame.loc[bad[0], 'arm']!r}. Meter every answer before pricing it.")
    per_token = {}
    for arm in frame["arm"].unique():
        item = assumptions.tuned_price_item if arm in TUNED else assumptions.price_item
        per_token[arm] = [prices.cost(item, quantity, 1, table) for quantity in ("input_tokens", "output_tokens")]
    rates = np.array([per_token[arm] for arm in frame["arm"]]).reshape(-1, 2)
    core_hour = prices.cost(assumptions.cpu_item, "cpu_hours", 1, table)
    seconds = frame["retrieve_ms"].astype(float).fillna(0.0) / 1000
    usd = (tokens.to_numpy() * rates).sum(axis=1) + seconds * assumptions.machine_cores / 3600 * core_hour
    return pd.Series(usd, index=frame.index, name="usd_per_query", dtype=float)


def net_value(correct: float, abstained: float, wrong: float, variable_usd: float, assumptions: Assumptions) -> float:
    """g = a*v - s*h - w*L - u, in USD per query."""
    return (correct * assumptions.value_correct_usd - abstained * assumptions.cost_abstain_usd
            - wrong * assumptions.loss_wrong_usd - variable_usd)


def net_per_query(frame: pd.DataFrame, assumptions: Assumptions, table: pd.DataFrame | None = None) -> pd.Series:
    """g of each row in USD: what its outcome is worth, less its variable cost."""
    values = outcomes(frame)
    return net_value(values["a"], values["s"], values["w"], cost_per_query(frame, assumptions, table), assumptions)


def cost_per_correct(correct: float, variable_usd: float, monthly_usd: float, one_off_usd: float, queries: float,
                     months: int) -> float:
    """(q*u + H + F/T) / (q*a), in USD; infinite when no answer is correct or nobody asks."""
    if correct <= 0 or queries <= 0:
        return math.inf
    return (queries * variable_usd + monthly_usd + one_off_usd / months) / (queries * correct)


def npv(one_off_usd: float, monthly_value_usd: float, months: int, rate_per_year: float) -> float:
    """-F + sum of (q*g - H) / (1 + r)^t over t = 1..T, in USD, with r the monthly rate."""
    return -one_off_usd + monthly_value_usd * float(_discounts(months, rate_per_year).sum())


def payback(one_off_usd: float, monthly_value_usd: float, months: int, rate_per_year: float) -> int | None:
    """First month whose cumulative discounted value covers F; 0 if F is 0 and a month loses nothing; else None."""
    if one_off_usd <= 0:
        return 0 if monthly_value_usd >= 0 else None
    covered = np.cumsum(monthly_value_usd * _discounts(months, rate_per_year)) >= one_off_usd
    return int(np.argmax(covered)) + 1 if covered.any() else None


def fixed_costs(arm: str, assumptions: Assumptions, training: Training,
                table: pd.DataFrame | None = None) -> tuple[float, float]:
    """(F one-off, H per month) of an arm in USD. Every refresh of a tuned arm trains again, with as many tries."""
    hour = prices.cost(assumptions.expert_item, "expert_hours", 1, table)
    compute = training.usd(assumptions, table)
    one_off, monthly = assumptions.evaluation_hours * hour, assumptions.model_hosting_usd_per_month
    per_month = assumptions.refreshes_per_year / 12
    if arm in RETRIEVING:
        one_off += assumptions.integration_hours_retrieval * hour
        monthly += assumptions.index_hosting_usd_per_month + per_month * assumptions.refresh_hours_retrieval * hour
    if arm in TUNED:
        one_off += (assumptions.labelling_hours + assumptions.integration_hours_tuning) * hour + compute
        monthly += (assumptions.adapter_hosting_usd_per_month
                    + per_month * (assumptions.refresh_hours_tuning * hour + compute))
    return one_off, monthly


def economics(frame: pd.DataFrame, assumptions: Assumptions | None = None, training: Training | None = None,
              table: pd.DataFrame | None = None) -> dict[str, Economics]:
    """The money side of every arm in `frame` (results table, one split), in the order the arms appear."""
    assumptions, training = assumptions or Assumptions(), training or Training()
    priced = outcomes(frame).assign(arm=frame["arm"], u=cost_per_query(frame, assumptions, table))
    means = priced.groupby("arm", sort=False).mean()
    result = {}
    for arm, row in means.iterrows():
        one_off, monthly = fixed_costs(str(arm), assumptions, training, table)
        result[str(arm)] = _arm_economics(str(arm), row, one_off, monthly, assumptions)
    return result


def break_even_volume(x: Economics, y: Economics, months: int) -> BreakEven:
    """q* = (dH + dF/T) / dg with d = x - y: the monthly volume above (or below) which `x` is worth more than `y`."""
    fixed = _fixed_difference(x, y, months)
    gain = x.net_per_query_usd - y.net_per_query_usd
    if math.isclose(gain, 0, abs_tol=1e-12):
        better = "both cost the same" if math.isclose(fixed, 0, abs_tol=1e-9) else (
            f"{x.arm if fixed < 0 else y.arm} has the lower fixed cost at every volume")
        return BreakEven(None, f"never: a query is worth the same in both arms; {better}")
    if fixed == 0 or (fixed < 0) != (gain < 0):
        winner = x.arm if gain > 0 else y.arm
        return BreakEven(None, f"never: {winner} earns more per query and its fixed cost is not higher")
    winner = x.arm if gain > 0 else y.arm
    return BreakEven(fixed / gain, f"above this volume {winner} is worth more, below it the other")


def break_even_interval(x: Economics, y: Economics, months: int,
                        gain: stats.Interval | stats.Difference) -> tuple[float, float] | None:
    """(low, high) of `break_even_volume` where the gain per query, x minus y in USD, lies in its interval.

    None where the gain may be 0, or where no volume makes both arms worth the same.
    """
    fixed = _fixed_difference(x, y, months)
    if gain.low <= 0 <= gain.high or fixed == 0 or (fixed < 0) != (gain.low < 0):
        return None
    low, high = sorted((fixed / gain.low, fixed / gain.high))
    return low, high


def break_even_loss(x: Economics, y: Economics, assumptions: Assumptions) -> float | None:
    """L*: the loss on a wrong answer, in USD, at which both arms are worth the same per query.

    None when no loss of 0 or more does that.
    """
    if math.isclose(x.wrong, y.wrong, abs_tol=1e-12):
        return None
    free = dataclasses.replace(assumptions, loss_wrong_usd=0.0)
    gx, gy = (net_value(e.correct, e.abstained, e.wrong, e.variable_usd, free) for e in (x, y))
    loss = (gx - gy) / (x.wrong - y.wrong)
    return loss if loss >= 0 else None


def uncertainty(frame: pd.DataFrame, assumptions: Assumptions | None = None, training: Training | None = None,
                table: pd.DataFrame | None = None, n_boot: int = 2000, seed: int = 0,
                level: float = 0.95) -> pd.DataFrame:
    """How sure is the ranking? Resamples contracts, the same draw in all arms; assumptions and prices stay fixed.

    One row per arm and one for doing nothing (worth 0): arm, monthly_usd (q*g - H - F/T at the measured rates), low,
    high, p_best (share of draws in which it is worth most; ties are shared), regret_usd (what choosing it loses per
    month, on average, against knowing the best).
    """
    assumptions, training = assumptions or Assumptions(), training or Training()
    arms = list(dict.fromkeys(frame["arm"]))
    net = net_per_query(frame, assumptions, table)
    wide, clusters = stats.align(frame.assign(net_usd=net), arms, "net_usd")
    fixed = np.array([_monthly_fixed(arm, assumptions, training, table) for arm in arms])
    draws = stats.cluster_draws(clusters.nunique(), n_boot, seed)
    worth = assumptions.queries_per_month * stats.resampled_means(wide.to_numpy(), clusters, draws) - fixed
    worth = np.column_stack([worth, np.zeros(n_boot)])
    point = np.append(assumptions.queries_per_month * wide.mean().to_numpy() - fixed, 0.0)
    best = np.isclose(worth, worth.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
    low, high = np.quantile(worth, [(1 - level) / 2, 1 - (1 - level) / 2], axis=0)
    return pd.DataFrame({"arm": [*arms, NONE], "monthly_usd": point, "low": low, "high": high,
                         "p_best": (best / best.sum(axis=1, keepdims=True)).mean(axis=0),
                         "regret_usd": (worth.max(axis=1, keepdims=True) - worth).mean(axis=0)})


def price_sensitivity(frame: pd.DataFrame, pairs: Sequence[tuple[str, str]], assumptions: Assumptions | None = None,
                      table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Mean variable cost per query in USD, one row per (price row untuned, price row tuned), one column per arm."""
    assumptions, rows = assumptions or Assumptions(), []
    for untuned, tuned in pairs:
        other = dataclasses.replace(assumptions, price_item=untuned, tuned_price_item=tuned)
        usd = cost_per_query(frame, other, table).groupby(frame["arm"], sort=False).mean()
        rows.append({"untuned": untuned, "tuned": tuned, **usd.to_dict()})
    return pd.DataFrame(rows)


def _arm_economics(arm: str, row: pd.Series, one_off: float, monthly: float, assumptions: Assumptions) -> Economics:
    queries, months = assumptions.queries_per_month, assumptions.horizon_months
    rate = assumptions.discount_rate_per_year
    g = net_value(row["a"], row["s"], row["w"], row["u"], assumptions)
    value = queries * g - monthly
    net = npv(one_off, value, months, rate)
    spent = one_off + (queries * row["u"] + monthly) * float(_discounts(months, rate).sum())
    tolerance = None
    if row["w"] > 0 and queries > 0:
        tolerance = assumptions.loss_wrong_usd + (value - one_off / months) / (queries * row["w"])
    return Economics(arm, float(row["a"]), float(row["s"]), float(row["w"]), float(row["u"]), monthly, one_off,
                     float(g), float(cost_per_correct(row["a"], row["u"], monthly, one_off, queries, months)),
                     float(value), payback(one_off, value, months, rate), float(net),
                     float(net / spent) if spent else math.nan,
                     None if tolerance is None else float(tolerance))


def _fixed_difference(x: Economics, y: Economics, months: int) -> float:
    """dH + dF/T with d = x - y, in USD a month."""
    return (x.monthly_usd - y.monthly_usd) + (x.one_off_usd - y.one_off_usd) / months


def _monthly_fixed(arm: str, assumptions: Assumptions, training: Training, table: pd.DataFrame | None) -> float:
    one_off, monthly = fixed_costs(arm, assumptions, training, table)
    return monthly + one_off / assumptions.horizon_months


def _discounts(months: int, rate_per_year: float) -> np.ndarray:
    """Discount factors of months 1..T."""
    return (1 + rate_per_year) ** (-np.arange(1, months + 1) / 12)
