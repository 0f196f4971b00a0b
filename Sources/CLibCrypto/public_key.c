#include "internal.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

const char *libcrypto_rsa_fault(const BIGNUM *modulus, const BIGNUM *exponent) {
    int bits = BN_num_bits(modulus);
    if (bits < libcrypto_rsa_bits_min || bits > libcrypto_rsa_bits_max) {
        return "the RSA modulus is smaller than 2048 or larger than 8192 bits";
    }
    if (BN_is_negative(modulus) || !BN_is_odd(modulus)) return "the RSA modulus is not odd";
    // 256 bits are FIPS 186-5's limit; beyond it a public key does no more than burn time.
    if (BN_is_negative(exponent) || !BN_is_odd(exponent) || BN_is_one(exponent) || BN_num_bits(exponent) > 256) {
        return "the RSA public exponent is not an odd number of 3 or more";
    }
    return NULL;
}

/// Makes a key of these parameters, which it frees.
static EVP_PKEY *from_parameters(const char *type, int selection, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &key, selection, parameters) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

static EVP_PKEY *rsa_key(const BIGNUM *modulus, const BIGNUM *exponent, const char **fault) {
    if ((*fault = libcrypto_rsa_fault(modulus, exponent))) return NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    EVP_PKEY *key = from_parameters("RSA", EVP_PKEY_PUBLIC_KEY, parameters);
    OSSL_PARAM_BLD_free(builder);
    if (!key) *fault = "the library refuses the RSA key";
    return key;
}

/// The point in uncompressed form, or 0 when it is not one of the curve (SEC 1, section 2.3.4).
static size_t uncompress(
    libcrypto_curve curve, const uint8_t *point, size_t size, uint8_t *output, size_t room) {
    size_t field = libcrypto_field_size(curve);
    bool is_whole = size == 1 + 2 * field && point[0] == POINT_CONVERSION_UNCOMPRESSED;
    bool is_compressed = size == 1 + field && (point[0] == 2 || point[0] == 3);
    // Neither infinity (a single 00) nor the hybrid form (06, 07), which OpenSSL would take.
    if (!is_whole && !is_compressed) return 0;

    EC_GROUP *group = EC_GROUP_new_by_curve_name(libcrypto_nid(curve));
    EC_POINT *decoded = group ? EC_POINT_new(group) : NULL;
    size_t length = 0;
    // oct2point checks the range of the coordinates and the curve's equation. All these curves have cofactor 1, so
    // every point but infinity has the right order.
    if (decoded && EC_POINT_oct2point(group, decoded, point, size, NULL) == 1
        && EC_POINT_is_at_infinity(group, decoded) == 0 && EC_POINT_is_on_curve(group, decoded, NULL) == 1) {
        length = EC_POINT_point2oct(group, decoded, POINT_CONVERSION_UNCOMPRESSED, output, room, NULL);
    }
    EC_POINT_free(decoded);
    EC_GROUP_free(group);
    return length;
}

EVP_PKEY *libcrypto_ec_key(
    libcrypto_curve curve, const uint8_t *point, size_t size, const BIGNUM *scalar, const char **fault) {
    uint8_t octets[1 + 2 * 66];
    size_t length = uncompress(curve, point, size, octets, sizeof octets);
    if (length == 0) {
        *fault = "the public point is not a point of the curve";
        return NULL;
    }
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (builder
        && OSSL_PARAM_BLD_push_utf8_string(
               builder, OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(libcrypto_nid(curve)), 0) == 1
        && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, octets, length) == 1
        && (!scalar
            // One width for all scalars: OpenSSL works in constant time in that.
            || OSSL_PARAM_BLD_push_BN_pad(
                   builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar, libcrypto_field_size(curve)) == 1)) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    EVP_PKEY *key = from_parameters("EC", scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters);
    OSSL_PARAM_BLD_free(builder);
    if (!key) *fault = "the library refuses the elliptic curve key";
    return key;
}

