"""The README tells what was recorded, and what it names exists."""

import re
from pathlib import Path

import pytest

from labutils import readme, settings
from labutils.errors import LabsError

ROOT = settings.root()


def test_the_results_in_the_readme_are_the_recorded_ones():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.with_results(text, ROOT) == text


def test_a_readme_without_the_block_is_refused():
    with pytest.raises(LabsError, match="block"):
        readme.with_results("# nothing", ROOT)


def test_an_unexecuted_notebook_is_refused(tmp_path):
    (tmp_path / "n.ipynb").write_text('{"cells": [{"cell_type": "code", "outputs": []}]}', encoding="utf-8")
    with pytest.raises(LabsError, match="labs build"):
        readme.recorded_table(tmp_path / "n.ipynb", readme.TABLES[0][1])


def test_what_the_readme_names_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:labs|solutions|labutils|factory|datasets|tests|slides)/[\w./]*)`", text)
    named += [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert len(named) > 8
    assert [name for name in named if not (ROOT / Path(name)).exists()] == []
