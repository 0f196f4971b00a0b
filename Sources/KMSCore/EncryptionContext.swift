/// The pairs that a ciphertext is bound to: given at encryption, asked for at decryption, stored nowhere.
public struct EncryptionContext: Hashable, Sendable {
    /// How many bytes all keys and values may have together.
    package static let maximumSize = 8192

    package let pairs: [String: String]

    /// Throws `validation` when the pairs are too long.
    public init(_ pairs: [String: String] = [:]) throws(KMSError) {
        let size = pairs.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard size <= Self.maximumSize else {
            throw KMSError(
                .validation,
                "The encryption context has \(size) bytes; keys and values together may have \(Self.maximumSize)."
            )
        }
        self.pairs = pairs
    }

    private init() {
        pairs = [:]
    }

    public static let empty = EncryptionContext()

    /// The one byte string that stands for the pairs whatever order they came in: sorted by the bytes of their keys,
    /// each key and each value behind its length in four bytes, most significant first.
    package var canonicalBytes: [UInt8] {
        guard !pairs.isEmpty else { return [] }
        var bytes: [UInt8] = []
        for (key, value) in pairs.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            Self.append(key, to: &bytes)
            Self.append(value, to: &bytes)
        }
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let size = UInt32(text.utf8.count)
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: size >> shift)) }
        bytes.append(contentsOf: text.utf8)
    }
}
