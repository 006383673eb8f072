# Every command works on a fresh machine with Python 3.11+ and make; `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= sandbox-data
PORT   ?= 8080
ONLY   ?=
SHORT  ?=

.PHONY: help run test lint types house docs vectors screenshots bench drills clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Everything needed to run; pinned by constraints.txt so that two machines run the same.
$(BIN)/yinxin: setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

# Everything needed to prove it.
$(VENV)/.dev: setup.cfg constraints.txt | $(BIN)/yinxin
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.docs: setup.cfg constraints.txt | $(BIN)/yinxin
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

run: $(BIN)/yinxin ## install, then start the sandbox (DATA=folder PORT=8080)
	$(BIN)/yinxin sandbox --data $(DATA) --port $(PORT)

test: $(VENV)/.dev ## install, then run all tests, on SQLite and PostgreSQL
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/.dev ## style: ruff's rules and format, the templates' and vendored files' checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/vendor.py --check

types: $(VENV)/.dev ## types: mypy strict
	$(BIN)/mypy .

house: $(VENV)/.dev ## the house's own rules: imports, guards, words, documentation
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house

docs: $(VENV)/.docs ## build the documentation, warnings are errors
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

vectors: $(VENV)/.dev ## make the golden files again; a difference is an error
	$(BIN)/python -m tests.vectors
	$(BIN)/python -m tests.exchange.dialects.golden
	$(BIN)/python -m tests.certs.dialects.golden
	$(BIN)/python -m tests.catalog_sync.targets.golden
	$(BIN)/python -m tests.catalog_sync.targets.signed_golden
	git diff --exit-code -- tests/vectors

screenshots: $(VENV)/.dev ## pictures of the pages, from a running sandbox (PORT=8080)
	$(BIN)/python -m tools.screenshots http://127.0.0.1:$(PORT) --data $(DATA)
	$(BIN)/python -m tools.document_pictures

bench: $(VENV)/.dev ## benchmarks into bench/results.json (ONLY=name SHORT=1)
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(SHORT),--short)

drills: $(VENV)/.dev ## failure drills and long runs into bench/results/ (ONLY=name SHORT=1)
	$(BIN)/python -m bench.drills $(if $(ONLY),--only $(ONLY)) $(if $(SHORT),--short)

clean: ## remove what was built, not what was measured
	rm -rf $(VENV) build dist *.egg-info docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
