internal import CLibCrypto
package import SecureMemory

extension PrivateKey {
    /// PrivateKeyInfo (RFC 5208) in DER.
    package borrowing func pkcs8() -> SecretBytes {
        let encoded = unsafe secretOutput { target, size in unsafe libcrypto_key_pkcs8(key, target, &size) }
        guard let encoded else { fatalError("libcrypto cannot encode a key that it made") }
        return encoded
    }

    /// What a token holds as the key's value: a curve's scalar, padded to the field's size, or Ed25519's seed.
    package borrowing func secretValue() throws(LibCryptoError) -> SecretBytes {
        let value = unsafe secretOutput { target, size in unsafe libcrypto_key_secret(key, target, &size) }
        guard let value else { throw LibCryptoError("an RSA private key is not a single value") }
        return value
    }

    /// - Parameter input: a digest of the scheme's size, or for Ed25519 the message.
    /// - Returns: for ECDSA, DER.
    package borrowing func sign(
        _ input: [UInt8], _ scheme: SignatureScheme
    ) throws(LibCryptoError) -> [UInt8] {
        let signature = unsafe output { target, size in
            unsafe libcrypto_sign(key, scheme.code, scheme.digestCode, input, input.count, target, &size)
        }
        guard let signature else { throw LibCryptoError("the scheme is not for this key, or not for this digest") }
        return signature
    }

    /// ECDH (SEC 1, section 3.3.1): the x coordinate of the shared point, as long as the field.
    package borrowing func sharedSecret(with peer: PublicKey) throws(LibCryptoError) -> SecretBytes {
        let secret = unsafe peer.handle.withKey { peer in
            unsafe secretOutput { target, size in unsafe libcrypto_derive(key, peer, target, &size) }
        }
        guard let secret else { throw LibCryptoError("the two keys are not on the same elliptic curve") }
        return secret
    }

    /// RSAES-OAEP (RFC 8017, section 7.1.2): MGF1 with the same hash, the label empty. One error for all reasons.
    package borrowing func decryptOAEP(
        _ ciphertext: [UInt8], _ hash: Digest
    ) throws(LibCryptoError) -> SecretBytes {
        let plaintext = unsafe secretOutput { target, size in
            unsafe libcrypto_oaep_decrypt(key, hash.code, ciphertext, ciphertext.count, target, &size)
        }
        guard let plaintext else { throw LibCryptoError("the ciphertext cannot be decrypted with this key") }
        return plaintext
    }
}
