#include "internal.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

/// Whether the scheme goes with the key and the input with the digest.
static bool fits(const libcrypto_key *key, libcrypto_scheme scheme, const EVP_MD *md, size_t size) {
    switch (scheme) {
    case libcrypto_sign_rsa_pss:
    case libcrypto_sign_rsa_pkcs1:
        return libcrypto_key_kind(key) == libcrypto_rsa && md && size == (size_t)EVP_MD_get_size(md);
    case libcrypto_sign_ecdsa:
        return libcrypto_key_kind(key) == libcrypto_ec && md && size == (size_t)EVP_MD_get_size(md);
    case libcrypto_sign_ed25519: return libcrypto_key_kind(key) == libcrypto_ed25519;
    }
    return false;
}

/// Padding and digests of a signature on a digest (RFC 8017, sections 8.1 and 8.2; FIPS 186-5, section 6.4).
static bool set_scheme(EVP_PKEY_CTX *context, libcrypto_scheme scheme, const EVP_MD *md) {
    if (EVP_PKEY_CTX_set_signature_md(context, md) != 1) return false;
    switch (scheme) {
    case libcrypto_sign_rsa_pss:
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1;
    case libcrypto_sign_rsa_pkcs1: return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case libcrypto_sign_ecdsa: return true;
    case libcrypto_sign_ed25519: return false;
    }
    return false;
}

bool libcrypto_verify(
    const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_digest digest, const void *signature,
    size_t signature_size, const void *input, size_t size) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    const EVP_MD *md = libcrypto_md(digest);
    if (!fits(key, scheme, md, size)) return false;
    bool is_valid = false;
    if (scheme == libcrypto_sign_ed25519) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        is_valid = context && EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, pkey, NULL) == 1
            && EVP_DigestVerify(
                   context, libcrypto_bytes(signature), signature_size, libcrypto_bytes(input), size) == 1;
        EVP_MD_CTX_free(context);
    } else {
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
        // ECDSA's DER is checked by the library: it encodes what it read again and compares.
        bool has_size = scheme == libcrypto_sign_ecdsa || signature_size == (size_t)EVP_PKEY_get_size(pkey);
        is_valid = context && has_size && EVP_PKEY_verify_init(context) == 1 && set_scheme(context, scheme, md)
            && EVP_PKEY_verify(context, libcrypto_bytes(signature), signature_size, input, size) == 1;
        EVP_PKEY_CTX_free(context);
    }
    ERR_clear_error();
    return is_valid;
}

bool libcrypto_sign(
    const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_digest digest, const void *input, size_t size,
    void *output, size_t *output_size) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    const EVP_MD *md = libcrypto_md(digest);
    if (!fits(key, scheme, md, size)) return false;
    bool done = false;
    *output_size = libcrypto_room;
    if (scheme == libcrypto_sign_ed25519) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        done = context && EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, pkey, NULL) == 1
            && EVP_DigestSign(context, output, output_size, libcrypto_bytes(input), size) == 1;
        EVP_MD_CTX_free(context);
    } else {
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
        done = context && EVP_PKEY_sign_init(context) == 1 && set_scheme(context, scheme, md)
            && EVP_PKEY_sign(context, output, output_size, input, size) == 1;
        EVP_PKEY_CTX_free(context);
    }
    ERR_clear_error();
    return done;
}

/// OAEP with an empty label and MGF1 with the same digest (RFC 8017, section 7.1).
static bool set_oaep(EVP_PKEY_CTX *context, const EVP_MD *md) {
    return md && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1;
}

bool libcrypto_oaep_encrypt(
    const libcrypto_key *key, libcrypto_digest digest, const void *input, size_t size, void *output,
    size_t *output_size) {
    if (libcrypto_key_kind(key) != libcrypto_rsa) return false;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, libcrypto_evp(key), NULL);
    *output_size = libcrypto_room;
    bool done = context && EVP_PKEY_encrypt_init(context) == 1 && set_oaep(context, libcrypto_md(digest))
        && EVP_PKEY_encrypt(context, output, output_size, libcrypto_bytes(input), size) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return done;
}

bool libcrypto_oaep_decrypt(
    const libcrypto_key *key, libcrypto_digest digest, const void *input, size_t size, void *output,
    size_t *output_size) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    if (libcrypto_key_kind(key) != libcrypto_rsa || size != (size_t)EVP_PKEY_get_size(pkey)) return false;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    *output_size = libcrypto_room;
    bool done = context && EVP_PKEY_decrypt_init(context) == 1 && set_oaep(context, libcrypto_md(digest))
        && EVP_PKEY_decrypt(context, output, output_size, libcrypto_bytes(input), size) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return done;
}

bool libcrypto_rsa_raw_encrypt(
    const libcrypto_key *key, const void *block, size_t size, void *output, size_t *output_size) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    if (libcrypto_key_kind(key) != libcrypto_rsa || size != (size_t)EVP_PKEY_get_size(pkey)) return false;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    *output_size = libcrypto_room;
    bool done = context && EVP_PKEY_encrypt_init(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1
        && EVP_PKEY_encrypt(context, output, output_size, block, size) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return done;
}

bool libcrypto_derive(const libcrypto_key *key, const libcrypto_key *peer, void *output, size_t *output_size) {
    if (libcrypto_key_kind(key) != libcrypto_ec || libcrypto_key_kind(peer) != libcrypto_ec
        || libcrypto_key_curve(key) != libcrypto_key_curve(peer)) {
        return false;
    }
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, libcrypto_evp(key), NULL);
    *output_size = libcrypto_room;
    bool done = context && EVP_PKEY_derive_init(context) == 1
        && EVP_PKEY_derive_set_peer(context, libcrypto_evp(peer)) == 1
        && EVP_PKEY_derive(context, output, output_size) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return done;
}
