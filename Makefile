# The commands of the project. `make run`, `make demo` and `make test` do all set-up themselves.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE := bin/node

.PHONY: help setup run demo check types lint format-check tidy unit test test-full soak fmt lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what is missing; safe to repeat
	@scripts/setup.sh

run: setup ## the appliance with the demo practice, in the foreground; a scripted caller calls, then any softphone may
	@bin/vestibule run

demo: setup ## the same, ending after the scripted call; succeeds only if the call ended in the booking
	@bin/vestibule demo

check: types lint format-check tidy unit ## types, lint, format, tidy and unit tests: under a minute

types:
	@$(NODE) node_modules/typescript/bin/tsc -p .

lint:
	@$(NODE) node_modules/oxlint/bin/oxlint --type-aware --deny-warnings

format-check:
	@$(NODE) node_modules/oxfmt/bin/oxfmt --check

tidy:
	@$(NODE) scripts/run-tests.ts tidy

unit:
	@$(NODE) scripts/run-tests.ts unit

test: setup ## everything that CI runs: check, contract, fault, scenarios, e2e
	@$(NODE) scripts/test.ts

test-full: setup ## the same with the long runs
	@VESTIBULE_TEST_TIER=full $(NODE) scripts/test.ts

soak: setup ## scenarios for SOAK_MINUTES (60), then SOAK_OPS (10000) operations under fault for each of SOAK_DESTINATIONS
	@$(NODE) scripts/soak.ts

fmt: ## format the sources
	@$(NODE) node_modules/oxfmt/bin/oxfmt

lock: ## write package-lock.json anew after a change of package.json
	@npm install --package-lock-only --ignore-scripts --loglevel=error
	@$(NODE) scripts/complete-lock.ts

clean: ## remove what set-up brought into this clone; the data in var/ stays
	rm -rf node_modules var/asterisk/root var/asterisk/build.log var/test