/// The key anew from its numbers, so that nothing of the way it was encoded stays.
static EVP_PKEY *rebuilt(EVP_PKEY *parsed, const char **fault) {
    EVP_PKEY *key = NULL;
    if (EVP_PKEY_is_a(parsed, "RSA")) {
        BIGNUM *modulus = NULL, *exponent = NULL;
        if (EVP_PKEY_get_bn_param(parsed, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1
            && EVP_PKEY_get_bn_param(parsed, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1) {
            key = rsa_key(modulus, exponent, fault);
        }
        BN_free(modulus);
        BN_free(exponent);
    } else if (EVP_PKEY_is_a(parsed, "EC")) {
        libcrypto_curve curve;
        uint8_t *point = NULL;
        size_t size = 0;
        if (!libcrypto_curve_of(parsed, &curve)) {
            *fault = "the curve is not P-256, P-384, P-521 or secp256k1 by name";
        } else if ((size = EVP_PKEY_get1_encoded_public_key(parsed, &point)) > 0) {
            key = libcrypto_ec_key(curve, point, size, NULL, fault);
        }
        OPENSSL_free(point);
    } else if (EVP_PKEY_is_a(parsed, "ED25519")) {
        uint8_t bytes[32];
        size_t size = sizeof bytes;
        if (EVP_PKEY_get_raw_public_key(parsed, bytes, &size) == 1) {
            key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, bytes, size);
        }
    } else {
        *fault = "the key is not of RSA, an elliptic curve or Ed25519";
    }
    return key;
}

/// Whether the key's SubjectPublicKeyInfo is exactly these bytes. Gives its size too.
static bool is_encoded_as(EVP_PKEY *key, const void *der, size_t size, size_t *encoded_size) {
    uint8_t *again = NULL;
    int length = i2d_PUBKEY(key, &again);
    *encoded_size = length > 0 ? (size_t)length : 0;
    bool same = length > 0 && (size_t)length == size && memcmp(again, der, size) == 0;
    OPENSSL_free(again);
    return same;
}

libcrypto_key *libcrypto_public_from_spki(const void *der, size_t size, const char **fault) {
    static const char *const not_der = "it is not exactly one DER SubjectPublicKeyInfo";
    *fault = not_der;
    if (size == 0 || size > libcrypto_room) return NULL;
    const uint8_t *end = der;
    EVP_PKEY *parsed = d2i_PUBKEY(NULL, &end, (long)size);
    EVP_PKEY *key = NULL;
    if (parsed && end == (const uint8_t *)der + size && (key = rebuilt(parsed, fault))) {
        size_t canonical_size = 0, parsed_size = 0;
        // The one other encoding that is taken has a compressed point, and is therefore shorter.
        if (!is_encoded_as(key, der, size, &canonical_size)
            && !(size < canonical_size && is_encoded_as(parsed, der, size, &parsed_size))) {
            EVP_PKEY_free(key);
            key = NULL;
            *fault = not_der;
        }
    }
    EVP_PKEY_free(parsed);
    ERR_clear_error();
    return libcrypto_wrap(key);
}

libcrypto_key *libcrypto_public_from_rsa(
    const void *modulus, size_t modulus_size, const void *exponent, size_t exponent_size, const char **fault) {
    *fault = "the RSA modulus or public exponent is too large";
    if (modulus_size > libcrypto_room || exponent_size > libcrypto_room) return NULL;
    BIGNUM *n = BN_bin2bn(libcrypto_bytes(modulus), (int)modulus_size, NULL);
    BIGNUM *e = BN_bin2bn(libcrypto_bytes(exponent), (int)exponent_size, NULL);
    EVP_PKEY *key = n && e ? rsa_key(n, e, fault) : NULL;
    BN_free(n);
    BN_free(e);
    ERR_clear_error();
    return libcrypto_wrap(key);
}

libcrypto_key *libcrypto_public_from_point(
    libcrypto_curve curve, const void *point, size_t size, const char **fault) {
    EVP_PKEY *key = libcrypto_ec_key(curve, libcrypto_bytes(point), size, NULL, fault);
    ERR_clear_error();
    return libcrypto_wrap(key);
}

libcrypto_key *libcrypto_public_from_ed25519(const void *bytes, size_t size, const char **fault) {
    *fault = "an Ed25519 public key has 32 bytes";
    EVP_PKEY *key = size == 32 ? EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, bytes, size) : NULL;
    ERR_clear_error();
    return libcrypto_wrap(key);
}
