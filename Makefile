# Two commands: `make demo` and `make test`. `make help` lists the rest.
# PYTHON=... names one; without it the first of 3.11 to 3.14 that is here.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTRAS := .venv-extras
PIP_OPTIONS := --quiet --disable-pip-version-check --no-input

# Words are UTF-8 whatever the terminal's locale says; programs of the environment come first. Bytecode is kept: the
# tests start some hundred processes, each of which would compile the program anew.
export PYTHONUTF8 := 1
export PYTHONDONTWRITEBYTECODE :=
WITH_PATH := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: help install models demo test style types lanes lint test-extras soak web lock clean

help:
	@echo "make demo            install, fetch models, place a call to itself, keep serving (ONCE=1: end after the call)"
	@echo "make test            lint, types and every test; installs what it needs"
	@echo "make test-extras     the torch extras (pyannote.audio, coqui-tts) in an environment of their own"
	@echo "make soak            1,000 calls in every manner and order, then a count of what leaked"
	@echo "make web             build the pages into service/web_dist"
	@echo "make lock            renew requirements.lock from pyproject.toml"

$(STAMP): pyproject.toml requirements.lock
	@sh deploy/make_venv.sh $(VENV) $(PYTHON)
	@echo "Installing the locked dependencies into $(VENV) (about 1.5 GB, some minutes) ..."
	@$(BIN)/pip install $(PIP_OPTIONS) --use-pep517 --require-hashes -r requirements.lock
	@$(BIN)/pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --editable .
	@touch $@

install: $(STAMP)

models: install
	@sh deploy/install_espeak.sh $(VENV)
	@$(BIN)/warmline models fetch

demo: models
	@$(WITH_PATH) $(BIN)/warmline demo $(if $(ONCE),--once) $(if $(JSON),--json $(JSON)) $(if $(LANGUAGE),--language $(LANGUAGE))

lint: style types

style: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache

# Said in one piece, since the tests print beside it; niced, since they must not wait for it.
types: install
	@echo "$(BIN)/mypy"; said=$$(nice -n 19 $(BIN)/mypy 2>&1); ended=$$?; printf '\n%s\n' "$$said"; exit $$ended

test: models
	@$(BIN)/warmline models fetch whisper-tiny-en
	@$(WITH_PATH) sh tests/install_peers.sh
	$(MAKE) style
	$(MAKE) --jobs=2 types lanes

# Most tests wait most of the time, so three workers suit two cores, and four suit two fast ones; tests/lanes.py says what
# runs beside what, and what is asked again when nothing else runs.
WORKERS := 3
lanes: install
	$(WITH_PATH) $(BIN)/pytest --cache-clear --numprocesses=$(WORKERS) || \
	    { test $$? -eq 1 && $(WITH_PATH) $(BIN)/pytest --last-failed --last-failed-no-failures=none --alone; }

test-extras: models
	$(BIN)/warmline models fetch pyannote-segmentation resemblyzer
	@sh deploy/make_venv.sh $(EXTRAS) $(PYTHON)
	$(EXTRAS)/bin/pip install $(PIP_OPTIONS) -r requirements-extras.in
	$(EXTRAS)/bin/pip install $(PIP_OPTIONS) --no-deps --editable .
	@where='import sysconfig; print(sysconfig.get_path("purelib"))'; \
	    $(BIN)/python -c "$$where" > "$$($(EXTRAS)/bin/python -c "$$where")/core.pth" # the core's packages, behind its own
	$(WITH_PATH) $(EXTRAS)/bin/pytest -m extras --confcutdir=tests/extras tests/extras

soak: models
	$(WITH_PATH) $(BIN)/python -m bench soak --json -

web: install
	cd web && $(WITH_PATH) npm ci --no-audit --no-fund && npm run build

# One version of each package for every Python, so that what was tested on one is what runs on the others.
lock: install
	$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --fork-strategy fewest --generate-hashes --no-emit-index-url --group dev -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) $(EXTRAS) web/node_modules
