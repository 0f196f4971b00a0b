import LibCrypto
import PKCS11
import SecureMemory

/// How key material is wrapped for an import, by AWS KMS's names.
struct WrappingAlgorithm: Hashable {
    let name: String
    /// Of OAEP and its mask generation function.
    let hash: Digest
    /// Whether OAEP holds an AES key, and that key the material by RFC 5649 (PKCS#11 v3.0, section 2.1.21); else OAEP
    /// holds the material itself.
    let hasAESKey: Bool

    static let all = [
        WrappingAlgorithm(name: "RSAES_OAEP_SHA_1", hash: .sha1, hasAESKey: false),
        WrappingAlgorithm(name: "RSAES_OAEP_SHA_256", hash: .sha256, hasAESKey: false),
        WrappingAlgorithm(name: "RSA_AES_KEY_WRAP_SHA_1", hash: .sha1, hasAESKey: true),
        WrappingAlgorithm(name: "RSA_AES_KEY_WRAP_SHA_256", hash: .sha256, hasAESKey: true),
    ]

    static func named(_ name: String) -> WrappingAlgorithm? {
        all.first { $0.name == name }
    }

    /// OAEP as the token does it.
    var mechanism: Mechanism {
        Mechanism(.rsaOAEP, .oaep(hash: hash == .sha1 ? .sha1 : .sha256))
    }

    /// What AES keys may have, in bytes.
    static let aesKeySizes = [16, 24, 32]

    /// Wraps outside of any token.
    func wrap(_ secret: borrowing SecretBytes, under publicKey: PublicKey) throws(LibCryptoError) -> [UInt8] {
        guard hasAESKey else { return try publicKey.encryptOAEP(secret, hash) }
        let key = SystemRandom.bytes(32)
        return try publicKey.encryptOAEP(key, hash) + Self.wrap(secret, with: key)
    }

    /// RFC 5649.
    static func wrap(
        _ secret: borrowing SecretBytes, with key: borrowing SecretBytes
    ) throws(LibCryptoError) -> [UInt8] {
        try secret.withExposedBytes { (secret: RawSpan) throws(LibCryptoError) in
            try key.withExposedBytes { (key: RawSpan) throws(LibCryptoError) in
                try AESKeyWrapPadded.wrap(secret, with: key)
            }
        }
    }

    /// RFC 5649; nil when it was not wrapped with this key.
    static func unwrap(_ wrapped: [UInt8], with key: borrowing SecretBytes) -> SecretBytes? {
        key.withExposedBytes { key in unsafe AESKeyWrapPadded.unwrap(wrapped.span.bytes, with: key) }
    }
}
