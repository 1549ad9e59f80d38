"""Claims and recorded numbers of a notebook: said to the learner, and compared in the tests.

A verdict is one printed line, which nbval compares strictly. The numbers behind it go out as a display of their own
MIME type; the root `conftest.py` compares that with a tolerance and leaves its rendering out. So another CPU, on which
an answer or two may flip, does not break the course, while a real change does. Where the notebook itself trained the
weights, more may flip: such a claim states its `drift`, and its verdict may change where a bound is that near to 0.
Used by every notebook.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from labutils import settings
from labutils.errors import LabsError

if TYPE_CHECKING:
    import pandas as pd

RECORD_MIME = "application/vnd.labs.record+json"
VERDICTS = ("helps", "hurts", "inconclusive")

# What these units measure is the machine: such numbers are shown, never compared.
MACHINE_UNITS = ("s", "ms", "min", "MiB", "GiB", "questions/s", "tokens/s")
SHARE_TOLERANCE = 0.03
UNIT_TOLERANCE = 0.10

_CLAIM_LINE = "CLAIM {text}: "
_DIFFERENCE = ("a", "b", "metric", "estimate", "low", "high", "n_items", "n_clusters", "level", "seed", "verdict")
_claims: dict[str, dict[str, Any]] = {}


class Difference(Protocol):
    """What `claim` needs of a paired difference; `labutils.stats.Difference` is one."""

    a: str
    b: str
    metric: str
    estimate: float
    low: float
    high: float
    n_items: int
    n_clusters: int
    level: float
    seed: int

    @property
    def verdict(self) -> str: ...


class Recorded:
    """Numbers on display: a rendering for the reader beside a payload (JSON) for the tests."""

    def __init__(self, payload: dict[str, Any], html: str, text: str) -> None:
        self.payload, self.html, self.text = payload, html, text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {RECORD_MIME: self.payload, "text/html": self.html, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


def default_profile() -> bool:
    """True when model, embedder and corpus are the course's own: only then are claims held to what was stored."""
    return (settings.llm(), settings.embed(), settings.corpus()) == ("clerk", "minilm", "harbour")


def claim(text: str, difference: Difference, expected: str | None = None, drift: float | None = None) -> None:
    """Print the verdict on `text` in one line and show the numbers behind it.

    `difference` is a `labutils.stats.Difference`. With `expected` ("helps", "hurts" or "inconclusive"), another verdict
    is said in the line: the learner is never stopped, but the notebook no longer equals the stored one and
    `labs build` refuses it. On another profile than the default, nothing is expected. Estimate and bounds may drift by
    a quarter of the stored interval. `drift`, for weights that were trained on the spot, says by how much they may move
    because another processor ends in other weights; the line then says so where that could change the verdict, and
    nbval compares the bounds in its place. Raises LabsError for an unusable text, difference, expectation or drift.
    """
    _require_claim(text, difference, expected, drift)
    wanted = expected if default_profile() else None
    surprise = f" (the course expects: {wanted})" if wanted not in (None, difference.verdict) else ""
    tolerance = max(0.25 * (difference.high - difference.low), 0.02 * abs(difference.estimate), drift or 0)
    numbers = {name: (getattr(difference, name), tolerance) for name in ("estimate", "low", "high")}
    exact = {name: (getattr(difference, name), 0) for name in ("n_items", "n_clusters", "level", "seed")}
    about = {"text": text, "verdict": difference.verdict, "expected": wanted, "a": difference.a, "b": difference.b,
             "metric": difference.metric, "drift": drift}
    entries = [_entry(f"{text}: {name}", *pair) for name, pair in {**numbers, **exact}.items()]
    if drift is None:  # else it follows from the bounds, which are compared
        entries.append(_entry(f"{text}: verdict", difference.verdict, 0))
    payload = _payload("claim", entries)
    _claims[text] = {**about, **{name: value for name, (value, _) in {**numbers, **exact}.items()}}
    close = drift is not None and min(abs(difference.low), abs(difference.high)) <= drift
    print(f"{_CLAIM_LINE.format(text=text)}{difference.verdict}{surprise}"
          + (" (close: another run of the training may say otherwise)" if close else ""))
    _show(Recorded({**payload, "claim": about}, f"<p>{escape(_sentence(_claims[text]))}</p>", _sentence(_claims[text])))


