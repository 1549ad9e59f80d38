"""Paired comparisons that respect contracts.

Questions about one contract rise and fall together, so contracts, not questions, are what we resample. Every
comparison is paired: both arms answered the same questions, and only the difference per question matters.
Sources: Miller, "Adding Error Bars to Evals" (arXiv 2411.00640) for pairing, clustering and power; Holm (1979) for
several comparisons at once; the field's books on the bootstrap for the percentile interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from labutils.errors import LabsError

# With five contracts or fewer, a sign-flip test cannot reach p < 0.05 (2 * 0.5**5 = 0.06): an interval from so few
# contracts is printed with a caution.
FEW_CLUSTERS = 6


@dataclass(frozen=True)
class Interval:
    """A mean with its interval: `estimate`, `low`, `high` in the metric's own unit."""

    estimate: float
    low: float
    high: float
    n_items: int
    n_clusters: int
    level: float = 0.95
    method: str = "cluster bootstrap"

    def __str__(self) -> str:
        return f"{self.estimate:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True)
class Difference:
    """Arm `a` minus arm `b` on one metric, paired by question, with a cluster-bootstrap interval.

    The verdict reads the metric as "more is better"; for a rate of errors, compare its complement.
    """

    a: str
    b: str
    metric: str
    estimate: float
    low: float
    high: float
    n_items: int
    n_clusters: int
    level: float = 0.95
    seed: int = 0

    @property
    def verdict(self) -> str:
        """"helps" if the whole interval lies above 0, "hurts" if below, else "inconclusive"."""
        if self.low > 0:
            return "helps"
        return "hurts" if self.high < 0 else "inconclusive"

    def __str__(self) -> str:
        few = f" (only {self.n_clusters} clusters: too few to trust)" if self.n_clusters < FEW_CLUSTERS else ""
        numbers = f"{signed(self.estimate)} [{signed(self.low)}, {signed(self.high)}]"
        return (f"{self.a} minus {self.b}, {self.metric}: {numbers}, "
                f"{self.n_items} questions in {self.n_clusters} clusters: {self.verdict}{few}")


@dataclass(frozen=True)
class McNemar:
    """Counts of questions that only one of two arms got right, and the exact two-sided p-value."""

    a: str
    b: str
    only_a: int
    only_b: int
    both: int
    neither: int
    p_value: float


