#!/usr/bin/env bash
# A SoftHSM token behind p11-kit's remoting: a server process serves it on the socket FOLDER/p11-kit, and programs
# load p11-kit's client module. An HSM on a network in small: its connection can be cut (kill the server, whose id is
# the first word of FOLDER/daemons/p11-kit) or stalled (SIGSTOP).
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/softhsm2-store.sh"

packages="p11-kit p11-kit-modules softhsm2 opensc"
profile=p11-kit-remote
module_paths="$libraries/pkcs11/p11-kit-client.so"
token_uri="pkcs11:token=strongroom-p11-kit-remote"

environment() { echo "P11_KIT_SERVER_ADDRESS=unix:path=$folder/p11-kit"; }

served_module() {
    local path
    for path in $softhsm2_paths; do if [ -e "$path" ]; then echo "$path" && return; fi; done
}

make_token() {
    cat >"$folder/softhsm2.conf" <<CONF
directories.tokendir = $folder/tokens
objectstore.backend = file
log.level = ERROR
slots.removable = false
CONF
    make_softhsm2_token "$(served_module)" strongroom-p11-kit-remote
}

start() {
    if runs p11-kit; then return; fi
    rm -f "$folder/p11-kit"
    daemon p11-kit env SOFTHSM2_CONF="$folder/softhsm2.conf" p11-kit server --foreground --name "$folder/p11-kit" \
        --provider "$(served_module)" "$token_uri"
    wait_for p11-kit test -S "$folder/p11-kit"
}

stopped() { rm -f "$folder/p11-kit"; }

token_main "$@"
