import FoundationEssentials
package import SecureMemory

/// A blob member of a response: bytes, sent as base64.
package struct Blob: Encodable, Sendable {
    private let base64: String

    package init(_ bytes: [UInt8]) {
        base64 = Data(bytes).base64EncodedString()
    }

    /// The text holds the secret from here on, as the response does.
    package init(_ secret: borrowing SecretBytes) {
        base64 = secret.withExposedBytes { bytes in
            var data = Data(count: bytes.byteCount)
            var copy = data.mutableBytes
            copy.copyBytes(from: bytes)
            let text = data.base64EncodedString()
            var used = data.mutableBytes
            used.wipe()
            return text
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }
}
