#!/usr/bin/env bash
# Measures the whole way from a bare C loop on the token to the HTTP API, in one run on one machine,
# and prints one Markdown table (see docs/performance.md). Takes about a minute after the builds.
#
#   Benchmarks/run.sh [--seconds N]     N seconds a line, 5 unless given
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=5
if [ "${1:-}" = --seconds ] && [ $# -eq 2 ]; then seconds=$2; shift 2; fi
if [ $# -ne 0 ]; then
    echo "usage: Benchmarks/run.sh [--seconds N]" >&2
    exit 2
fi

say() { printf '== %s\n' "$*" >&2; }

scripts/install-dependencies.sh bench >&2
say "building the server (release)"
swift build -c release --product strongroom >&2
swift build -c release --product strongroom-hsm-worker >&2
say "building the benchmark's own programs"
make -s -C Benchmarks >&2
swift build -c release --package-path Benchmarks --product bench-worker >&2

strongroom=$PWD/.build/release/strongroom
worker_bench=$PWD/Benchmarks/.build/release/bench-worker
raw=$PWD/Benchmarks/.build-c/raw-token
load=$PWD/Benchmarks/.build-c/load
work=$(mktemp -d)
server=
cleanup() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$work"
}
trap cleanup EXIT
results=$work/results
mkdir "$results"

# Two states, because the profile says which kind of object the worker encrypts with.
sed 's/^sessionCopies:.*/sessionCopies: false/' hsm-config/softhsm2.yaml > "$work/token-objects.yaml"
"$strongroom" init --state "$work/copy" --profile hsm-config/softhsm2.yaml >&2
"$strongroom" init --state "$work/token" --profile "$work/token-objects.yaml" >&2

module=
for candidate in $(sed -n '/^module:/,/^[a-zA-Z]/s/^ *- *//p' hsm-config/softhsm2.yaml); do
    if [ -z "$module" ] && [ -e "$candidate" ]; then module=$candidate; fi
done
raw_token() {
    SOFTHSM2_CONF=$work/copy/softhsm2.conf "$raw" --module "$module" --pin-file "$work/copy/pin" --seconds "$seconds" "$@"
}

say "(a) C on the token"
raw_token > "$results/raw.json"
for kind in token copy; do
    raw_token --only "$kind" > "$results/raw-$kind-1.json" &
    # SoftHSM rewrites the token's file at login, and a process that starts in that moment sees no token.
    sleep 0.3
    raw_token --only "$kind" > "$results/raw-$kind-2.json"
    wait $!
done

say "(b) Swift through the worker"
for kind in token copy; do
    "$worker_bench" --state "$work/$kind" --seconds "$seconds" > "$results/worker-$kind.json"
done

say "(c) HTTP"
"$strongroom" serve --state "$work/copy" --listen 127.0.0.1:0 > "$work/listening" 2> "$work/server.log" &
server=$!
for _ in $(seq 100); do
    grep -q '^listening on ' "$work/listening" && break
    sleep 0.1
done
endpoint=$(sed -n 's/^listening on //p' "$work/listening")
if [ -z "$endpoint" ]; then
    echo "Benchmarks/run.sh: error: the server did not start within 10 s; its log:" >&2
    cat "$work/server.log" >&2
    exit 1
fi
python3 Benchmarks/sign.py --credentials "$work/copy/credentials" --endpoint "$endpoint" --output "$work/request"
for connections in 1 16; do
    "$load" --address 127.0.0.1 --port "${endpoint##*:}" --request "$work/request" \
        --connections "$connections" --seconds "$seconds" > "$results/http-$connections.json"
done

python3 Benchmarks/report.py "$results"
