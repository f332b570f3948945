# `make` lists the targets. Each sets up what it needs and does nothing twice; stamp files in .venv say what is done.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := -m pip install -q --disable-pip-version-check
BABEL := $(PY) -m babel.messages.frontend -q
LOCALE := repz_core/locale
POT := $(VENV)/repz.pot
STREAMLIT := $(VENV)/bin/streamlit run streamlit_app.py

.DEFAULT_GOAL := help
.PHONY: help run hall dev setup test lint messages bench bench-full checkpoints shots browser clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

run: $(VENV)/.runtime  ## start the lab on http://localhost:8501
	@$(STREAMLIT)

hall: $(VENV)/.runtime  ## start the lab for a lecture hall: check, address, presenter's code, QR code (PORT=8501)
	@$(PY) -m pages.hall --port $(or $(PORT),8501)

dev: $(VENV)/.runtime  ## start the lab and rerun it when a source file changes
	@$(STREAMLIT) --server.fileWatcherType auto --server.runOnSave true

setup: $(VENV)/.runtime $(VENV)/.tests  ## set up .venv, test needs included

test: setup browser lint  ## run everything CI runs
	@echo "Running the tests"
	@$(PY) -m pytest -n 2 --dist loadfile

lint: $(VENV)/.tests  ## check style, format and types
	@echo "Checking style, format and types"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

messages: $(VENV)/.tests  ## bring the translations up to date: what people read into the .po files, these into the .mo files and the font
	@$(BABEL) extract -F pyproject.toml --no-default-keywords -k _ -k N_ --add-location=file --no-wrap -o $(POT) .
	@$(BABEL) update -D repz -d $(LOCALE) -i $(POT) -N --ignore-obsolete --ignore-pot-creation-date --no-wrap
	@$(BABEL) compile -D repz -d $(LOCALE)
	@$(PY) tests/font.py

bench:  ## measure side by side with peers, within 20 minutes; one JSON object a line
	@$(MAKE) --no-print-directory browser .venv-bench/.peers >&2
	@$(PY) -m repz_core.bench --peers .venv-bench/bin/python

bench-full:  ## as bench, with the long measurements
	@$(MAKE) --no-print-directory browser .venv-bench/.peers >&2
	@$(PY) -m repz_core.bench --peers .venv-bench/bin/python --full

checkpoints: $(VENV)/.runtime  ## rebuild checkpoints/ from their recipes
	@echo "Rebuilding checkpoints/"
	@$(PY) -m repz_core checkpoints

shots: browser  ## take the pictures anew that the pages are held against; look at them before a commit
	@REPZ_SHOTS=renew $(PY) -m pytest -n 0 tests/e2e/test_shots.py

browser: $(VENV)/.browser  ## find or install a browser for the end-to-end tests

clean:  ## remove the environments and all caches
	@echo "Removing the environments and all caches"
	@rm -rf .venv .venv-bench .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---

# Succeeds if $(1) is a Python that the lab runs on.
suits = $(1) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null

define check_python
@$(call suits,$(PYTHON)) || { \
	echo "The lab needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is" \
	"$$($(PYTHON) --version 2>/dev/null || echo missing): say which to use, as in make run PYTHON=python3.12." >&2; exit 1; }
endef

# Some of UMAP's functions are compiled at import and kept on disk, the rest by every process anew unless told to
# keep them (repz_core.embed tells them so too). A fit, a transform and an aligned fit touch all that the lab uses; the
# lasso solver is ours and keeps itself.
define compile_once
import warnings
warnings.simplefilter("ignore")
import numpy, torch, umap
from repz_core.solvers import sparse_encode
from numba.core.dispatcher import Dispatcher
for module in (umap.umap_, umap.utils, umap.layouts, umap.distances, umap.aligned_umap):
    for function in vars(module).values():
        if isinstance(function, Dispatcher):
            function.enable_caching()
x = numpy.random.default_rng(0).random((60, 5), dtype=numpy.float32)
same = {i: i for i in range(60)}
umap.UMAP(n_neighbors=5, n_epochs=10, random_state=0).fit(x).transform(x[:9] + 1)
umap.UMAP(n_neighbors=5, n_epochs=10).fit(x)
umap.AlignedUMAP(n_neighbors=5, n_epochs=10, random_state=0).fit([x, x + 1], relations=[same])
sparse_encode(torch.eye(3), torch.eye(3), 0.1)
endef
export compile_once

# .unfinished is there while pip works: an environment where it was left behind is made anew.
$(VENV)/.runtime: requirements.txt $(wildcard $(VENV)/.unfinished)
	$(check_python)
	@echo "Setting up $(VENV) (a few minutes the first time)"
	@if [ -e $(VENV)/.unfinished ] || ! $(call suits,$(PY)); then rm -rf $(VENV); fi
	@mkdir -p $(VENV) && touch $(VENV)/.unfinished
	@[ -e $(PY) ] || $(PYTHON) -m venv $(VENV)
	@$(PY) $(PIP) -r requirements.txt
	@rm $(VENV)/.unfinished
	@echo "Compiling numerical code once (about half a minute)"
	@$(PY) -c "$$compile_once"
	@echo "Preparing the built-in data sets"
	@$(PY) -m repz_core datasets --prepare
	@touch $@

$(VENV)/.tests: tests/requirements.txt requirements-cluster.txt requirements-search.txt $(VENV)/.runtime
	@echo "Installing what the tests need"
	@touch $(VENV)/.unfinished
	@$(PY) $(PIP) -r tests/requirements.txt
	@rm $(VENV)/.unfinished
	@touch $@

$(VENV)/.browser: tests/browser.py $(VENV)/.tests
	@echo "Looking for a browser"
	@$(PY) tests/browser.py --install
	@touch $@

.venv-bench/.peers: repz_core/bench/requirements.txt
	$(check_python)
	@echo "Setting up .venv-bench with the peers to measure against"
	@rm -rf .venv-bench
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python $(PIP) -r $<
	@touch $@
