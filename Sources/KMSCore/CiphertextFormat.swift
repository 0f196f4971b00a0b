/// The first byte of a ciphertext: how all that follows is to be read. A value never gets another meaning.
public enum CiphertextFormat: UInt8, Hashable, Sendable, CaseIterable {
    /// ``SealingScheme/aesGCM``.
    case aesGCM = 1
    /// ``SealingScheme/encryptThenMAC``.
    case encryptThenMAC = 2
    /// What the one or the other made, sealed once more by an XKS proxy: ``DoubleSealing``.
    case external = 3

    public init(_ scheme: SealingScheme) {
        switch scheme {
        case .aesGCM: self = .aesGCM
        case .encryptThenMAC: self = .encryptThenMAC
        }
    }

    /// What may stand after the header; nil for what nothing of this format looks like.
    func content(_ bytes: ArraySlice<UInt8>) -> CiphertextBlob.Content? {
        switch self {
        case .aesGCM: Self.sealed(bytes, .aesGCM)
        case .encryptThenMAC: Self.sealed(bytes, .encryptThenMAC)
        case .external: DoubleSealing(bytes).map { .double($0) }
        }
    }

    private static func sealed(_ bytes: ArraySlice<UInt8>, _ scheme: SealingScheme) -> CiphertextBlob.Content? {
        guard scheme.plaintextSizes(of: bytes.count) != nil else { return nil }
        return SealedBytes(Array(bytes)).map { .sealed($0) }
    }
}
