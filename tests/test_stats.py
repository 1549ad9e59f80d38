"""Paired statistics: right on known answers, honest on clusters, clear on bad tables."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from labutils import stats
from labutils.errors import LabsError


def two_arms(delta: float, n_clusters: int, size: int, spread: float, seed: int) -> pd.DataFrame:
    """Simulated scores: arm "a" exceeds "b" by `delta` plus a shift per contract (sd `spread`) and noise (sd 0.3)."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    base = rng.normal(0.4, 0.2, n_clusters)[cluster]
    shift = rng.normal(delta, spread, n_clusters)[cluster]
    ids = [f"q{i:04d}" for i in range(len(cluster))]
    names = [f"c{c:02d}" for c in cluster]
    rows = {"b": base + rng.normal(0, 0.2, len(ids)), "a": base + shift + rng.normal(0, 0.2, len(ids))}
    return pd.concat([pd.DataFrame({"arm": arm, "question_id": ids, "cluster": names, "correct": values})
                      for arm, values in rows.items()], ignore_index=True)


def binary(a: list[int], b: list[int], clusters: list[str] | None = None) -> pd.DataFrame:
    ids = [f"q{i}" for i in range(len(a))]
    clusters = clusters or [f"c{i}" for i in range(len(a))]
    return pd.concat([pd.DataFrame({"arm": arm, "question_id": ids, "cluster": clusters,
                                    "correct": np.array(values, dtype=bool)}) for arm, values in (("a", a), ("b", b))])


def test_interval_covers_the_true_difference_about_95_times_in_100():
    # Two in three draws have 30 contracts, one in three 20: the sizes the course works with.
    hits = []
    for draw in range(300):
        frame = two_arms(0.1, 30 if draw % 3 else 20, 6, spread=0.15, seed=draw)
        result = stats.paired_difference(frame, "a", "b", n_boot=1000, seed=draw)
        hits.append(result.low <= 0.1 <= result.high)
    assert 0.90 <= np.mean(hits) <= 0.99


def test_ignoring_contracts_gives_intervals_that_are_too_narrow():
    frame = two_arms(0.1, 20, 12, spread=0.3, seed=1)
    by_contract = stats.paired_difference(frame, "a", "b")
    by_question = stats.paired_difference(frame.assign(cluster=frame["question_id"]), "a", "b")
    assert by_contract.estimate == by_question.estimate
    assert by_contract.high - by_contract.low > 1.5 * (by_question.high - by_question.low)


def test_ignoring_contracts_breaks_coverage():
    hits = []
    for draw in range(60):
        frame = two_arms(0.1, 20, 12, spread=0.3, seed=draw)
        result = stats.paired_difference(frame.assign(cluster=frame["question_id"]), "a", "b", n_boot=400)
        hits.append(result.low <= 0.1 <= result.high)
    assert np.mean(hits) < 0.8


def test_swapping_arms_flips_the_sign():
    frame = two_arms(0.2, 12, 5, spread=0.1, seed=3)
    ab, ba = stats.paired_difference(frame, "a", "b"), stats.paired_difference(frame, "b", "a")
    assert (ab.estimate, ab.low, ab.high) == pytest.approx((-ba.estimate, -ba.high, -ba.low))
    assert (ab.verdict, ba.verdict) == ("helps", "hurts")


def test_identical_arms_differ_by_nothing():
    frame = binary([1, 0, 1, 1, 0, 0, 1, 0], [1, 0, 1, 1, 0, 0, 1, 0])
    result = stats.paired_difference(frame, "a", "b")
    assert (result.estimate, result.low, result.high, result.verdict) == (0, 0, 0, "inconclusive")
    assert stats.permutation_p(frame, "a", "b") == 1.0
    assert stats.mcnemar(frame, "a", "b").p_value == 1.0


def test_row_order_does_not_change_the_interval():
    frame = two_arms(0.1, 12, 5, spread=0.1, seed=4)
    assert stats.paired_difference(frame, "a", "b") == stats.paired_difference(
        frame.sample(frac=1, random_state=0), "a", "b")
    assert stats.paired_difference(frame, "a", "b", seed=1) != stats.paired_difference(frame, "a", "b", seed=2)