def signed(value: float, digits: int = 2) -> str:
    """`value` with its sign and `digits` decimals; a rounded zero is +0.00, never -0.00."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def align(frame: pd.DataFrame, arms: Sequence[str], metric: str, by: str = "arm",
          cluster: str = "cluster") -> tuple[pd.DataFrame, pd.Series]:
    """Pair the arms on question_id.

    Returns (wide, clusters): wide has one row per question (sorted by id) and one float column per arm; clusters gives
    each question's contract. Raises LabsError when the arms did not answer the same questions exactly once each.
    """
    _require_columns(frame, ["question_id", by, cluster, metric])
    part = frame[frame[by].isin(list(arms))]
    for arm in arms:
        if not (part[by] == arm).any():
            present = ", ".join(sorted(map(str, frame[by].unique())))
            raise LabsError(f"No rows for {by} {arm!r}. The table has: {present or 'no rows'}.")
    twice = part[part.duplicated([by, "question_id"])]
    if len(twice):
        first = twice.iloc[0]
        raise LabsError(f"{len(twice)} repeated rows, the first for question {first['question_id']!r} in {by} "
                        f"{first[by]!r}. Each question must appear once per {by}: select one seed and one run, or "
                        "average over seeds first.")
    ids = {arm: set(part.loc[part[by] == arm, "question_id"]) for arm in arms}
    for arm in arms[1:]:
        missing, extra = ids[arms[0]] - ids[arm], ids[arm] - ids[arms[0]]
        if missing or extra:
            raise LabsError(f"{arms[0]!r} and {arm!r} did not answer the same questions: "
                            f"{_some(missing)} only in {arms[0]!r}, {_some(extra)} only in {arm!r}. "
                            "Compare arms on the same questions.")
    clusters = part.groupby("question_id", sort=True)[cluster].agg(["first", "nunique"])
    mixed = clusters.index[clusters["nunique"] != 1]
    if len(mixed):
        raise LabsError(f"Question {mixed[0]!r} has no {cluster}, or more than one. Each question belongs to one.")
    wide = part.pivot(index="question_id", columns=by, values=metric)[list(arms)].sort_index()
    return _as_floats(wide, metric), clusters["first"]


def paired_difference(frame: pd.DataFrame, a: str, b: str, metric: str = "correct", by: str = "arm",
                      cluster: str = "cluster", n_boot: int = 2000, seed: int = 0,
                      level: float = 0.95) -> Difference:
    """Mean of `a` minus mean of `b` over the same questions, with a percentile interval from resampled clusters.

    `frame` is the results table (by="arm") or the retrieval frame (by="retriever"). Row order does not matter: the
    same seed gives the same interval. With few clusters the 95% interval covers less
    than it says: in our simulation 88% with 8 clusters, 92% with 15, 93% with 20 and 30, 94% with 60.
    Raises LabsError when items differ or fewer than two clusters are left.
    """
    _two_arms(a, b)
    wide, clusters = align(frame, [a, b], metric, by, cluster)
    delta = (wide[a] - wide[b]).to_numpy()
    low, high = _bootstrap_interval(delta, clusters, n_boot, seed, level)
    return Difference(a, b, metric, float(delta.mean()), low, high, len(delta), clusters.nunique(), level, seed)


def mean_interval(frame: pd.DataFrame, metric: str = "correct", cluster: str = "cluster", n_boot: int = 2000,
                  seed: int = 0, level: float = 0.95) -> Interval:
    """Mean of `metric` over the rows of `frame` (one arm), with a percentile interval from resampled clusters.

    Where every row has the same value, 0 or 1, resampling sees no spread at all; then, and where there is one cluster
    only, a rate gets Wilson's interval with each cluster counted once, which is honest and wide.
    Raises LabsError on an empty frame, on missing values, or on one cluster and a metric that is not 0/1.
    """
    _require_columns(frame, [metric, cluster])
    if not len(frame):
        raise LabsError(f"No rows to average {metric!r} over. Check the selection of arm and split.")
    if frame[cluster].isna().any():
        raise LabsError(f"{int(frame[cluster].isna().sum())} rows have no {cluster}. Each question belongs to one.")
    values = _as_floats(frame[[metric]].set_axis(frame.get("question_id", frame.index)), metric)[metric].to_numpy()
    clusters = frame[cluster].reset_index(drop=True)
    n_clusters, estimate = clusters.nunique(), float(values.mean())
    is_rate = bool(np.isin(values, (0.0, 1.0)).all())
    if is_rate and (n_clusters == 1 or estimate in (0.0, 1.0)):
        low, high = wilson(round(estimate * n_clusters), n_clusters, level)
        return Interval(estimate, min(low, estimate), max(high, estimate), len(values), n_clusters, level,
                        "Wilson, by cluster")
    low, high = _bootstrap_interval(values, clusters, n_boot, seed, level)
    return Interval(estimate, low, high, len(values), n_clusters, level)


def cluster_draws(n_clusters: int, n_boot: int = 2000, seed: int = 0) -> np.ndarray:
    """How often each cluster is drawn, (n_boot, n_clusters) integers; rows sum to n_clusters.

    The same arguments give the same draws, so that several arms can be judged on the same resampled contracts.
    """
    if n_clusters < 2:
        raise LabsError(f"{n_clusters} contract is too few to resample: an interval needs at least 2 (better 20).")
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=n_boot)


def resampled_means(values: np.ndarray, clusters: pd.Series, draws: np.ndarray) -> np.ndarray:
    """Mean of `values` (n_items,) or (n_items, n_arms) in each draw of clusters; (n_boot,) or (n_boot, n_arms)."""
    codes, names = pd.factorize(clusters, sort=True)
    member = np.zeros((len(names), len(codes)))
    member[codes, np.arange(len(codes))] = 1.0
    sums, sizes = member @ values, member.sum(axis=1)
    totals = draws @ sizes
    return (draws @ sums) / (totals if np.ndim(values) == 1 else totals[:, None])


def wilson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval (low, high) for k successes of n independent trials."""
    if not 0 <= k <= n or n < 1:
        raise LabsError(f"wilson needs 0 <= k <= n and n >= 1, got k={k}, n={n}.")
    ci = scipy_stats.binomtest(int(k), int(n)).proportion_ci(confidence_level=level, method="wilson")
    return float(ci.low), float(ci.high)


def mcnemar(frame: pd.DataFrame, a: str, b: str, metric: str = "correct", by: str = "arm") -> McNemar:
    """Exact McNemar test on a 0/1 metric: do the discordant questions split evenly between `a` and `b`?

    It counts questions as independent, which makes it too sure where those of a contract agree; `permutation_p` does not.
    """
    _two_arms(a, b)
    wide, _ = align(frame, [a, b], metric, by)
    if not np.isin(wide.to_numpy(), (0.0, 1.0)).all():
        raise LabsError(f"McNemar's test needs a right/wrong metric; {metric!r} has other values. Use permutation_p.")
    x, y = wide[a] == 1, wide[b] == 1
    only_a, only_b = int((x & ~y).sum()), int((~x & y).sum())
    p = scipy_stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return McNemar(a, b, only_a, only_b, int((x & y).sum()), int((~x & ~y).sum()), float(p))


