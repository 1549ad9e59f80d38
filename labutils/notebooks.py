"""Builds the notebooks of the course from their sources and holds them to the rules of the course.

The source of a notebook is `solutions/<lab>/NN_name.py` (jupytext, py:percent). From it come
`solutions/<lab>/NN_name.ipynb` and the student's `labs/<lab>/NN_name.ipynb`, both executed. Inside a code cell the
author writes both sides in place:

    # SOLUTION
    scores = fuse(first, second)
    # STUB
    # # Sum 1 / (k + rank) over both lists.
    # scores = ...
    # END

The solution keeps the lines before STUB; the student gets those after it, less one leading "# ". The marker lines are
dropped from both. Markers may be indented. `output_faults`, `cell_faults`, `stub_faults` and `structure_faults` return
what breaks a rule, one sentence each; tests/test_course.py demands that they return nothing.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from labutils import claims, settings
from labutils.errors import LabsError

TIMEOUT_S = 900  # of a cell: some let a model read thousands of prompts when the cache is empty
THREADS = 2
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
BUDGETS = {"nbval-skip": 0, "nbval-ignore-output": 1, "raises-exception": 0, "nbval-raises-exception": 0}
# What a header and a closing must speak of: a name for the message, and a pattern to look for.
HEADER = {"What you will learn": r"what you will learn", "why it matters": r"why it matters",
          "minutes": r"\d+\s*(min|s\b|seconds)", "memory": r"memory.*\d|\d.*(MiB|GiB|MB|GB)",
          "device": r"device|CPU|GPU", "the claims it tests": r"claims?\b"}
CLOSING = {"What to remember": r"what to remember", "When not to use it": r"when not to use it",
           "where to read on": r"read on"}
_NAME = re.compile(r"\d\d_\w+\.py")
_MARKER = re.compile(r"^\s*# (SOLUTION|STUB|END)\s*$")
_EXERCISE = re.compile(r"^#+ .*\bexercise\b", re.IGNORECASE | re.MULTILINE)
_PATH = re.compile(r"(?<![\w.:/<~-])/(?:[\w.+-]+/)+[\w.+-]*|\b[A-Za-z]:\\\w|site-packages|ipykernel_\d+")
_NOISE = {"a traceback": re.compile(r"Traceback \(most recent call last\)"),
          "a warning": re.compile(r"\b[A-Z][A-Za-z]+Warning\b"),
          "a memory address": re.compile(r"\b0x[0-9a-f]{6,16}\b")}


@dataclass(frozen=True)
class Pair:
    """The three files of one notebook of the course."""

    source: Path
    solution: Path
    lab: Path
    name: str


def build(paths: Iterable[Path | str] | None = None, execute: bool = True, check: bool = False,
          root: Path | None = None, say: Callable[[str], None] = print) -> list[str]:
    """Write and execute both notebooks of every source; return the notebooks written, relative to `root`.

    `paths`: sources or folders of them, default all of `solutions/`. `execute=False` writes the text only and keeps
    stored outputs where no code changed. `check=True` changes nothing and returns what is out of date. `root`: the
    checkout. Raises LabsError when a source is malformed, a cell fails, or an output breaks a rule.
    """
    root = root or settings.root()
    if check:
        faults = stale(paths, root)
        for fault in faults:
            say(fault)
        return faults
    if execute and not claims.default_profile():
        raise LabsError("The committed notebooks show the default profile: unset LABS_LLM, LABS_EMBED and LABS_CORPUS.")
    written = []
    for pair in find_pairs(paths, root):
        for target, student in ((pair.solution, False), (pair.lab, True)):
            notebook = render(pair.source, student)
            target.parent.mkdir(parents=True, exist_ok=True)
            label = target.relative_to(root).as_posix()
            if execute:
                say(f"running {label}")
                _execute(notebook, target.parent, label)
            else:
                _keep_outputs(notebook, target)
            _write(notebook, target)
            written.append(label)
    return written


def stale(paths: Iterable[Path | str] | None = None, root: Path | None = None) -> list[str]:
    """Return one sentence per notebook that is missing, differs from its source, or has no source. Executes nothing."""
    root = root or settings.root()
    faults = []
    pairs = find_pairs(paths, root)
    for pair in pairs:
        for target, student in ((pair.solution, False), (pair.lab, True)):
            label = target.relative_to(root).as_posix()
            if not target.is_file():
                faults.append(f"{label} is missing: run `labs build`")
            elif _text_of(read(target)) != _text_of(render(pair.source, student)):
                faults.append(f"{label} differs from its source {pair.name}.py: run `labs build`")
    if paths is None:
        known = {path for pair in pairs for path in (pair.solution, pair.lab)}
        faults += [f"{path.relative_to(root).as_posix()} has no source in solutions/: delete it, or write one"
                   for path in _notebooks(root) if path not in known]
    return faults


def find_pairs(paths: Iterable[Path | str] | None = None, root: Path | None = None) -> list[Pair]:
    """Return the pairs of the sources under `paths` (default: all of `solutions/`), sorted by name.

    Raises LabsError for a path that is missing or is no source, i.e. not solutions/<lab>/NN_name.py.
    """
    root = (root or settings.root()).resolve()
    tree = root / "solutions"
    sources: set[Path] = set()
    for path in [tree] if paths is None else [Path(p) for p in paths]:
        path = path.resolve()
        if path.is_dir():
            sources.update(p for p in path.rglob("*.py") if _NAME.fullmatch(p.name))
        elif path.is_file() and _NAME.fullmatch(path.name) and path.is_relative_to(tree):
            sources.add(path)
        elif paths is not None:
            raise LabsError(f"{path.name} is no notebook source; give solutions/<lab>/NN_name.py, or a folder of them.")
    return [Pair(source, source.with_suffix(".ipynb"), (root / "labs" / source.relative_to(tree)).with_suffix(".ipynb"),
                 source.relative_to(tree).with_suffix("").as_posix()) for source in sorted(sources)]


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path` (nbformat 4). Raises LabsError when it is no notebook."""
    try:
        return nbformat.read(path, as_version=4)
    except (json.JSONDecodeError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as fault:
        raise LabsError(f"{path.name} is no readable notebook; run `labs build` to make it again.") from fault


def render(source: Path, student: bool) -> NotebookNode:
    """Return the notebook of `source`, not executed: the student's version, or the solution.

    Cell ids come from the nearest heading and the position under it, so that an edit changes few of them.
    Raises LabsError for unpaired markers or a code cell that is no Python.
    """
    import jupytext

    text = source.read_text(encoding="utf-8")
    # Without comment_magics=False jupytext would turn a comment "# %word" into a live magic.
    parsed = jupytext.reads(text, fmt={"extension": ".py", "format_name": "percent", "comment_magics": False})
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    seen: Counter[str] = Counter()
    section = "start"
    for number, cell in enumerate(parsed.cells, 1):
        if cell.cell_type == "markdown" and (heading := re.search(r"^#+ +(.+)$", cell.source, re.MULTILINE)):
            section = re.sub(r"[^a-z0-9]+", "-", heading[1].lower()).strip("-")[:40] or "section"
        seen[section] += 1
        kept = {key: cell.metadata[key] for key in sorted(cell.metadata) if key != "lines_to_next_cell"}
        if cell.cell_type == "code":
            lines = _choose(cell.source, student, f"{source.name}, cell {number}")
            _require_python(lines, f"{source.name}, cell {number}")
            made = nbformat.v4.new_code_cell(lines, metadata=kept)
        else:
            made = nbformat.v4.new_markdown_cell(cell.source, metadata=kept)
        made.id = f"{section}-{seen[section]}"
        notebook.cells.append(made)
    return notebook


def regions(source: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield (solution lines, stub lines) of each marked region of a source, stub lines uncommented."""
    for kind, first, second in _segments(source, "source"):
        if kind == "region":
            yield first, second


def kernel_environment(at_once: int = 1) -> dict[str, str]:
    """Return the environment variables under which notebooks are executed and tested: what could make a run differ.

    `at_once` kernels share the threads that one would have: more threads than cores slow each other down. On the default
    profile a GPU is hidden, so that stored numbers are those of a CPU.
    """
    threads = str(max(1, THREADS // at_once))
    fixed = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "TQDM_DISABLE": "1"}
    return {**fixed, "CUDA_VISIBLE_DEVICES": ""} if claims.default_profile() else fixed


def output_faults(notebook: NotebookNode) -> list[str]:
    """Return the outputs that show an error, warning, absolute path, memory address, or an unexpected verdict."""
    faults = []
    for cell in _code_cells(notebook):
        payloads = claims.split_records(cell.outputs)[1]
        faults += [f"cell {cell.id}: {fault}" for fault in claims.unexpected(payloads)]
        for output in cell.outputs:
            if output.output_type == "error":
                faults.append(f"cell {cell.id}: raised {output.ename}")
            faults += [f"cell {cell.id}: {fault}" for fault in _text_faults(_texts(output))]
    return faults


def cell_faults(notebook: NotebookNode) -> list[str]:
    """Return the cells that nbval would not compare, or trip over: not run, tagged beyond budget, ending in ";"."""
    cells = _code_cells(notebook)
    faults = [f"cell {cell.id}: was not executed" for cell in cells if cell.execution_count is None]
    counts = [cell.execution_count for cell in cells if cell.execution_count is not None]
    if counts != sorted(set(counts)):
        faults.append("the cells were not executed once each, from top to bottom")
    faults += [f"cell {cell.id}: ends with ';', which nbval does not honor; assign to _ instead"
               for cell in cells if _code_ends_with_semicolon(cell.source)]
    used = Counter(tag for cell in cells for tag in {*cell.metadata.get("tags", []), *_comment_tags(cell.source)})
    faults += [f"{used[tag]} cells are tagged {tag}, {budget} are allowed"
               for tag, budget in BUDGETS.items() if used[tag] > budget]
    return faults


def stub_faults(source: Path, solution: NotebookNode, lab: NotebookNode) -> list[str]:
    """Return where the two notebooks differ in more than the marked regions of `source`, or a stub is no stub."""
    marked = list(regions(source.read_text(encoding="utf-8")))
    faults = [f"the stub of {' '.join(first)[:60]!r} equals its solution" for first, stub in marked if first == stub]
    solved = {line for first, _ in marked for line in first}
    stubbed = {line for _, stub in marked for line in stub}
    if len(solution.cells) != len(lab.cells):
        return [*faults, f"the solution has {len(solution.cells)} cells, the lab {len(lab.cells)}"]
    for ours, theirs in zip(solution.cells, lab.cells, strict=True):
        faults += [f"cell {ours.id}: {fault}" for fault in _line_faults(ours.source, theirs.source, solved, stubbed)]
        if theirs.cell_type == "code" and not _parses(theirs.source):
            faults.append(f"cell {theirs.id}: the student's cell is no Python")
    return faults


def structure_faults(notebook: NotebookNode) -> list[str]:
    """Return what the notebook lacks of a lab: header, closing, exercises, hints, existing checkers.

    The header is the Markdown before the first code cell, the closing the Markdown after `claims_table()`, which is in
    the last code cell. An exercise is a Markdown cell with a heading that holds "Exercise", and states difficulty and
    minutes; one that asks for judgement says so in that cell. Its hint, in <details>, is in that cell or in the next
    Markdown cell.
    """
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if not code:
        return ["there is no code cell"]
    header, closing = _markdown(notebook.cells[:code[0]]), _markdown(notebook.cells[code[-1] + 1:])
    faults = [f"the header does not say {what}" for what, found in HEADER.items() if not _says(header, found)]
    faults += [f"the closing does not say {what}" for what, found in CLOSING.items() if not _says(closing, found)]
    if "claims_table(" not in notebook.cells[code[-1]].source:
        faults.append("the last code cell does not show claims_table()")
    return faults + _exercise_faults(notebook) + _checker_faults(notebook)


def check_lines(notebook: NotebookNode) -> list[str]:
    """Return the lines that checkers printed, in order, e.g. "[passed] rrf: ..."."""
    lines = [line for cell in _code_cells(notebook) for output in cell.outputs for text in _texts(output)
             for line in text.splitlines()]
    return [line for line in lines if re.match(r"\[(not attempted|diagnosis|passed)\] ", line)]


def _segments(source: str, where: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield ("plain", lines, []) and ("region", solution lines, stub lines) in order; refuse lone markers."""
    state, plain, solved, stub = "END", [], [], []
    following = {"END": "SOLUTION", "SOLUTION": "STUB", "STUB": "END"}
    for number, line in enumerate(source.split("\n"), 1):
        marker = _MARKER.match(line)
        if not marker:
            {"END": plain, "SOLUTION": solved, "STUB": stub}[state].append(line)
            continue
        if marker[1] != following[state]:
            raise LabsError(f"{where}, line {number}: '# {marker[1]}' where '# {following[state]}' belongs; a region "
                            "is SOLUTION, STUB, END.")
        state = marker[1]
        if state == "SOLUTION":
            yield "plain", plain, []
            plain = []
        if state == "END":
            yield "region", solved, [_uncomment(stub_line, where) for stub_line in stub]
            solved, stub = [], []
    if state != "END":
        raise LabsError(f"{where}: '# {state}' is not followed by '# {following[state]}'; a region is SOLUTION, STUB, "
                        "END.")
    yield "plain", plain, []


def _uncomment(line: str, where: str) -> str:
    found = re.match(r"^(\s*)#(?: (.*))?$", line)
    if line.strip() and not found:
        raise LabsError(f"{where}: a stub line is not a comment: {line.strip()!r}; put '# ' before it.")
    return (found[1] + (found[2] or "")).rstrip() if found else ""


def _choose(source: str, student: bool, where: str) -> str:
    return "\n".join(line for kind, first, stub in _segments(source, where)
                     for line in (stub if student and kind == "region" else first))


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def _require_python(code: str, where: str) -> None:
    try:
        ast.parse(code)
    except SyntaxError as fault:
        raise LabsError(f"{where}: line {fault.lineno} is no Python ({fault.msg}); magics and '!' are not used "
                        "in this course.") from fault


def _execute(notebook: NotebookNode, folder: Path, label: str) -> None:
    """Run `notebook` in place in a fresh kernel. Raises LabsError for a failing cell, a dead kernel or a bad output."""
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    client = NotebookClient(notebook, timeout=TIMEOUT_S, kernel_name="python3", record_timing=False,
                            resources={"metadata": {"path": str(folder)}})
    try:
        client.execute(env={**os.environ, **kernel_environment()})
    except (CellControlSignal, DeadKernelError) as fault:
        reason = re.sub(r"\x1b\[[0-9;]*m", "", str(fault)).strip().splitlines()
        raise LabsError(f"{label} does not run to its end: {reason[-1] if reason else type(fault).__name__}\n"
                        + "\n".join(reason[-25:])) from fault
    except NoSuchKernel as fault:
        raise LabsError("There is no Jupyter kernel 'python3': install ipykernel into this environment.") from fault
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in _code_cells(notebook):
        cell.outputs = _join_streams(cell.outputs)
    faults = output_faults(notebook)
    if faults:
        raise LabsError(f"{label} was not written:\n" + "\n".join(faults))
    for cell in _code_cells(notebook):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]


def _join_streams(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Join neighboring pieces of one stream: where the kernel cuts them is chance."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _keep_outputs(notebook: NotebookNode, target: Path) -> None:
    """Carry the stored outputs over when no code changed."""
    if not target.is_file():
        return
    before, after = _code_cells(read(target)), _code_cells(notebook)
    if [cell.source for cell in before] == [cell.source for cell in after]:
        for old, new in zip(before, after, strict=True):
            new.outputs, new.execution_count = old.outputs, old.execution_count


def _write(notebook: NotebookNode, target: Path) -> None:
    """Write atomically, so that an interrupted build leaves the old notebook."""
    nbformat.validate(notebook)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(nbformat.writes(notebook) + "\n")
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _text_of(notebook: NotebookNode) -> list[tuple[str, str, str, str]]:
    return [(cell.id, cell.cell_type, cell.source, json.dumps(cell.metadata, sort_keys=True))
            for cell in notebook.cells]


def _notebooks(root: Path) -> list[Path]:
    return sorted(path for tree in ("solutions", "labs") for path in (root.resolve() / tree).rglob("*.ipynb")
                  if ".ipynb_checkpoints" not in path.parts)


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _texts(output: NotebookNode) -> list[str]:
    """Return all text of one output that a reader could see; pictures are left out."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return ["\n".join(output.traceback)]
    shown = {mime: data for mime, data in output.data.items() if not mime.startswith("image/")}
    return [data if isinstance(data, str) else json.dumps(data) for data in shown.values()]


def _text_faults(texts: Iterable[str]) -> list[str]:
    faults = []
    for text in texts:
        if path := _PATH.search(text):
            faults.append(f"the output shows the path {path[0]!r}")
        faults += [f"the output shows {what}: {found[0]!r}" for what, pattern in _NOISE.items()
                   if (found := pattern.search(text))]
    return faults


def _code_ends_with_semicolon(source: str) -> bool:
    lines = [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    return bool(lines) and re.sub(r"\s*#.*$", "", lines[-1]).rstrip().endswith(";")


def _comment_tags(source: str) -> set[str]:
    """The markers that nbval reads from comments, spelled as tags."""
    comments = (line.strip().lstrip("#").strip() for line in source.splitlines() if line.strip().startswith("#"))
    return {comment.lower().replace("_", "-") for comment in comments if comment.startswith("NBVAL_")}


def _line_faults(ours: str, theirs: str, solved: set[str], stubbed: set[str]) -> list[str]:
    faults = []
    for line in difflib.ndiff(ours.split("\n"), theirs.split("\n")):
        if line.startswith("- ") and line[2:] not in solved:
            faults.append(f"the lab lacks a line outside the markers: {line[2:]!r}")
        if line.startswith("+ ") and line[2:] not in stubbed:
            faults.append(f"the lab has a line that no stub holds: {line[2:]!r}")
    return faults


def _markdown(cells: Sequence[NotebookNode]) -> str:
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def _says(text: str, pattern: str) -> bool:
    return bool(re.search(pattern, text, re.IGNORECASE))


def _exercise_faults(notebook: NotebookNode) -> list[str]:
    markdown = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    exercises = [i for i, cell in enumerate(markdown) if _EXERCISE.search(cell.source)]
    faults = [] if len(exercises) >= 3 else [f"there are {len(exercises)} exercises, at least 3 are due"]
    if not any(_says(markdown[i].source, "judge?ment") for i in exercises):
        faults.append("no exercise asks for judgement")
    for i in exercises:
        for what, pattern in (("its difficulty", "difficulty"), ("its minutes", r"\d+\s*min")):
            if not _says(markdown[i].source, pattern):
                faults.append(f"cell {markdown[i].id}: the exercise does not state {what}")
        if "<details>" not in _markdown(markdown[i:i + 2]):
            faults.append(f"cell {markdown[i].id}: the exercise has no hint in <details>")
    return faults


def _checker_faults(notebook: NotebookNode) -> list[str]:
    from labutils import check

    used = {node.attr for cell in _code_cells(notebook) for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "check"}
    faults = [] if len(used) >= 3 else [f"{len(used)} exercises are checked, at least 3 are due"]
    return faults + [f"check.{name} does not exist" for name in sorted(used - set(check.CHECKERS))]
