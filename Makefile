# The two commands that matter: `make demo` runs everything on a made-up city, `make test` proves it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WORKERS ?= 2

.PHONY: demo test spark lint types imports check lock torture bench clean
.DELETE_ON_ERROR:

demo: .venv
	$(BIN)/throughcare demo

test: .venv
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not slow"

# Spark is 400 MB: it is installed for its own tests alone, where there is a Java to run it.
spark: .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --require-hashes -r .ci/requirements-spark.txt
	$(BIN)/pytest tests/identity/test_spark.py tests/warehouse/study/test_spark.py

check: lint types imports

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv
	$(BIN)/mypy flows schemas connectors identity warehouse bench tests

imports: .venv
	$(BIN)/lint-imports

torture: .venv
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m slow
	$(BIN)/python -m bench.torture --jobs $(WORKERS) --out docs/torture.json

bench: .venv
	$(BIN)/python -m bench.throughput

# Everything is installed from the lock, by hash (the lock is complete: no resolving); the project itself in place, without build isolation.
.venv: .ci/requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .ci/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch .venv

lock: .venv
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra dev pyproject.toml -o .ci/requirements.txt
	echo 'pyspark>=4.3,<4.4' | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 - -o .ci/requirements-spark.txt

clean:
	rm -rf .venv .throughcare build *.egg-info