def permutation_p(frame: pd.DataFrame, a: str, b: str, metric: str = "correct", by: str = "arm",
                  cluster: str = "cluster", n_resamples: int = 9999, seed: int = 0) -> float:
    """Two-sided p-value: were the arms exchangeable, how often would a difference this large appear?

    Flips the sign of all of a cluster's differences together; exact when 2**clusters <= n_resamples.
    """
    _two_arms(a, b)
    wide, clusters = align(frame, [a, b], metric, by, cluster)
    sums = (wide[a] - wide[b]).groupby(clusters).sum().to_numpy()
    sums = sums[sums != 0]  # a cluster without a difference stays the same under any flip
    if len(sums) == 0:
        return 1.0
    if len(sums) == 1:
        return 1.0  # both signs are equally extreme
    test = scipy_stats.permutation_test((sums,), lambda x, axis: np.sum(x, axis=axis), permutation_type="samples",
                                        vectorized=True, n_resamples=n_resamples, rng=np.random.default_rng(seed))
    return float(test.pvalue)


def holm(pvalues: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down adjustment: the same keys with p-values adjusted for the whole set of comparisons."""
    bad = [name for name, p in pvalues.items() if not 0 <= p <= 1]
    if bad:
        raise LabsError(f"holm got a p-value outside 0..1 for {bad[0]!r}: {pvalues[bad[0]]}.")
    adjusted, running = {}, 0.0
    for rank, name in enumerate(sorted(pvalues, key=pvalues.__getitem__)):
        running = max(running, min(1.0, pvalues[name] * (len(pvalues) - rank)))
        adjusted[name] = running
    return {name: adjusted[name] for name in pvalues}


def design_effect(sizes: Sequence[float], icc: float) -> float:
    """How many times more items are needed because they come in clusters of these sizes: 1 + (m - 1) * icc.

    m is the size of the cluster that an item finds itself in, on average (the sum of squared sizes over the sum of
    sizes): for equal clusters their size, for unequal ones more than the mean (Kish, Survey Sampling, 1965).
    """
    each = np.asarray(sizes, dtype=float)
    if not len(each) or each.min() < 1 or not 0 <= icc <= 1:
        raise LabsError(f"design_effect needs clusters of at least one item each and icc in 0..1, got sizes={sizes!r}, "
                        f"icc={icc}.")
    return float(1 + ((each**2).sum() / each.sum() - 1) * icc)


def minimum_detectable_effect(sizes: Sequence[float], discordant: float = 0.4, icc: float = 0.2,
                              power: float = 0.8, level: float = 0.95) -> float:
    """Smallest paired difference of two rates that questions in clusters of these sizes can show; state it before you run.

    `discordant` is the expected share of questions that exactly one of the arms gets right, `icc` the expected
    correlation of differences within a contract (both are assumptions). Solves n = (z_a + z_b)^2 (psi - d^2) / d^2
    for d, with n divided by the design effect. Returned value is capped by `discordant`, the most it can be.
    """
    if not 0 < discordant <= 1 or not 0 < power < 1 or not 0 < level < 1:
        raise LabsError("minimum_detectable_effect needs discordant in (0, 1], power and level in (0, 1).")
    effective = float(np.sum(sizes)) / design_effect(sizes, icc)
    z = scipy_stats.norm.ppf(1 - (1 - level) / 2) + scipy_stats.norm.ppf(power)
    return float(min(discordant, np.sqrt(z**2 * discordant / (effective + z**2))))


def resolved_effect(difference: Difference, power: float = 0.8) -> float:
    """Smallest true difference that would have been shown with this power, were its interval as wide as the observed.

    What a run could see, from the spread that it met; `minimum_detectable_effect` says it beforehand, from assumptions.
    """
    z = scipy_stats.norm.ppf(1 - (1 - difference.level) / 2)
    return float((difference.high - difference.low) / 2 * (1 + scipy_stats.norm.ppf(power) / z))


def _bootstrap_interval(values: np.ndarray, clusters: pd.Series, n_boot: int, seed: int,
                        level: float) -> tuple[float, float]:
    """Percentile interval of the mean of `values` over resampled clusters."""
    draws = cluster_draws(clusters.nunique(), n_boot, seed)
    tail = (1 - level) / 2
    low, high = np.quantile(resampled_means(values, clusters, draws), [tail, 1 - tail])
    return float(low), float(high)


def _two_arms(a: str, b: str) -> None:
    if a == b:
        raise LabsError(f"{a!r} is compared with itself. Name two different arms.")


def _as_floats(wide: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Numbers only: a question without a value is an error, never silently zero or dropped."""
    try:
        numbers = wide.astype(float)
    except (TypeError, ValueError) as error:
        raise LabsError(f"{metric!r} is not numeric: {error}.") from error
    bad = numbers.index[~np.isfinite(numbers.to_numpy()).all(axis=1)]
    if len(bad):
        raise LabsError(f"{metric!r} has no value for {len(bad)} questions, the first {bad[0]!r}. "
                        "Select the questions that have one first (unanswerable questions have no evidence).")
    return numbers


def _require_columns(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise LabsError(f"The table has no column {', '.join(map(repr, missing))}. "
                        f"It has: {', '.join(map(str, frame.columns))}.")


def _some(ids: set[str], limit: int = 3) -> str:
    """"none", or a count with the first few ids."""
    if not ids:
        return "none"
    shown = ", ".join(map(str, sorted(ids, key=str)[:limit]))
    return f"{len(ids)} ({shown}{', ...' if len(ids) > limit else ''})"
