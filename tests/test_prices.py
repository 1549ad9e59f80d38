"""The price file is dated, sourced and in units; slips of units are refused."""

import datetime

import pytest

from labutils import prices
from labutils.errors import LabsError

HEADER = "item,provider,unit,usd,date,source,note\n"
GOOD = "model,Acme,usd_per_1m_input_tokens,0.18,2025-09-05,a price list,\n"


def write(tmp_path, *rows, header=HEADER):
    path = tmp_path / "prices.csv"
    path.write_text(header + "".join(rows), encoding="utf-8")
    return path


def test_the_course_prices_load_and_are_complete():
    table = prices.load_prices()
    assert set(prices.COLUMNS) < set(table.columns)
    assert (table["usd"] > 0).all() and table["source"].str.len().gt(10).all()
    assert table["date"].map(lambda day: isinstance(day, datetime.date)).all()
    assert set(table["unit"]) <= set(prices.UNITS)
    served = table[table["unit"].str.endswith("_output_tokens")]["item"]
    assert set(served) <= set(table[table["unit"] == "usd_per_1m_input_tokens"]["item"])


def test_published_figures_are_those_of_the_dated_source():
    assert prices.price("gpt-4o-mini", "usd_per_1m_input_tokens") == 0.15
    assert prices.price("gpt-4o-mini-finetuned", "usd_per_1m_output_tokens") == 1.20
    assert prices.price("llama-3-8b-bedrock", "usd_per_1m_output_tokens") == 0.60
    assert prices.price("rerank", "usd_per_query") == 0.002


def test_figures_without_a_published_source_say_so():
    table = prices.load_prices().set_index("item")
    assert table.loc[["cpu", "gpu", "storage", "contract-expert"], "assumption"].all()
    assert not table.loc["gpt-4o-mini", "assumption"].any()


def test_a_price_list_of_your_own(tmp_path):
    table = prices.load_prices(write(tmp_path, GOOD))
    assert prices.price("model", "usd_per_1m_input_tokens", table) == 0.18
    with pytest.raises(LabsError, match="model is priced in usd_per_1m_input_tokens"):
        prices.price("model", "usd_per_1m_output_tokens", table)
    with pytest.raises(LabsError, match="items are model"):
        prices.price("other", "usd_per_query", table)


@pytest.mark.parametrize(("row", "message"), [
    ("m,A,usd_per_token,0.1,2025-09-05,list,\n", "row 3: unknown unit 'usd_per_token'"),
    ("m,A,usd_per_query,-1,2025-09-05,list,\n", "row 3: usd -1 of m is not positive"),
    ("m,A,usd_per_query,0,2025-09-05,list,\n", "not positive"),
    ("m,A,usd_per_query,nan,2025-09-05,list,\n", "not positive"),
    ("m,A,usd_per_query,inf,2025-09-05,list,\n", "not plausible"),
    ("m,A,usd_per_query,cheap,2025-09-05,list,\n", "not a number"),
    ("m,A,usd_per_query,0.1,05.09.2025,list,\n", "not a date"),
    ("m,A,usd_per_query,0.1,2025-13-01,list,\n", "not a date"),
    ("m,A,usd_per_query,0.1,2025-09-05, ,\n", "source is empty"),
    (",A,usd_per_query,0.1,2025-09-05,list,\n", "item is empty"),
    (GOOD, "row 3: model has two prices in usd_per_1m_input_tokens"),
    ("m,A,usd_per_1m_input_tokens,7990,2025-09-05,list,\n", "not plausible.*per another number of input tokens"),
])
def test_a_bad_row_is_named(tmp_path, row, message):
    with pytest.raises(LabsError, match=message):
        prices.load_prices(write(tmp_path, GOOD, row))


def test_a_bad_file_is_named(tmp_path):
    with pytest.raises(LabsError, match="gone.csv is missing"):
        prices.load_prices(tmp_path / "gone.csv")
    with pytest.raises(LabsError, match="lacks the column"):
        prices.load_prices(write(tmp_path, "m,1\n", header="item,usd\n"))
    with pytest.raises(LabsError, match="no price"):
        prices.load_prices(write(tmp_path))
    (tmp_path / "binary.csv").write_bytes(b"\x80\xff\x00")
    with pytest.raises(LabsError, match="not readable"):
        prices.load_prices(tmp_path / "binary.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(LabsError, match="not readable"):
        prices.load_prices(tmp_path / "empty.csv")


def test_cost_goes_through_the_unit(tmp_path):
    per_thousand = "k,A,usd_per_1k_input_tokens,0.0002,2025-09-05,list,\n"
    per_million = "m,A,usd_per_1m_input_tokens,0.2,2025-09-05,list,\n"
    table = prices.load_prices(write(tmp_path, per_thousand, per_million))
    assert prices.cost("k", "input_tokens", 5_000, table) == pytest.approx(0.001)
    assert prices.cost("m", "input_tokens", 5_000, table) == pytest.approx(0.001)
    with pytest.raises(LabsError, match="No price of 'm' for output_tokens"):
        prices.cost("m", "output_tokens", 1, table)
    with pytest.raises(LabsError, match="Unknown quantity 'tokens'"):
        prices.cost("m", "tokens", 1, table)


def test_one_rerank_costs_as_much_as_thirteen_thousand_small_model_tokens():
    tokens = prices.cost("rerank", "queries", 1) / prices.cost("gpt-4o-mini", "input_tokens", 1)
    assert tokens == pytest.approx(13_333, abs=1)
