#!/usr/bin/env bash
# Measures the XKS proxy over plain HTTP on loopback: Encrypt of 32 bytes with 300 bytes of additional data, with and
# without the integrity value, and Decrypt. Prints a Markdown table (see docs/performance.md).
#
#   Benchmarks/xks.sh [--seconds N] [--connections N] [--skip-build]     5 seconds a line and 8 connections unless given
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=5
connections=8
build=yes
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) [ $# -ge 2 ] && seconds=$2 && shift 2 && continue ;;
        --connections) [ $# -ge 2 ] && connections=$2 && shift 2 && continue ;;
        --skip-build) build= && shift && continue ;;
    esac
    echo "usage: Benchmarks/xks.sh [--seconds N] [--connections N] [--skip-build]" >&2
    exit 2
done

if [ -n "$build" ]; then
    scripts/install-dependencies.sh bench >&2
    swift build -c release --product strongroom >&2
    swift build -c release --product strongroom-hsm-worker >&2
    make -s -C Benchmarks >&2
fi

strongroom=$PWD/.build/release/strongroom
load=$PWD/Benchmarks/.build-c/load
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
server=
cleanup() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$work"
}
trap cleanup EXIT

# The commands find the API where the state directory says; the proxy picks a port.
api=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$strongroom" init --state "$work/state" --profile hsm-config/softhsm2.yaml --listen "127.0.0.1:$api" > /dev/null
"$strongroom" xks-proxy serve --state "$work/state" --listen 127.0.0.1:0 > "$work/listening" 2> "$work/server.log" &
server=$!
for _ in $(seq 100); do
    grep -q '^listening on ' "$work/listening" && break
    sleep 0.1
done
endpoint=$(sed -n 's/^listening on //p' "$work/listening")
if [ -z "$endpoint" ]; then
    echo "Benchmarks/xks.sh: error: the proxy did not start within 10 s; its log:" >&2
    cat "$work/server.log" >&2
    exit 1
fi
"$strongroom" xks-proxy init-store --prefix bench --requests-per-second 0 --output "$work/store.json" \
    --state "$work/state" > /dev/null
"$strongroom" xks-proxy key create --prefix bench --id key --state "$work/state" > /dev/null
python3 Benchmarks/prepare_xks.py --store "$work/store.json" --endpoint "$endpoint" --key key --output "$work/requests"

echo "| request, $connections connections | a second | p50 ms | p99 ms | generator's processors |"
echo "|---|---:|---:|---:|---:|"
for request in encrypt encrypt-cdiv decrypt health; do
    "$load" --address 127.0.0.1 --port "${endpoint##*:}" --request "$work/requests/xks-$request.request" \
        --connections "$connections" --seconds "$seconds" > "$work/$request.json"
    python3 - "$request" "$work/$request.json" <<'PYTHON'
import json
import sys

name, file = sys.argv[1:]
found = json.load(open(file))
times = found["microseconds"]
print(
    f"| {name} | {found['perSecond']:,.0f} | {times['median'] / 1000:.2f} | {times['p99'] / 1000:.2f} "
    f"| {found['generatorProcessors']:.2f} |")
PYTHON
done
