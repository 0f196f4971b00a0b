// What the C files share.
#ifndef STRONGROOM_CLIBCRYPTO_INTERNAL_H
#define STRONGROOM_CLIBCRYPTO_INTERNAL_H

// Nothing that OpenSSL 3.0 deprecates, but where a file says why.
#ifndef OPENSSL_API_COMPAT
#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED
#endif

#include "CLibCrypto.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

/// The digest, fetched once a process; NULL when the library has it not.
const EVP_MD *libcrypto_md(libcrypto_digest digest);

static inline EVP_PKEY *libcrypto_evp(const libcrypto_key *key) {
    return (EVP_PKEY *)(uintptr_t)key;
}

static inline libcrypto_key *libcrypto_wrap(EVP_PKEY *key) {
    return (libcrypto_key *)key;
}

/// NULL may not be given to memcpy or OpenSSL even when there is nothing to read.
static inline const void *libcrypto_bytes(const void *bytes) {
    return bytes ? bytes : "";
}

int libcrypto_nid(libcrypto_curve curve);
size_t libcrypto_field_size(libcrypto_curve curve);
/// Whether the key is on one of the named curves that are served.
bool libcrypto_curve_of(const EVP_PKEY *key, libcrypto_curve *curve);

/// A fault of an RSA modulus and exponent, or NULL.
const char *libcrypto_rsa_fault(const BIGNUM *modulus, const BIGNUM *exponent);
/// An elliptic curve key from SEC 1 octets and, for a key pair, the scalar.
EVP_PKEY *libcrypto_ec_key(
    libcrypto_curve curve, const uint8_t *point, size_t size, const BIGNUM *scalar, const char **fault);

#endif