def test_bootstrap_equals_resampling_written_out():
    frame = two_arms(0.1, 5, 3, spread=0.2, seed=5)
    frame = frame[~frame["question_id"].isin(["q0001", "q0002"])]  # contracts of unequal size
    wide, clusters = stats.align(frame, ["a", "b"], "correct")
    delta = (wide["a"] - wide["b"]).to_numpy()
    draws = stats.cluster_draws(5, 50, seed=9)
    of_contract = [delta[(clusters == name).to_numpy()] for name in sorted(clusters.unique())]
    slow = [np.concatenate([np.tile(part, times) for part, times in zip(of_contract, draw)]).mean() for draw in draws]
    assert stats.resampled_means(delta, clusters, draws) == pytest.approx(np.array(slow))


def test_difference_reads_as_one_line():
    difference = stats.Difference("rag", "base", "correct", 0.41, 0.30, 0.52, 120, 18)
    assert str(difference) == ("rag minus base, correct: +0.41 [+0.30, +0.52], 120 questions in 18 clusters: helps")
    assert stats.signed(-0.001) == "+0.00"
    few = stats.Difference("rag", "base", "correct", 0.41, 0.30, 0.52, 12, 3)
    assert "too few to trust" in str(few)


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.01, 0.2, "helps"), (0.0, 0.2, "inconclusive"),
                                                      (-0.2, -0.01, "hurts"), (-0.2, 0.0, "inconclusive")])
def test_verdict_needs_the_whole_interval(low, high, verdict):
    assert stats.Difference("a", "b", "f1", 0.0, low, high, 10, 10).verdict == verdict


def test_unpaired_questions_are_named():
    frame = binary([1, 0, 1], [0, 0, 1]).reset_index(drop=True)
    with pytest.raises(LabsError, match=r"same questions: 1 \(q2\) only in 'a', none only in 'b'"):
        stats.paired_difference(frame.drop(index=5), "a", "b")


def test_repeated_questions_are_named():
    frame = pd.concat([binary([1, 0], [0, 0]), binary([1], [0])])
    with pytest.raises(LabsError, match="'q0'.*once per arm"):
        stats.paired_difference(frame, "a", "b")


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: f.drop(columns="cluster"), "no column 'cluster'"),
    (lambda f: f[f["arm"] == "a"], "No rows for arm 'b'. The table has: a"),
    (lambda f: f.assign(correct=[None, True] * 4), "no value for 2 questions"),
    (lambda f: f.assign(cluster="one"), "too few to resample"),
    (lambda f: f.assign(cluster=[None] * 8), "has no cluster"),
    (lambda f: f.assign(correct="yes"), "not numeric"),
])
def test_bad_tables_say_what_to_do(change, message):
    frame = binary([1, 0, 1, 0], [0, 0, 1, 1])
    with pytest.raises(LabsError, match=message):
        stats.paired_difference(change(frame), "a", "b")


def test_an_arm_is_not_compared_with_itself():
    with pytest.raises(LabsError, match="itself"):
        stats.paired_difference(binary([1, 0], [0, 1]), "a", "a")


def test_works_on_the_retrieval_frame():
    frame = two_arms(0.3, 10, 4, spread=0.05, seed=6).rename(columns={"arm": "retriever", "correct": "evidence_recall"})
    result = stats.paired_difference(frame, "a", "b", metric="evidence_recall", by="retriever")
    assert result.verdict == "helps" and result.n_clusters == 10


def test_mcnemar_is_the_exact_binomial_test():
    a = [1] * 9 + [0] * 2 + [1] * 5 + [0] * 4
    b = [0] * 9 + [1] * 2 + [1] * 5 + [0] * 4
    result = stats.mcnemar(binary(a, b), "a", "b")
    assert (result.only_a, result.only_b, result.both, result.neither) == (9, 2, 5, 4)
    assert result.p_value == scipy_stats.binomtest(9, 11).pvalue
    with pytest.raises(LabsError, match="right/wrong"):
        stats.mcnemar(two_arms(0.1, 5, 2, 0.1, 0), "a", "b")


def test_permutation_is_exact_on_a_case_done_by_hand():
    # Five contracts that all favor "a": only all-plus and all-minus are as extreme, 2 of 32 sign patterns.
    assert stats.permutation_p(binary([1] * 5, [0] * 5), "a", "b") == pytest.approx(2 / 32)
    # Flipping by contract, not by question: two contracts can never be convincing, however many questions they hold.
    grouped = binary([1] * 40, [0] * 40, ["x"] * 20 + ["y"] * 20)
    assert stats.permutation_p(grouped, "a", "b") == pytest.approx(0.5)


