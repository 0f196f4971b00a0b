#!/usr/bin/env bash
# Runs the tests of docs/reliability.md with the numbers that the requirements name, and prints what they measured.
#
#   scripts/reliability.sh                 everything: hours
#   scripts/reliability.sh outages [N]     N outages of an HSM under load (100)
#   scripts/reliability.sh kills [N]       N SIGKILLs of the server (500)
#   scripts/reliability.sh R9 [R10 …]      these requirements
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 2
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0

# One suite at a time: what is measured is measured on a machine that does nothing else.
run() { # name, pattern of the suite's name
    printf '%-8s ' "$1"
    local begin=$SECONDS result=pass
    swift test --skip-build --no-parallel --filter "ReliabilityTests\..*$2" >"$log" 2>&1 || result=FAIL
    # A pattern that finds no test would pass.
    grep -q 'Test run with [1-9][0-9]* test' "$log" || result='FAIL (no test)'
    printf '%s (%d s)\n' "$result" $((SECONDS - begin))
    grep -E '^(outages:|server kills:|  [a-zA-Z]+(: | requests: ))' "$log" || true
    if [ "$result" != pass ]; then
        grep -E '✘|error:' "$log" | head -40 || true
        status=1
    fi
}

requirement() { # R7
    case $1 in
        R[1-9] | R1[0-9] | R2[0-6]) run "$1" "$1:" ;;
        *) usage ;;
    esac
}

[ "${1:-}" != -h ] && [ "${1:-}" != --help ] || usage
swift build --build-tests
export STRONGROOM_RELIABILITY_FULL=1

case ${1:-all} in
    outages)
        export STRONGROOM_OUTAGES=${2:-100}
        run outages 'HSM outages'
        ;;
    kills)
        export STRONGROOM_KILLS=${2:-500}
        run kills 'SIGKILL of the server'
        ;;
    all)
        for number in $(seq 1 26); do requirement "R$number"; done
        run outages 'HSM outages'
        run kills 'SIGKILL of the server'
        ;;
    *)
        for name in "$@"; do requirement "$name"; done
        ;;
esac
exit $status
