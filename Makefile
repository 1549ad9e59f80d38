# make run    set everything up, run the main job, write report/index.html
# make test   set everything up, run the unit tests, then every notebook against its recorded outputs
# All logic is in labutils/setup.py (no bash needed: `python -m labutils.setup`); a second call costs a moment.

PY ?= python3
# Student notebooks at once; each wants a core and up to 3 GB. Solutions come before, one by one on all cores: they let
# the models read what the student notebooks then find in the cache.
NBVAL_JOBS ?= 2
BIN := .venv/bin
NBVAL := $(BIN)/python -m pytest -q --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg \
	--dist loadscope --durations=15

export PYTHONHASHSEED := 0

.PHONY: run test lab notebooks clean setup

run: setup
	$(BIN)/labs run

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests -q -n 2 --dist loadscope --durations=15
	$(NBVAL) -n 1 solutions
	$(NBVAL) -n $(NBVAL_JOBS) labs

lab: setup
	$(BIN)/jupyter lab

notebooks: setup
	$(BIN)/labs build

# Removes what was computed; the installed packages in .venv stay.
clean:
	rm -rf report build .cache .pytest_cache *.egg-info
	find labutils factory tests labs solutions -name __pycache__ -o -name .ipynb_checkpoints 2>/dev/null | xargs rm -rf

setup:
	@$(PY) -m labutils.setup
