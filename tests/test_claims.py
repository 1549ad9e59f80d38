"""Claims and records: what they say, and that nbval compares numbers with tolerance and verdicts strictly."""

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from labutils import claims, notebooks, settings
from labutils.errors import LabsError
from labutils.stats import Difference

GAIN = Difference("hybrid", "dense", "evidence_recall", 0.12, 0.05, 0.19, 120, 40)


@pytest.fixture(autouse=True)
def fresh_notebook(monkeypatch):
    for name in ("LABS_LLM", "LABS_EMBED", "LABS_CORPUS"):
        monkeypatch.delenv(name, raising=False)
    claims.reset()


@pytest.fixture
def displayed(monkeypatch):
    """What goes to the display, which is Jupyter's own business and is tested for real below."""
    shown = []
    monkeypatch.setattr(claims, "_show", shown.append)
    return shown


def test_a_claim_prints_one_verdict_line_and_shows_its_numbers(capsys, displayed):
    claims.claim("hybrid retrieval finds more evidence than dense", GAIN)
    assert capsys.readouterr().out == "CLAIM hybrid retrieval finds more evidence than dense: helps\n"
    assert displayed[0].text == ("hybrid - dense, evidence_recall: +0.12 [+0.05, +0.19] (95% interval, 120 questions "
                                 "in 40 clusters, seed 0)")


@pytest.mark.parametrize(("low", "high", "verdict"), [
    (0.01, 0.2, "helps"), (-0.2, -0.01, "hurts"), (-0.1, 0.1, "inconclusive")])
def test_verdicts(capsys, displayed, low, high, verdict):
    claims.claim("x", Difference("a", "b", "correct", (low + high) / 2, low, high, 10, 5))
    assert capsys.readouterr().out == f"CLAIM x: {verdict}\n"


def test_an_unexpected_verdict_is_said_but_stops_nobody(capsys, displayed):
    claims.claim("x", GAIN, expected="inconclusive")
    assert capsys.readouterr().out == "CLAIM x: helps (the course expects: inconclusive)\n"
    assert claims.unexpected([displayed[0].payload]) == [
        "claim 'x' was expected to come out as 'inconclusive' and is 'helps'"]
    claims.claim("y", GAIN, expected="helps")
    assert capsys.readouterr().out == "CLAIM y: helps\n"
    assert claims.unexpected([displayed[1].payload]) == []


@pytest.mark.parametrize(("drift", "said"), [(0.04, ""), (0.06, " (close: another run of the training may say otherwise)")])
def test_a_claim_on_weights_trained_on_the_spot_says_when_it_is_close(capsys, displayed, drift, said):
    claims.claim("x", GAIN, drift=drift)
    assert capsys.readouterr().out == f"CLAIM x: helps{said}\n"
    tolerances = {e["name"]: e["tolerance"] for e in displayed[0].payload["entries"]}
    assert tolerances["x: low"] == pytest.approx(max(drift, 0.25 * 0.14)) and "x: verdict" not in tolerances
    assert claims.claims_table().payload["entries"] == [{"name": "verdict on x", "value": "helps", "tolerance": None}]


@pytest.mark.parametrize("drift", [0, -0.1, 1.5])
def test_an_unusable_drift_is_refused(drift):
    with pytest.raises(LabsError, match="give how far"):
        claims.claim("x", GAIN, drift=drift)


@pytest.mark.parametrize("name", ["LABS_LLM", "LABS_EMBED", "LABS_CORPUS"])
def test_other_profiles_expect_nothing(capsys, displayed, monkeypatch, name):
    monkeypatch.setenv(name, "hf:something")
    claims.claim("x", GAIN, expected="hurts")
    assert capsys.readouterr().out == "CLAIM x: helps\n"
    assert claims.unexpected([displayed[0].payload]) == []


@pytest.mark.parametrize(("text", "difference", "expected", "message"), [
    ("", GAIN, None, "one line"), ("two\nlines", GAIN, None, "one line"), ("x", 0.3, None, "has no a, b"),
    ("x", GAIN, "great", "no verdict"),
    ("x", Difference("a", "b", "m", float("nan"), 0, 1, 3, 1), None, "not finite"),
])
def test_unusable_claims_are_refused(text, difference, expected, message):
    with pytest.raises(LabsError, match=message):
        claims.claim(text, difference, expected)


def test_the_table_lists_every_claim_once_and_escapes_html(displayed, capsys):
    assert claims.claims_table().text == "No claims yet."
    claims.claim("a <b>bold</b> claim", GAIN)
    claims.claim("a <b>bold</b> claim", GAIN)
    claims.claim("another", GAIN)
    table = claims.claims_table()
    assert table.html.count("<tr>") == 3 and "&lt;b&gt;bold" in table.html and "<b>" not in table.html
    assert [entry["value"] for entry in table.payload["entries"]] == ["helps", "helps"]
    assert "+0.12" in table.text and "[+0.05, +0.19]" in table.text


