#!/usr/bin/env bash
# openCryptoki's soft token.
#
# openCryptoki's paths are compiled in. So its daemon runs in a mount and IPC namespace of its own, where folders of
# FOLDER lie over those that belong to the machine's openCryptoki, and programs that use the token have to run in
# there too: started by `run`, or by the program FOLDER/enter.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages="opencryptoki"
profile=opencryptoki
module_paths="$libraries/opencryptoki/libopencryptoki.so.0"
token_uri="pkcs11:token=strongroom-opencryptoki"
# It takes 4 to 8 characters.
pin_size=8

environment() { :; }

# The folders of the namespace: what is over what. Shared memory is in files of fixed names too.
overlays="etc:/etc/opencryptoki lib:/var/lib/opencryptoki run:/run log:/var/log shm:/dev/shm"

make_token() {
    local pair
    for pair in $overlays; do
        case $folder/ in
            "${pair#*:}"/*) fail "$folder is under ${pair#*:}, which this token hides" "give a folder elsewhere" ;;
        esac
    done
    [ "$(id -u)" -eq 0 ] || fail "the namespace and pkcsslotd need root" "run this as root, in a container for example"
    rm -rf "$folder"/ock "$folder/enter"
    mkdir -p "$folder"/ock/{etc,lib/swtok/TOK_OBJ,run/lock/opencryptoki/swtok,log,shm}
    # Slot 0 alone, for the software token.
    printf 'version opencryptoki-3.1\nslot 0\n{\nstdll = libpkcs11_sw.so\n}\n' >"$folder/ock/etc/opencryptoki.conf"
    # For programs that start another one and can take no arguments before its name.
    cat >"$folder/enter" <<ENTER
#!/bin/sh
# Runs a command where openCryptoki finds the token of $folder.
read -r pid _ <$folder/daemons/pkcsslotd || exit 69
exec nsenter --target "\$pid" --mount --ipc -- sh -c 'cd "\$0" && exec "\$@"' "\$PWD" "\$@"
ENTER
    chmod 700 "$folder/enter"
    start
    local pin so_pin
    pin=$(cat "$folder/pin") so_pin=$(cat "$folder/so-pin")
    # It asks for the PINs on its standard input. A new token has this SO PIN, and refuses work until it is changed.
    configure "$(printf '87654321\nstrongroom-opencryptoki')" -I
    configure "$(printf '87654321\n%s\n%s' "$so_pin" "$so_pin")" -P
    configure "$(printf '%s\n%s\n%s' "$so_pin" "$pin" "$pin")" -u
}

# configure INPUT OPTION: pkcsconf on the slot, which answers 0 also when it failed.
configure() {
    printf '%s\n' "$1" | "$folder/enter" pkcsconf "$2" -c 0 >"$folder/log/make.log" 2>&1 &&
        ! grep -q 'Error' "$folder/log/make.log" ||
        fail "pkcsconf $2 failed" "it said: $(log_end make)"
}

start() {
    if runs pkcsslotd; then return; fi
    rm -f "$folder/ock/run/pkcsslotd".*
    # The daemon goes to the background by itself, and writes its id when it listens.
    # shellcheck disable=SC2016 # the inner shell fills these in
    (close_inherited && exec unshare --mount --ipc --propagation private bash -ec '
        for pair in $2; do mount --bind "$1/ock/${pair%%:*}" "${pair#*:}"; done
        exec pkcsslotd' bash "$folder" "$overlays") </dev/null >>"$folder/log/pkcsslotd.log" 2>&1 ||
        fail "pkcsslotd did not start" "it said: $(log_end pkcsslotd)"
    local end=$((SECONDS + 20))
    until [ -s "$folder/ock/run/pkcsslotd.pid" ]; do
        [ $SECONDS -lt $end ] || fail "pkcsslotd did not start" "it said: $(log_end pkcsslotd)"
        sleep 0.02
    done
    remember pkcsslotd "$(tr -d '[:space:]' <"$folder/ock/run/pkcsslotd.pid")"
}

enter() { exec "$folder/enter" "$@"; }

stopped() { rm -rf "$folder"/ock/shm/*; }

token_main "$@"
