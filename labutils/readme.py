"""The README's results tables, written from what solution notebooks recorded: no number is typed by hand."""

from __future__ import annotations

import re
from pathlib import Path

from . import claims, settings
from .errors import LabsError

# (notebook, name of a table that it recorded, what the README calls it)
TABLES = (
    (Path("solutions/3_benchmark_roi/01_four_arms.ipynb"), "Share correct, 95% interval",
     "Lab 3, share of questions answered correctly, 95% interval"),
    (Path("solutions/1_advanced_rag/07_best_pipeline.ipynb"), "Lab 1 on test",
     "Lab 1, retrieval from the naive pipeline to the best one, same model and questions of *test*"))
MACHINE = ("time",)  # columns that say more about a machine than about a method
BLOCK = re.compile(r"(<!-- results:begin[^>]*-->\n).*?(<!-- results:end -->)", re.DOTALL)


def recorded_table(notebook: Path, name: str) -> list[dict[str, object]]:
    """Rows of a table that `claims.record_table` stored in an executed notebook; LabsError when it isn't there."""
    rows: dict[int, dict[str, object]] = {}
    for payload in claims.stored_payloads(notebook):
        for entry in payload["entries"]:
            found = re.fullmatch(re.escape(name) + r", row (\d+), (.+)", entry["name"])
            if found:
                rows.setdefault(int(found[1]), {})[found[2]] = entry["value"]
    if not rows:
        raise LabsError(f"{notebook.name} holds no recorded table {name!r}: run `labs build` first.")
    return [rows[number] for number in sorted(rows)]


def results_block(root: Path) -> str:
    """The tables in Markdown."""
    return "\n".join(f"{title}:\n\n{_markdown(recorded_table(root / notebook, name))}"
                     for notebook, name, title in TABLES)


def _markdown(rows: list[dict[str, object]]) -> str:
    rows = [{name: value for name, value in row.items() if name not in MACHINE} for row in rows]
    cells = [[_shown(value) for value in row.values()] for row in rows]
    lines = [list(rows[0]), ["---"] * len(rows[0]), *cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) <= 1 else f"{value:,.0f}"
    return str(value)


def with_results(text: str, root: Path) -> str:
    """The README's text with the block between its markers replaced by the recorded results."""
    if not BLOCK.search(text):
        raise LabsError("README.md has no block '<!-- results:begin --> ... <!-- results:end -->' to write the results to.")
    return BLOCK.sub(lambda found: found[1] + results_block(root) + found[2], text)


def refresh(root: Path | None = None) -> None:
    root = root or settings.root()
    path = root / "README.md"
    path.write_text(with_results(path.read_text(encoding="utf-8"), root), encoding="utf-8")
