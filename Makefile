# make demo: set up, train on real words, look at the result.    make test: set up, check everything.
# make install: the set-up alone.    make check: the quick look before a commit.
# make course: build the lessons, check them, run them in both languages.    make test-all: test and course.
# make bench: install henkan's peers beside it and measure all of them, half an hour.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := .venv-peers
PEERS_STAMP := $(PEERS)/.installed

.PHONY: demo test test-all check course install lint bench clean
.DEFAULT_GOAL := help

help:
	@head -4 Makefile | sed 's/^# //'

install: $(STAMP)

# The stamp is written last, so an interrupted set-up is done again.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		"setuptools>=77" torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		--no-build-isolation --editable ".[examples,lightning,plot,tensorboard,course,ctranslate2,dev]"
	touch $(STAMP)

demo: install
	$(BIN)/henkan demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint
	$(BIN)/pytest -m "not slow"

test: lint
	$(BIN)/pytest

course: install
	$(BIN)/python -m course.builder build
	$(BIN)/python -m course.builder check
	$(BIN)/python -m course.builder run
	$(BIN)/python -W ignore -m course.mutation

test-all: test course

# The peers have versions and an environment of their own; henkan comes without what it needs, to run their workers.
$(PEERS_STAMP): benchmarks/peers.txt benchmarks/peers-no-deps.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "setuptools>=77" torch==2.13.0
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers.txt
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/peers-no-deps.txt
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(PEERS_STAMP)

bench: install $(PEERS_STAMP)
	$(BIN)/henkan bench --peers-python $(PEERS)/bin/python $(BENCH)

clean:
	rm -rf $(VENV) $(PEERS) build dist .pytest_cache .mypy_cache .ruff_cache
