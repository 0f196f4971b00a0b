package import KMSCore

/// A moment as AWS JSON 1.1 has it: a number of seconds since 1970, with milliseconds as its fraction.
package struct WireTimestamp: Encodable, Sendable {
    let timestamp: Timestamp

    package init(_ timestamp: Timestamp) {
        self.timestamp = timestamp
    }

    /// The years 1 to 9999, which every client can write down.
    private static let range: ClosedRange<Double> = -62_135_596_800...253_402_300_799

    /// Nil outside the years 1 to 9999. What is finer than a millisecond is rounded.
    init?(seconds: Double) {
        guard Self.range.contains(seconds) else { return nil }
        timestamp = Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Double(timestamp.milliseconds) / 1000)
    }
}

/// The members ExpirationModel and ValidTo of imported key material.
struct WireExpiry: Encodable, Sendable {
    static let expires = "KEY_MATERIAL_EXPIRES"
    private static let doesNotExpire = "KEY_MATERIAL_DOES_NOT_EXPIRE"

    private let model: String
    private let validTo: WireTimestamp?

    init(validTo: Timestamp?) {
        model = validTo == nil ? Self.doesNotExpire : Self.expires
        self.validTo = validTo.map(WireTimestamp.init)
    }

    /// Of a whole key: the first of the materials that it cannot be without. Nil where there is no imported material.
    init?(of key: Key, in state: KeyState) {
        guard key.origin == .external, state != .pendingImport else { return nil }
        let imports = key.materials.filter { $0.stage == .present && !$0.isPendingRotation }.compactMap(\.imported)
        guard !imports.isEmpty else { return nil }
        self.init(validTo: imports.compactMap(\.validTo).min())
    }

    private enum CodingKeys: String, CodingKey {
        case model = "ExpirationModel"
        case validTo = "ValidTo"
    }
}
