// What public keys and key pairs have in common: their kind, and their parts as bytes.
#include "internal.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

static const struct {
    int nid;
    size_t field_size;
} curves[] = {
    [libcrypto_p256] = {NID_X9_62_prime256v1, 32},
    [libcrypto_p384] = {NID_secp384r1, 48},
    [libcrypto_p521] = {NID_secp521r1, 66},
    [libcrypto_secp256k1] = {NID_secp256k1, 32},
};
enum { CURVE_COUNT = sizeof curves / sizeof *curves };

int libcrypto_nid(libcrypto_curve curve) {
    return curves[curve].nid;
}

size_t libcrypto_field_size(libcrypto_curve curve) {
    return curves[curve].field_size;
}

bool libcrypto_curve_of(const EVP_PKEY *key, libcrypto_curve *curve) {
    char name[64];
    if (EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1) return false;
    int nid = OBJ_sn2nid(name);
    if (nid == NID_undef) nid = EC_curve_nist2nid(name);
    for (int i = 0; i < CURVE_COUNT; i++) {
        if (curves[i].nid == nid) {
            *curve = (libcrypto_curve)i;
            return true;
        }
    }
    return false;
}

void libcrypto_key_free(libcrypto_key *key) {
    EVP_PKEY_free(libcrypto_evp(key));
}

libcrypto_kind libcrypto_key_kind(const libcrypto_key *key) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    if (EVP_PKEY_is_a(pkey, "RSA")) return libcrypto_rsa;
    return EVP_PKEY_is_a(pkey, "EC") ? libcrypto_ec : libcrypto_ed25519;
}

int libcrypto_key_bits(const libcrypto_key *key) {
    return libcrypto_key_kind(key) == libcrypto_rsa ? EVP_PKEY_get_bits(libcrypto_evp(key)) : 0;
}

libcrypto_curve libcrypto_key_curve(const libcrypto_key *key) {
    libcrypto_curve curve = libcrypto_p256;
    (void)libcrypto_curve_of(libcrypto_evp(key), &curve);
    ERR_clear_error();
    return curve;
}

bool libcrypto_key_spki(const libcrypto_key *key, void *output, size_t *size) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    uint8_t *end = output;
    int length = i2d_PUBKEY(pkey, NULL);
    bool done = length > 0 && length <= libcrypto_room && i2d_PUBKEY(pkey, &end) == length;
    *size = done ? (size_t)length : 0;
    ERR_clear_error();
    return done;
}

/// Writes a number of the key, with `width` bytes or, for a width of 0, as few as it needs.
static bool write_number(EVP_PKEY *key, const char *name, size_t width, void *output, size_t *size) {
    BIGNUM *number = NULL;
    bool done = EVP_PKEY_get_bn_param(key, name, &number) == 1;
    if (done) {
        int length = width ? (int)width : BN_num_bytes(number);
        done = length <= libcrypto_room && BN_bn2binpad(number, output, length) == length;
        *size = (size_t)length;
    }
    BN_clear_free(number);
    ERR_clear_error();
    return done;
}

bool libcrypto_key_modulus(const libcrypto_key *key, void *output, size_t *size) {
    return write_number(libcrypto_evp(key), OSSL_PKEY_PARAM_RSA_N, 0, output, size);
}

bool libcrypto_key_exponent(const libcrypto_key *key, void *output, size_t *size) {
    return write_number(libcrypto_evp(key), OSSL_PKEY_PARAM_RSA_E, 0, output, size);
}

bool libcrypto_key_point(const libcrypto_key *key, void *output, size_t *size) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    if (libcrypto_key_kind(key) == libcrypto_ed25519) {
        *size = libcrypto_room;
        bool done = EVP_PKEY_get_raw_public_key(pkey, output, size) == 1;
        ERR_clear_error();
        return done;
    }
    size_t field = libcrypto_field_size(libcrypto_key_curve(key)), written = 0;
    uint8_t *bytes = output;
    bytes[0] = POINT_CONVERSION_UNCOMPRESSED;
    *size = 1 + 2 * field;
    return write_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, field, bytes + 1, &written)
        && write_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, field, bytes + 1 + field, &written);
}

bool libcrypto_key_pkcs8(const libcrypto_key *key, void *output, size_t *size) {
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(libcrypto_evp(key));
    uint8_t *end = output;
    int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
    bool done = length > 0 && length <= libcrypto_room && i2d_PKCS8_PRIV_KEY_INFO(info, &end) == length;
    *size = done ? (size_t)length : 0;
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return done;
}

bool libcrypto_key_secret(const libcrypto_key *key, void *output, size_t *size) {
    EVP_PKEY *pkey = libcrypto_evp(key);
    switch (libcrypto_key_kind(key)) {
    case libcrypto_rsa: return false;
    case libcrypto_ec:
        return write_number(
            pkey, OSSL_PKEY_PARAM_PRIV_KEY, libcrypto_field_size(libcrypto_key_curve(key)), output, size);
    case libcrypto_ed25519: {
        *size = libcrypto_room;
        bool done = EVP_PKEY_get_raw_private_key(pkey, output, size) == 1;
        ERR_clear_error();
        return done;
    }
    }
    return false;
}
