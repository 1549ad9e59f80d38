"""Dated prices with their units spelled out.

Every row of datasets/prices/prices.csv says what a figure is per ("usd_per_1m_input_tokens"), when it was read and
where. A cost is only computed through the unit, so that a price per thousand can never be used as a price per one.
"""

from __future__ import annotations

import datetime
import functools
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from labutils import settings
from labutils.errors import LabsError

COLUMNS = ("item", "provider", "unit", "usd", "date", "source", "note")
ASSUMPTION = "planning assumption"


@dataclass(frozen=True)
class Unit:
    """What a price is per: `per` pieces of `quantity`. A price outside low..high USD is a slip of units."""

    quantity: str
    per: int
    low: float
    high: float


# The plausible ranges are wide (a factor of ten and more around what is sold), yet a figure that is a thousand times
# off, the commonest slip with token prices, falls outside.
UNITS = {
    "usd_per_1k_input_tokens": Unit("input_tokens", 1_000, 1e-6, 0.2),
    "usd_per_1k_output_tokens": Unit("output_tokens", 1_000, 1e-6, 0.8),
    "usd_per_1k_training_tokens": Unit("training_tokens", 1_000, 1e-6, 0.2),
    "usd_per_1m_input_tokens": Unit("input_tokens", 1_000_000, 1e-3, 200.0),
    "usd_per_1m_output_tokens": Unit("output_tokens", 1_000_000, 1e-3, 800.0),
    "usd_per_1m_training_tokens": Unit("training_tokens", 1_000_000, 1e-3, 200.0),
    "usd_per_query": Unit("queries", 1, 1e-6, 1.0),
    "usd_per_cpu_hour": Unit("cpu_hours", 1, 1e-3, 5.0),
    "usd_per_gpu_hour": Unit("gpu_hours", 1, 0.05, 50.0),
    "usd_per_gb_month": Unit("gb_months", 1, 1e-3, 20.0),
    "usd_per_hour_expert": Unit("expert_hours", 1, 5.0, 2_000.0),
}


def default_path() -> Path:
    """The course's price file."""
    return settings.root() / "datasets" / "prices" / "prices.csv"


def load_prices(path: Path | None = None) -> pd.DataFrame:
    """The price table, validated: columns item, provider, unit, usd (float), date (datetime.date), source, note,
    and assumption (True where the figure is this course's planning assumption, not a published price).

    Raises LabsError that names the row (as numbered in the file, the header being row 1) and what is wrong with it.
    """
    path = default_path() if path is None else Path(path)
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise LabsError(f"The price file {path.name} is missing. Restore it from the repository.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise LabsError(f"The price file {path.name} is not readable as CSV: {error}") from error
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise LabsError(f"{path.name} lacks the column(s) {', '.join(missing)}. It needs: {', '.join(COLUMNS)}.")
    if frame.empty:
        raise LabsError(f"{path.name} has no price in it.")
    frame = frame[list(COLUMNS)].apply(lambda column: column.str.strip())
    rows = [_check_row(row, f"{path.name}, row {number}") for number, row in
            enumerate(frame.to_dict("records"), start=2)]
    table = pd.DataFrame(rows)
    again = table[table.duplicated(["item", "unit"])]
    if len(again):
        first = again.iloc[0]
        raise LabsError(f"{path.name}, row {again.index[0] + 2}: {first['item']} has two prices in {first['unit']}. "
                        "Keep one, or give the other its own item name.")
    table["assumption"] = table["source"].str.startswith(ASSUMPTION)
    return table


def price(item: str, unit: str, table: pd.DataFrame | None = None) -> float:
    """The price of `item` in USD per `unit`. Raises LabsError when the table has no such row."""
    table = _default_table() if table is None else table
    found = table[(table["item"] == item) & (table["unit"] == unit)]
    if found.empty:
        units = table.loc[table["item"] == item, "unit"].tolist()
        known = (f"{item} is priced in {', '.join(units)}" if units
                 else f"items are {', '.join(table['item'].drop_duplicates())}")
        raise LabsError(f"No price for {item!r} in {unit!r}: {known}.")
    return float(found["usd"].iloc[0])


def cost(item: str, quantity: str, amount: float, table: pd.DataFrame | None = None) -> float:
    """USD for `amount` pieces of `quantity` ("input_tokens", "cpu_hours", ...), whatever the price is quoted per."""
    known = sorted({unit.quantity for unit in UNITS.values()})
    if quantity not in known:
        raise LabsError(f"Unknown quantity {quantity!r}. Known: {', '.join(known)}.")
    table = _default_table() if table is None else table
    of_item = table[table["item"] == item]
    for row in of_item.itertuples():
        if UNITS[row.unit].quantity == quantity:
            return amount * row.usd / UNITS[row.unit].per
    has = f"it is priced in {', '.join(of_item['unit'])}" if len(of_item) else "no such item"
    raise LabsError(f"No price of {item!r} for {quantity}: {has}.")


@functools.cache
def _default_table() -> pd.DataFrame:
    return load_prices()


def _check_row(row: dict[str, str], where: str) -> dict[str, object]:
    """The row with usd and date parsed."""
    for name in ("item", "provider", "unit", "source"):
        if not row[name]:
            raise LabsError(f"{where}: {name} is empty. Every price needs an item, a provider, a unit and a source.")
    if row["unit"] not in UNITS:
        raise LabsError(f"{where}: unknown unit {row['unit']!r} for {row['item']}. Known: {', '.join(UNITS)}.")
    try:
        usd = float(row["usd"])
    except ValueError:
        raise LabsError(f"{where}: usd {row['usd']!r} of {row['item']} is not a number.") from None
    if not usd > 0:
        raise LabsError(f"{where}: usd {row['usd']} of {row['item']} is not positive.")
    unit = UNITS[row["unit"]]
    if not unit.low <= usd <= unit.high:
        raise LabsError(f"{where}: {usd:g} {row['unit']} for {row['item']} is not plausible (expected {unit.low:g} to "
                        f"{unit.high:g}). Is the price per another number of {unit.quantity.replace('_', ' ')}?")
    try:
        date = datetime.date.fromisoformat(row["date"])
    except ValueError:
        raise LabsError(f"{where}: date {row['date']!r} of {row['item']} is not a date like 2025-09-05.") from None
    return {**row, "usd": usd, "date": date}
