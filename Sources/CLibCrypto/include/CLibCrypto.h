// Small functions over bytes on OpenSSL 3 (libcrypto): in C because OpenSSL's API is macros, variadic parameters and
// ownership rules that Swift cannot see. No OpenSSL type crosses this header.
//
// What may be empty may be NULL with a size of 0. Functions that answer `bool` say false for anything that failed and
// leave nothing in OpenSSL's queue of errors. All may be called from any number of threads.
#ifndef STRONGROOM_CLIBCRYPTO_H
#define STRONGROOM_CLIBCRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup.h"

/// A public key or a key pair that never changes, so threads may share it.
typedef struct libcrypto_key libcrypto_key;

typedef enum {
    libcrypto_sha1,
    libcrypto_sha224,
    libcrypto_sha256,
    libcrypto_sha384,
    libcrypto_sha512,
} libcrypto_digest;

typedef enum { libcrypto_p256, libcrypto_p384, libcrypto_p521, libcrypto_secp256k1 } libcrypto_curve;

typedef enum { libcrypto_rsa, libcrypto_ec, libcrypto_ed25519 } libcrypto_kind;

typedef enum {
    libcrypto_sign_rsa_pss,
    libcrypto_sign_rsa_pkcs1,
    libcrypto_sign_ecdsa,
    libcrypto_sign_ed25519,
} libcrypto_scheme;

enum {
    libcrypto_rsa_bits_min = 2048,
    libcrypto_rsa_bits_max = 8192,
    /// Room for any SubjectPublicKeyInfo, PKCS#8, modulus, signature or point of the keys above.
    libcrypto_room = 8192,
};

// MARK: Digests, codes, randomness

/// Whether every block that OpenSSL gives back is wiped first.
bool libcrypto_wipes_memory(void);

/// Writes the whole digest to `output`.
bool libcrypto_hash(libcrypto_digest digest, const void *input, size_t size, void *output);

/// HMAC (RFC 2104); writes as many bytes as the digest has.
bool libcrypto_hmac(
    libcrypto_digest digest, const void *key, size_t key_size, const void *message, size_t size, void *output);

/// Bytes from OpenSSL's private DRBG.
bool libcrypto_random(void *output, size_t size);

// MARK: Certificates

/// Writes the subject's common name at `index` of an X.509 certificate in DER, in UTF-8 and of libcrypto_room bytes at
/// the most. False where there is none, and for what is no certificate.
bool libcrypto_certificate_common_name(
    const void *certificate, size_t size, size_t index, void *output, size_t *output_size);

// MARK: Wrapping, padding, encodings

/// AES key wrap with padding (RFC 5649). `output` has room for `size` rounded up to a multiple of 8, and 8 more.
bool libcrypto_kwp_wrap(
    const void *key, size_t key_size, const void *input, size_t size, void *output, size_t *output_size);

/// `output` has room for `size` bytes; nothing of a failed attempt stays there.
bool libcrypto_kwp_unwrap(
    const void *key, size_t key_size, const void *input, size_t size, void *output, size_t *output_size);

/// EME-OAEP decoding (RFC 8017, section 7.1.2, step 3) of the raw RSA result, in constant time; the label is empty and
/// MGF1 has the same digest. `output` has room for `size` bytes.
bool libcrypto_oaep_unpad(
    libcrypto_digest digest, const void *block, size_t size, void *output, size_t *output_size);

/// r and s, `size / 2` bytes each, to DER (RFC 3279, section 2.2.3). `output` has room for `size + 16` bytes.
bool libcrypto_ecdsa_to_der(const void *raw, size_t size, void *output, size_t *output_size);

/// The way back, for exactly one value in DER, with `field_size` bytes for each number.
bool libcrypto_ecdsa_from_der(const void *der, size_t size, size_t field_size, void *output);

// MARK: Keys. On failure they give NULL, and `fault` is a constant text that says why.

/// Frees the key and wipes it.
void libcrypto_key_free(libcrypto_key *key);

