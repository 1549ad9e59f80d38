"""The builder and the guards: one tiny notebook per failure mode, and the whole chain for real, green and red."""

import shutil
from pathlib import Path

import nbformat
import pytest
from test_claims import nbval

from labutils import claims, notebooks, settings
from labutils.errors import LabsError

TINY = Path(__file__).parent / "data" / "tiny_lab.py"
REGION = "# SOLUTION\nx = 1\n# STUB\n# x = ...\n# END\n"


@pytest.fixture(autouse=True)
def default_profile(monkeypatch):
    for name in ("LABS_LLM", "LABS_EMBED", "LABS_CORPUS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(settings.root()))


def course(root: Path, text: str, name: str = "01_tiny.py") -> Path:
    source = root / "solutions" / "1_lab" / name
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    return source


def code(source: str) -> str:
    return f"# %%\n{source}\n"


def executed(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook of the given code cells, numbered as if run."""
    for count, cell in enumerate(cells, 1):
        cell.id, cell.execution_count = f"c-{count}", count
    return nbformat.v4.new_notebook(cells=list(cells))


def printing(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell("f()", outputs=[nbformat.v4.new_output("stream", name=name, text=text)])


# --- rendering ------------------------------------------------------------------------------------------------------


def test_both_sides_of_a_region_in_place(tmp_path):
    source = course(tmp_path, code("a = 0\ndef f():\n    # SOLUTION\n    b = 1\n    return b\n    # STUB\n"
                                   "    # # think\n    #\n    # if a:\n    #     pass\n"
                                   "    # return ...\n    # END\nc = 2"))
    assert notebooks.render(source, student=False).cells[0].source == "a = 0\ndef f():\n    b = 1\n    return b\nc = 2"
    assert notebooks.render(source, student=True).cells[0].source == (
        "a = 0\ndef f():\n    # think\n\n    if a:\n        pass\n    return ...\nc = 2")


@pytest.mark.parametrize(("text", "message"), [
    ("# SOLUTION\nx = 1\n# END", "'# END' where '# STUB' belongs"),
    ("# STUB\n# x\n# END", "'# STUB' where '# SOLUTION' belongs"),
    ("# SOLUTION\nx = 1\n# STUB\n# x = 2", "'# STUB' is not followed by '# END'"),
    ("# SOLUTION\nx = 1\n# STUB\nx = 2\n# END", "not a comment"),
    ("# SOLUTION\nx = 1\n# STUB\n# x = = 2\n# END", "no Python"),
    ("x = = 1", "no Python"), ("%timeit f()", "magics"), ("!ls", "magics"),
])
def test_malformed_sources_are_refused(tmp_path, text, message):
    source = course(tmp_path, code(text))
    with pytest.raises(LabsError, match=message):
        notebooks.render(source, student=True)


def test_a_comment_like_a_magic_stays_a_comment(tmp_path):
    text = "# %d of them\nx = 1"
    assert notebooks.render(course(tmp_path, code(text)), False).cells[0].source == text


def test_cell_ids_depend_on_the_heading_and_the_position_under_it(tmp_path):
    text = "# %% [markdown]\n# # One\n\n# %%\na = 1\n\n# %% [markdown]\n# ## Two & more\n\n# %%\nb = 1\n"
    ids = [cell.id for cell in notebooks.render(course(tmp_path, text), False).cells]
    assert ids == ["one-1", "one-2", "two-more-1", "two-more-2"]
    more = text.replace("# %%\na = 1\n", "# %%\na = 1\n\n# %%\nnew = 1\n")
    assert [cell.id for cell in notebooks.render(course(tmp_path, more), False).cells] == [*ids[:2], "one-3", *ids[2:]]


def test_tags_survive(tmp_path):
    source = course(tmp_path, '# %% tags=["nbval-ignore-output"]\nx = 1\n')
    assert notebooks.render(source, True).cells[0].metadata == {"tags": ["nbval-ignore-output"]}


def test_paths_that_are_no_sources_are_refused(tmp_path):
    course(tmp_path, code("x = 1"))
    for path in (tmp_path / "nothing.py", tmp_path / "solutions" / "1_lab" / "01_none.py"):
        with pytest.raises(LabsError, match="no notebook source"):
            notebooks.find_pairs([path], tmp_path)
    [pair] = notebooks.find_pairs([tmp_path / "solutions" / "1_lab"], tmp_path)
    assert pair.name == "1_lab/01_tiny"


# --- out of date ----------------------------------------------------------------------------------------------------


def write_only(root: Path) -> None:
    notebooks.build(execute=False, root=root, say=lambda line: None)


def test_fresh_notebooks_are_up_to_date_and_edits_are_not(tmp_path):
    source = course(tmp_path, code(REGION))
    assert len(notebooks.stale(root=tmp_path)) == 2
    write_only(tmp_path)
    assert notebooks.stale(root=tmp_path) == []
    for changed in (REGION.replace("x = 1", "x = 2"), REGION + "y = 1", "# %% [markdown]\n# # Title\n"):
        source.write_text(code(changed))
        assert "solutions/1_lab/01_tiny.ipynb differs from its source 1_lab/01_tiny.py: run `labs build`" in (
            notebooks.build(check=True, root=tmp_path, say=lambda line: None))
    source.write_text(code(REGION.replace("x = ...", "x = None")))
    assert [fault.split()[0] for fault in notebooks.stale(root=tmp_path)] == ["labs/1_lab/01_tiny.ipynb"]


def test_a_notebook_edited_by_hand_or_without_a_source_is_found(tmp_path):
    course(tmp_path, code(REGION))
    write_only(tmp_path)
    lab = tmp_path / "labs" / "1_lab" / "01_tiny.ipynb"
    shutil.copy(lab, lab.with_name("02_orphan.ipynb"))
    assert "labs/1_lab/02_orphan.ipynb has no source" in notebooks.stale(root=tmp_path)[0]
    lab.with_name("02_orphan.ipynb").unlink()
    lab.write_text(lab.read_text().replace("x = ...", "x = 5"))
    assert "differs from its source" in notebooks.stale(root=tmp_path)[0]
    lab.write_text("no json")
    with pytest.raises(LabsError, match="no readable notebook"):
        notebooks.stale(root=tmp_path)


def test_text_edits_keep_outputs_and_code_edits_drop_them(tmp_path):
    source = course(tmp_path, "# %% [markdown]\n# Old\n\n# %%\nprint(1)\n")
    write_only(tmp_path)
    target = source.with_suffix(".ipynb")
    stored = notebooks.read(target)
    stored.cells[1].outputs, stored.cells[1].execution_count = printing("1\n").outputs, 1
    nbformat.write(stored, target)
    source.write_text(source.read_text().replace("Old", "New"))
    write_only(tmp_path)
    assert notebooks.read(target).cells[1].outputs[0].text == "1\n"
    source.write_text(source.read_text().replace("print(1)", "print(2)"))
    write_only(tmp_path)
    assert notebooks.read(target).cells[1].outputs == [] and notebooks.read(target).cells[1].execution_count is None


def test_only_the_default_profile_is_built(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_LLM", "hf:x")
    with pytest.raises(LabsError, match="default profile"):
        notebooks.build(root=tmp_path)


# --- guards: one tiny notebook per failure mode ---------------------------------------------------------------------


@pytest.mark.parametrize(("text", "fault"), [
    ("see /home/someone/course/x.txt", "path"), ("in C:\\Users\\me", "path"), ("lib/site-packages/x", "path"),
    ("Traceback (most recent call last)", "traceback"), ("UserWarning: old", "warning"),
    ("<f at 0x7f3a12bc45d0>", "address"),
])
def test_bad_output_is_found(text, fault):
    for name in ("stdout", "stderr"):
        assert fault in notebooks.output_faults(executed(printing(text, name)))[0]
    html = nbformat.v4.new_code_cell("f()", outputs=[nbformat.v4.new_output("display_data", {"text/html": text})])
    assert fault in notebooks.output_faults(executed(html))[0]


@pytest.mark.parametrize("text", [
    "30 days and/or 5 %", "<td>a</td></tr>", "https://arxiv.org/abs/2009.1/x", "3/4/5", "datasets/harbour/x.md",
    "Warning", "[1] Payment within 30 days", "EUR 5/unit/month", "sha256 0123456789abcdef",
])
def test_good_output_is_left_alone(text):
    assert notebooks.output_faults(executed(printing(text))) == []


def test_pictures_are_not_read_as_text():
    picture = nbformat.v4.new_output("display_data", {"image/png": "/aaaa/bbbb/cccc"})
    assert notebooks.output_faults(executed(nbformat.v4.new_code_cell("f()", outputs=[picture]))) == []


def test_errors_and_unexpected_verdicts_are_found():
    error = nbformat.v4.new_output("error", ename="KeyError", evalue="x", traceback=[])
    assert "raised KeyError" in notebooks.output_faults(executed(nbformat.v4.new_code_cell("f()", outputs=[error])))[0]
    payload = {"entries": [], "claim": {"text": "x", "verdict": "hurts", "expected": "helps"}}
    surprise = nbformat.v4.new_output("display_data", {claims.RECORD_MIME: payload})
    assert "expected" in notebooks.output_faults(executed(nbformat.v4.new_code_cell("f()", outputs=[surprise])))[0]


def test_cells_that_nbval_would_not_compare_are_found():
    cell = nbformat.v4.new_code_cell
    assert notebooks.cell_faults(executed(cell("a = 1"), cell("b = 1  # why; because"))) == []
    never = executed(cell("a = 1"))
    never.cells[0].execution_count = None
    assert "not executed" in notebooks.cell_faults(never)[0]
    swapped = executed(cell("a = 1"), cell("b = 1"))
    swapped.cells[0].execution_count = 3
    assert "top to bottom" in notebooks.cell_faults(swapped)[0]
    for text in ("plot(x);", "plot(x);  # a plot", "plot(x);\n# done"):
        assert "ends with ';'" in notebooks.cell_faults(executed(cell(text)))[0]


@pytest.mark.parametrize(("tag", "allowed"), [("nbval-skip", 0), ("nbval-ignore-output", 1), ("raises-exception", 0)])
def test_tags_are_on_a_budget(tag, allowed):
    tagged = [nbformat.v4.new_code_cell("a = 1", metadata={"tags": [tag]}) for _ in range(allowed + 1)]
    assert f"tagged {tag}" in notebooks.cell_faults(executed(*tagged))[0]
    assert notebooks.cell_faults(executed(*tagged[:allowed])) == []


def test_comment_markers_count_as_tags():
    assert "nbval-skip" in notebooks.cell_faults(executed(nbformat.v4.new_code_cell("# NBVAL_SKIP\na = 1")))[0]


def stub_faults(tmp_path, source: str, change=lambda solution, lab: None) -> list[str]:
    path = course(tmp_path, code(source))
    solution, lab = notebooks.render(path, False), notebooks.render(path, True)
    change(solution, lab)
    return notebooks.stub_faults(path, solution, lab)


def test_stubs_differ_from_their_solutions_and_nothing_else_does(tmp_path):
    def edit(index, text):
        def change(*sides):
            sides[index].cells[0].source = text
        return change

    assert stub_faults(tmp_path, f"a = 0\n{REGION}b = 2") == []
    assert "equals its solution" in stub_faults(tmp_path, "# SOLUTION\nx = 1\n# STUB\n# x = 1\n# END")[0]
    assert "lacks a line" in stub_faults(tmp_path, f"a = 0\n{REGION}b = 2", edit(1, "x = ...\nb = 2"))[0]
    assert "no stub holds" in stub_faults(tmp_path, f"a = 0\n{REGION}b = 2", edit(1, "a = 0\nx = ...\ny = 5\nb = 2"))[0]
    assert "no Python" in stub_faults(tmp_path, REGION, edit(1, "x = ="))[-1]
    assert "cells" in stub_faults(tmp_path, REGION, lambda solution, lab: lab.cells.append(solution.cells[0]))[0]


@pytest.mark.parametrize(("old", "new", "fault"), [
    ("What you will learn", "Content", "header does not say What you will learn"),
    ("Why it matters", "Hm", "why it matters"), ("5 s on", "quick on", "minutes"),
    ("300 MiB of memory", "little", "memory"),
    ("on CPU", "anywhere", "device"), ("Claims it will test", "Also", "claims"),
    ("When not to use it", "Caution", "When not to use it"), ("What to remember", "So", "What to remember"),
    ("Read on", "Also", "read on"), ("claims_table()\n", "print(1)\n", "claims_table"),
    ("## Exercise 2", "## Part 2", "2 exercises"), ("Exercise 3: judgement", "Exercise 3: thought", "judgement"),
    ("Difficulty: medium. ", "", "difficulty"), ("medium. 5 minutes", "medium", "minutes"),
    ("<details><summary>Hint</summary>Think of characters.</details>", "None.", "hint"),
    ("check.rrf(", "check.rank(", "check.rank does not exist"),
    ("evidence_recall = check.evidence_recall(evidence_recall)\n", "", "2 exercises are checked"),
])
def test_what_a_lab_must_have_is_missed(tmp_path, old, new, fault):
    text = TINY.read_text()
    assert old in text
    assert notebooks.structure_faults(notebooks.render(course(tmp_path, text), False)) == []
    faults = notebooks.structure_faults(notebooks.render(course(tmp_path, text.replace(old, new)), False))
    assert any(fault in found for found in faults), faults


# --- the chain for real ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A course of one notebook, really built: its folder."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LABS_LLM", "LABS_EMBED", "LABS_CORPUS"):
            patch.delenv(name, raising=False)
        patch.setenv("PYTHONPATH", str(settings.root()))
        root = tmp_path_factory.mktemp("course")
        course(root, TINY.read_text())
        written = notebooks.build(root=root, say=lambda line: None)
        assert written == ["solutions/1_lab/01_tiny.ipynb", "labs/1_lab/01_tiny.ipynb"]
        return root


@pytest.mark.slow
def test_a_built_pair_keeps_every_rule(tiny):
    [pair] = notebooks.find_pairs(root=tiny)
    solution, lab = notebooks.read(pair.solution), notebooks.read(pair.lab)
    assert notebooks.stale(root=tiny) == []
    for notebook in (solution, lab):
        assert notebooks.output_faults(notebook) + notebooks.cell_faults(notebook) == []
        assert notebooks.structure_faults(notebook) == []
        assert "execution" not in notebook.cells[1].metadata and "version" not in notebook.metadata.language_info
    assert notebooks.stub_faults(pair.source, solution, lab) == []
    assert [line.split("]")[0] for line in notebooks.check_lines(solution)] == ["[passed"] * 3
    assert [line.split("]")[0] for line in notebooks.check_lines(lab)] == ["[not attempted"] * 3


@pytest.mark.slow
def test_nbval_is_green_on_the_built_pair_and_red_on_a_changed_one(tiny, tmp_path):
    for tree in ("solutions", "labs"):
        shutil.copytree(tiny / tree, tmp_path / tree)
    stored = notebooks.read(tmp_path / "labs" / "1_lab" / "01_tiny.ipynb")
    stored.cells[3].outputs[0].text = stored.cells[3].outputs[0].text.replace("'b', 'a'", "'a', 'b'")
    nbformat.write(stored, tmp_path / "labs" / "1_lab" / "01_changed.ipynb")
    failed = {name: cells for name, cells in nbval(tmp_path).items()}
    assert failed == {"01_tiny": [], "01_changed": [1]}


@pytest.mark.slow
def test_a_failing_cell_or_a_bad_output_is_not_written(tmp_path):
    source = course(tmp_path, code("print('before')") + "\n" + code("1 / 0"))
    with pytest.raises(LabsError, match="(?s)does not run to its end.*ZeroDivisionError"):
        notebooks.build(root=tmp_path, say=lambda line: None)
    source.write_text(code("import warnings, os, sys\nwarnings.warn('old')\nprint(os.getcwd())"))
    with pytest.raises(LabsError, match="(?s)shows the path.*a warning"):
        notebooks.build(root=tmp_path, say=lambda line: None)
    assert not list(tmp_path.rglob("*.ipynb"))


def test_kernels_at_once_share_the_threads_of_one():
    alone, shared = notebooks.kernel_environment(), notebooks.kernel_environment(2)
    assert (alone["OMP_NUM_THREADS"], shared["OMP_NUM_THREADS"]) == (str(notebooks.THREADS), "1")
    assert notebooks.kernel_environment(9)["MKL_NUM_THREADS"] == "1"
    assert {key for key in alone if alone[key] != shared[key]} == {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}
