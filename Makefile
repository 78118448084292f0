.PHONY: help run test soak bench bench-peers bench-scale lint docs audit lock clean

SOURCES := pyproject.toml config/requirements.txt config/requirements-dev.txt .ci/environment.sh

# Another market has data of its own, so that no desk mixes two of them.
ifneq ($(MARKET),)
OTHER_MARKET := TICKSTOCK_INGEST_PROVIDER=$(MARKET)
ifneq ($(MARKET),invented)
OTHER_MARKET += DATA_DIR=$(or $(DATA_DIR),.data-$(MARKET))
endif
endif

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile

run: .venv/.runtime  ## start everything; MARKET=replay plays real prices of 2012; PORT, HOST and DATA_DIR override
	@exec env $(OTHER_MARKET) .venv/bin/python -m app.cli run --with-parent

test: .venv/.dev  ## run the whole test suite
	@.venv/bin/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 20

bench: .venv/.dev  ## measure fan-out beside nchan and naive, a tick's way to the page, the page's weight
	@.venv/bin/python -m bench.fanout
	@.venv/bin/python -m bench

bench-peers: .venv/.dev  ## measure fan-out beside all peers, with 1000 and 5000 readers
	@.venv/bin/python -m bench.fanout --all

bench-scale: .venv/.dev  ## measure pages, API, start, loads and the market at the size that users have; two hours
	@.venv/bin/python -m bench.scale

soak: .venv/.dev  ## let everything fail for ten minutes and look for what is lost
	@.venv/bin/python -m bench.checker --minutes 10
	@.venv/bin/python -m pytest -m soak

lint: .venv/.dev  ## check style and types
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m mypy

docs: .venv/.dev  ## write docs/configuration.md, docs/redis-contract.md and docs/rules.md anew from the code
	@.venv/bin/python .ci/configuration.py
	@.venv/bin/python .ci/redis_contract.py
	@.venv/bin/python .ci/rules_page.py

audit: .venv/.dev  ## look for known holes, licences and changed files of others, and list all parts; STRICT=1
	@.venv/bin/python .ci/audit.py $(if $(STRICT),--strict)

lock: .venv/.dev  ## choose the newest allowed dependencies and write down their hashes
	@sh .ci/lock.sh

clean:  ## remove .venv and caches; data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.runtime: $(SOURCES)
	@sh .ci/environment.sh runtime

.venv/.dev: $(SOURCES)
	@sh .ci/environment.sh dev
