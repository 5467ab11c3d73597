# Two commands: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTRAS := .venv-extras

.PHONY: help install models demo test lint test-extras soak web lock clean

help:
	@echo "make demo            install, fetch models, place a call to itself, keep serving (ONCE=1: end after the call)"
	@echo "make test            lint, types and every test; installs what it needs"
	@echo "make test-extras     the torch extras (pyannote.audio, coqui-tts) in an environment of their own"
	@echo "make soak            long runs: load, leaks, drift"
	@echo "make web             build the pages into service/web_dist"
	@echo "make lock            renew requirements.lock from pyproject.toml"

$(STAMP): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "Warmline needs Python 3.11: install python3.11 and python3.11-venv, or set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(STAMP)

models: install
	sh deploy/install_espeak.sh
	$(BIN)/warmline models fetch

demo: models
	$(BIN)/warmline demo $(if $(ONCE),--once) $(if $(JSON),--json $(JSON)) $(if $(LANGUAGE),--language $(LANGUAGE))

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

test: models
	sh tests/install_peers.sh
	$(MAKE) lint
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/pytest

test-extras: models
	$(BIN)/warmline models fetch pyannote-segmentation
	$(PYTHON) -m venv $(EXTRAS)
	$(EXTRAS)/bin/pip install --quiet --disable-pip-version-check -r requirements-extras.in
	$(EXTRAS)/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(EXTRAS)/bin/pytest -m extras --confcutdir=tests/extras tests/extras

soak: models
	$(BIN)/python -m bench calls --n 40 --seconds 600 --json -

web: install
	cd web && PATH="$(abspath $(BIN)):$$PATH" npm ci --no-audit --no-fund && npm run build

lock: 
	$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url --group dev -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) $(EXTRAS) web/node_modules
