# `make` lists what there is. Everything happens in .venv and in this directory; only `make test`, and only as
# root, installs packages of the system.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find apdu cardsim readers jpki mynalab fixtures -type f ! -name '*.pyc' 2>/dev/null)
# An environment for development runs the demo too; otherwise the demo gets a plain installation.
RUNNABLE := $(or $(wildcard $(VENV)/.dev),$(VENV)/.demo)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help
.NOTPARALLEL:  # packages of the system, then the environment, then what runs in it
.PHONY: help demo setup system-packages newer-pcsclite validator-vectors test test-fast lint format docs bench fuzz kill clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

demo: $(RUNNABLE)  ## the five-minute story, in the terminal: no root, no PC/SC packages
	@$(BIN)/mynalab demo

setup: system-packages $(VENV)/.dev newer-pcsclite validator-vectors  ## the environment for development and tests

test: setup lint  ## install what the tests need, then lint and run all of them
	$(BIN)/python -m pytest -n 3

test-fast: $(VENV)/.dev  ## the tests that need no program of the system
	$(BIN)/python -m pytest -n 3 -q -m 'not real_part'

lint: $(VENV)/.dev  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.dev  ## let ruff write the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.dev  ## write the generated parts of the documents
	$(BIN)/python tools/generate_docs.py

bench: $(VENV)/.dev  ## measure and write docs/performance.md
	$(BIN)/python -m benchmarks

fuzz: $(VENV)/.dev  ## play 1,000,000 sequences of commands on cards of every profile, watched by a model
	$(BIN)/python -m fuzz

kill: $(VENV)/.dev  ## kill each command that changes a lab 200 times, at random moments
	MYNALAB_KILLS=200 $(BIN)/python -m pytest tests/mynalab/lab/test_killed.py

clean:  ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

system-packages:
	@tools/system-packages.sh

newer-pcsclite: $(VENV)/.dev
	@tools/fetch-pcsclite.sh $(VENV)/pcsclite || { test "$$CI" != true && \
	  echo "No newer libpcsclite: the tests of protocol 4:5 and 4:6 will skip." >&2; }

validator-vectors: $(VENV)/.dev
	@tools/fetch-validator-vectors.sh $(BIN)/python $(VENV)/validator-vectors || test "$$CI" != true

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "mynalab needs Python 3.11 or newer: no $(PYTHON) found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mynalab needs Python 3.11 or newer," \
	  "this is $$($(PYTHON) --version). Another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments." \
	  "On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml $(SOURCES)
	@echo "Installing mynalab into $(VENV) …"
	@$(BIN)/python -m pip install --quiet .
	@touch $@

# pip 25.1 is the first that knows --group.
$(VENV)/.dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@$(BIN)/python -m pip install --quiet --group interop || { test "$$CI" != true && \
	  echo "No pyscard and PyKCS11: the tests that need them will skip. They are compiled; see above." >&2; }
	@touch $@
