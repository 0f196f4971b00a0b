#!/usr/bin/env bash
# Load and faults at once, every answer checked: see Benchmarks/soak/soak.py --help.
#
#   Benchmarks/soak.sh [--skip-build] [--seconds 1200] [--seed N] …
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = --skip-build ]; then
    shift
else
    scripts/install-dependencies.sh bench >&2
    swift build --product strongroom >&2
    swift build --product strongroom-hsm-worker >&2
    swift build --product strongroom-fault-module >&2
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 Benchmarks/soak/soak.py "$@"
