# make demo   set up and run the sample belts to an opened result
# make test   set up and run the tests
# make check  format, lint, types, import contracts
# make bench  speed and memory beside peers, and how they grow

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export UV_PYTHON_DOWNLOADS := never
# Compiled modules are kept, or every start compiles the libraries again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench sample format clean
.DEFAULT_GOAL := demo

$(VENV)/.runs: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  || { echo "Python 3.11 or 3.12 is needed: make PYTHON=python3.11"; exit 6; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt uv
	@$(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs
	@$(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt -e ".[dev,bench]"
	@touch $@

demo: $(VENV)/.runs
	@$(BIN)/bornite demo

test: $(VENV)/.tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.tests
	@$(BIN)/python -m benchmarks.kriging
	@$(BIN)/python -m benchmarks.ingest
	@$(BIN)/python -m benchmarks.rasters
	@$(BIN)/python -m benchmarks.ledger --entries 100000 --deposits 200
	@$(BIN)/python -m benchmarks.site --deposits 2 --vintages 4

sample: $(VENV)/.runs
	@$(BIN)/python data/sample/make_sample.py --out data/sample

format: $(VENV)/.tests
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

clean:
	rm -rf $(VENV) workspace
