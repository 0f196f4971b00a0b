// Encrypted backups of key material in formats that the openssl command opens: PKCS#8 (RFC 5958) with PBES2 for key
// pairs, a PKCS#12 secret bag (RFC 7292) for everything else.
#ifndef STRONGROOM_CLIBCRYPTO_BACKUP_H
#define STRONGROOM_CLIBCRYPTO_BACKUP_H

#include <stddef.h>
#include <stdint.h>

enum {
    libcrypto_backup_ok = 0,
    /// The passphrase is another one, or the file was changed.
    libcrypto_backup_unreadable = -1,
    /// It is a file of this kind, but holds something else.
    libcrypto_backup_other_content = -2,
    /// libcrypto failed, or `out` is too small.
    libcrypto_backup_failed = -3,
};

// All take a passphrase that ends in a zero byte, and write at most `*out_size` bytes to `out`, whose size they then
// give in `*out_size`. Copies of secrets within libcrypto are wiped.

/// Encrypts a DER PrivateKeyInfo into a DER EncryptedPrivateKeyInfo: scrypt and AES-256-CBC.
int libcrypto_backup_seal_key_pair(const uint8_t *pkcs8, size_t size, const char *passphrase, uint8_t *out,
                                    size_t *out_size);

/// Opens any DER EncryptedPrivateKeyInfo that libcrypto can; gives a DER PrivateKeyInfo.
int libcrypto_backup_open_key_pair(const uint8_t *sealed, size_t size, const char *passphrase, uint8_t *out,
                                    size_t *out_size);

/// Puts a secret into a DER PKCS#12 file of its own: PBKDF2-HMAC-SHA-256 and AES-256-CBC, with an HMAC over all.
int libcrypto_backup_seal_secret(const uint8_t *secret, size_t size, const char *name, const char *passphrase,
                                  uint8_t *out, size_t *out_size);

/// Takes the secret out of such a file.
int libcrypto_backup_open_secret(const uint8_t *sealed, size_t size, const char *passphrase, uint8_t *out,
                                  size_t *out_size);

#endif
