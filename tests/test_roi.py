"""The cost model: algebra by hand, invariances, and the unit slip of the tutorial this course starts from."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from labutils import prices, roi, stats
from labutils.errors import LabsError

TRAINING = roi.Training(seconds=100.0, tries=3)


def table(n: int = 120, seed: int = 0) -> pd.DataFrame:
    """A simulated results table of four arms on the same questions in 15 contracts."""
    rng = np.random.default_rng(seed)
    ease = rng.normal(0, 0.15, 15)[np.arange(n) % 15]
    rows = []
    for arm, rate, tokens in (("base", 0.1, 60), ("rag", 0.55, 600), ("sft", 0.2, 60), ("sft_rag", 0.6, 600)):
        correct = rng.random(n) < rate + ease
        rows.append(pd.DataFrame({
            "arm": arm, "question_id": [f"q{i}" for i in range(n)], "cluster": [f"c{i % 15}" for i in range(n)],
            "correct": correct, "abstained": ~correct & (rng.random(n) < 0.3), "tokens_in": tokens, "tokens_out": 8,
            "retrieve_ms": 20.0 if "rag" in arm else np.nan}))
    return pd.concat(rows, ignore_index=True)


def arm(name: str = "x", net: float = 0.0, monthly: float = 0.0, one_off: float = 0.0, **more) -> roi.Economics:
    return roi.Economics(**{"arm": name, "correct": 0.5, "abstained": 0.1, "wrong": 0.4, "variable_usd": 0.0,
                            "monthly_usd": monthly, "one_off_usd": one_off, "net_per_query_usd": net,
                            "cost_per_correct_usd": 1.0, "monthly_value_usd": 0.0, "payback_month": None,
                            "npv_usd": 0.0, "roi": 0.0, "loss_tolerance_usd": None, **more})


def test_cost_per_query_comes_from_metered_tokens():
    frame = table()
    a = roi.Assumptions()
    u = roi.cost_per_query(frame, a)
    base, rag = u[frame["arm"] == "base"].iloc[0], u[frame["arm"] == "rag"].iloc[0]
    assert base == pytest.approx((60 * 0.18 + 8 * 0.18) / 1e6)
    assert rag == pytest.approx((600 * 0.18 + 8 * 0.18) / 1e6 + 0.020 * 2 / 3600 * 0.05)
    doubled = roi.cost_per_query(frame.assign(tokens_in=frame["tokens_in"] * 2, tokens_out=16), a)
    assert doubled[frame["arm"] == "base"].to_numpy() == pytest.approx(2 * base)


def test_a_tuned_model_may_cost_more_per_token():
    frame = table()
    a = roi.Assumptions(price_item="gpt-4o-mini", tuned_price_item="gpt-4o-mini-finetuned")
    u = roi.cost_per_query(frame, a).groupby(frame["arm"]).mean()
    assert u["sft"] == pytest.approx(2 * u["base"])
    wide = roi.price_sensitivity(frame, [("gpt-4o-mini", "gpt-4o-mini"), ("gpt-4o-mini", "gpt-4o-mini-finetuned")])
    assert wide["sft"].tolist() == pytest.approx([u["base"], u["sft"]]) and wide["base"].nunique() == 1


def test_unmetered_answers_are_refused():
    frame = table()
    frame.loc[3, "tokens_in"] = None
    with pytest.raises(LabsError, match="1 rows.*'base'"):
        roi.cost_per_query(frame, roi.Assumptions())
    with pytest.raises(LabsError, match="no column retrieve_ms"):
        roi.cost_per_query(table().drop(columns="retrieve_ms"), roi.Assumptions())


def test_every_answer_is_correct_abstained_or_wrong():
    frame = pd.DataFrame({"correct": [True, True, False, False], "abstained": [False, True, True, False]})
    assert roi.outcomes(frame).to_numpy().tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_a_right_abstention_earns_what_one_in_vain_earns():
    frame = table().assign(abstained=lambda f: f["abstained"] | (f["arm"] == "base"))
    always = roi.economics(frame, roi.Assumptions(), TRAINING)["base"]
    assert always.correct == 0 and always.abstained == 1 and always.cost_per_correct_usd == math.inf
    assert always.net_per_query_usd == pytest.approx(-roi.Assumptions().cost_abstain_usd - always.variable_usd)


def test_formulas_by_hand():
    a = roi.Assumptions(value_correct_usd=8, cost_abstain_usd=1, loss_wrong_usd=4)
    assert roi.net_value(0.6, 0.1, 0.3, 0.01, a) == pytest.approx(4.8 - 0.1 - 1.2 - 0.01)
    # 1000 queries at 0.01, 50 a month, 1200 once over 12 months, 600 correct answers: (10 + 50 + 100) / 600
    assert roi.cost_per_correct(0.6, 0.01, 50, 1200, 1000, 12) == pytest.approx(160 / 600)
    assert roi.cost_per_correct(0.0, 0.01, 50, 1200, 1000, 12) == math.inf
    assert roi.npv(100, 60, 2, 0.0) == pytest.approx(20)
    assert roi.npv(100, 110, 12, 0.21) == pytest.approx(-100 + sum(110 / 1.21 ** (t / 12) for t in range(1, 13)))
    assert roi.payback(100, 60, 12, 0.0) == 2
    assert roi.payback(100, 50, 12, 0.0) == 2
    assert roi.payback(100, 5, 12, 0.0) is None
    assert roi.payback(100, -5, 12, 0.0) is None


def test_doubling_the_volume_doubles_the_variable_part_only():
    frame = table()
    one = roi.economics(frame, roi.Assumptions(queries_per_month=1000), TRAINING)["rag"]
    two = roi.economics(frame, roi.Assumptions(queries_per_month=2000), TRAINING)["rag"]
    assert (two.variable_usd, two.monthly_usd, two.one_off_usd) == (one.variable_usd, one.monthly_usd, one.one_off_usd)
    assert two.monthly_value_usd + two.monthly_usd == pytest.approx(2 * (one.monthly_value_usd + one.monthly_usd))


def test_no_volume_leaves_the_fixed_costs():
    arms = roi.economics(table(), roi.Assumptions(queries_per_month=0), TRAINING)
    for each in arms.values():
        assert each.monthly_value_usd == -each.monthly_usd and each.cost_per_correct_usd == math.inf
        assert each.payback_month is None and each.npv_usd < 0


def test_swapping_arm_names_swaps_results():
    frame, a = table(), roi.Assumptions()
    swapped = frame.assign(arm=frame["arm"].replace({"rag": "sft_rag", "sft_rag": "rag"}))
    free = roi.Assumptions(labelling_hours=0, integration_hours_tuning=0, refresh_hours_tuning=0,
                           adapter_hosting_usd_per_month=0)
    before, after = roi.economics(frame, free), roi.economics(swapped, free)
    assert dataclasses.replace(before["rag"], arm="sft_rag") == after["sft_rag"]
    assert roi.economics(frame, a)["rag"].correct == roi.economics(swapped, a)["sft_rag"].correct


def test_training_is_paid_by_tuned_arms_only_and_for_every_try():
    a = roi.Assumptions()
    assert TRAINING.usd(a) == pytest.approx(100 / 3600 * 2 * 3 * 0.05)
    for name in ("base", "rag"):
        assert roi.fixed_costs(name, a, TRAINING) == roi.fixed_costs(name, a, roi.Training())
    more = roi.fixed_costs("sft", a, TRAINING)[0] - roi.fixed_costs("sft", a, roi.Training())[0]
    assert more == pytest.approx(TRAINING.usd(a))
    with pytest.raises(LabsError, match="tries at least 1"):
        roi.Training(10, 0)


def test_break_even_volume_is_where_both_arms_are_worth_the_same():
    x, y = arm("x", net=2.0, monthly=300, one_off=1200), arm("y", net=1.5, monthly=100, one_off=0)
    found = roi.break_even_volume(x, y, 12)
    assert found.volume == pytest.approx((200 + 100) / 0.5)
    worth = [found.volume * e.net_per_query_usd - e.monthly_usd - e.one_off_usd / 12 for e in (x, y)]
    assert worth[0] == pytest.approx(worth[1])
    assert "above this volume x" in found.reason
    assert roi.break_even_volume(y, x, 12) == found


def test_break_even_volume_says_never_and_why():
    better = roi.break_even_volume(arm("x", net=2, monthly=1), arm("y", net=1, monthly=5), 12)
    assert better.volume is None and "x earns more per query" in better.reason
    same = roi.break_even_volume(arm("x", net=1, monthly=1), arm("y", net=1, monthly=5), 12)
    assert same.volume is None and "x has the lower fixed cost" in same.reason
    twins = roi.break_even_volume(arm("x", net=1), arm("y", net=1), 12)
    assert twins.volume is None and "both cost the same" in twins.reason
    free = roi.break_even_volume(arm("x", net=1), arm("y", net=2), 12)
    assert free.volume is None and "y earns more" in free.reason


def test_break_even_on_the_measured_table_matches_a_scan():
    frame, a = table(), roi.Assumptions()
    arms = roi.economics(frame, a, TRAINING)
    found = roi.break_even_volume(arms["rag"], arms["base"], a.horizon_months).volume
    ahead = []
    for q in (found * 0.99, found * 1.01):
        scan = roi.economics(frame, dataclasses.replace(a, queries_per_month=q), TRAINING)
        worth = {k: e.monthly_value_usd - e.one_off_usd / 12 for k, e in scan.items()}
        ahead.append(worth["rag"] > worth["base"])
    assert ahead == [False, True]


def test_break_even_interval_follows_the_interval_of_the_gain():
    x, y = arm("x", net=2.0, monthly=300, one_off=1200), arm("y", net=1.5, monthly=100)
    gain = stats.Interval(0.5, 0.25, 1.0, 100, 20)
    assert roi.break_even_interval(x, y, 12, gain) == pytest.approx((300.0, 1200.0))
    loss = stats.Interval(-0.5, -1.0, -0.25, 100, 20)
    assert roi.break_even_interval(y, x, 12, loss) == pytest.approx((300.0, 1200.0))
    assert roi.break_even_interval(x, y, 12, stats.Interval(0.5, -0.1, 1.0, 100, 20)) is None, "the gain may be 0"
    assert roi.break_even_interval(arm("x", net=2.0), y, 12, gain) is None, "x costs less and earns more: no volume"
    alone = roi.break_even_interval(x, roi.NOTHING, 12, stats.Interval(2.0, 1.0, 4.0, 100, 20))
    assert alone == pytest.approx((100.0, 400.0)) and roi.break_even_volume(x, roi.NOTHING, 12).volume == 200


def test_break_even_loss_and_tolerance_are_zeros_of_the_model():
    frame, a = table(), roi.Assumptions()
    frame.loc[frame["arm"] == "base", "abstained"] = ~frame.loc[frame["arm"] == "base", "correct"]  # base never errs
    arms = roi.economics(frame, a, TRAINING)
    loss = roi.break_even_loss(arms["rag"], arms["base"], a)
    at = roi.economics(frame, dataclasses.replace(a, loss_wrong_usd=loss), TRAINING)
    assert at["rag"].net_per_query_usd == pytest.approx(at["base"].net_per_query_usd)
    assert arms["base"].wrong == 0 and arms["base"].loss_tolerance_usd is None
    tolerance = arms["sft_rag"].loss_tolerance_usd
    at = roi.economics(frame, dataclasses.replace(a, loss_wrong_usd=tolerance), TRAINING)["sft_rag"]
    assert at.monthly_value_usd - at.one_off_usd / a.horizon_months == pytest.approx(0, abs=1e-6)


def test_break_even_loss_by_hand():
    bold = arm("bold", correct=0.6, abstained=0.0, wrong=0.4)
    careful = arm("careful", correct=0.5, abstained=0.4, wrong=0.1)
    a = roi.Assumptions(value_correct_usd=8, cost_abstain_usd=1)
    assert roi.break_even_loss(bold, careful, a) == pytest.approx((4.8 - 3.6) / 0.3)
    assert roi.break_even_loss(careful, arm("dominated", correct=0.1, abstained=0.1, wrong=0.8), a) is None


def test_uncertainty_finds_the_best_arm_and_doing_nothing():
    frame = table(n=300)
    sure = roi.uncertainty(frame, roi.Assumptions(loss_wrong_usd=0)).set_index("arm")
    assert sure["p_best"].sum() == pytest.approx(1)
    assert sure.loc["base", "p_best"] == 0 and sure.loc["rag", "low"] > sure.loc["base", "high"]
    assert (sure["low"] <= sure["monthly_usd"]).all() and (sure["monthly_usd"] <= sure["high"]).all()
    ruinous = roi.uncertainty(frame, roi.Assumptions(loss_wrong_usd=1000)).set_index("arm")
    assert ruinous.loc[roi.NONE, "p_best"] == 1 and ruinous.loc[roi.NONE, "regret_usd"] == 0
    assert ruinous.loc["rag", "regret_usd"] > 0


def test_uncertainty_point_equals_the_economics():
    frame, a = table(), roi.Assumptions()
    arms = roi.economics(frame, a, TRAINING)
    worth = roi.uncertainty(frame, a, TRAINING).set_index("arm")["monthly_usd"]
    for name, each in arms.items():
        assert worth[name] == pytest.approx(each.monthly_value_usd - each.one_off_usd / a.horizon_months)


def test_equal_arms_share_the_win():
    one = table()[lambda f: f["arm"] == "rag"]
    both = pd.concat([one.assign(arm="left"), one.assign(arm="right")])
    free = roi.Assumptions(loss_wrong_usd=0)
    result = roi.uncertainty(both, free).set_index("arm")["p_best"]
    assert result["left"] == result["right"] == 0.5


def test_assumptions_are_checked_and_described():
    with pytest.raises(LabsError, match="loss_wrong_usd is -1"):
        roi.Assumptions(loss_wrong_usd=-1)
    with pytest.raises(LabsError, match="horizon_months"):
        roi.Assumptions(horizon_months=0)
    described = roi.Assumptions().describe()
    assert len(described) == len(dataclasses.fields(roi.Assumptions)) and all(why for _, _, why in described)


def test_units_catch_the_thousandfold_slip_of_the_2024_tutorial(tmp_path):
    """The tutorial multiplied a price of 0.00799 per 1,000 tokens with 1,000,000 tokens: $7,990 for $7.99."""
    header = "item,provider,unit,usd,date,source,note\n"

    def load(unit: str, usd: float) -> pd.DataFrame:
        path = tmp_path / "prices.csv"
        path.write_text(f"{header}tutorial,cloud,{unit},{usd},2024-08-25,the notebook,\n", encoding="utf-8")
        return prices.load_prices(path)

    for unit, usd in (("usd_per_token", 0.00799), ("usd_per_1m_training_tokens", 7990)):
        with pytest.raises(LabsError, match="unknown unit|not plausible"):
            load(unit, usd)
    training = prices.cost("tutorial", "training_tokens", 1_000_000, load("usd_per_1k_training_tokens", 0.00799))
    assert training == pytest.approx(7.99)
    # Its own break-even: 8,013.13 once against 1,039.65 a month. By algebra 7.7 months; with the unit put right 0.03.
    other = 8013.13 - 7990
    assert (other + 7990) / 1039.65 == pytest.approx(7.7, abs=0.01)
    assert (other + training) / 1039.65 == pytest.approx(0.03, abs=0.001)
