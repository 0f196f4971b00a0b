#!/usr/bin/env bash
# Runs Tests/clients against the debug build with the real boto3 and AWS CLI, from a virtual environment of its own.
# Arguments go to pytest:  scripts/test-clients.sh -k alias
#
# Two at a time, each with servers of its own; the tests of one file stay together. PROCESSES=0 runs one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."

for binary in strongroom strongroom-hsm-worker; do
    if [ ! -x ".build/debug/$binary" ]; then
        printf 'error: there is no .build/debug/%s\nhint: run `swift build` first\n' "$binary" >&2
        exit 1
    fi
done

environment=.build-clients
# The stamp holds the requirements that were installed, so that a changed list is installed anew.
if ! cmp -s Tests/clients/requirements.txt "$environment/installed.txt"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    if ! "$environment/bin/pip" install --quiet --disable-pip-version-check -r Tests/clients/requirements.txt; then
        printf 'error: pip could not install Tests/clients/requirements.txt\nhint: it needs a Python package index; set PIP_INDEX_URL to yours\n' >&2
        exit 1
    fi
    cp Tests/clients/requirements.txt "$environment/installed.txt"
fi

PATH=$PWD/$environment/bin:$PATH exec "$environment/bin/pytest" Tests/clients -p no:cacheprovider \
    -n "${PROCESSES:-2}" --dist loadfile "$@"
