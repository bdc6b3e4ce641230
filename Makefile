# The words of this project. CI says `make test` and nothing else.
SHELL := /bin/sh
VENV  := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help up setup check test flights accuracy simulate replay bench fuzz docs warm lock clean

# What a run can be given on the command line.
ARGS      ?=
SEED      ?= 1
SCENARIO  ?= exercises/hokkaido-2017-09-14.toml
OUT       ?= build/out
FILE      ?= $(OUT)/detections.jsonl
SENSORS   ?= src/signalfire/data/sensors/trilateral.toml
AGREEMENT ?= src/signalfire/data/agreements/trilateral.toml
TESTS     ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

up: ## set everything up and play a documented launch (ARGS="--flight 2017-07-28-hwasong-14")
	@tools/setup up && exec $(VENV)/signalfire up $(ARGS)

setup: ## set everything up, start nothing
	@tools/setup up

check: ## what takes seconds: style, types, architecture
	@tools/setup test
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/pytest -q tests/architecture

test: ## set everything up and pass every test (TESTS=tests/unit/basis for a part)
	@tools/setup test
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(TESTS)

simulate: setup ## what the sensors would report (SCENARIO=, SEED=, OUT=)
	@mkdir -p $(OUT)
	$(VENV)/signalfire simulate $(SCENARIO) --seed $(SEED) --out $(OUT)/detections.jsonl --truth $(OUT)/truth.csv

replay: setup ## the same nodes on a recording, no network (FILE=, SENSORS=, AGREEMENT=, OUT=)
	$(VENV)/signalfire replay $(FILE) --sensors $(SENSORS) --agreement $(AGREEMENT) --out $(OUT)

flights: setup ## every documented flight through replay, with the table of errors
	$(VENV)/python tools/validate_flights.py $(ARGS)

accuracy: setup ## the tracker against the Cramer-Rao bound, 200 runs of each cell (ARGS="--jobs 2")
	$(VENV)/python tools/validate_accuracy.py $(ARGS)

bench: ## measure, as ratios against a yardstick of the same run
	@tools/setup bench
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(VENV)/python -m bench $(ARGS)

fuzz: ## search for inputs that break a law, for as long as it takes
	@tools/setup test
	SIGNALFIRE_HYPOTHESIS=search $(VENV)/pytest --timeout=0 tests/laws tests/unit/formats $(ARGS)

docs: setup ## write docs/reference/ from the code, docs/validation/ from runs
	$(VENV)/python tools/generate_reference.py
	$(VENV)/python tools/validate_flight_times.py

warm: setup ## compile the numeric kernels now
	$(VENV)/signalfire warm

lock: ## resolve requirements/*.in again and write the hashes
	@tools/lock

clean: ## take away all that was made here
	rm -rf .venv build dist run .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf src/signalfire/web/static src/signalfire/web/frontend/node_modules
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +
