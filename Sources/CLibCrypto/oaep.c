// RSA_padding_check_PKCS1_OAEP_mgf1 is deprecated in favour of decrypting with the key, which the token alone can do.
// It is the library's own constant-time decoding, and a better one than ours would be.
#define OPENSSL_API_COMPAT 10101

#include "internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

bool libcrypto_oaep_unpad(
    libcrypto_digest digest, const void *block, size_t size, void *output, size_t *output_size) {
    const EVP_MD *md = libcrypto_md(digest);
    *output_size = 0;
    if (!md || size > libcrypto_room) return false;
    int length = RSA_padding_check_PKCS1_OAEP_mgf1(
        output, (int)size, block, (int)size, (int)size, NULL, 0, md, md);
    ERR_clear_error();
    if (length < 0) {
        OPENSSL_cleanse(output, size);
        return false;
    }
    *output_size = (size_t)length;
    return true;
}
