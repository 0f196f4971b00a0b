#!/usr/bin/env bash
# Everything that must hold before a change lands. CI runs just this.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "dependencies"
scripts/install-dependencies.sh test

step "lint"
scripts/lint.sh

step "build"
swift build --build-tests

step "unit and token tests"
scripts/fetch-test-vectors.sh
# Four tests at a time: some make RSA keys, which keeps a processor busy for seconds, and all at once they would let
# others wait for longer than a connection is given.
SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 swift test --skip-build

step "load and faults for 30 s, every answer checked"
Benchmarks/soak.sh --skip-build --seconds 30

step "tokens of other makers, as their conformance reports have them"
scripts/conformance.sh --check nss opencryptoki p11-kit-remote

step "real AWS clients"
scripts/test-clients.sh

if [ -x scripts/fuzz.sh ]; then
    step "fuzzing, a few seconds each"
    scripts/fuzz.sh --seconds 5
fi

step "all tests passed"