def record(name: str, value: float, tolerance: float | None = None, unit: str = "") -> None:
    """Show a number and store it for comparison.

    Without a `unit` the value is a share or a difference of shares (-1 to 1) and may drift by 0.03; with one, by a
    tenth of the stored value; in a unit of the machine (`MACHINE_UNITS`) it is not compared. `tolerance`, the largest
    accepted difference in the value's own unit, overrides that; 0 means exactly equal. Raises LabsError if `value` is
    no number.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise LabsError(f"record({name!r}) got {type(value).__name__}; give one number.")
    if not unit and tolerance is None and abs(value) > 1:
        raise LabsError(f"record({name!r}) got {value}, no share: give its unit (unit='tokens') or a tolerance.")
    text = f"{name}: {_number(value)}{' ' + unit if unit else ''}"
    payload = _payload("value", [_entry(name, value, _tolerance(value, tolerance, unit))])
    _show(Recorded(payload, f"<p>{escape(text)}</p>", text))


def record_table(name: str, frame: pd.DataFrame, units: Mapping[str, str] | None = None, digits: int = 2,
                 tolerance: Mapping[str, float | Sequence[float]] | float | None = None) -> None:
    """Show a table of numbers and store every cell under the rules of `record`; text must stay exactly equal.

    `units` maps a column to its unit; columns of whole numbers need none and must stay equal. `tolerance`: the largest
    accepted difference of every share, or a mapping from columns (of any kind of number) to theirs, one for all rows or
    one for each. Raises LabsError for a column of numbers beyond -1 to 1 without a unit.
    """
    units = dict(units or {})
    by_column = tolerance if isinstance(tolerance, Mapping) else {}
    of_shares = None if isinstance(tolerance, Mapping) else tolerance
    shown = frame if type(frame.index).__name__ == "RangeIndex" else frame.reset_index()
    entries = []
    for position, row in enumerate(shown.to_dict("records"), 1):
        for column, value in row.items():
            unit = units.get(str(column), "")
            if isinstance(value, Real) and not isinstance(value, (bool, Integral)) and not unit and abs(value) > 1:
                raise LabsError(f"record_table({name!r}): column {column!r} holds {value}; give its unit in `units`.")
            allowed = by_column.get(str(column), _cell_tolerance(value, unit, of_shares))
            if isinstance(allowed, Sequence):
                allowed = allowed[position - 1]
            entries.append(_entry(f"{name}, row {position}, {column}", value, allowed))
    headings = [f"{column} ({units[str(column)]})" if str(column) in units else str(column) for column in shown.columns]
    rows = [[_number(value, digits) for value in row] for row in shown.itertuples(index=False, name=None)]
    _show(Recorded(_payload("table", entries), _html_table(headings, rows, name), _text_table(headings, rows)))


def claims_table() -> Recorded:
    """Return the table of all claims made so far in this notebook, with their verdicts; end a notebook with it."""
    headings = ["claim", "comparison", "metric", "difference", "interval", "questions", "clusters", "verdict"]
    rows = [[made["text"], f"{made['a']} - {made['b']}", made["metric"], _signed(made["estimate"]), _interval(made),
             str(made["n_items"]), str(made["n_clusters"]), made["verdict"]] for made in _claims.values()]
    entries = [_entry(f"verdict on {made['text']}", made["verdict"], None if made["drift"] is not None else 0)
               for made in _claims.values()]
    if not rows:
        return Recorded(_payload("claims", []), "<p>No claims yet.</p>", "No claims yet.")
    return Recorded(_payload("claims", entries), _html_table(headings, rows, "Claims of this notebook"),
                    _text_table(headings, rows))


def stored_claims(notebooks: Iterable[Path]) -> pd.DataFrame:
    """Return the claims that executed notebooks hold, one in a row.

    Columns: notebook, claim, comparison, metric, estimate, low, high, verdict. Estimate and bounds are those of the run
    that was stored. Raises LabsError for a notebook that can't be read.
    """
    import pandas as pd

    columns = ("notebook", "claim", "comparison", "metric", "estimate", "low", "high", "verdict")
    rows = []
    for path in notebooks:
        for payload in stored_payloads(path):
            if about := payload.get("claim"):
                numbers = {entry["name"].rpartition(": ")[2]: entry["value"] for entry in payload["entries"]}
                rows.append((path.stem, about["text"], f"{about['a']} - {about['b']}", about["metric"],
                             *(numbers[name] for name in ("estimate", "low", "high")), about["verdict"]))
    return pd.DataFrame(rows, columns=list(columns))


def stored_payloads(notebook: Path) -> list[dict[str, Any]]:
    """Return what an executed notebook recorded, in its order. Raises LabsError for one that can't be read."""
    import nbformat

    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as fault:
        raise LabsError(f"{notebook.name} can't be read as a notebook; run `labs build` for it") from fault
    return split_records(output for cell in cells for output in cell.get("outputs", []))[1]


