# Each target prepares what it needs on a fresh machine: Python 3.11 or newer and make are enough.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo test check bench browser lock format clean

help: ## show what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.venv/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/run.stamp ## a shop with a week of sales, sandbox, web and worker; Ctrl-C stops all
	$(BIN)/sudapos demo $(ARGS)

browser: ## Chromium for the browser tests, where the package manager can give one
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || bash tools/install-chromium

test: .venv/dev.stamp browser ## every test: core, channels, stories with PostgreSQL, pages in Chromium
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

check: .venv/dev.stamp ## format, lint, strict types, house rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -p no:django tests/test_house_rules.py

format: .venv/dev.stamp ## let ruff write the format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev.stamp ## measurements, each beside a yardstick in the same run
	$(BIN)/python -m bench $(ARGS)

clean: ## forget the virtual environment
	rm -rf .venv
