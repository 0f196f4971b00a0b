#!/usr/bin/env bash
# Runs the Swift tests under a sanitizer, in a build of its own.
#
#   scripts/sanitize.sh address|thread [swift test's arguments]      for example --filter HSMWorkerTests
#
# AddressSanitizer sees what is read and written out of bounds or after its end, ThreadSanitizer what two threads do to
# one place at once. Either build takes about as long as a release build, and the tests several times as long as usual.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
    address | thread) sanitizer=$1 ;;
    *)
        sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
shift

scripts/install-dependencies.sh test
scripts/fetch-test-vectors.sh
# The worker is a program of this build, so it is watched as well; what it finds goes to the tests' standard error.
# - Modules are not instrumented: what they leave behind at their end is not ours to free (detect_leaks=0).
# - ThreadSanitizer does not see the contended locks of Swift's Mutex (thread-sanitizer.c tells it), nor what modules do
#   among their threads (the suppressions).
suppressions=$PWD/scripts/thread-sanitizer.supp
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 SWIFT_BACKTRACE=enable=no
export TSAN_OPTIONS=suppressions=$suppressions:halt_on_error=1:second_deadlock_stack=1
# Two facts do not hold under a sanitizer: it makes mlock do nothing, and sets the limit of core dumps itself.
unlike=(--skip 'are left out of core dumps' --skip 'R12.*not in what a server and its workers show')
swift build --build-tests --sanitize "$sanitizer" --scratch-path ".build-$sanitizer"
if [ "$sanitizer" = thread ]; then
    # Clang comes with Swift.
    clang -O2 -shared -fPIC scripts/thread-sanitizer.c -o .build-thread/locks.so
    export LD_PRELOAD=$PWD/.build-thread/locks.so
fi
SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=2 exec swift test --skip-build --sanitize "$sanitizer" \
    --scratch-path ".build-$sanitizer" "${unlike[@]}" "$@"
