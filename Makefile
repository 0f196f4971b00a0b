# Each target is a script or one command; scripts/ has the logic, and says what is wrong when something is.

build: ## build everything (debug)
	scripts/install-dependencies.sh build
	swift build

run: ## build, set up a SoftHSM token under .strongroom/ and serve on 127.0.0.1:8470
	scripts/run.sh

test: ## what CI runs: lint, unit tests, real AWS clients, a few seconds of fuzzing
	scripts/test.sh

test-clients: ## only the tests with boto3 and the AWS CLI (ARGUMENTS="-k alias" chooses)
	scripts/install-dependencies.sh test
	swift build
	scripts/test-clients.sh $(ARGUMENTS)

bench: ## measure from the bare token to the HTTP API; prints a Markdown table
	Benchmarks/run.sh

soak: ## load and faults at once for 20 minutes, every answer checked
	Benchmarks/soak.sh --seconds 1200

fuzz: ## fuzz each parser for a minute
	scripts/fuzz.sh --seconds 60

format: ## rewrite the Swift sources in the project's format
	swift format --in-place --parallel --recursive $(SWIFT)

lint: ## check format and import rules
	scripts/lint.sh

clean: ## remove what builds and tests leave, but never .strongroom/, which holds keys
	rm -rf .build .build-* Benchmarks/.build Benchmarks/.build-* Fuzz/.build

help: ## this list
	@sed -n 's/^\([a-z-]*\): ## /\1\t/p' Makefile | expand -t 16

# As wildcards, because not every checkout has the benchmark's and the fuzz targets' packages.
SWIFT = Package.swift Sources Tests $(wildcard Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources)

.DEFAULT_GOAL := build
.PHONY: build run test test-clients bench soak fuzz format lint clean help
