# Every target does its own set-up: Python 3.11 or newer, pip and make are enough.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test fuzz lifelines lint fmt bench clean

demo: .venv/installed
	@$(BIN)/rfmtool demo build/shop --quiet
	@$(BIN)/rfmtool run build/shop/orders.csv --rules build/shop/shop.toml -o build/demo

test: .venv/tested
	$(BIN)/pytest -n auto

# Every property with a thousand examples, some hundreds where each takes long, and every step of
# every command failing in turn, where `make test` tries a few dozen of each. On two cores it takes
# the better part of an hour.
fuzz: .venv/tested
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n auto -m hypothesis
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n auto tests/test_faults.py

# Survival curves beside those of lifelines, which brings an older pandas and so needs a place of
# its own.
lifelines: .venv-lifelines/installed
	PYTHONPATH=. .venv-lifelines/bin/pytest -W default tests/test_survival.py

lint: .venv/linted
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: .venv/linted
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/benched
	$(BIN)/python bench/compare.py

clean:
	rm -rf .venv .venv-lifelines build dist

.venv/bin/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'

.venv/installed: pyproject.toml .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/tested: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --group test
	@touch $@

.venv-lifelines/installed: pyproject.toml
	$(PYTHON) -m venv .venv-lifelines
	.venv-lifelines/bin/pip install --quiet --disable-pip-version-check \
		lifelines pytest hypothesis click duckdb pyarrow rich
	@touch $@

.venv/linted: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --group lint
	@touch $@

.venv/benched: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --group bench
	@touch $@
