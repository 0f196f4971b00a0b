#!/usr/bin/env bash
# Runs `strongroom conformance` on each token that hsm-config/tokens/ can make, and writes docs/conformance/.
#
#   scripts/conformance.sh [TOKEN…]           write the reports anew; without a name, of all tokens
#   scripts/conformance.sh --check [TOKEN…]   run the quick groups, and compare what they found with the reports
#
# The program is .build/release/strongroom where that is built, else .build/debug/strongroom; STRONGROOM names another.
set -euo pipefail
cd "$(dirname "$0")/.."

all="softhsm2 nss opencryptoki tpm2 p11-kit-remote"
# What takes no more than seconds, also on a slow token: not what makes many objects, or measures.
quick="initialization login sessions attributes aesGCM encryptThenMAC hmac random"

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

check=
if [ "${1:-}" = --check ]; then check=yes && shift; fi
kinds=${*:-$all}
for kind in $kinds; do
    [ -x "hsm-config/tokens/$kind.sh" ] || fail "there is no hsm-config/tokens/$kind.sh" "the tokens are: $all"
done

program=${STRONGROOM:-.build/release/strongroom}
[ -x "$program" ] || program=.build/debug/strongroom
[ -x "$program" ] || fail "there is no $program" "run: swift build"

folder=$(mktemp -d /tmp/strongroom-conformance.XXXXXX)
tidy() {
    for kind in $kinds; do
        if [ -d "$folder/$kind" ]; then "hsm-config/tokens/$kind.sh" "$folder/$kind" --stop || true; fi
    done
    rm -rf "$folder"
}
trap tidy EXIT

# What a report found, without figures: each check with its verdict, and each line of the last section's verdict.
found() { sed -n 's/^| \(PASS\|FAIL\|MISSING\|QUIRK\) | `\([^`]*\)`.*/\2 \1/p' "$1" | sort; }

# report KIND OPTIONS…: runs it, and leaves the report in $folder/KIND.md.
report() {
    local kind=$1 script="hsm-config/tokens/$1.sh" state="$folder/$1" module uri status=0
    shift
    "$script" "$state" >/dev/null
    module=$(sed -n 's/^module=//p' "$state/token")
    uri=$(sed -n 's/^uri=//p' "$state/token")
    "$script" "$state" run "$program" conformance --module "$module" --token "$uri" --pin-file "$state/pin" \
        --profile "$state/profile.yaml" --yes --markdown --output "$folder/$kind.md" "$@" 2>"$folder/$kind.log" ||
        status=$?
    # 1 says that the token cannot back all of a key store, which is a result.
    [ $status -le 1 ] && [ -s "$folder/$kind.md" ] || fail "conformance on $kind ended with $status: $(tail -n 2 "$folder/$kind.log")" \
        "run it by hand: $script FOLDER tells how"
    "$script" "$state" --stop
    # Tokens made just now have random serial numbers.
    sed -i -E 's/serial [0-9a-f]{16}/serial (another each time)/g' "$folder/$kind.md"
}

differing=
for kind in $kinds; do
    printf '%s: ' "$kind"
    start=$SECONDS
    if [ -n "$check" ]; then
        groups=
        for group in $quick; do groups="$groups --group $group"; done
        # shellcheck disable=SC2086 # the list is meant to be split
        report "$kind" --quick $groups
        found "$folder/$kind.md" >"$folder/$kind.now"
        found "docs/conformance/$kind.md" >"$folder/$kind.then"
        # The report has more groups; what was found now has to be what it says.
        if ! diff <(awk 'NR == FNR { seen[$1] = 1; next } $1 in seen' "$folder/$kind.now" "$folder/$kind.then") \
            "$folder/$kind.now" >"$folder/$kind.diff"; then
            differing="$differing $kind"
            printf 'other verdicts than in docs/conformance/%s.md (< then, > now):\n' "$kind"
            cat "$folder/$kind.diff"
            continue
        fi
        printf '%s checks as in the report, ' "$(wc -l <"$folder/$kind.now")"
    else
        report "$kind"
        mkdir -p docs/conformance
        cp "$folder/$kind.md" "docs/conformance/$kind.md"
    fi
    printf '%s s\n' $((SECONDS - start))
done
[ -z "$differing" ] || fail "these tokens do something else than their reports say:$differing" \
    "if that is right, write them anew: scripts/conformance.sh$differing"
if [ -z "$check" ]; then
    # shellcheck disable=SC2086 # the list is meant to be split
    python3 scripts/conformance-overview.py $all >docs/conformance/README.md
fi
