package import KMSCore
package import SecureMemory

extension XKSStores {
    package struct Encrypted: Sendable {
        package let ciphertext: XKSCiphertext
        /// Nil if it was not asked for.
        package let integrityValue: [UInt8]?
    }

    /// How often an encryption is tried whose ciphertext does not decrypt.
    private static let attempts = 2

    /// Encrypts. With an integrity value, in this order: encrypt, compute the value, decrypt and compare. So whatever
    /// befalls the ciphertext before the value is computed shows in the decryption, and whatever does later in the value.
    package func encrypt(
        _ plaintext: borrowing SecretBytes, under key: ExposedKey, authenticating aad: [UInt8],
        withIntegrityValue: Bool, requestID: String
    ) async throws(KMSError) -> Encrypted {
        let made: Encrypted
        if withIntegrityValue {
            made = try await encryptConfirmed(plaintext, under: key, aad)
        } else {
            let sealing = try await keys.seal(plaintext, under: key) { material in
                XKSCiphertext.authenticatedData(aad, XKSCiphertext.metadata(material))
            }
            made = Encrypted(ciphertext: XKSCiphertext(sealing), integrityValue: nil)
        }
        keys.noteUse(of: key, "Encrypt", requestID: requestID)
        return made
    }

    private func encryptConfirmed(
        _ plaintext: borrowing SecretBytes, under key: ExposedKey, _ aad: [UInt8]
    ) async throws(KMSError) -> Encrypted {
        // What proves the ciphertext is a decryption, which the key has to be for.
        try key.check(.decrypt)
        for _ in 0..<Self.attempts {
            do {
                let (sealing, value) = try await keys.sealConfirmed(plaintext, under: key) { material in
                    XKSCiphertext.authenticatedData(aad, XKSCiphertext.metadata(material))
                } digesting: { material in
                    XKSCiphertext.digestedPrefix(aad, XKSCiphertext.metadata(material))
                }
                return Encrypted(ciphertext: XKSCiphertext(sealing), integrityValue: value)
            } catch  where error.code == .invalidCiphertext {
                // Once more.
            }
        }
        throw KMSError(
            .internalFailure, "The encryption could not be confirmed by decrypting it.",
            cause: "the HSM does not decrypt to the same what it encrypted under \(key.arn)")
    }

    /// Throws `invalidCiphertext` for whatever this key did not encrypt with this additional data.
    package func decrypt(
        _ ciphertext: XKSCiphertext, under key: ExposedKey, authenticating aad: [UInt8], requestID: String
    ) async throws(KMSError) -> SecretBytes {
        guard let sealing = ciphertext.sealing else { throw .invalidCiphertext }
        let plaintext = try await keys.open(
            sealing, under: key, authenticating: XKSCiphertext.authenticatedData(aad, ciphertext.metadata))
        keys.noteUse(of: key, "Decrypt", requestID: requestID)
        return plaintext
    }
}
