/// What an import token says once it has been opened: which wrapping key the material is wrapped under, how, for which
/// key, and until when. Callers keep it sealed, so a restart or another node of the same store accepts it.
package struct ImportToken: Hashable {
    let wrappingKey: ObjectID
    let key: KeyAddress
    /// AlgorithmSpec as AWS KMS names it.
    let algorithm: String
    let validTo: Timestamp

    /// What every token is bound to besides its content, so that nothing else that is sealed with the same key can be
    /// taken for one.
    static let authenticatedData = Array("strongroom import token 1".utf8)

    /// `object id (16) | validTo in milliseconds (8) | key ARN and algorithm, each behind its length in 2 bytes`
    package var encoded: [UInt8] {
        var bytes = wrappingKey.bytes + validTo.milliseconds.bigEndianBytes
        for text in [key.arn, algorithm] {
            bytes += UInt16(clamping: text.utf8.count).bigEndianBytes
            bytes += text.utf8
        }
        return bytes
    }

    /// Nil unless `bytes` is a token for `key`.
    package init?(decoding bytes: [UInt8], for key: KeyAddress) {
        guard bytes.count > 24, let object = ObjectID(bytes: bytes[0..<16]) else { return nil }
        var rest = bytes[24...]
        func text() -> String? {
            guard rest.count >= 2 else { return nil }
            let size = Int(UInt16(bigEndianBytes: rest.prefix(2)))
            guard rest.count >= 2 + size else { return nil }
            defer { rest = rest.dropFirst(2 + size) }
            return String(validating: rest.dropFirst(2).prefix(size), as: UTF8.self)
        }
        guard text() == key.arn, let algorithm = text(), rest.isEmpty else { return nil }
        wrappingKey = object
        self.key = key
        self.algorithm = algorithm
        validTo = Timestamp(milliseconds: Int64(bigEndianBytes: bytes[16..<24]))
    }

    init(wrappingKey: ObjectID, key: KeyAddress, algorithm: String, validTo: Timestamp) {
        self.wrappingKey = wrappingKey
        self.key = key
        self.algorithm = algorithm
        self.validTo = validTo
    }
}
