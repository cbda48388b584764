# `make` says what there is. The virtual environments are made on first use and kept up to date with setup.cfg.
# Variables: PYTHON (3.10 or newer, found by itself), ARGS (handed on to pytest, the chat or the benchmark).

SHELL = /bin/sh
ARGS ?=
export PYTHON

.PHONY: help demo chat test test-realtime test-thorough lint types bench bench-memory bench-voice clean venv venv-dev

help:
	@echo "make demo     watch a character answer, act and remember, on a server on this machine"
	@echo "make chat     chat with it yourself"
	@echo "make test     run the tests, the slow ones left out (ARGS=\"-k name -x\" goes to pytest)"
	@echo "make test-realtime  the tests that play and record on virtual sound devices, one after the other"
	@echo "make test-thorough  long looks at leaks, scale and terminals that speak; not in CI"
	@echo "make lint     ruff"
	@echo "make types    mypy --strict"
	@echo "make bench    measure speed against the other clients (bench-memory, bench-voice: memory, voice)"
	@echo "make clean    remove the virtual environments and everything else that was generated"

demo: venv
	@.venv/bin/python examples/demo.py $(ARGS)

chat: venv
	@.venv/bin/estuary chat --local $(ARGS)

test: venv-dev
	@.venv-dev/bin/python -m pytest -n auto --dist worksteal $(ARGS)

test-realtime: venv-dev
	@.venv-dev/bin/python -m pytest -m realtime $(ARGS)

test-thorough: venv-dev
	@.venv-dev/bin/python -m pytest -m thorough $(ARGS)

lint: venv-dev
	@.venv-dev/bin/ruff check .

types: venv-dev
	@.venv-dev/bin/mypy --strict estuary

bench: venv-dev
	@.venv-dev/bin/python benchmarks/text.py $(ARGS)

bench-memory: venv-dev
	@.venv-dev/bin/python benchmarks/memory.py $(ARGS)

bench-voice: venv-dev
	@.venv-dev/bin/python benchmarks/voice.py $(ARGS)

venv:
	@scripts/venv.sh .venv cli,gateway,notebook

venv-dev:
	@scripts/venv.sh .venv-dev dev

clean:
	rm -rf .venv .venv-dev build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
