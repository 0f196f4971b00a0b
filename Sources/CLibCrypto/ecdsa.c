#include "internal.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

bool libcrypto_ecdsa_to_der(const void *raw, size_t size, void *output, size_t *output_size) {
    if (size == 0 || size % 2 != 0 || size > 256) return false;
    int half = (int)size / 2;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, half, NULL);
    BIGNUM *s = BN_bin2bn((const uint8_t *)raw + half, half, NULL);
    bool done = false;
    if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1) {
        r = s = NULL;
        uint8_t *end = output;
        int length = i2d_ECDSA_SIG(signature, &end);
        done = length > 0;
        *output_size = done ? (size_t)length : 0;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    ERR_clear_error();
    return done;
}

/// Whether `signature` in DER is these very bytes: d2i takes BER too, and lets other bytes follow.
static bool is_encoded_as(const ECDSA_SIG *signature, const void *der, size_t size) {
    uint8_t *again = NULL;
    int length = i2d_ECDSA_SIG(signature, &again);
    bool same = length > 0 && (size_t)length == size && memcmp(again, der, size) == 0;
    OPENSSL_free(again);
    return same;
}

bool libcrypto_ecdsa_from_der(const void *der, size_t size, size_t field_size, void *output) {
    if (size == 0 || size > 256) return false;
    const uint8_t *end = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &end, (long)size);
    bool done = false;
    if (signature && is_encoded_as(signature, der, size)) {
        const BIGNUM *r = ECDSA_SIG_get0_r(signature), *s = ECDSA_SIG_get0_s(signature);
        done = !BN_is_negative(r) && !BN_is_negative(s)
            && BN_bn2binpad(r, output, (int)field_size) == (int)field_size
            && BN_bn2binpad(s, (uint8_t *)output + field_size, (int)field_size) == (int)field_size;
    }
    ECDSA_SIG_free(signature);
    ERR_clear_error();
    return done;
}
