/// Proves where the log ends.
struct LogHead: Signable, Hashable, Sendable {
    private(set) var type = Self.name
    /// The last record, and its hash; 0 and zeros of a log that has none.
    let sequence: UInt64
    let hash: String
    /// How many digests there are, and the hash of the last one's line.
    let digests: Int
    let digestHash: String
    /// ISO 8601.
    let time: String

    static let name = "AuditHead"
}
