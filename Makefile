# The commands of this repository. Each does its own set-up and can be repeated; none needs another to have run before.
.DEFAULT_GOAL := help
.PHONY: help demo test e2e check bench proof clean
.NOTPARALLEL:

# More arguments for the demo: make demo ARGS='--help'
ARGS ?=

help: ## this page
	@echo 'Haldane watches a canary and tells Flagger: go on, wait, or go back.'
	@echo
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "Start with 'make demo', then read README.md. Before you propose a change: 'make check test' (CONTRIBUTING.md)."

# Two steps, so that the first build shows its progress. A debug build, because it is ready soonest.
demo: ## a simulated release through simulated regions on fast time; more with ARGS='--help'
	@scripts/toolchain
	@cargo build -p haldane
	@cargo run -q -p haldane -- demo $(ARGS)

# Cargo runs doc tests only when asked for them alone; the second run happens even when the first finds a failure.
# The longest suites (real parts, the demo, kills) wait for scrapes, fast clocks and processes far more than they compute, so
# twice as many tests run at once as there are processors.
test: ## every test: units, properties, the model of Flagger, real Prometheus, VictoriaMetrics and HAProxy (fetched once), examples
	@scripts/toolchain
	@scripts/real-parts
	@export RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$$((2 * $$(getconf _NPROCESSORS_ONLN)))}; failed=0; \
	cargo test --workspace --all-targets --no-fail-fast || failed=1; \
	cargo test --workspace --doc --no-fail-fast || failed=1; \
	exit $$failed

# Scenarios wait for Flagger's ticks nearly all the time, so all of them run at once, however few processors there are. Those of
# three control planes come after: three API servers that start beside forty Canaries slow Flagger until its ticks run together.
e2e: ## the released Flagger on a real Kubernetes API server (built once, with Go): what it does, and what Haldane makes it do
	@scripts/toolchain
	@scripts/real-parts
	@tools=$$(scripts/e2e-tools) && set -x && \
	scripts/go-templates && \
	cargo build -p haldane && \
	export HALDANE_E2E_TOOLS="$$tools" && \
	cargo test -p haldane-e2e --features e2e --test e2e --test stores -- --test-threads=64 --skip obeys::planes && \
	cargo test -p haldane-e2e --features e2e --test e2e -- --test-threads=64 obeys::planes

check: ## format, lints, documentation, licences and origins of the dependencies
	@scripts/toolchain fmt clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features haldane-e2e/e2e -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items
	cargo fetch --locked
	@tools=$$(scripts/tools) && set -x && \
	"$$tools/cargo-deny" --offline check --hide-inclusion-graph licenses bans sources

bench: ## how long a look, an answer to Flagger and recorded cases take here; and that a release build judges as a debug build does
	@scripts/toolchain
	@scripts/recorded
	cargo bench -p haldane-core -p haldane

proof: ## measure the published error rates anew, on all processors, and write them to docs/proof and docs/STATISTICS.md
	@scripts/toolchain
	cargo run --release -p haldane-proof -- --out docs/proof --page docs/STATISTICS.md

clean: ## forget what was built here (installed tools stay)
	@cargo clean
