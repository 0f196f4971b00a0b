#include "internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

/// One pass of "AES-…-WRAP-PAD", which takes its input whole.
static bool run(
    bool wraps, const void *key, size_t key_size, const void *input, size_t size, void *output, size_t *output_size) {
    const char *name = key_size == 16 ? "AES-128-WRAP-PAD"
        : key_size == 24              ? "AES-192-WRAP-PAD"
        : key_size == 32              ? "AES-256-WRAP-PAD"
                                      : NULL;
    if (!name || size == 0 || size > INT32_MAX / 2) return false;

    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0, rest = 0;
    bool done = cipher && context
        && EVP_CipherInit_ex2(context, cipher, key, NULL, wraps, NULL) == 1
        && EVP_CipherUpdate(context, output, &written, input, (int)size) == 1 && written > 0
        && EVP_CipherFinal_ex(context, (uint8_t *)output + written, &rest) == 1 && rest == 0;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    ERR_clear_error();
    *output_size = done ? (size_t)written : 0;
    return done;
}

bool libcrypto_kwp_wrap(
    const void *key, size_t key_size, const void *input, size_t size, void *output, size_t *output_size) {
    return run(true, key, key_size, input, size, output, output_size);
}

bool libcrypto_kwp_unwrap(
    const void *key, size_t key_size, const void *input, size_t size, void *output, size_t *output_size) {
    *output_size = 0;
    if (size < 16 || size % 8 != 0) return false;
    bool done = run(false, key, key_size, input, size, output, output_size);
    if (!done) OPENSSL_cleanse(output, size);
    return done;
}
