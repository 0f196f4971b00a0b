#!/usr/bin/env bash
# Installs the Debian packages that a task needs, and does nothing when all are there.
#
#   scripts/install-dependencies.sh build|run|test|tokens|bench
#
# `tokens` are the PKCS#11 modules, and what makes tokens for them, of hsm-config/tokens/.
#
# Swift itself is not a Debian package: its version is checked, and the text says where to get it.
set -euo pipefail

build="libp11-kit-dev pkg-config libsqlite3-dev libssl-dev zlib1g-dev libstdc++-12-dev gcc make git ca-certificates"
run="$build softhsm2"
# Each script in hsm-config/tokens/ names its own.
tokens=$(cd "$(dirname "$0")/../hsm-config/tokens" && sed -n 's/^packages="\(.*\)"/\1/p' ./*.sh | tr ' ' '\n' | sort -u | tr '\n' ' ')
case ${1:-} in
    build) packages=$build ;;
    run) packages=$run ;;
    # opensc has pkcs11-tool, with which the tests look into the token past the server.
    test) packages="$run $tokens opensc openssl curl python3 python3-venv python3-pip strace" ;;
    tokens) packages=$tokens ;;
    bench) packages="$run openssl python3" ;;
    *)
        echo "usage: scripts/install-dependencies.sh build|run|test|tokens|bench" >&2
        exit 2
        ;;
esac

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

swift_version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1 || true)
[ -n "$swift_version" ] || fail "swift is not on the PATH" \
    "install Swift 6.3 or later for Debian 12 from https://www.swift.org/install/linux/ and add its usr/bin to PATH"
[ "$(printf '6.3\n%s\n' "$swift_version" | sort -V | head -n 1)" = 6.3 ] || fail \
    "Swift $swift_version is too old; Strongroom needs 6.3 or later" \
    "install it from https://www.swift.org/install/linux/; 'swift --version' must name it from this shell"

missing=
for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    if [ "$status" != installed ]; then missing="$missing $package"; fi
done
missing=${missing# }
if [ -z "$missing" ]; then exit 0; fi

command -v apt-get >/dev/null || fail "these packages are missing and there is no apt-get here: $missing" \
    "install what your system calls them with its own package manager, then remove this step from the command you ran"
sudo=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing: $missing" \
        "run as root: apt-get install $missing"
    sudo=sudo
fi

echo "installing: $missing"
# shellcheck disable=SC2086 # the list is meant to be split
{
    $sudo apt-get update -qq &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
} || fail "apt-get could not install: $missing" \
    "read its messages above; with no network, install these packages by hand and run this again"
