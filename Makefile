# `make help` says what there is. Each target works from a clean clone: it makes what it needs, once.
# Needed on the machine: make, git, and Python 3.11 or newer (with venv). PYTHON=... names one.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint bench build size lock openapi clean

NEW_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,\
  $(shell $(name) -c "$(NEW_ENOUGH)" >/dev/null 2>&1 && echo $(name))))
PIP_INSTALL := pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r
export AWS_DEFAULT_REGION ?= eu-central-1
export SAM_CLI_TELEMETRY := 0
SOURCES := shared functions local tests bench tools

help:  ## what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/.local  ## everything on this machine: ICS=file.ics RECORD=traffic.jsonl SERVICE=google PORT=8080
	@.venv/bin/python -m tools.npm
	@exec .venv/bin/python -m local run $(if $(ICS),--ics "$(ICS)") $(if $(RECORD),--record "$(RECORD)") \
	  $(if $(SERVICE),--service "$(SERVICE)") $(if $(PORT),--port "$(PORT)")

test: .venv/.dev  ## all tests, with the coverage of the layer
	@.venv/bin/python -m tools.npm
	.venv/bin/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=90

lint: .venv/.dev .venv-sam/.sam  ## style, types, imports, template, locks and docs/openapi.json
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/mypy
	PYTHONPATH=shared:. .venv/bin/lint-imports --no-cache
	.venv-sam/bin/cfn-lint template.yaml
	.venv-sam/bin/sam validate --lint
	.venv/bin/python -m tools.locks
	.venv/bin/python -m tools.openapi --check

bench: .venv/.dev  ## the budgets, counted and measured
	@.venv/bin/python -m tools.npm
	@PYTHONPATH=shared:. .venv/bin/python -m bench

build: .venv-sam/.sam  ## sam build: the layer and the functions for Lambda, without Docker
	PYTHON="$(CURDIR)/.venv-sam/bin/python" .venv-sam/bin/sam build
	@.venv-sam/bin/python -m tools.size

size: .aws-sam/build.toml  ## the layer against its budget
	@.venv-sam/bin/python -m tools.size

openapi: .venv/.dev  ## docs/openapi.json written anew from the handlers
	.venv/bin/python -m tools.openapi

lock: .venv/.dev  ## requirements/*.txt from requirements/*.in
	.venv/bin/python -m tools.locks --write

clean:  ## remove what these targets made; .meetbridge (the local run's data) stays
	rm -rf .venv .venv-sam .tools .aws-sam build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

# ------------------------------------------------------------------ what the targets need

.venv/bin/python .venv-sam/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: python3-venv); this machine has: $$(python3 --version 2>&1)"; exit 1; }
	@echo "Making $(@D:/bin=) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(@D:/bin=)

.venv/.local: requirements/local.txt | .venv/bin/python
	@echo "Installing requirements/local.txt"
	@.venv/bin/$(PIP_INSTALL) $<
	@touch $@

.venv/.dev: requirements/dev.txt | .venv/bin/python
	@echo "Installing requirements/dev.txt"
	@.venv/bin/$(PIP_INSTALL) $<
	@touch $@ .venv/.local

.venv-sam/.sam: requirements/sam.txt | .venv-sam/bin/python
	@echo "Installing requirements/sam.txt"
	@.venv-sam/bin/$(PIP_INSTALL) $<
	@touch $@

.aws-sam/build.toml:
	@$(MAKE) --no-print-directory build
