# Every target sets up what it needs first; nothing has to be installed but Python 3.11 or 3.12.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Without bytecode every process compiles every library again: most of the time of a short job.
unexport PYTHONDONTWRITEBYTECODE

STAMP := .venv/.stamp$(if $(filter 1,$(CUDA)),-cuda)$(if $(filter 1,$(CLUSTER)),-cluster)
SETUP = @PYTHON='$(PYTHON)' CUDA='$(CUDA)' CLUSTER='$(CLUSTER)' tools/setup.sh
REPRISE := .venv/bin/reprise
comma := ,
OPTIONS = $(foreach paper,$(subst $(comma), ,$(PAPERS)),--paper '$(paper)') \
	$(if $(SCALE),--scale '$(SCALE)')
PLACE = $(if $(PROFILE),--profile '$(PROFILE)')
LIMITS = $(if $(CORES),--cores '$(CORES)')

# A .venv only works where it was made: set up again when the checkout was moved or copied.
MOVED := $(shell [ "$$(cat .venv/.home 2>/dev/null)" = "$$(pwd -P)" ] || echo moved)

# What brings text and a language model to dai2022; where it cannot be fetched the rest goes on.
TEXTS = $(if $(or $(if $(PAPERS)$(FIG),,all),$(findstring dai2022,$(PAPERS)$(FIG))),texts)

.PHONY: replicate figure plan status audit challenge compare test test-cluster check format bench publish site lock setup packages texts clean help moved

replicate: $(STAMP) $(TEXTS) ## Make every figure, table and verdict [PAPERS=a,b] [SCALE=smoke|cpu|night|gpu|paper] [CORES=n] [PROFILE=slurm]
	$(REPRISE) run $(OPTIONS) $(LIMITS) $(PLACE)

figure: $(if $(FIG),$(STAMP) $(TEXTS)) ## Make one figure and only what it needs: FIG=pearce2023/F1 [SCALE=...] [CORES=n] [PROFILE=slurm]
	@[ -n '$(FIG)' ] || { echo 'make figure: say which, e.g. FIG=pearce2023/F1' >&2; exit 2; }
	$(REPRISE) figure '$(FIG)' $(if $(SCALE),--scale '$(SCALE)') $(LIMITS) $(PLACE)

plan: $(STAMP) ## Show what replicate would do: jobs, time, memory, disk
	$(REPRISE) plan $(OPTIONS) $(LIMITS)

status: $(STAMP) ## Say for every result whether it is current, stale, tampered or missing, and why
	$(REPRISE) status $(OPTIONS)

audit: $(STAMP) ## Check every result against its record [TREE=results/published/cpu] [ARGS="--sign key"]
	$(REPRISE) verify $(if $(TREE),'$(TREE)') $(OPTIONS) $(ARGS)

challenge: $(if $(FIG),$(STAMP) $(TEXTS)) ## Make a result again in a clean place and compare: FIG=pearce2023/F1 [TREE=results/published/cpu] [FROM=runs|tables] [CORES=n]
	@[ -n '$(FIG)' ] || { echo 'make challenge: say which, e.g. FIG=pearce2023/F1' >&2; exit 2; }
	$(REPRISE) challenge '$(FIG)' $(if $(SCALE),--scale '$(SCALE)') $(if $(TREE),--tree '$(TREE)') $(if $(FROM),--from '$(FROM)') $(LIMITS)

compare: $(STAMP) ## Set two result trees side by side: [A=results/cpu] [B=results/published/cpu] [PAPERS=a,b] [HTML=page.html]
	$(REPRISE) compare $(if $(A),'$(A)') $(if $(B),'$(B)') $(OPTIONS) $(if $(HTML),--html '$(HTML)')

publish: $(STAMP) ## Copy tables, figures, records and verdicts into results/published
	$(REPRISE) publish $(OPTIONS)

site: ## Lay out results/published as static pages in dist/site [SCALE=cpu]
	rm -rf dist/site
	mkdir -p dist/site
	cp -R results/published/$(or $(SCALE),cpu)/. dist/site
	echo '<!doctype html><title>Reprise</title><meta http-equiv="refresh" content="0; url=report/">' > dist/site/index.html

# The smoke graph takes every core, so it runs alone, before the tests that share them.
SMOKE = tests/workflow/test_smoke.py
PYTEST = .venv/bin/python -m pytest

test: $(STAMP) texts ## Run every test that a laptop can run [ARGS="tests/reprise/stats -k intervals"]
	$(if $(ARGS),,$(PYTEST) $(SMOKE))
	$(PYTEST) -n auto $(or $(ARGS),--ignore $(SMOKE) --ignore tests/cluster)

test-cluster: $(STAMP) ## Run what needs Slurm, Kubernetes' client, S3, other Snakemakes or Pythons; the tour, a whole benchmark
	$(PYTEST) tests/cluster $(ARGS)

check: $(STAMP) ## Lint, format, types, spelling, import contracts; the longest sentences [ARGS="ruff types"]
	@tools/check.sh $(ARGS)

format: $(STAMP) ## Rewrite sources as check wants them
	tools/check.sh --fix

bench: $(STAMP) texts ## Measure speed against peers on this machine, in the same run
	.venv/bin/python -m benchmarks $(ARGS)

lock: $(STAMP) ## Solve pyproject.toml again into requirements/ and environment.yml [ARGS=--upgrade]
	.venv/bin/python tools/lock.py $(ARGS)

setup: ## Set up .venv from the hashed locks, all of it again [PYTHON=path] [CUDA=1] [CLUSTER=1]
	@rm -f .venv/.locks
	$(SETUP)

packages: $(STAMP) ## Fetch the text and the language model of dai2022 into .venv (125 MB)
	@.venv/bin/python tools/packages.py

texts: $(STAMP)
	@.venv/bin/python tools/packages.py || true

clean: ## Remove caches and build output; keeps results, checkpoints and .venv
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache dist
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

$(STAMP): requirements/bootstrap.txt requirements/lock.txt pyproject.toml tools/setup.sh $(MOVED)
	$(SETUP)
$(STAMP): $(if $(filter 1,$(CUDA)),requirements/lock-cuda.txt) $(if $(filter 1,$(CLUSTER)),requirements/lock-cluster.txt)
