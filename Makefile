# up · down · test · lint · bench; `make help` says more.
SHELL := /bin/bash
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# Further arguments for ansible-playbook, e.g. make up ARGS="-e localcloud_port=4600"; give down the same.
ARGS ?=
# Whether servers are machines of their own: auto (where that is possible) or no (the page is then a process of this machine).
MACHINES ?= auto
export MACHINES
# A Python for .venv; empty to look for one on PATH and under pyenv.
PYTHON ?=
# How many test files run side by side; one more than cores, since some mostly wait.
TEST_WORKERS ?= 3
PYTEST := python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder
# Where uv keeps what it fetches is its own affair, but compiled Python is worth keeping.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(BIN):$(PATH)

.PHONY: help up down test test-long lint bench lock format

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: $(VENV)/run.stamp ## Deploy everything on the local cloud, with sample data and the dashboard
	@tools/install-machines || export MACHINES="no: what machines need could not be had, see above"; ansible-playbook playbooks/up.yml $(ARGS)

down: ## Remove everything, prove that nothing is left, and stop the local cloud
	@if [ -d .state ]; then $(MAKE) --no-print-directory teardown; else echo "Nothing runs here: there is no .state"; fi

.PHONY: teardown
teardown: $(VENV)/run.stamp
	@ansible-playbook teardown.yml $(ARGS)
	@ansible-playbook playbooks/stop-localcloud.yml $(ARGS)

test: $(VENV)/dev.stamp ## Run the tests, or those of TESTS
	@$(PYTEST) $(if $(TESTS),$(TESTS),-m "not long")

test-long: $(VENV)/dev.stamp ## Run the long tests: whole lives of deployments, on servers, killed, throttled, watched call by call
	@$(PYTEST) -m long

lint: $(VENV)/dev.stamp ## Check style of Ansible, YAML, Python and shell
	@ruff check . && ruff format --check .
	@yamllint --strict .
	@ansible-lint --offline --strict
	@shellcheck tools/find-python tools/install-machines .ci/run

format: $(VENV)/dev.stamp ## Bring Python into the house's format
	@ruff check --fix . && ruff format .

bench: $(VENV)/dev.stamp ## Measure, as ratios to baselines of the same run
	@python -m tests.bench

lock: $(VENV)/dev.stamp ## Renew the lock files from requirements/*.in
	@for name in run:3.12 dev:3.12 layer:3.12 dashboard:3.11 agent:3.11 baseline:3.12; do uv pip compile --quiet --universal --python-version $${name#*:} \
	  --generate-hashes --no-header requirements/$${name%:*}.in -o requirements/$${name%:*}.txt || exit 1; done

$(VENV)/bin/uv:
	@python="$(PYTHON)"; python="$${python:-$$(tools/find-python)}" && echo "Making $(VENV) with $$python (usually within 10 seconds)" && "$$python" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r <(sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ /p}' requirements/run.txt)

$(VENV)/run.stamp: requirements/run.txt | $(VENV)/bin/uv
	@echo "Installing locked packages (the first time about a minute)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing locked packages for tests and linters"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@