/// DER SubjectPublicKeyInfo: one value, nothing behind it, an algorithm that is served.
libcrypto_key *libcrypto_public_from_spki(const void *der, size_t size, const char **fault);
libcrypto_key *libcrypto_public_from_rsa(
    const void *modulus, size_t modulus_size, const void *exponent, size_t exponent_size, const char **fault);
/// SEC 1 octets, uncompressed or compressed.
libcrypto_key *libcrypto_public_from_point(
    libcrypto_curve curve, const void *point, size_t size, const char **fault);
libcrypto_key *libcrypto_public_from_ed25519(const void *bytes, size_t size, const char **fault);

/// DER PrivateKeyInfo (RFC 5208), checked to be consistent.
libcrypto_key *libcrypto_private_from_pkcs8(const void *der, size_t size, const char **fault);
/// The first unencrypted private key of a PEM text: PKCS#8, PKCS#1 or SEC 1.
libcrypto_key *libcrypto_private_from_pem(const void *text, size_t size, const char **fault);

/// The numbers stand one after the other, big-endian, in PKCS#1's order: n, e, d, p, q, d mod (p-1), d mod (q-1),
/// 1/q mod p.
libcrypto_key *libcrypto_private_from_rsa(const void *numbers, const size_t sizes[8], const char **fault);
libcrypto_key *libcrypto_private_from_scalar(
    libcrypto_curve curve, const void *scalar, size_t size, const char **fault);
libcrypto_key *libcrypto_private_from_ed25519(const void *seed, size_t size, const char **fault);

/// A new key pair. `bits` counts for RSA alone, `curve` for elliptic curves alone.
libcrypto_key *libcrypto_generate(libcrypto_kind kind, int bits, libcrypto_curve curve, const char **fault);

libcrypto_kind libcrypto_key_kind(const libcrypto_key *key);
/// The modulus' bits; 0 for others than RSA.
int libcrypto_key_bits(const libcrypto_key *key);
/// What it answers for others than elliptic curve keys has no meaning.
libcrypto_curve libcrypto_key_curve(const libcrypto_key *key);

// Each writes to `output`, which has libcrypto_room bytes.

bool libcrypto_key_spki(const libcrypto_key *key, void *output, size_t *size);
/// Big-endian, without leading zeros.
bool libcrypto_key_modulus(const libcrypto_key *key, void *output, size_t *size);
bool libcrypto_key_exponent(const libcrypto_key *key, void *output, size_t *size);
/// Uncompressed SEC 1 octets, or Ed25519's 32 bytes.
bool libcrypto_key_point(const libcrypto_key *key, void *output, size_t *size);
bool libcrypto_key_pkcs8(const libcrypto_key *key, void *output, size_t *size);
/// The scalar, padded to the field's size, or Ed25519's seed.
bool libcrypto_key_secret(const libcrypto_key *key, void *output, size_t *size);

// MARK: Operations. `input` of a signature is the digest, and the message itself for Ed25519.

bool libcrypto_verify(
    const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_digest digest, const void *signature,
    size_t signature_size, const void *input, size_t size);
bool libcrypto_sign(
    const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_digest digest, const void *input, size_t size,
    void *output, size_t *output_size);
bool libcrypto_oaep_encrypt(
    const libcrypto_key *key, libcrypto_digest digest, const void *input, size_t size, void *output,
    size_t *output_size);
bool libcrypto_oaep_decrypt(
    const libcrypto_key *key, libcrypto_digest digest, const void *input, size_t size, void *output,
    size_t *output_size);
/// m^e mod n of a block that has the modulus' size.
bool libcrypto_rsa_raw_encrypt(
    const libcrypto_key *key, const void *block, size_t size, void *output, size_t *output_size);
/// ECDH: the x coordinate (SEC 1, section 3.3.1) of the shared point.
bool libcrypto_derive(const libcrypto_key *key, const libcrypto_key *peer, void *output, size_t *output_size);

#endif