def test_claims_are_read_back_from_executed_notebooks(displayed, capsys, tmp_path):
    claims.claim("it: helps", GAIN)
    claims.claim("close", GAIN, drift=0.3)
    outputs = [nbformat.v4.new_output("display_data", {claims.RECORD_MIME: one.payload}) for one in displayed]
    path = tmp_path / "01_x.ipynb"
    cells = [nbformat.v4.new_markdown_cell("text"), nbformat.v4.new_code_cell("1", outputs=outputs)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    found = claims.stored_claims([path])
    assert found["claim"].tolist() == ["it: helps", "close"] and set(found["notebook"]) == {"01_x"}
    row = found.iloc[0]
    assert (row["estimate"], row["low"], row["high"], row["verdict"]) == (GAIN.estimate, GAIN.low, GAIN.high, "helps")
    assert list(claims.stored_claims([]).columns) == list(found.columns)
    path.write_text("{}")
    with pytest.raises(LabsError, match="01_x.ipynb can't be read"):
        claims.stored_claims([path])


@pytest.mark.parametrize(("value", "unit", "tolerance", "drifted", "accepted"), [
    (0.5, "", None, 0.52, True), (0.5, "", None, 0.54, False), (0.0, "", None, 0.02, True),
    (0.0003, "USD", None, 0.00032, True), (0.0003, "USD", None, 0.0004, False),
    (1200, "tokens", None, 1300, True), (1200, "tokens", None, 1400, False), (12, "documents", 0, 13, False),
    (12, "documents", 0, 12, True), (3.0, "s", None, 300.0, True), (float("nan"), "USD", None, 1.0, False),
    (float("nan"), "USD", 0.1, float("nan"), True), (0.5, "", None, float("nan"), False),
])
def test_tolerances(displayed, value, unit, tolerance, drifted, accepted):
    claims.record("x", value, tolerance, unit)
    claims.record("x", drifted, tolerance, unit)
    assert (claims.compare_records([displayed[0].payload], [displayed[1].payload]) == []) is accepted


def test_a_looser_tolerance_on_one_side_does_not_count(displayed):
    claims.record("x", 0.5, tolerance=0.01)
    claims.record("x", 0.6, tolerance=0.5)
    for one, other in ((0, 1), (1, 0)):
        assert claims.compare_records([displayed[one].payload], [displayed[other].payload])


def test_lost_new_and_reordered_numbers_are_faults(displayed):
    claims.record("x", 0.5)
    claims.record("y", 0.5)
    x, y = (shown.payload for shown in displayed)
    assert "missing ['y']" in claims.compare_records([x, y], [x])[0]
    assert "new ['y']" in claims.compare_records([x], [x, y])[0]
    assert "another order" in claims.compare_records([x, y], [y, x])[0]
    assert claims.compare_records([x, y], [x, y]) == []


@pytest.mark.parametrize("value", ["0.5", None, True, [0.5]])
def test_only_numbers_are_recorded(value):
    with pytest.raises(LabsError, match="give one number"):
        claims.record("x", value)


def test_a_number_that_is_no_share_needs_a_unit():
    with pytest.raises(LabsError, match="give its unit"):
        claims.record("cost", 12.5)
    with pytest.raises(LabsError, match="'cost' holds 12.5"):
        claims.record_table("t", pd.DataFrame({"cost": [12.5]}))


def test_tables_compare_numbers_by_tolerance_and_text_exactly(displayed):
    frame = pd.DataFrame({"arm": ["base", "rag"], "recall": [0.4, 0.61], "n": [60, 60], "cost": [1.5, 2.5]})
    changes = ({}, {"recall": [0.41, 0.6]}, {"n": [60, 61]}, {"arm": ["rag", "base"]})
    for changed in (frame.assign(**change) for change in changes):
        claims.record_table("arms", changed, units={"cost": "USD"})
    first, drift, count, text = ([shown.payload] for shown in displayed)
    assert claims.compare_records(first, drift) == []
    assert claims.compare_records(first, count) == ["arms, row 2, n: stored 60, now 61, tolerance 0"]
    assert len(claims.compare_records(first, text)) == 2
    assert "<th>cost (USD)</th>" in displayed[0].html and "<td>0.61</td>" in displayed[0].html


# --- the mechanism for real: nbval in a process of its own -----------------------------------------------------------

# One cell per variant. Most of the time goes into starting kernels, so the variants share a notebook.
SETUP = """import pandas as pd

from labutils.claims import claim, claims_table, record, record_table
from labutils.stats import Difference
"""
CLAIM = 'claim("{name}", Difference("more", "less", "correct", 0.12, 0.05, 0.19, 120, 40))'
# Its lower bound is nearer to 0 than the drift.
TRAINED = CLAIM[:-1] + ", drift=0.06)"
NUMBER = 'record("{name}", 0.5)'
def test_a_column_may_have_a_tolerance_for_each_row(displayed):
    for counts in ([10, 10], [18, 10], [18, 18]):
        claims.record_table("arms", pd.DataFrame({"arm": ["sft", "rag"], "n": counts}), tolerance={"n": [9, 2]})
    first, accepted, refused = ([shown.payload] for shown in displayed)
    assert claims.compare_records(first, accepted) == []
    assert claims.compare_records(first, refused) == ["arms, row 2, n: stored 10, now 18, tolerance 2"]


TABLE = 'record_table("{name}", pd.DataFrame({{"arm": ["base", "rag"], "recall": [0.4, 0.6]}}))'


def change_values(cell, by):
    for payload in claims.split_records(cell.outputs)[1]:
        for entry in payload["entries"]:
            if entry["name"].endswith(("estimate", "low", "high", "recall", "number")):
                entry["value"] += by


def change_text(cell, old, new):
    assert old in cell.outputs[0].text
    cell.outputs[0].text = cell.outputs[0].text.replace(old, new)


def change_table_verdict(cell):
    claims.split_records(cell.outputs)[1][0]["entries"][0]["value"] = "hurts"


def change_rendering(cell):
    shown = next(output for output in cell.outputs if claims.RECORD_MIME in output.get("data", {}))
    shown.data["text/html"] = shown.data["text/plain"] = "other digits"


# The code of a cell, what is done to its stored output, and whether nbval must then accept it.
VARIANTS = {
    "untouched claim": (CLAIM, lambda cell: None, True),
    "untouched table": (TABLE, lambda cell: None, True),
    "small drift in a claim": (CLAIM, lambda cell: change_values(cell, 0.015), True),
    "small drift in a number": (NUMBER, lambda cell: change_values(cell, 0.015), True),
    "small drift in a table": (TABLE, lambda cell: change_values(cell, 0.015), True),
    "other digits on show": (CLAIM, change_rendering, True),
    "large drift in a claim": (CLAIM, lambda cell: change_values(cell, 0.08), False),
    "large drift in a number": (NUMBER, lambda cell: change_values(cell, 0.08), False),
    "large drift in a table": (TABLE, lambda cell: change_values(cell, 0.08), False),
    "changed verdict": (CLAIM, lambda cell: change_text(cell, ": helps", ": inconclusive"), False),
    "changed verdict of trained weights, close to 0": (
        TRAINED, lambda cell: (change_text(cell, ": helps", ": inconclusive"), change_values(cell, -0.055)), True),
    "changed text of a claim on trained weights": (TRAINED, lambda cell: change_text(cell, "CLAIM", "CLAIM!"), False),
    "large drift of trained weights": (TRAINED, lambda cell: change_values(cell, 0.08), False),
    "lost record": (NUMBER, lambda cell: cell.outputs.clear(), False),
    "untouched line": ('print("a line")', lambda cell: None, True),
    "changed line": ('print("a line")', lambda cell: change_text(cell, "line", "word"), False),
    "untouched claims table": ("claims_table()", lambda cell: None, True),
    "changed claims table": ("claims_table()", change_table_verdict, False),
}


def nbval(folder: Path) -> dict[str, list[int]]:
    """Run the course's nbval command on `folder` in its own process; return notebook -> numbers of failed cells."""
    shutil.copy(settings.root() / "conftest.py", folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:langsmith_plugin -p no:anyio\n")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "--nbval-sanitize-with",
               str(settings.root() / "tests" / "nbval_sanitize.cfg"), "--dist", "loadscope", "--rootdir", str(folder),
               "--junitxml=report.xml", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    results: dict[str, list[int]] = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        failed = results.setdefault(case.get("classname").split(".")[-2], [])
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(int(case.get("name").split()[-1]))
    assert (done.returncode == 1) == any(results.values()), done.stdout
    return results


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    """Profile -> variants whose cell failed, from real runs over one really executed notebook."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LABS_LLM", "LABS_EMBED", "LABS_CORPUS"):
            patch.delenv(name, raising=False)
        patch.setenv("PYTHONPATH", str(settings.root()))
        folder = tmp_path_factory.mktemp("claims")
        source = folder / "01_claims.py"
        cells = [SETUP, *(code.format(name=f"{name} number") for name, (code, _, _) in VARIANTS.items())]
        source.write_text("".join(f"# %%\n{cell}\n\n" for cell in cells))
        notebook = notebooks.render(source, student=False)
        notebooks._execute(notebook, folder, "claims")
        for cell, (_, change, _) in zip(notebook.cells[1:], VARIANTS.values(), strict=True):
            change(cell)
        nbformat.write(notebook, folder / "01_claims.ipynb")
        names = ["setup", *VARIANTS]
        failed = {"default": [names[i] for i in nbval(folder)["01_claims"]]}
        patch.setenv("LABS_LLM", "hf:another")
        return failed | {"other": [names[i] for i in nbval(folder)["01_claims"]]}


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_nbval_compares_numbers_with_tolerance_and_the_rest_strictly(failures, name):
    assert (name not in failures["default"]) is VARIANTS[name][2]


@pytest.mark.slow
def test_on_another_profile_claims_report_and_never_fail(failures):
    assert failures["other"] == []
