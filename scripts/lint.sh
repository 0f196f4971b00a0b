#!/usr/bin/env bash
# The format and the import rules: the checks that need no build.
set -euo pipefail
cd "$(dirname "$0")/.."

paths=(Package.swift Sources Tests)
for path in Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources; do
    if [ -e "$path" ]; then paths+=("$path"); fi
done
if ! swift format lint --strict --parallel --recursive "${paths[@]}"; then
    printf 'error: the Swift sources are not in the project'"'"'s format\nhint: run `make format`, then mend by hand what is left\n' >&2
    exit 1
fi
scripts/check-imports.sh --self-test
scripts/check-imports.sh
