# Making a SoftHSM token: for softhsm2.sh, and for p11-kit-remote.sh, which serves one.

softhsm2_paths="/usr/lib/softhsm/libsofthsm2.so $libraries/softhsm/libsofthsm2.so"

# make_softhsm2_token MODULE LABEL: makes a token anew in the folder that $folder/softhsm2.conf names.
make_softhsm2_token() {
    rm -rf "$folder/tokens"
    mkdir "$folder/tokens"
    # By their variables, the PINs are in no list of processes.
    SOFTHSM2_CONF=$folder/softhsm2.conf so_pin=$(cat "$folder/so-pin") pin=$(cat "$folder/pin")
    export SOFTHSM2_CONF so_pin pin
    {
        pkcs11-tool --module "$1" --slot-index 0 --init-token --label "$2" --so-pin env:so_pin &&
            pkcs11-tool --module "$1" --token-label "$2" --init-pin --so-pin env:so_pin --pin env:pin
    } >"$folder/log/make.log" 2>&1 || fail "SoftHSM made no token" "it said: $(log_end make)"
    unset SOFTHSM2_CONF so_pin pin
}
