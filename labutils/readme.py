"""The README's results table, written from what lab 3's solution notebook recorded: no number is typed by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

from . import settings
from .errors import LabsError

NOTEBOOK = Path("solutions/3_benchmark_roi/01_four_arms.ipynb")
TABLE = "Share correct, 95% interval"
BLOCK = re.compile(r"(<!-- results:begin[^>]*-->\n).*?(<!-- results:end -->)", re.DOTALL)


def recorded_table(notebook: Path, name: str) -> list[dict[str, object]]:
    """Rows of a table that `claims.record_table` stored in an executed notebook; LabsError when it isn't there."""
    rows: dict[int, dict[str, object]] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            for entry in output.get("data", {}).get("application/vnd.labs.record+json", {}).get("entries", []):
                found = re.fullmatch(re.escape(name) + r", row (\d+), (.+)", entry["name"])
                if found:
                    rows.setdefault(int(found[1]), {})[found[2]] = entry["value"]
    if not rows:
        raise LabsError(f"{notebook.name} holds no recorded table {name!r}: run `labs build` first.")
    return [rows[number] for number in sorted(rows)]


def results_block(root: Path) -> str:
    """The table in Markdown."""
    rows = recorded_table(root / NOTEBOOK, TABLE)
    columns = list(rows[0])
    cells = [[f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    lines = [columns, ["---"] * len(columns), *cells]
    return f"{TABLE}:\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def with_results(text: str, root: Path) -> str:
    """The README's text with the block between its markers replaced by the recorded results."""
    if not BLOCK.search(text):
        raise LabsError("README.md has no block '<!-- results:begin --> ... <!-- results:end -->' to write the results to.")
    return BLOCK.sub(lambda found: found[1] + results_block(root) + found[2], text)


def refresh(root: Path | None = None) -> None:
    root = root or settings.root()
    path = root / "README.md"
    path.write_text(with_results(path.read_text(encoding="utf-8"), root), encoding="utf-8")
