# run · test · check · lint · bench · soak · wheel, nothing else
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run test check lint scripts bench soak wheel

run: $(VENV)/.run
	$(BIN)/python app.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# what a minute can tell: no browser, no processes, no long trainings
check:
	@begun=$$(date +%s); $(MAKE) --no-print-directory lint \
	&& $(BIN)/python -m pytest -m "not slow and not browser" -n 2 --dist loadfile --no-loadscope-reorder \
	&& echo "checked in $$(( $$(date +%s) - begun )) s"

lint: $(VENV)/.dev scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.structure

# ESLint, TypeScript and Node's own tests for the page's scripts; the app needs none. Where npm is not
# there, or no registry answers, they are skipped with a word.
scripts:
	@if ! command -v npm >/dev/null; then echo "npm is not there: the page's scripts are not checked"; \
	elif ! $(MAKE) --no-print-directory node_modules/.ok; then echo "npm could not install the linters: the page's scripts are not checked"; \
	else npm run --silent lint && npm test --silent; fi

node_modules/.ok: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.recipes $(ARGS)

# a public server under visitors of every kind, ten minutes; ARGS="--seconds 300 --mixed 7200" for the long one
soak: $(VENV)/.dev
	$(BIN)/python -m benchmarks.soak $(ARGS)

# dist/gan_atelier-*.whl: the command `gan` and all that it needs, for pip, pipx or uvx
wheel: $(VENV)/.run
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	rm -rf build *.egg-info

$(VENV)/.run: requirements.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed, this is ' + sys.version.split()[0] + '; try make PYTHON=python3.11')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

# a Chromium that is there is used (CHROMIUM_PATH, or one on the PATH), else Playwright fetches its own
$(VENV)/.dev: $(VENV)/.run requirements-dev.txt tests/requirements-reference.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps -r tests/requirements-reference.txt
	test -n "$$CHROMIUM_PATH" || command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome || $(BIN)/python -m playwright install chromium
	touch $@
