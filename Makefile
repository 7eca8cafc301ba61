# make demo   the main job on a rendered site, nothing downloaded but Python packages
# make test   all tests; with lint, import rules and types: make check
# make package  what is released: source archive, wheel, bill of materials
# make api    a page from the docstrings of every module, in build/api
# Each sets everything up by itself in .venv; nothing is asked of you but Python >= 3.11 and make.

PYTHON ?= python3
BIN := .venv/bin
export NO_ALBUMENTATIONS_UPDATE = 1
export YOLO_OFFLINE = true

.DEFAULT_GOAL := demo

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $$($(PYTHON) --version) found, Python >= 3.11 needed; run: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@# Ultralytics brings opencv-python, which needs a desktop's libGL; laid over it, the headless build does not.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--force-reinstall --no-deps opencv-python-headless
	@touch $@

demo: .venv/installed
	$(BIN)/lotwise demo --out runs/demo

# More workers than cores only add memory: each loads PyTorch. Tests that wait for processes, brokers and browsers may
# starve on a busy machine: what failed is tried once more, by itself, and must pass then; both runs are in the log.
test: .venv/installed
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 || \
		$(BIN)/python -m pytest --last-failed --last-failed-no-failures none --verbose

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The import checker follows no links, so it is given a copy in which each room lies where it is installed.
imports: .venv/installed
	rm -rf build/imports && mkdir -p build/imports && cp -rL lotwise build/imports/
	cd build/imports && ../../$(BIN)/lint-imports --no-cache ../../pyproject.toml

types: .venv/installed
	$(BIN)/mypy

check: lint imports types test

# Source archive, wheel and bill of materials in dist/; the wheel is tried as a camera node's user would.
package: .venv/installed
	PYTHON=$(PYTHON) .ci/package

api: .venv/installed
	$(BIN)/pdoc --docformat google --output-directory build/api lotwise '!lotwise.__main__'

clean:
	rm -rf .venv runs build dist *.egg-info

.PHONY: demo test lint imports types check package api clean
