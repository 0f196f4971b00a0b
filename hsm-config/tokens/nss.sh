#!/usr/bin/env bash
# NSS's software token, the one in Firefox, with its database in FOLDER/nss.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages="libnss3 libnss3-tools"
profile=nss
module_paths="$libraries/libsoftokn3.so $libraries/nss/libsoftokn3.so"
# The label is NSS's own. Its other slot, for certificates without a key, has no such token.
token_uri="pkcs11:token=NSS%20Certificate%20DB"

# The database is named in C_Initialize's argument, by the profile's initArguments. Programs that cannot pass one, such
# as pkcs11-tool, cannot use this module.
environment() { :; }

look() { echo "certutil -K -d sql:$folder/nss -f $folder/pin"; }

make_token() {
    rm -rf "$folder/nss"
    mkdir "$folder/nss"
    certutil -N -d "sql:$folder/nss" -f "$folder/pin" >"$folder/log/make.log" 2>&1 ||
        fail "certutil made no database" "it said: $(log_end make)"
}

token_main "$@"
