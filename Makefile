# The commands of the README. Everything runs in .venv/, which is made from requirements.lock when that changed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run up down docs test test-all test-fast lint bench lock

UV := uv==0.13.9
BIN := .venv/bin
READY := .venv/.ready
# hundreds of processes start here; none should compile what it imports
export PYTHONDONTWRITEBYTECODE :=
# the first of these that works and has venv; PYTHON=… chooses another
PYTHON ?= $(shell for python in python3.11 python3.12 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && echo $$python && break; done)

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1	\2/' | expand -t 18

run: $(READY) ## set everything up and do the main job on the sample of a whole province
	@$(BIN)/tonghop service run

up: $(READY) ## start Airflow and PostgreSQL; print address, user and password
	@$(BIN)/tonghop service up

down: $(READY) ## stop them
	@$(BIN)/tonghop service down

docs: $(READY) ## write the data dictionary: indicators, forms, units, rules, views, lineage, in Vietnamese and English
	@$(BIN)/tonghop docs

test: lint ## lint, types and the tests, the main job included
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-all: lint ## the same, and what takes minutes more: loads killed at every step, a folder with every trouble, a reform of units, exchange, more random worlds
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: $(READY) ## only the tests that need no server (seconds)
	@$(BIN)/pytest -q -m "not database and not airflow and not end_to_end and not browser"

lint: $(READY) ## checks of style and types; nothing is changed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd dbt_project && ../$(BIN)/sqlfluff lint --processes 2 --nocolor models tests/*.sql

bench: $(READY) ## where the time goes: the main job, files coming in, gate 1, queries, corrections (fails where a correction costs more with the years)
	@$(BIN)/python bench/main_job.py
	@$(BIN)/python bench/intake.py
	@$(BIN)/python bench/gate.py
	@$(BIN)/python bench/marts.py --plain
	@$(BIN)/python bench/corrections.py --stations 30 --years 1 3 5

lock: $(READY) ## resolve the dependencies anew (versions and hashes, no addresses)
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --quiet --output-file requirements.lock

$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or 3.12 with its module venv is needed, and none was found." >&2; \
		echo "Debian, Ubuntu: apt-get install -y python3 python3-venv (as root). Or name one: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi
	@if [ ! -x $(BIN)/python ] || ! $(BIN)/python -c '' 2>/dev/null; then \
		echo "making .venv with $$($(PYTHON) --version)"; \
		rm -rf .venv && $(PYTHON) -m venv .venv; \
	fi
	@echo "installing the locked packages (some 600 MB at first; a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)