def split_records(outputs: Iterable[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[dict[str, Any]]]:
    """Return (outputs without the recorded displays, their payloads); outputs are those of one notebook cell.

    The verdict lines of claims that state a drift are left out as well: what they say follows from recorded bounds.
    """
    rest, payloads = [], []
    for output in outputs:
        payload = output.get("data", {}).get(RECORD_MIME)
        if payload is None:
            rest.append(output)
        else:
            payloads.append(payload)
    drifting = [_CLAIM_LINE.format(text=p["claim"]["text"]) for p in payloads if p.get("claim", {}).get("drift")]
    return [_without_lines(output, drifting) for output in rest], payloads


def compare_records(stored: Sequence[Mapping[str, Any]], fresh: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what differs beyond tolerance between two lists of payloads of one cell, one sentence each.

    The smaller of the two tolerances counts, so that a looser one in code or notebook alone does not slip through.
    """
    before = [entry for payload in stored for entry in payload["entries"]]
    after = [entry for payload in fresh for entry in payload["entries"]]
    names_before, names_after = [e["name"] for e in before], [e["name"] for e in after]
    if names_before != names_after:
        lost = [name for name in names_before if name not in names_after]
        new = [name for name in names_after if name not in names_before]
        return [f"other numbers are recorded than stored: missing {lost or 'none'}, new {new or 'none'}"
                + ("" if lost or new else ", in another order")]
    return [fault for old, new in zip(before, after, strict=True) if (fault := _drift(old, new))]


def unexpected(payloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one sentence per claim whose verdict is not the expected one."""
    made = [payload["claim"] for payload in payloads if "claim" in payload]
    return [f"claim {c['text']!r} was expected to come out as {c['expected']!r} and is {c['verdict']!r}"
            for c in made if c["expected"] not in (None, c["verdict"])]


def reset() -> None:
    """Forget the claims made so far; a fresh kernel starts that way."""
    _claims.clear()


def _without_lines(output: Any, starts: Sequence[str]) -> Any:
    """`output` without the lines of its text that start like this."""
    if not starts or "text" not in output:
        return output
    lines = output["text"].splitlines(keepends=True)
    changed = copy.copy(output)
    changed["text"] = "".join(line for line in lines if not line.startswith(tuple(starts)))
    return changed


def _require_claim(text: str, difference: Difference, expected: str | None, drift: float | None) -> None:
    if not text.strip() or "\n" in text:
        raise LabsError("A claim is one line of text, and not empty.")
    missing = [name for name in _DIFFERENCE if not hasattr(difference, name)]
    if missing:
        raise LabsError(f"claim({text!r}) needs a Difference, as labutils.stats.paired_difference returns it; "
                        f"{type(difference).__name__} has no {', '.join(missing)}.")
    if not all(math.isfinite(getattr(difference, name)) for name in ("estimate", "low", "high")):
        raise LabsError(f"claim({text!r}): estimate or interval is not finite; there are too few items to compare.")
    for verdict in (difference.verdict, expected):
        if verdict is not None and verdict not in VERDICTS:
            raise LabsError(f"claim({text!r}): {verdict!r} is no verdict; use one of {', '.join(VERDICTS)}.")
    if drift is not None and not 0 < drift < 1:
        raise LabsError(f"claim({text!r}): drift={drift!r}; give how far the difference may move, as a share (0 to 1).")


def _payload(kind: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": 1, "kind": kind, "entries": entries}


def _entry(name: str, value: Any, tolerance: float | None) -> dict[str, Any]:
    """One stored value: six significant digits, so that the committed file changes no more than it must."""
    return {"name": name, "value": _plain(value), "tolerance": _plain(tolerance)}


def _plain(value: Any) -> Any:
    """`value` as JSON has it; NaN and infinities, which JSON lacks, as text."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(f"{float(value):.6g}") if math.isfinite(value) else str(float(value))
    return str(value)


def _tolerance(value: float, tolerance: float | None, unit: str) -> float | None:
    if tolerance is not None:
        return tolerance
    if unit in MACHINE_UNITS:
        return None
    if not math.isfinite(value):
        return 0
    return UNIT_TOLERANCE * abs(value) if unit else SHARE_TOLERANCE


def _cell_tolerance(value: Any, unit: str, of_shares: float | None = None) -> float | None:
    whole = isinstance(value, (bool, Integral)) or not isinstance(value, Real)
    return 0 if whole and unit not in MACHINE_UNITS else _tolerance(value, None if unit else of_shares, unit)


def _drift(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Say how `new` differs from `old`, or return None. Without a tolerance on either side nothing is compared."""
    tolerances = [t for t in (old["tolerance"], new["tolerance"]) if t is not None]
    if not tolerances:
        return None
    numbers = [isinstance(e["value"], (int, float)) and not isinstance(e["value"], bool) for e in (old, new)]
    if all(numbers) and abs(new["value"] - old["value"]) <= min(tolerances) + 1e-9 * abs(old["value"]):
        return None
    if not all(numbers) and old["value"] == new["value"]:
        return None
    return f"{old['name']}: stored {old['value']}, now {new['value']}, tolerance {min(tolerances):.3g}"


def _show(recorded: Recorded) -> None:
    from IPython.display import display

    display(recorded)


def _sentence(made: Mapping[str, Any]) -> str:
    return (f"{made['a']} - {made['b']}, {made['metric']}: {_signed(made['estimate'])} {_interval(made)} "
            f"({made['level']:.0%} interval, {made['n_items']} questions in {made['n_clusters']} clusters, "
            f"seed {made['seed']})")


def _interval(made: Mapping[str, Any]) -> str:
    return f"[{_signed(made['low'])}, {_signed(made['high'])}]"


def _signed(value: float) -> str:
    text = _number(value)
    return text if text.startswith("-") else f"+{text}"


def _number(value: Any, digits: int = 2) -> str:
    """`value` for reading: `digits` decimals, or two significant digits for what those would round to nothing."""
    if isinstance(value, (bool, Integral)) or not isinstance(value, Real):
        return str(value)
    if value and abs(value) < 0.5 * 10**-digits:
        return f"{value:.2g}"
    return f"{round(float(value), digits) + 0.0:,.{digits}f}"


def _html_table(headings: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{body}\n</tbody>\n</table>")


def _text_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in [headings, *rows]) for i in range(len(headings))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in [headings, *rows])
