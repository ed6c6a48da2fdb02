# Needs make and Python 3.11 or newer; everything else is installed into .venv.
# Only relative paths, so that the checkout may lie anywhere, spaces included.

SHELL := /bin/sh
PY := .venv/bin/python
APPS := config blog newsletter comments
KILLS ?= 10

.PHONY: help run test browser test-postgres chaos bench format requirements

help:
	@echo "make run            set up, load the demo (DEMO=0: none) and serve until Ctrl-C"
	@echo "make test           the checks and the tests, on SQLite and the embedded broker"
	@echo "make browser        the walks through the pages in Chromium"
	@echo "make test-postgres  the same tests on PostgreSQL and Redis"
	@echo "make chaos          workers killed in mid-send, KILLS=10 times on each database"
	@echo "make bench          the measurements that README quotes"
	@echo "make format         put code and templates into shape"
	@echo "make requirements   compile requirements*.in"

run: .venv/run.stamp
	@DEMO="$${DEMO:-1}" exec $(PY) manage.py serve

test: .venv/dev.stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@$(TEMPLATES) .venv/bin/djade --target-version 5.2 --check
	$(PY) -m mypy manage.py $(APPS)
	$(PY) -m pytest -n auto -m "not browser and not chaos and not postgres"

browser: .venv/dev.stamp
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  echo "The browser tests need Chromium. On Debian: apt-get install chromium fonts-liberation"; exit 1; }
	$(PY) -m pytest tests/browser -n 0

test-postgres: .venv/dev.stamp
	$(PY) tests/with_services.py $(PY) -m pytest -n auto -m "not browser and not chaos"

chaos: .venv/dev.stamp
	$(PY) -m pytest tests/chaos -n 0 -m chaos
	$(PY) -m tests.chaos.kills --kills $(KILLS)

bench: .venv/dev.stamp
	@for what in article thread reply screening sign_up memory mail confirmations freeze import_people learning; do $(PY) -m bench.$$what || exit 1; done

format: .venv/dev.stamp
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	@$(TEMPLATES) .venv/bin/djade --target-version 5.2

requirements:
	@command -v uv >/dev/null || { echo "Compiling needs uv: https://docs.astral.sh/uv/"; exit 1; }
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements-dev.in --output-file requirements-dev.txt

COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-header
TEMPLATES = find $(APPS) -path '*/templates/*' -name '*.html' -print0 | xargs -0 -r

.venv/run.stamp: requirements.txt
	@$(call install,requirements.txt)
	@touch $@

# The second list contains the first.
.venv/dev.stamp: requirements-dev.txt
	@$(call install,requirements-dev.txt)
	@touch .venv/run.stamp $@

install = .ci/install "$(1)"
