#!/usr/bin/env bash
# A token of SoftHSM 2, with its objects in FOLDER/tokens.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/softhsm2-store.sh"

packages="softhsm2 opensc"
profile=softhsm2
module_paths=$softhsm2_paths
token_uri="pkcs11:token=strongroom-softhsm2"

environment() { echo "SOFTHSM2_CONF=$folder/softhsm2.conf"; }

make_token() {
    # The profile has it under files:, for `strongroom init` to write.
    sed -n '/^  softhsm2.conf: |/,/^[^ ]/s/^    //p' "$folder/profile.yaml" >"$folder/softhsm2.conf"
    make_softhsm2_token "$module" strongroom-softhsm2
}

token_main "$@"
