#!/usr/bin/env bash
# Measures the whole way from a bare C loop on the token to the HTTP API, in one run on one machine,
# and prints Markdown tables (see docs/performance.md). Takes four minutes after the builds.
#
#   Benchmarks/run.sh [--seconds N] [--skip-build]     N seconds a line, 5 unless given
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=5
build=yes
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) [ $# -ge 2 ] && seconds=$2 && shift 2 && continue ;;
        --skip-build) build= && shift && continue ;;
    esac
    echo "usage: Benchmarks/run.sh [--seconds N] [--skip-build]" >&2
    exit 2
done

say() { printf '== %s\n' "$*" >&2; }

if [ -n "$build" ]; then
    scripts/install-dependencies.sh bench >&2
    say "building the server (release)"
    swift build -c release --product strongroom >&2
    swift build -c release --product strongroom-hsm-worker >&2
    say "building the benchmark's own programs"
    make -s -C Benchmarks >&2
    swift build -c release --package-path Benchmarks --product bench-worker >&2
    swift build -c release --package-path Benchmarks --product bench-policy >&2
fi

strongroom=$PWD/.build/release/strongroom
worker_bench=$PWD/Benchmarks/.build/release/bench-worker
raw=$PWD/Benchmarks/.build-c/raw-token
load=$PWD/Benchmarks/.build-c/load
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
server=
stop_server() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    server=
}
cleanup() {
    stop_server
    rm -rf "$work"
}
trap cleanup EXIT
results=$work/results
mkdir "$results"

# Three states, because the profile says which kind of object the workers use, and how many workers there are.
profile=hsm-config/softhsm2.yaml
sed 's/^sessionCopies:.*/sessionCopies: false/' "$profile" > "$work/token.yaml"
sed 's/^workers:.*/workers: 1/' "$profile" > "$work/single.yaml"
cp "$profile" "$work/copy.yaml"
for state in copy token single; do
    "$strongroom" init --state "$work/$state" --profile "$work/$state.yaml" > /dev/null
done

module=
for candidate in $(sed -n '/^module:/,/^[a-zA-Z]/s/^ *- *//p' "$profile"); do
    if [ -z "$module" ] && [ -e "$candidate" ]; then module=$candidate; fi
done
raw_token() {
    SOFTHSM2_CONF=$work/copy/softhsm2.conf "$raw" --module "$module" --pin-file "$work/copy/pin" --seconds "$seconds" "$@"
}

say "decisions of the policy engine"
Benchmarks/.build/release/bench-policy --seconds "$seconds" > "$results/policy.jsonl"

say "(a) C on the token"
for operation in encrypt sign-rsa-2048-pss sign-p256 mac generate import; do
    raw_token --operation "$operation" > "$results/raw-$operation.json"
done
for kind in token copy; do
    raw_token --only "$kind" > "$results/processes-$kind-1.json" &
    # SoftHSM rewrites the token's file at login, and a process that starts in that moment sees no token.
    sleep 0.3
    raw_token --only "$kind" > "$results/processes-$kind-2.json"
    wait $!
done

say "(b) Swift through the workers"
worker_bench() {
    state=$1
    shift
    "$worker_bench" --state "$work/$state" --seconds "$seconds" --operations "$@" > "$results/worker-$state.json"
}
worker_bench token encrypt
worker_bench single encrypt
worker_bench copy encrypt sign-rsa-2048-pss sign-p256 mac

start_server() { # STATE: serves it, and makes its keys and requests
    "$strongroom" serve --state "$work/$1" --listen 127.0.0.1:0 > "$work/listening" 2> "$work/server.log" &
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
    access=(--credentials "$work/$1/credentials" --endpoint "$endpoint")
    python3 Benchmarks/prepare.py "${access[@]}" --output "$work/requests"
}

http() { # NAME OPERATION CONNECTIONS
    "$load" --address 127.0.0.1 --port "${endpoint##*:}" --request "$work/requests/$2.request" \
        --connections "$3" --seconds "$seconds" > "$results/http-$1.json"
}

# What a stream of encryptions sees meanwhile. The slow work begins with the load's second of warming up.
streams() { # STATE
    for slow in make-rsa-4096 rotate-often; do
        python3 Benchmarks/slow_work.py "$slow" "${access[@]}" --key "$(cat "$work/requests/encrypt.key")" \
            --seconds "$(awk "BEGIN { print $seconds + 1 }")" > "$results/slow-$1-$slow.json" &
        http "stream-$1-$slow" encrypt 16
        wait $!
    done
}

say "(c) HTTP"
start_server copy
for connections in 1 16; do http "encrypt-$connections" encrypt "$connections"; done
for operation in sign-rsa-2048-pss sign-p256 mac; do http "$operation" "$operation" 16; done
for algorithm in rsa-2048-pss:rsa2048 p256:ecdsap256; do
    http "verify-${algorithm%:*}" "verify-${algorithm%:*}" 16
    # The last line of its output ends with verifications a second.
    openssl speed -seconds "$(awk "BEGIN { print int(($seconds + 2) / 2) }")" -multi "$(nproc)" "${algorithm#*:}" \
        2>/dev/null | awk 'END { print $NF }' > "$results/openssl-${algorithm%:*}"
done
say "imports, rotations, and what others see of slow work"
for slow in import rotate; do
    python3 Benchmarks/slow_work.py "$slow" "${access[@]}" > "$results/slow-$slow.json"
done
streams copy
stop_server

say "the same with one worker"
start_server single
for connections in 1 16; do http "single-$connections" encrypt "$connections"; done
streams single

python3 Benchmarks/report.py "$results"
