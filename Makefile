PYTHON ?= python3
VENV ?= .venv
# Certificates to trust, where a proxy inspects HTTPS; empty: the usual ones.
CA_BUNDLE ?= $(or $(PIP_CERT),$(SSL_CERT_FILE))

ifneq ($(CA_BUNDLE),)
export CA_BUNDLE
export BINDERHUB_LITE_CA_BUNDLE := $(CA_BUNDLE)
export PIP_CERT := $(CA_BUNDLE)
export SSL_CERT_FILE := $(CA_BUNDLE)
export REQUESTS_CA_BUNDLE := $(CA_BUNDLE)
export GIT_SSL_CAINFO := $(CA_BUNDLE)
export NODE_EXTRA_CA_CERTS := $(CA_BUNDLE)
endif

# Tests wait more than they compute; of many more at once some would wait too long.
TEST_PROCESSES ?= 2

BIN = $(VENV)/bin
# Finds the venv's Node, should the machine have none.
NPM = env "PATH=$(abspath $(BIN)):$$PATH" npm
BUNDLED = $(shell find *.mjs static/js static/css -type f)

.DELETE_ON_ERROR:
# Two apt-gets at once would lock each other out.
.NOTPARALLEL:
.PHONY: help install demo dev run test lint docs screenshots clean system docker images node test-programs

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

install: docker $(VENV)/.package $(BIN)/configurable-http-proxy images ## Set up everything that binderhub-lite needs
	@echo "==> Installed: $(BIN)/binderhub-lite"

demo: install ## Install, then launch examples/hello and print its URL
	@exec $(BIN)/binderhub-lite launch examples/hello --no-browser

dev: $(VENV)/.dev-tools ## Serve the pages with made-up launches, for work on them: no Docker, no hub (PORT=, CONFIG=)
	@exec $(BIN)/python -m binderhub_lite.dev --port=$(or $(PORT),8585) $(if $(CONFIG),--config=$(CONFIG))

run: install ## Install, then serve in the foreground
	@exec $(BIN)/binderhub-lite

test: install $(VENV)/.test-tools test-programs ## Install, then run all tests
	@$(BIN)/python -m pytest --numprocesses=$(TEST_PROCESSES) --dist=loadfile

lint: $(VENV)/.test-tools node_modules/.package-lock.json ## Check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(NPM) run --silent lint

clean: ## Remove what was made here (Docker images stay)
	rm -rf $(VENV) node_modules static/dist build dist *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Cheap checks, made every time.

system:
	@scripts/system $(PYTHON)

docker:
	@scripts/docker

images: docker
	@scripts/images

node: $(VENV)/pyvenv.cfg
	@scripts/node $(VENV)

test-programs:
	@scripts/test-programs

# Steps, made again when what they depend on has changed.

$(VENV)/pyvenv.cfg: | system
	@scripts/step "Creating $(VENV)" $(PYTHON) -m venv $(VENV)

node_modules/.package-lock.json: package.json package-lock.json | node
	@scripts/step "Installing the front end's packages from npm" $(NPM) ci
	@touch $@

static/dist: $(BUNDLED) node_modules/.package-lock.json
	@scripts/step "Bundling the front end" $(NPM) run build
	@touch $@

$(BIN)/configurable-http-proxy: | node
	@scripts/step "Installing configurable-http-proxy from npm" \
	  $(NPM) install --global --prefix $(VENV) configurable-http-proxy@^5

$(VENV)/.package: setup.cfg setup.py pyproject.toml $(VENV)/pyvenv.cfg | static/dist
	@scripts/step "Installing binderhub-lite and JupyterHub into $(VENV)" \
	  $(BIN)/pip install --editable ".[hub]"
	@touch $@

$(VENV)/.dev-tools: $(VENV)/.package
	@scripts/step "Installing what make dev needs into $(VENV)" \
	  $(BIN)/pip install --editable ".[hub,dev]"
	@touch $@

$(VENV)/.test-tools: $(VENV)/.package
	@scripts/step "Installing the tests' tools into $(VENV)" \
	  $(BIN)/pip install --editable ".[hub,test]"
	@touch $@

# Documentation.

docs: $(VENV)/.package ## Write docs/options.md from the options' help texts
	@$(BIN)/python -m docs.options

screenshots: install $(VENV)/.test-tools test-programs ## Take the pictures of docs/images anew
	@$(BIN)/python -m docs.screenshots

# Figures. Never a test: docs/performance.md says what they mean.

.PHONY: bench
bench: install $(VENV)/.test-tools test-programs ## Install, then measure what this costs here (about four minutes)
	@$(BIN)/python -m bench
