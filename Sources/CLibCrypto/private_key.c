#include "internal.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

/// Whether the numbers of a key pair belong together: primes, products and inverses for RSA.
static bool is_consistent(EVP_PKEY *key) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool is = context && EVP_PKEY_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return is;
}

static EVP_PKEY *key_from_scalar(libcrypto_curve curve, const BIGNUM *scalar, const char **fault) {
    EC_GROUP *group = EC_GROUP_new_by_curve_name(libcrypto_nid(curve));
    EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    uint8_t octets[1 + 2 * 66];
    size_t size = 0;
    EVP_PKEY *key = NULL;
    *fault = "the private key is not between 1 and the curve's order";
    if (point && !BN_is_negative(scalar) && !BN_is_zero(scalar)
        && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0
        && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1
        && (size = EC_POINT_point2oct(
                group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof octets, NULL)) > 0) {
        key = libcrypto_ec_key(curve, octets, size, scalar, fault);
    }
    EC_POINT_clear_free(point);
    EC_GROUP_free(group);
    return key;
}

/// Takes the key if it is an RSA key of two primes that is all right.
static EVP_PKEY *accepted_rsa(EVP_PKEY *parsed, const char **fault) {
    BIGNUM *modulus = NULL, *exponent = NULL, *third = NULL;
    bool is_right = false;
    *fault = "the RSA private key is not consistent";
    if (EVP_PKEY_get_bn_param(parsed, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1
        && EVP_PKEY_get_bn_param(parsed, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1) {
        const char *wrong = libcrypto_rsa_fault(modulus, exponent);
        if (wrong) {
            *fault = wrong;
        } else if (EVP_PKEY_get_bn_param(parsed, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) == 1) {
            *fault = "the RSA private key has more than two primes";
        } else {
            is_right = is_consistent(parsed);
        }
    }
    BN_free(modulus);
    BN_free(exponent);
    BN_clear_free(third);
    return is_right && EVP_PKEY_up_ref(parsed) == 1 ? parsed : NULL;
}

/// Takes the scalar, if the public key that came with it is the scalar's.
static EVP_PKEY *accepted_ec(EVP_PKEY *parsed, const char **fault) {
    libcrypto_curve curve;
    int is_explicit = 0;
    BIGNUM *scalar = NULL;
    EVP_PKEY *key = NULL;
    if (!libcrypto_curve_of(parsed, &curve)
        || (EVP_PKEY_get_int_param(parsed, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) == 1
            && is_explicit)) {
        *fault = "the curve is not P-256, P-384, P-521 or secp256k1 by name";
    } else if (EVP_PKEY_get_bn_param(parsed, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1) {
        key = key_from_scalar(curve, scalar, fault);
        if (key && EVP_PKEY_eq(key, parsed) != 1) {
            EVP_PKEY_free(key);
            key = NULL;
            *fault = "the public key in it is another private key's";
        }
    }
    BN_clear_free(scalar);
    return key;
}

/// Takes over `parsed` and gives the key that is to be used, or NULL.
static libcrypto_key *accepted(EVP_PKEY *parsed, const char **fault) {
    EVP_PKEY *key = NULL;
    if (parsed) {
        if (EVP_PKEY_is_a(parsed, "RSA")) {
            key = accepted_rsa(parsed, fault);
        } else if (EVP_PKEY_is_a(parsed, "EC")) {
            key = accepted_ec(parsed, fault);
        } else if (EVP_PKEY_is_a(parsed, "ED25519")) {
            key = EVP_PKEY_up_ref(parsed) == 1 ? parsed : NULL;
        } else {
            *fault = "the key is not of RSA, an elliptic curve or Ed25519";
        }
    }
    EVP_PKEY_free(parsed);
    ERR_clear_error();
    return libcrypto_wrap(key);
}

libcrypto_key *libcrypto_private_from_pkcs8(const void *der, size_t size, const char **fault) {
    *fault = "it is not exactly one DER PrivateKeyInfo (PKCS#8)";
    if (size == 0 || size > libcrypto_room) return NULL;
    const uint8_t *end = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &end, (long)size);
    EVP_PKEY *parsed = info && end == (const uint8_t *)der + size ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    return accepted(parsed, fault);
}

/// A key in the encoding of its own type: PKCS#1 or SEC 1.
static EVP_PKEY *decode(const char *type, const uint8_t *der, size_t size) {
    EVP_PKEY *key = NULL;
    OSSL_DECODER_CTX *context = OSSL_DECODER_CTX_new_for_pkey(
        &key, "DER", "type-specific", type, EVP_PKEY_KEYPAIR, NULL, NULL);
    const uint8_t *end = der;
    size_t rest = size;
    if (!context || OSSL_DECODER_from_data(context, &end, &rest) != 1 || rest != 0) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(context);
    return key;
}

/// Has no password to give; without this OpenSSL would ask at the terminal.
static int no_password(char *buffer, int size, int is_writing, void *context) {
    (void)buffer, (void)size, (void)is_writing, (void)context;
    return -1;
}

libcrypto_key *libcrypto_private_from_pem(const void *text, size_t size, const char **fault) {
    *fault = "there is no unencrypted private key in PEM (PKCS#8, PKCS#1 or SEC 1)";
    // A key may be preceded by other blocks, such as the curve's parameters.
    if (size == 0 || size > 16 * libcrypto_room) return NULL;
    BIO *source = BIO_new_mem_buf(text, (int)size);
    uint8_t *der = NULL;
    long der_size = 0;
    char *name = NULL;
    libcrypto_key *key = NULL;
    if (source
        && PEM_bytes_read_bio_secmem(
               &der, &der_size, &name, PEM_STRING_EVP_PKEY, source, no_password, NULL) == 1
        && der_size > 0 && der_size <= libcrypto_room) {
        if (strcmp(name, PEM_STRING_PKCS8INF) == 0) {
            key = libcrypto_private_from_pkcs8(der, (size_t)der_size, fault);
        } else if (strcmp(name, PEM_STRING_RSA) == 0) {
            key = accepted(decode("RSA", der, (size_t)der_size), fault);
        } else if (strcmp(name, PEM_STRING_ECPRIVATEKEY) == 0) {
            key = accepted(decode("EC", der, (size_t)der_size), fault);
        }
    }
    OPENSSL_secure_clear_free(der, der_size > 0 ? (size_t)der_size : 0);
    OPENSSL_secure_free(name);
    BIO_free(source);
    ERR_clear_error();
    return key;
}

libcrypto_key *libcrypto_private_from_rsa(const void *numbers, const size_t sizes[8], const char **fault) {
    static const char *const names[8] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,
        OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    *fault = "the RSA private key is not consistent";
    BIGNUM *values[8] = {NULL};
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    const uint8_t *next = numbers;
    bool done = builder != NULL;
    for (int i = 0; i < 8 && done; i++) {
        done = sizes[i] <= libcrypto_room && (values[i] = BN_bin2bn(next, (int)sizes[i], NULL))
            && !BN_is_zero(values[i]) && OSSL_PARAM_BLD_push_BN(builder, names[i], values[i]) == 1;
        next += sizes[i];
    }
    OSSL_PARAM *parameters = done ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *parsed = NULL;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &parsed, EVP_PKEY_KEYPAIR, parameters) != 1) {
        EVP_PKEY_free(parsed);
        parsed = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    for (int i = 0; i < 8; i++) BN_clear_free(values[i]);
    return accepted(parsed, fault);
}

libcrypto_key *libcrypto_private_from_scalar(
    libcrypto_curve curve, const void *scalar, size_t size, const char **fault) {
    *fault = "the private key is larger than the curve's order";
    if (size > libcrypto_field_size(curve)) return NULL;
    BIGNUM *number = BN_bin2bn(libcrypto_bytes(scalar), (int)size, NULL);
    EVP_PKEY *key = number ? key_from_scalar(curve, number, fault) : NULL;
    BN_clear_free(number);
    ERR_clear_error();
    return libcrypto_wrap(key);
}

libcrypto_key *libcrypto_private_from_ed25519(const void *seed, size_t size, const char **fault) {
    *fault = "an Ed25519 private key has 32 bytes";
    EVP_PKEY *key = size == 32 ? EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, size) : NULL;
    ERR_clear_error();
    return libcrypto_wrap(key);
}

libcrypto_key *libcrypto_generate(libcrypto_kind kind, int bits, libcrypto_curve curve, const char **fault) {
    EVP_PKEY *key = NULL;
    *fault = "the library could not make a key";
    switch (kind) {
    case libcrypto_rsa:
        if (bits < libcrypto_rsa_bits_min || bits > libcrypto_rsa_bits_max) {
            *fault = "RSA keys are made with 2048 to 8192 bits";
        } else {
            key = EVP_RSA_gen((unsigned)bits);
        }
        break;
    case libcrypto_ec: key = EVP_EC_gen(OBJ_nid2sn(libcrypto_nid(curve))); break;
    case libcrypto_ed25519: key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); break;
    }
    ERR_clear_error();
    return libcrypto_wrap(key);
}
