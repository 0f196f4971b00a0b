/// How a symmetric key seals.
public enum SealingScheme: Hashable, Sendable, CaseIterable {
    /// AES-256-GCM (NIST SP 800-38D): `IV (12) | ciphertext | tag (16)`.
    case aesGCM
    /// AES-256-CBC (SP 800-38A) and HMAC-SHA-256 over it (FIPS 198-1), with a key each:
    /// `IV (16) | ciphertext, padded (PKCS #7) | tag (32)`.
    case encryptThenMAC

    private static let block = 16

    /// How many bytes a sealing adds to its plaintext at the least.
    public var overhead: Int {
        switch self {
        case .aesGCM: 28
        case .encryptThenMAC: 48
        }
    }

    /// How many bytes a plaintext of `count` has when it is sealed.
    public func sealedSize(of count: Int) -> Int {
        switch self {
        case .aesGCM: count + overhead
        case .encryptThenMAC: (count / Self.block + 1) * Self.block + overhead
        }
    }

    /// How many bytes the plaintext of a sealing of `count` may have; nil where no sealing has this size.
    public func plaintextSizes(of count: Int) -> ClosedRange<Int>? {
        let rest = count - overhead
        switch self {
        case .aesGCM:
            return rest >= 0 ? rest...rest : nil
        case .encryptThenMAC:
            return rest > 0 && rest.isMultiple(of: Self.block) ? (rest - Self.block)...(rest - 1) : nil
        }
    }
}
