# Two commands: `make serve` and `make test`. Both install what they need into .venv, once.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-input --no-build-isolation

.PHONY: serve test nightly bench format lock check
serve: .venv/.runs
	$(BIN)/aggregator serve --demo

test: check
	$(BIN)/pytest -n 2

check: .venv/.tests
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/lint-imports --no-logo > .venv/imports.txt || { cat .venv/imports.txt; exit 1; }
	$(BIN)/mypy --no-error-summary

nightly: .venv/.tests
	$(BIN)/pytest -n 2 -m "nightly or not nightly" --hypothesis-profile=nightly

bench: .venv/.tests
	$(BIN)/python -m benchmarks

format: .venv/.tests
	$(BIN)/ruff format --quiet
	$(BIN)/ruff check --fix --quiet

# Renews the three locks. The compiler reads pyproject.toml and writes hashes and no registry host.
lock:
	for lock in "requirements-build.lock --group build" "requirements.lock pyproject.toml" \
	    "requirements-dev.lock --group dev pyproject.toml"; do \
	  uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 -o $$lock; done

.venv/.runs: pyproject.toml requirements-build.lock requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes -r requirements-build.lock
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --editable .
	touch $@

.venv/.tests: .venv/.runs requirements-dev.lock
	$(INSTALL) --require-hashes -r requirements-dev.lock
	touch $@
