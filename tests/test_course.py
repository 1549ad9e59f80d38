"""The rules of the course, held over every notebook in solutions/ and labs/. What each rule is: labutils.notebooks."""

import functools

import pytest

from labutils import notebooks

EXPECTED = {"1_advanced_rag/01_baseline_rag", "1_advanced_rag/02_pre_retrieval", "1_advanced_rag/03_retrieval",
            "1_advanced_rag/04_post_retrieval", "1_advanced_rag/05_knowledge_graph",
            "1_advanced_rag/06_multi_document", "1_advanced_rag/07_best_pipeline",
            "2_finetuning_feedback/01_sft_lora", "3_benchmark_roi/01_four_arms"}
PAIRS = {pair.name: pair for pair in notebooks.find_pairs()}
read = functools.cache(notebooks.read)


@pytest.fixture(params=sorted(PAIRS))
def pair(request):
    return PAIRS[request.param]


@pytest.fixture(params=["solution", "lab"])
def notebook(request, pair):
    return read(getattr(pair, request.param))


def test_the_expected_notebooks_exist():
    assert EXPECTED <= set(PAIRS)


def test_no_notebook_is_missing_stale_or_without_a_source():
    assert notebooks.stale() == []


def test_outputs_show_no_error_warning_path_or_unexpected_verdict(notebook):
    assert notebooks.output_faults(notebook) == []


def test_every_cell_was_executed_and_is_compared(notebook):
    assert notebooks.cell_faults(notebook) == []


def test_header_closing_and_exercises(notebook):
    assert notebooks.structure_faults(notebook) == []


def test_stubs_parse_and_only_they_differ(pair):
    assert notebooks.stub_faults(pair.source, read(pair.solution), read(pair.lab)) == []
    assert list(notebooks.regions(pair.source.read_text(encoding="utf-8")))


def test_every_check_passes_in_the_solution_and_is_not_attempted_in_the_lab(pair):
    solved, untouched = notebooks.check_lines(read(pair.solution)), notebooks.check_lines(read(pair.lab))
    assert len(solved) == len(untouched) >= 3
    assert [line for line in solved if not line.startswith("[passed]")] == []
    assert [line for line in untouched if not line.startswith("[not attempted]")] == []
