# make help lists the targets. Needs Go; the rest installs itself where it can.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory

VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 5s

.DEFAULT_GOAL := help
.PHONY: help test tools lint fmt unit fuzz build lab bench-go

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: tools lint unit fuzz ## everything that must be green: lint, all tests with the race detector and sipp, every fuzz target for 5 s

# The race detector needs a C compiler, the scenarios need sipp. On Debian and
# its kin both are one apt-get away; elsewhere say what to install.
tools:
	@missing=(); \
	command -v sipp >/dev/null || missing+=(sip-tester); \
	command -v gcc >/dev/null || missing+=(gcc libc6-dev); \
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

unit: ## all tests with the race detector, sipp scenarios included
	go test -race -count=1 -timeout 8m ./...

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

build: ## static binaries in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/ ./cmd/...

lab: ## an edge in front of three simulated Call Bridges, to try it out
	go run ./cmd/bridgehead lab

bench-go: ## Go benchmarks of the hot pieces, with allocations
	go test -run '^$$' -bench . -benchmem -benchtime 1s -timeout 10m ./lb/... ./sip/...
