VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))))
# The lock is whole: pip takes it as it stands and resolves and builds nothing, whatever is newest today.
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r $(1) \
	&& { $(BIN)/pip check || { echo "$(1) does not agree with itself (above): it lacks a package or has a wrong version."; exit 1; }; }

.DEFAULT_GOAL := help
.PHONY: help install run test coverage mutants lint checks bench screenshots messages

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

install: $(VENV)/runtime ## the virtual environment, with what it takes to run

run: $(VENV)/runtime ## everything: database, demo when empty, web, worker; Ctrl-C stops it all
	@exec $(MANAGE) run

lint: $(VENV)/development ## style, and the arrows between the apps
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

# The tests have a data folder and, without DATABASE_URL, a database server of their own.
test: lint ## lint, checks, and all tests
	@data=$$(mktemp -d "$${TMPDIR:-/tmp}/kendt-XXXXXX"); chmod 711 "$$data"; export KENDT_DATA="$$data" KENDT_ENV=test; \
	trap '$(MANAGE) db stop >/dev/null; rm -rf "$$(readlink -f "$$data/postgres")" "$$data"' EXIT; \
	set -ex; \
	$(MANAGE) db start; \
	$(MANAGE) makemigrations --check --dry-run; \
	$(MANAGE) check; \
	{ set +x; } 2>/dev/null; \
	$(BIN)/pytest -n 2 --dist loadfile $(PYTEST)

# Tracing every line makes the tests twice as long.
coverage: ## all tests, and the lines that none of them reaches
	@$(MAKE) test PYTEST="--cov --cov-report term:skip-covered"

mutants: $(VENV)/development ## plant faults where decisions are made: do the tests notice? Goes on where it stopped
	@$(BIN)/python -m tests.mutants

checks: $(VENV)/development ## what is promised, at the sizes that are promised; takes many minutes
	@$(BIN)/python -m tests.checks

bench: $(VENV)/development ## speed, as ratios to what the database does by itself
	$(BIN)/python -m benchmarks

screenshots: $(VENV)/development ## the pictures of README and docs, from the demo
	$(MANAGE) screenshots

messages: $(VENV)/development ## the catalogues of Danish and Swedish
	$(MANAGE) messages

$(VENV)/runtime: requirements.txt | $(BIN)/python
	@echo "Installing the packages of requirements.txt; the first time takes about a minute."
	@$(call INSTALL,requirements.txt)
	@touch $@

$(VENV)/development: requirements-dev.txt | $(BIN)/python
	@echo "Installing the packages of requirements-dev.txt; the first time takes about two minutes."
	@$(call INSTALL,requirements-dev.txt)
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Kendt needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
