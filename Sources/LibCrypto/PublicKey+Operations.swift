internal import CLibCrypto
package import SecureMemory

extension PublicKey {
    /// Whether `signature` is this key's for `input`. Everything that is not is simply false: a scheme of another kind
    /// of key, an input that is not of the digest's size, DER that is not strict.
    ///
    /// - Parameter input: the digest, or for Ed25519 the message.
    package func isValidSignature(_ signature: [UInt8], of input: [UInt8], _ scheme: SignatureScheme) -> Bool {
        unsafe handle.withKey { key in
            unsafe libcrypto_verify(
                key, scheme.code, scheme.digestCode, signature, signature.count, input, input.count)
        }
    }

    /// RSAES-OAEP (RFC 8017, section 7.1.1): MGF1 with the same hash, the label empty.
    package func encryptOAEP(
        _ plaintext: borrowing SecretBytes, _ hash: Digest
    ) throws(LibCryptoError) -> [UInt8] {
        guard case .rsa(let bits) = kind else { throw LibCryptoError("only an RSA key encrypts") }
        guard plaintext.count <= (bits + 7) / 8 - 2 * hash.size - 2 else {
            throw LibCryptoError("the plaintext is too long for the key and the hash")
        }
        let ciphertext = unsafe handle.withKey { key in
            plaintext.withExposedBytes { plaintext in
                unsafe output { target, size in
                    unsafe plaintext.withUnsafeBytes { bytes in
                        unsafe libcrypto_oaep_encrypt(key, hash.code, bytes.baseAddress, bytes.count, target, &size)
                    }
                }
            }
        }
        guard let ciphertext else { throw LibCryptoError("the library could not encrypt") }
        return ciphertext
    }

    /// RSAEP (RFC 8017, section 5.1.1), without padding: what a hostile client can send too, so that tests can.
    ///
    /// - Parameter block: as long as the modulus and, as a number, smaller.
    package func encryptRaw(_ block: [UInt8]) throws(LibCryptoError) -> [UInt8] {
        let ciphertext = unsafe handle.withKey { key in
            unsafe output { target, size in
                unsafe libcrypto_rsa_raw_encrypt(key, block, block.count, target, &size)
            }
        }
        guard let ciphertext else { throw LibCryptoError("the block is not a number below an RSA key's modulus") }
        return ciphertext
    }
}
