# Huiqi 惠企. Needs only Python 3.11+ (with venv), make and git. The tests in a browser need Chromium,
# which `make test` installs where it is missing.
#
#   make demo        the portal with the demonstration region, on http://127.0.0.1:8000
#   make serve       the portal in development, on the database in HUIQI_HOME or DATABASE_URL
#   make test        every test, on SQLite and on PostgreSQL, and in a browser
#   make check       style, types, order of the parts, conventions
#   make bench       benchmarks, in an environment of their own
#   make generative  generated rules and data, many more than `make test` tries
#   make docs        handbooks printed from the rules, into var/docs
#   make lock        requirements*.txt from requirements*.in; with UPGRADE=--upgrade, new versions
#   make lock-front  package-lock.json from package.json, and the files that are served
#   make clean       what can be made again, the environment included
#
# PYTHON=python3.12 chooses the interpreter, WORKERS=4 how many processes test, ADDRESS=0.0.0.0:8080
# where `make serve` listens.

PYTHON ?=
UPGRADE ?=
WORKERS ?= 3
ADDRESS ?= 127.0.0.1:8000
VENV := .venv
BIN := $(VENV)/bin
FRONT := var/static-vendor/.made-from
# A site behind TLS, in a home of its own that nobody uses.
AS_DEPLOYED := HUIQI_HOME=var/as-deployed DATABASE_URL= HUIQI_DEBUG= HUIQI_HTTPS=1
DJANGO := DJANGO_SETTINGS_MODULE=huiqi.portal.settings $(BIN)/python -m django

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two pips must not work on one environment at once, whatever -j says.
.NOTPARALLEL:
.PHONY: help demo serve test check conventions bench generative docs lock lock-front clean

help:
	@sed -n 's/^#   //p' $(MAKEFILE_LIST)

# --- the environment: each step leaves a stamp, so a second run costs nothing ---------------------

# An environment that already answers is kept, whoever made it.
$(VENV)/.made: scripts/find-python
	@if $(BIN)/python -m pip --version >/dev/null 2>&1; then :; else \
	  python=$$(scripts/find-python $(PYTHON)) || exit 1; \
	  echo "$$python -m venv $(VENV)"; "$$python" -m venv --clear $(VENV); fi
	@touch $@

# The stamp of the larger lock counts for the smaller one too, which it contains.
$(VENV)/.run: requirements.txt $(VENV)/.made
	@if [ $(VENV)/.dev -nt requirements.txt ] && [ $(VENV)/.dev -nt requirements-dev.txt ]; then :; else \
	  echo "pip install --require-hashes -r requirements.txt"; \
	  $(BIN)/python -m pip install -qq --require-hashes -r requirements.txt; fi
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.made
	$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/.huiqi: pyproject.toml $(VENV)/.run
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(FRONT): package-lock.json scripts/front-end scripts/icons.txt $(VENV)/.run
	$(BIN)/python scripts/front-end

# --- what it is for -------------------------------------------------------------------------------

demo: $(VENV)/.huiqi $(FRONT)
	$(BIN)/huiqi demo

serve: $(VENV)/.huiqi $(FRONT)
	$(DJANGO) migrate --verbosity 0
	HUIQI_DEBUG=1 $(DJANGO) runserver $(ADDRESS)

test: $(VENV)/.dev $(VENV)/.huiqi $(FRONT)
	scripts/find-chromium --install
	$(BIN)/huiqi check
	# Compiled once, and not by each of the many processes that tests start.
	$(BIN)/python -m compileall -q src tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
	HUIQI_TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/portal -m "not once" -n $(WORKERS) --dist worksteal

check: $(VENV)/.dev $(VENV)/.huiqi
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports
	$(AS_DEPLOYED) $(DJANGO) makemigrations --check --dry-run
	$(AS_DEPLOYED) $(DJANGO) check --deploy --fail-level WARNING
	$(BIN)/python -m pytest tests/conventions -q

conventions: $(VENV)/.dev $(VENV)/.huiqi
	$(BIN)/python -m pytest tests/conventions -q

generative: $(VENV)/.dev $(VENV)/.huiqi
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest tests/generative -n $(WORKERS) --dist worksteal

bench:
	$(MAKE) -C benchmarks

docs: $(VENV)/.huiqi
	$(BIN)/huiqi docs

# --- upkeep ---------------------------------------------------------------------------------------

lock:
	@python=$$(scripts/find-python $(PYTHON)) && "$$python" -m venv --clear var/lock-venv
	var/lock-venv/bin/python -m pip install -qq --upgrade pip pip-tools
	scripts/lock var/lock-venv/bin/python $(UPGRADE)
	rm -rf var/lock-venv

lock-front: $(VENV)/.run
	$(BIN)/python scripts/front-end --lock

clean:
	rm -rf $(VENV) node_modules var build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
