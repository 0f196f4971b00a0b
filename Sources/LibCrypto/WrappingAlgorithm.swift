package import SecureMemory

/// How key material is wrapped for an import, by AWS KMS's names.
package struct WrappingAlgorithm: Hashable, Sendable {
    package let name: String
    /// Of OAEP and its mask generation function.
    package let hash: Digest
    /// Whether OAEP holds an AES key, and that key the material by RFC 5649 (PKCS#11 v3.0, section 2.1.21), so that
    /// the material may have any size; else OAEP holds the material itself.
    package let hasAESKey: Bool

    package static let oaepSHA1 = WrappingAlgorithm(name: "RSAES_OAEP_SHA_1", hash: .sha1, hasAESKey: false)
    package static let oaepSHA256 = WrappingAlgorithm(name: "RSAES_OAEP_SHA_256", hash: .sha256, hasAESKey: false)
    package static let aesKeyWrapSHA1 = WrappingAlgorithm(name: "RSA_AES_KEY_WRAP_SHA_1", hash: .sha1, hasAESKey: true)
    package static let aesKeyWrapSHA256 = WrappingAlgorithm(
        name: "RSA_AES_KEY_WRAP_SHA_256", hash: .sha256, hasAESKey: true)

    package static let all = [oaepSHA1, oaepSHA256, aesKeyWrapSHA1, aesKeyWrapSHA256]

    package static func named(_ name: String) -> WrappingAlgorithm? {
        all.first { $0.name == name }
    }

    /// What AES keys may have, in bytes.
    package static let aesKeySizes = [16, 24, 32]

    package func wrap(_ secret: borrowing SecretBytes, under publicKey: PublicKey) throws(LibCryptoError) -> [UInt8] {
        guard hasAESKey else { return try publicKey.encryptOAEP(secret, hash) }
        let key = SystemRandom.bytes(32)
        return try publicKey.encryptOAEP(key, hash) + Self.wrap(secret, with: key)
    }

    /// RFC 5649.
    package static func wrap(
        _ secret: borrowing SecretBytes, with key: borrowing SecretBytes
    ) throws(LibCryptoError) -> [UInt8] {
        try secret.withExposedBytes { (secret: RawSpan) throws(LibCryptoError) in
            try key.withExposedBytes { (key: RawSpan) throws(LibCryptoError) in
                try AESKeyWrapPadded.wrap(secret, with: key)
            }
        }
    }

    /// RFC 5649; nil when it was not wrapped with this key.
    package static func unwrap(_ wrapped: [UInt8], with key: borrowing SecretBytes) -> SecretBytes? {
        key.withExposedBytes { key in unsafe AESKeyWrapPadded.unwrap(wrapped.span.bytes, with: key) }
    }
}
