#!/usr/bin/env bash
# Fuzzes the parsers of what strangers send, each for a while, with libFuzzer and AddressSanitizer.
#
#   scripts/fuzz.sh [--seconds N] [--save] [TARGET...]     60 s each and all targets unless given
#
# What an input found stays in .build-fuzz/corpus, so that the next run goes on from there. --save keeps the smallest of
# what there is, that covers as much, in Fuzz/corpus: it is committed, and tests look at it again.
set -euo pipefail
cd "$(dirname "$0")/.."

# How long an input may be: a little more than the parser takes.
declare -A limits=([fuzz-ciphertext]=6200 [fuzz-authorization]=8300 [fuzz-request]=16384 [fuzz-query]=16384
    [fuzz-policy]=32768 [fuzz-token]=512 [fuzz-frame]=4096 [fuzz-audit]=8192 [fuzz-profile]=4096 [fuzz-xks]=8192)
all="fuzz-ciphertext fuzz-authorization fuzz-request fuzz-query fuzz-policy fuzz-token fuzz-frame fuzz-audit fuzz-profile fuzz-xks"

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit "${3:-2}"
}

seconds=60
save=
targets=
while [ $# -gt 0 ]; do
    case $1 in
        --seconds)
            [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "--seconds wants a whole number" "scripts/fuzz.sh --seconds 60"
            seconds=$2
            shift 2
            ;;
        --save)
            save=yes
            shift
            ;;
        *)
            [ -n "${limits[$1]:-}" ] || fail "there is no target $1" "the targets are $all"
            targets="$targets $1"
            shift
            ;;
    esac
done

build=.build-fuzz
# --sanitize is for C and the linker. Of two, the compiler of Swift would heed the last alone, so it gets its own.
swift build -c release --package-path Fuzz --scratch-path $build \
    --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address >&2
python3 Fuzz/seeds.py $build/seeds

# libFuzzer reports a trap itself; Swift's own backtracer would sit and wait on it.
export SWIFT_BACKTRACE=enable=no
# Freed memory is kept for a while to find its use; that must not hide what the parser itself holds.
export ASAN_OPTIONS=quarantine_size_mb=16
for target in ${targets:-$all}; do
    found=$build/crashes/$target
    log=$build/$target.log
    mkdir -p "$build/corpus/$target" "$found" "Fuzz/corpus/$target"
    options=(-max_total_time="$seconds" -max_len="${limits[$target]}" -timeout=10 -rss_limit_mb=512 -malloc_limit_mb=64
        -artifact_prefix="$found/" -print_final_stats=1)
    if [ -e "$build/seeds/$target.dict" ]; then options+=(-dict="$build/seeds/$target.dict"); fi
    if ! "$build/release/$target" "${options[@]}" "$build/corpus/$target" "$build/seeds/$target" \
        "Fuzz/corpus/$target" > "$log" 2>&1; then
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        # The clock of the timeout also runs while the machine stands still, as a virtual one may: a slow input is slow
        # a second time.
        if [[ $input == */timeout-* ]] && "$build/release/$target" -timeout=10 "$input" >> "$log" 2>&1; then
            rm "$input"
            printf '%s: stopped early: the machine stood still for more than 10 s\n' "$target"
            continue
        fi
        grep -v -E '^#[0-9]+\s' "$log" | tail -n 60 >&2 || true
        fail "$target failed${input:+ on the input $input}" \
            "run it alone with: SWIFT_BACKTRACE=enable=no $build/release/$target ${input:-}; the whole log is $log" 1
    fi
    awk -v target="$target" '/number_of_executed_units/ { runs = $2 } /average_exec_per_sec/ { rate = $2 }
        /peak_rss_mb/ { memory = $2 } match($0, /cov: [0-9]+/) { edges = substr($0, RSTART + 5, RLENGTH - 5) }
        END { printf "%s: no failure in %d executions (%d a second, %d edges, at most %d MB)\n",
                target, runs, rate, edges, memory }' "$log"
    if [ -n "$save" ]; then
        # Small ones only: what is committed is read by people too.
        rm -rf "$build/merged" && mkdir "$build/merged"
        "$build/release/$target" -merge=1 -max_len=1024 -rss_limit_mb=512 "$build/merged" "$build/corpus/$target" \
            "$build/seeds/$target" "Fuzz/corpus/$target" > "$log.merge" 2>&1
        rm -f "Fuzz/corpus/$target"/*
        find "$build/merged" -type f -printf '%s %p\n' | sort -n | head -n 150 | cut -d' ' -f2 |
            xargs -r cp -t "Fuzz/corpus/$target"
    fi
done
