/// What an XKS proxy made of a plaintext: all that it needs to open it again, for ever.
///
/// ```
/// 1      size of ciphertextMetadata: 0 to 20
/// m      ciphertextMetadata
/// 1      size of initializationVector: 12 or 16
/// i      initializationVector
/// 16     authenticationTag
/// n      ciphertext, as long as the plaintext
/// ```
public struct ExternalSealing: Hashable, Sendable {
    package static let maximumMetadata = 20
    package static let ivSizes: Set<Int> = [12, 16]
    package static let tagSize = 16

    /// The proxy's own: empty where it has none.
    public let metadata: [UInt8]
    public let iv: [UInt8]
    public let tag: [UInt8]
    public let ciphertext: [UInt8]

    /// Nil where a part has a size that the XKS Proxy API does not allow.
    public init?(metadata: [UInt8], iv: [UInt8], tag: [UInt8], ciphertext: [UInt8]) {
        guard metadata.count <= Self.maximumMetadata, Self.ivSizes.contains(iv.count), tag.count == Self.tagSize,
            !ciphertext.isEmpty
        else { return nil }
        self.metadata = metadata
        self.iv = iv
        self.tag = tag
        self.ciphertext = ciphertext
    }

    /// Nil for what ``bytes`` never gives.
    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        func take(_ count: Int) -> [UInt8]? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        func takeSized() -> [UInt8]? { take(1).flatMap { take(Int($0[0])) } }
        guard let metadata = takeSized(), let iv = takeSized(), let tag = take(Self.tagSize) else { return nil }
        self.init(metadata: metadata, iv: iv, tag: tag, ciphertext: Array(rest))
    }

    public var bytes: [UInt8] {
        [UInt8(truncatingIfNeeded: metadata.count)] + metadata + [UInt8(truncatingIfNeeded: iv.count)] + iv + tag
            + ciphertext
    }
}
