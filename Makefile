PYTHON ?= python3

.DEFAULT_GOAL := help

# Said before anything else, on any machine: what is missing and what to do about it.
CHECKED = @command -v $(PYTHON) >/dev/null || { echo "Sluice needs Python 3.11 or newer; there is no $(PYTHON): install it from https://www.python.org/downloads." >&2; exit 1; }; \
	$(PYTHON) tools/python_version.py &&
STAGES = $(CHECKED) $(PYTHON) -m tools.stages

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make the virtual environment .venv from its pins
	$(STAGES) setup

.PHONY: package
package: ## Build dist/<target>/<actor>.zip for AWS and for this host
	$(STAGES) package

.PHONY: lint
lint: ## Check style, types, generated READMEs and Terraform, and scan the modules
	$(STAGES) lint scan

.PHONY: unit
unit: ## Run the Python tests that need no AWS
	$(STAGES) unit

.PHONY: terraform-test
terraform-test: ## Run the modules' tests with a mocked provider
	$(STAGES) terraform-test

.PHONY: flows
flows: ## Apply the stack to the local AWS and run the flow tests
	$(STAGES) flows

.PHONY: test
test: ## Prove everything: all of the above
	$(STAGES)

.PHONY: demo
demo: ## Show it: a minute of trips on a local AWS, a fault, and accounts that hold to the cent
	$(CHECKED) $(PYTHON) -m tools.environment dev
	@.venv/bin/python -m tools.package host > /dev/null
	@.venv/bin/python -m local.demo

.PHONY: up
up: package ## Start the local AWS, apply the dev environment to it, and run its mappings by AWS's rules
	@.venv/bin/python -m local.laptop up

.PHONY: down
down: ## Stop the local AWS and all that was applied to it
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m local.laptop down; fi

.PHONY: bench
bench: package ## Measure everything that is fast on purpose, each beside its baseline
	@.venv/bin/python -m bench

.PHONY: fmt
fmt: setup ## Format Python and Terraform
	@.venv/bin/ruff format --quiet .
	@$(PYTHON) tools/terraform.py fmt -recursive
	@.venv/bin/ruff check --quiet --fix .

.PHONY: pins
pins: ## Renew requirements/*.txt and the provider's checksums
	$(CHECKED) $(PYTHON) -m tools.pins

.PHONY: clean
clean: ## Back to a bare clone; Terraform state outside .local stays
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m local.laptop end; fi
	rm -rf .venv .venv-checkov .local dist .terraform .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
