# Two commands for a fresh machine with Python 3.11 and make: `make session` and `make test`.
# Each makes its environment first: from the hash-pinned uv.lock, with a uv of its own, itself pinned by hash.

PYTHON  ?= python3.11
STAMP   := $(shell date +%Y%m%d-%H%M%S)
OUT     ?= out/session-$(STAMP)
RUN     := PYTHONSAFEPATH=1 .venv/bin/
export OPENBLAS_NUM_THREADS = 1

.PHONY: session test lint types contracts unit trace generated proof clean

session: .venv/.synced
	$(RUN)syntherm-sim session --plan verification/plans/igo-breast.toml --operator scripted --out $(OUT)

test: lint types contracts unit generated proof trace

lint: .venv/.synced
	$(RUN)ruff check .
	$(RUN)ruff format --check .

types: .venv/.synced
	$(RUN)mypy device verification/independent verification/syntherm_sim verification/syntherm_verify

contracts: .venv/.synced
	$(RUN)lint-imports

unit: .venv/.synced
	@mkdir -p build
	$(RUN)python -m pytest -n 2 --dist worksteal -q --durations=10 --junit-xml=build/junit.xml \
	    --cov --cov-branch --cov-report=term --cov-fail-under=100

generated: .venv/.synced
	$(RUN)syntherm-verify generated --check

# Every claim by the explorer; the other engines need spin, yosys and berkeley-abc: `syntherm-verify prove`.
proof: .venv/.synced
	$(RUN)syntherm-verify prove --engine explorer --check

trace: unit
	$(RUN)syntherm-verify trace --check --junit build/junit.xml --out build/trace

.venv/.synced: uv.lock pyproject.toml verification/pyproject.toml | .uv/bin/uv
	.uv/bin/uv sync --frozen --quiet
	@touch $@

.uv/bin/uv: uv-bootstrap.txt
	@$(PYTHON) -m venv .uv || { echo "make: $(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r uv-bootstrap.txt

clean:
	rm -rf .venv .uv build out
