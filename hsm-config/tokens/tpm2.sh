#!/usr/bin/env bash
# A TPM 2.0 through tpm2-pkcs11: swtpm is the TPM, tpm2-abrmd the resource manager (without one a TPM has room for
# three keys), both reached over a D-Bus of their own on the socket FOLDER/bus.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages="libtpm2-pkcs11-1 libtpm2-pkcs11-tools tpm2-tools swtpm swtpm-tools tpm2-abrmd libtss2-tcti-tabrmd0 dbus dbus-bin"
profile=tpm2
module_paths="$libraries/pkcs11/libtpm2_pkcs11.so $libraries/libtpm2_pkcs11.so.1"
token_uri="pkcs11:token=strongroom-tpm2"

environment() {
    echo "TPM2_PKCS11_STORE=$folder/store"
    echo "TPM2_PKCS11_TCTI=tabrmd:bus_type=session"
    # For the tpm2-tools, which tpm2_ptool calls.
    echo "TPM2TOOLS_TCTI=tabrmd:bus_type=session"
    echo "DBUS_SESSION_BUS_ADDRESS=unix:path=$folder/bus"
}

make_token() {
    end_daemon tpm2-abrmd
    end_daemon swtpm
    rm -rf "$folder/store" "$folder/tpm"
    mkdir "$folder/store" "$folder/tpm"
    start
    tool init
    tool addtoken --pid 1 --label strongroom-tpm2
}

# tool ARGUMENTS…: tpm2_ptool, with the PINs added where it reads its arguments: its process shows none of them.
tool() {
    env $(environment) /usr/bin/python3 - "$folder" "$@" >"$folder/log/make.log" 2>&1 <<'PYTHON' ||
import runpy, shutil, sys
folder, arguments = sys.argv[1], sys.argv[2:]
if arguments[0] == "addtoken":
    for option, name in (("--userpin", "pin"), ("--sopin", "so-pin")):
        arguments += [option, open(f"{folder}/{name}").read().strip()]
sys.argv = ["tpm2_ptool", *arguments, "--path", folder + "/store"]
runpy.run_path(shutil.which("tpm2_ptool"), run_name="__main__")
PYTHON
        fail "tpm2_ptool $1 failed" "it said: $(log_end make)"
}

start() {
    if ! runs dbus; then
        rm -f "$folder/bus"
        daemon dbus dbus-daemon --session --nofork --address="unix:path=$folder/bus"
        wait_for dbus test -S "$folder/bus"
    fi
    if ! runs swtpm; then
        end_daemon tpm2-abrmd
        start_tpm
    fi
    if ! runs tpm2-abrmd; then
        daemon tpm2-abrmd env DBUS_SESSION_BUS_ADDRESS="unix:path=$folder/bus" tpm2-abrmd --session --allow-root \
            --max-transients=100 \
            --flush-all --tcti="swtpm:host=127.0.0.1,port=$(cat "$folder/port")"
        wait_for tpm2-abrmd dbus-send --bus="unix:path=$folder/bus" --print-reply --dest=org.freedesktop.DBus / \
            org.freedesktop.DBus.GetNameOwner string:com.intel.tss2.Tabrmd
    fi
}

# The library reaches a TPM by TCP alone: at two ports of loopback, one after the other. Others may have them.
start_tpm() {
    local try port
    for try in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 20000))
        : >"$folder/log/swtpm.log"
        daemon swtpm swtpm socket --tpm2 --tpmstate "dir=$folder/tpm" --flags not-need-init,startup-clear \
            --server "type=tcp,port=$port,bindaddr=127.0.0.1" --ctrl "type=tcp,port=$((port + 1)),bindaddr=127.0.0.1"
        while runs swtpm; do
            if (: </dev/tcp/127.0.0.1/$((port + 1))) 2>/dev/null; then
                echo "$port" >"$folder/port"
                return
            fi
            sleep 0.02
        done
    done
    fail "swtpm did not start: $(log_end swtpm)" "all that it said is in $folder/log/swtpm.log"
}

stopped() { rm -f "$folder/bus" "$folder/port"; }

token_main "$@"
