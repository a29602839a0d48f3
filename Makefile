# goro: `make run` and `make test` work as the first command after a clone (Debian 12); the rest is for daily work.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: run test bench bench-compare bench-scaling verify stress soak matrix format tidy clean help

run: ## install what is missing, build release, run the tour of examples
	@scripts/install_deps run
	@cmake --preset release
	@cmake --build --preset release --target tour
	@scripts/tour

test: ## install what is missing, then build and run every test (PARTS="release dev clang asan race race-self aarch64")
	@scripts/install_deps run test
	@scripts/test $(PARTS)

bench: ## build and run the benchmarks (NAMES="mutex spawn" for some)
	@scripts/install_deps run bench
	@scripts/bench $(NAMES)

bench-compare: ## goro beside Go, tokio, Boost.Fiber and std::thread; writes the table in docs/PERFORMANCE.md (OPTIONS="--help" for less)
	@scripts/install_deps run bench compare
	@scripts/bench_compare $(OPTIONS)

bench-scaling: ## the same as things grow: curves of goroutines, timers, connections, processors
	@scripts/install_deps run bench compare
	@scripts/bench_compare --scaling --json build/scaling.json --markdown docs/PERFORMANCE.md --svg docs/scaling.svg

verify: ## explore the protocols of the runtime interleaving by interleaving; writes the table in docs/VERIFICATION.md
	@scripts/install_deps run test
	@scripts/verify

stress: ## run the stress programs at length (PRESET=release ROUNDS=1000 NAMES="skynet")
	@scripts/install_deps run test
	@scripts/stress $(or $(PRESET),release) $(or $(ROUNDS),1000) $(NAMES)

soak: ## everything at once, watching what the process uses (PRESET=release MINUTES=10 OPTIONS="--procs 1,4 --seed 7")
	@scripts/install_deps run test
	@scripts/soak $(or $(PRESET),release) $(or $(MINUTES),10) $(OPTIONS)

matrix: ## unit tests and stress slices in every cell of compiler, optimisation and sanitizer (CELLS="g++-*-asan clang-O2-*")
	@scripts/install_deps run test
	@set -f; scripts/matrix $(CELLS)

format: ## format every source file
	@scripts/install_deps format
	@scripts/format

tidy: ## run clang-tidy over the library
	@scripts/install_deps run tidy
	@scripts/tidy

clean: ## remove everything that was built
	rm -rf build

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16
