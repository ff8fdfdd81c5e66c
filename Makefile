# Centro 311. `make` alone lists what there is; everything works in a fresh clone.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
CENTRO := $(BIN)/centro
# Checks and tests use a database of their own, never the one of `make run`.
TESTS_OWN := CENTRO_VAR=$(CURDIR)/var/test CENTRO_FAST_DATABASE=1
CHECKS := check-style check-types check-layers check-templates check-migrations check-messages \
	check-spelling

.PHONY: help run test fast spark fuzz check fix bench screenshots demo reset doctor shell docs lock environment \
	development chromium servers $(CHECKS)

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' \
		| while IFS='|' read -r name what; do printf '  make %-9s %s\n' "$$name" "$$what"; done

run: environment  ## Start the whole centre on http://127.0.0.1:8311 (PORT overrides)
	@exec $(CENTRO) up --with-parent

test: development chromium servers  ## Run every test, the browser's included
	@echo "── The fast tests"
	@$(BIN)/python -m pytest -q -n 2 -m "not e2e and not slow and not at_once"
	@echo "── The tests of several at once"
	@$(BIN)/python -m pytest -q -n 2 -m "at_once"
	@echo "── The browser's tests, and those that kill servers"
	@$(BIN)/python -m pytest -q -n 2 -m "(e2e or slow) and not at_once"

spark: development  ## Run the figures' tests on Spark instead of DuckDB
	@tools/spark.sh
	@INSIGHTS_ENGINE=pyspark $(BIN)/python -m pytest -q tests/insights/test_worked_example.py \
		tests/insights/test_metrics.py tests/insights/test_signs.py

fuzz: development  ## Send new garbage to every form and address, and play new histories
	@CENTRO_FUZZ=1 $(BIN)/python -m pytest -q -n 2 -m "slow" tests/abuse tests/kernel tests/cases

fast: development  ## Run only the fast tests
	@$(BIN)/python -m pytest -q -n 2 -m "not e2e and not slow and not at_once"

check: development  ## Check style, types, layers, templates, migrations, messages, spelling
	@$(MAKE) -j2 -k --output-sync=target $(CHECKS)

fix: development  ## Let the tools repair what they can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .
	@$(BIN)/djlint centro --reformat --quiet || true
	@$(CENTRO) messages extract

bench: environment  ## List the benchmarks, or run one: make bench NAME=intake
	@$(CENTRO) bench $(NAME) $(ARGS)

screenshots: development chromium  ## Take new pictures of the main pages into docs/pictures
	@$(BIN)/python tools/screenshots.py

demo: environment  ## Make people to sign in as and cases they can work on
	@$(CENTRO) demo

reset: environment  ## Remove the embedded database, photos and secrets (asks first)
	@$(CENTRO) reset

doctor: environment  ## Check the installation and every promise of the domain
	@$(CENTRO) doctor

shell: environment  ## A Python prompt with the models
	@$(CENTRO) shell

docs: environment  ## List the documentation
	@$(CENTRO) docs

lock: development  ## Lock the newest allowed versions of all dependencies
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --upgrade pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --extra dev -c requirements.lock pyproject.toml \
		-o requirements-dev.lock

environment:
	@tools/environment.sh run

development:
	@tools/environment.sh dev

chromium:
	@tools/chromium.sh

servers:
	@tools/servers.sh

check-types:
	@echo "── types" && $(BIN)/mypy centro tests benchmarks

check-style:
	@echo "── style" && $(BIN)/ruff check . && $(BIN)/ruff format --check .

check-layers:
	@echo "── layers" && $(BIN)/lint-imports

check-templates:
	@echo "── templates" && $(BIN)/djlint centro --quiet --lint && $(BIN)/djlint centro --check

check-migrations:
	@echo "── migrations" && $(TESTS_OWN) $(CENTRO) django makemigrations --check --dry-run \
		&& $(TESTS_OWN) $(CENTRO) django check --fail-level WARNING

check-messages:
	@echo "── messages" && $(CENTRO) messages check

check-spelling:
	@echo "── spelling" && $(BIN)/codespell
