# make demo: set up, train on real words, look at the result.    make test: set up, check everything.
# make install: the set-up alone.    make check: the quick look before a commit.
# make course: build the lessons, check them, run them in both languages.    make test-all: test and course.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-all check course install lint clean
.DEFAULT_GOAL := help

help:
	@head -3 Makefile | sed 's/^# //'

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

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
