# make help lists the targets. Needs Go; the rest installs itself where it can.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory

VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
FUZZTIME    ?= 5s
# What the edge does under load, for the compiler. It is no default.pgo, since a
# build with it takes twice as long: go run and go test do without.
PROFILE     := cmd/bridgehead/load.pgo
BENCHTIME   ?= 300ms
BASE        ?= $(shell git describe --tags --abbrev=0 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help test tools lint fmt unit fuzz build lab soak profile bench bench-tools bench-growth bench-go

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: tools lint unit fuzz ## everything that must be green: lint, all tests with the race detector and sipp, every fuzz target for 5 s

# The race detector needs a C compiler, the scenarios need sipp, and make bench
# needs a peer. On Debian and its kin each is one apt-get away; elsewhere say what
# to install. This is a list of commands with the packages that have them.
tools: need = sipp:sip-tester gcc:gcc gcc:libc6-dev
bench-tools: need = sipp:sip-tester kamailio:kamailio
tools bench-tools:
	@missing=(); \
	for pair in $(need); do command -v "$${pair%%:*}" >/dev/null || missing+=("$${pair#*:}"); done; \
	[ $${#missing[@]} -eq 0 ] && exit 0; \
	sudo=; \
	[ "$$(id -u)" = 0 ] || { sudo="sudo -n"; sudo -n true 2>/dev/null || sudo=none; }; \
	if [ "$$sudo" = none ] || ! command -v apt-get >/dev/null; then \
		echo "missing: $${missing[*]}; install these packages (Debian's names) and try again" >&2; exit 1; \
	fi; \
	echo "installing $${missing[*]}"; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$sudo apt-get -qq update && $$sudo apt-get -qq install -y --no-install-recommends "$${missing[@]}" >/dev/null

lint: ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l .); \
	[ -z "$$unformatted" ] || { echo "not formatted, run make fmt:" >&2; echo "$$unformatted" >&2; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

fmt: ## format all Go files
	gofmt -w .

# What is a table for people is run by itself and printed. What counts allocations
# and bytes says nothing under the race detector, and is run without.
TABLES := ^(TestTorture|TestTortureAnswers|TestIPv6|TestScenarios|TestDutiesAreShown)$$

unit: ## all tests with the race detector, sipp scenarios included; prints the tables of scenarios, duties and torture
	go test -race -count=1 -timeout 10m -skip '$(TABLES)' ./...
	go test -count=1 -timeout 2m -run 'Alloc|Memory|Cost|Costs' ./lb ./cmsapi ./sip/...
	go test -race -count=1 -timeout 5m -v -run '$(TABLES)' ./sip ./sip/transaction ./integration

# The go command may report its own deadline as a failure when a worker is busy at
# the moment the time is over; no input has failed then, and none is written.
fuzz: ## every fuzz target for FUZZTIME (5s)
	@failed=; \
	for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n1 dirname | sort -u); do \
		targets=$$(go test -list '^Fuzz' "$$dir"); \
		for target in $$(grep '^Fuzz' <<<"$$targets" || true); do \
			echo "fuzz $$dir $$target"; \
			out=$$(go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x -timeout 2m "$$dir" 2>&1) && rc=0 || rc=$$?; \
			echo "$$out"; \
			[ $$rc -eq 0 ] || { grep -q 'context deadline exceeded' <<<"$$out" && ! grep -qE 'Failing input|panic' <<<"$$out"; } || failed+=" $$dir:$$target"; \
		done; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed; each input that did is now in testdata/fuzz beside its test" >&2; exit 1; }

soak: tools ## a million transactions through the edge: memory and goroutines must be back (6 minutes)
	BRIDGEHEAD_SOAK=1 go test -count=1 -timeout 30m -run '^TestSoak$$' -v ./integration

profile: ## make the CPU profile of an edge under load that make build uses
	go run ./integration/bench -rows udp-2000,tcp-2000,cancelled -proxies bridgehead -rounds 1 -profile $(PROFILE)

build: ## static binaries in bin/
	CGO_ENABLED=0 go build -pgo $(PROFILE) -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/ ./cmd/...

lab: ## an edge in front of three simulated Call Bridges, to try it out
	go run ./cmd/bridgehead lab

bench: bench-tools ## the edge beside a blind relay and Kamailio, with the same calls; says first how long
	go run ./integration/bench -history integration/bench/history.tsv

bench-growth: bench-tools ## how its cost grows with bridges, processors, calls and spaces
	go run ./integration/bench -rows growth -proxies bridgehead -rounds 1

# In turns, so that whatever else the machine does meets both alike.
bench-go: ## Go benchmarks of this tree and of BASE (the last tag), compared
	@dir=$$(mktemp -d); trap 'git worktree remove --force "$$dir/tree" 2>/dev/null || true; rm -rf "$$dir"' EXIT; \
	measure() { (cd "$$1" && go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -timeout 10m ./lb/... ./sip/...) | tee -a "$$2"; }; \
	[ -z "$(BASE)" ] || git worktree add --quiet --detach "$$dir/tree" "$(BASE)"; \
	for round in 1 2 3 4 5 6; do \
		[ -z "$(BASE)" ] || measure "$$dir/tree" "$$dir/base"; \
		measure . "$$dir/this"; \
	done; \
	(cd "$$dir" && go run $(BENCHSTAT) $(if $(BASE),base) this)