def test_permutation_p_is_uniform_when_nothing_differs():
    ps = [stats.permutation_p(two_arms(0.0, 12, 3, 0.2, seed), "a", "b", n_resamples=500) for seed in range(150)]
    assert 0.01 <= np.mean(np.array(ps) < 0.05) <= 0.11


def test_holm_on_a_worked_example():
    # p = 0.01, 0.04, 0.03, 0.005 -> times 3, 1, 2, 4, then never below the one before.
    got = stats.holm({"h1": 0.01, "h2": 0.04, "h3": 0.03, "h4": 0.005})
    assert got == pytest.approx({"h1": 0.03, "h2": 0.06, "h3": 0.06, "h4": 0.02})
    assert list(got) == ["h1", "h2", "h3", "h4"]
    assert stats.holm({"x": 0.9, "y": 0.8}) == {"x": 1.0, "y": 1.0}
    with pytest.raises(LabsError, match="outside"):
        stats.holm({"x": 1.2})


def test_wilson_on_known_values():
    # Newcombe (1998), table of methods: 81/263 -> 0.2553 to 0.3662; 0/20 -> 0 to 0.1611; 15/148 -> 0.0624 to 0.1605.
    assert stats.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert stats.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert stats.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    with pytest.raises(LabsError):
        stats.wilson(3, 2)


def test_mean_interval_is_wider_when_contracts_differ():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(15), 10)
    rate = rng.beta(0.5, 0.5, 15)[cluster]
    frame = pd.DataFrame({"cluster": cluster, "correct": rng.random(150) < rate})
    clustered, naive = stats.mean_interval(frame), stats.mean_interval(frame.assign(cluster=range(150)))
    assert clustered.estimate == frame["correct"].mean()
    assert clustered.high - clustered.low > 1.4 * (naive.high - naive.low)


def test_mean_interval_does_not_claim_certainty_from_all_zeros():
    frame = pd.DataFrame({"cluster": np.repeat(list("abcdefghij"), 6), "correct": False})
    result = stats.mean_interval(frame)
    assert result.estimate == 0 and result.low == 0
    assert result.high == pytest.approx(stats.wilson(0, 10)[1]) and "Wilson" in result.method
    with pytest.raises(LabsError, match="No rows"):
        stats.mean_interval(frame[:0])


@pytest.mark.parametrize(("delta", "discordant", "n"), [(0.03, 0.10, 865), (0.05, 0.15, 464), (0.10, 0.25, 189),
                                                        (0.10, 0.35, 267), (0.20, 0.40, 71)])
def test_minimum_detectable_effect_agrees_with_sample_size_tables(delta, discordant, n):
    assert stats.minimum_detectable_effect([1] * n, discordant) == pytest.approx(delta, rel=0.01)


def test_clusters_cost_power():
    assert stats.design_effect([13_812 / 510] * 510, 0.2) == pytest.approx(6.2, abs=0.05)
    assert stats.design_effect([1] * 30 + [12] * 40, 0.2) > stats.design_effect([510 / 70] * 70, 0.2), "unequal sizes"
    # 30 alone and 40 in twelves: an item shares its cluster with 11.35 on average, (30 + 40 * 144) / 510.
    assert stats.design_effect([1] * 30 + [12] * 40, 0.2) == pytest.approx(1 + (5790 / 510 - 1) * 0.2)
    assert stats.minimum_detectable_effect([6] * 20) > stats.minimum_detectable_effect([1] * 120)
    with pytest.raises(LabsError, match="at least one item"):
        stats.minimum_detectable_effect([0.5] * 20)


def test_the_effect_that_a_run_could_see_follows_from_its_interval():
    # Half-width 1.96 standard errors; 80% power needs 1.96 + 0.84 of them.
    seen = stats.Difference("a", "b", "correct", 0.02, -0.0196, 0.0196, 100, 20)
    assert stats.resolved_effect(seen) == pytest.approx(0.0280, abs=1e-4)
    assert stats.resolved_effect(seen, 0.5) == pytest.approx(0.0196), "at its own half-width it is an even chance"
