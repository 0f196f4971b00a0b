#include "backup.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

// scrypt at 2^14, 8, 5 is as dear to guess as at 2^17, 8, 1 (OWASP's figures), and needs 16 MiB: libcrypto opens no
// file that needs more than 32.
enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 5, SALT_SIZE = 16 };
// OWASP's figure for PBKDF2-HMAC-SHA-256.
enum { ITERATIONS = 600000 };

int libcrypto_backup_seal_key_pair(const uint8_t *pkcs8, size_t size, const char *passphrase, uint8_t *out,
                                    size_t *out_size) {
    int result = libcrypto_backup_failed;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    X509_ALGOR *scheme = NULL;
    X509_SIG *sealed = NULL;
    const uint8_t *cursor = pkcs8;
    if (size > LONG_MAX || strlen(passphrase) > INT_MAX) goto done;
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &cursor, (long)size);
    if (!info) goto done;
    scheme = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, SALT_SIZE, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    if (!scheme) goto done;
    sealed = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), info, scheme);
    if (!sealed) goto done;
    scheme = NULL;  // is the file's now
    int needed = i2d_X509_SIG(sealed, NULL);
    if (needed <= 0 || (size_t)needed > *out_size) goto done;
    *out_size = (size_t)i2d_X509_SIG(sealed, &out);
    result = libcrypto_backup_ok;
done:
    X509_SIG_free(sealed);
    X509_ALGOR_free(scheme);
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return result;
}

int libcrypto_backup_open_key_pair(const uint8_t *sealed, size_t size, const char *passphrase, uint8_t *out,
                                    size_t *out_size) {
    int result = libcrypto_backup_other_content;
    X509_SIG *file = NULL;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    const uint8_t *cursor = sealed;
    if (size > LONG_MAX || strlen(passphrase) > INT_MAX) goto done;
    file = d2i_X509_SIG(NULL, &cursor, (long)size);
    if (!file || cursor != sealed + size) goto done;
    result = libcrypto_backup_unreadable;
    info = PKCS8_decrypt(file, passphrase, (int)strlen(passphrase));
    if (!info) goto done;
    result = libcrypto_backup_failed;
    int needed = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    if (needed <= 0 || (size_t)needed > *out_size) goto done;
    *out_size = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    result = libcrypto_backup_ok;
done:
    PKCS8_PRIV_KEY_INFO_free(info);
    X509_SIG_free(file);
    ERR_clear_error();
    return result;
}

/// The secret of a bag, or NULL where it has none. libcrypto frees it without wiping it.
static ASN1_OCTET_STRING *secret_of(const PKCS12_SAFEBAG *bag) {
    if (PKCS12_SAFEBAG_get_nid(bag) != NID_secretBag) return NULL;
    // What calls itself a certificate has another structure than ASN1_TYPE, which not every OpenSSL looks at.
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_pkcs7_data) return NULL;
    const ASN1_TYPE *value = PKCS12_SAFEBAG_get0_bag_obj(bag);
    if (!value || value->type != V_ASN1_OCTET_STRING) return NULL;
    return value->value.octet_string;
}

static void wipe_and_free(STACK_OF(PKCS12_SAFEBAG) *bags) {
    for (int i = 0; bags && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        ASN1_OCTET_STRING *secret = secret_of(sk_PKCS12_SAFEBAG_value(bags, i));
        if (secret && secret->length > 0) OPENSSL_cleanse(secret->data, (size_t)secret->length);
    }
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

int libcrypto_backup_seal_secret(const uint8_t *secret, size_t size, const char *name, const char *passphrase,
                                  uint8_t *out, size_t *out_size) {
    int result = libcrypto_backup_failed;
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    PKCS12 *file = NULL;
    if (size > INT_MAX) goto done;
    // libcrypto copies the bytes and does not change them; its parameter merely lacks the const.
    PKCS12_SAFEBAG *bag = PKCS12_add_secret(&bags, NID_pkcs7_data, (uint8_t *)secret, (int)size);
    if (!bag || !PKCS12_add_friendlyname_utf8(bag, name, -1)) goto done;
    if (!PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, ITERATIONS, passphrase)) goto done;
    file = PKCS12_add_safes(safes, 0);
    if (!file || !PKCS12_set_mac(file, passphrase, -1, NULL, SALT_SIZE, ITERATIONS, EVP_sha256())) goto done;
    int needed = i2d_PKCS12(file, NULL);
    if (needed <= 0 || (size_t)needed > *out_size) goto done;
    *out_size = (size_t)i2d_PKCS12(file, &out);
    result = libcrypto_backup_ok;
done:
    PKCS12_free(file);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    wipe_and_free(bags);
    ERR_clear_error();
    return result;
}

/// Copies the first secret of `safe` to `out`; answers whether there is one that fits.
static int take_secret(PKCS7 *safe, const char *passphrase, uint8_t *out, size_t *out_size) {
    if (!PKCS7_type_is_encrypted(safe)) return 0;
    STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7encdata(safe, passphrase, -1);
    int taken = 0;
    for (int i = 0; bags && !taken && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const ASN1_OCTET_STRING *secret = secret_of(sk_PKCS12_SAFEBAG_value(bags, i));
        if (!secret || secret->length <= 0 || (size_t)secret->length > *out_size) continue;
        memcpy(out, secret->data, (size_t)secret->length);
        *out_size = (size_t)secret->length;
        taken = 1;
    }
    wipe_and_free(bags);
    return taken;
}

int libcrypto_backup_open_secret(const uint8_t *sealed, size_t size, const char *passphrase, uint8_t *out,
                                  size_t *out_size) {
    int result = libcrypto_backup_other_content;
    PKCS12 *file = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    const uint8_t *cursor = sealed;
    if (size > LONG_MAX) goto done;
    file = d2i_PKCS12(NULL, &cursor, (long)size);
    if (!file || cursor != sealed + size) goto done;
    result = libcrypto_backup_unreadable;
    // Without a code over all, a changed file would open to a changed key.
    if (!PKCS12_mac_present(file) || !PKCS12_verify_mac(file, passphrase, -1)) goto done;
    safes = PKCS12_unpack_authsafes(file);
    result = libcrypto_backup_other_content;
    for (int i = 0; safes && i < sk_PKCS7_num(safes); i++) {
        if (!take_secret(sk_PKCS7_value(safes, i), passphrase, out, out_size)) continue;
        result = libcrypto_backup_ok;
        break;
    }
done:
    sk_PKCS7_pop_free(safes, PKCS7_free);
    PKCS12_free(file);
    ERR_clear_error();
    return result;
}
