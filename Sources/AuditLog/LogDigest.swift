/// Proves a stretch of records, all in one file. Digests are chained like records, in a file of their own.
struct LogDigest: Signable, Hashable, Sendable {
    private(set) var type = Self.name
    /// From 1.
    let number: Int
    /// The hash of the digest's line before.
    let previous: String
    let file: String
    let first: UInt64
    let last: UInt64
    /// The hash of the record `last`.
    let hash: String
    /// ISO 8601.
    let time: String
    /// Whether an earlier process had written the records and ended before it could have them signed.
    let isRecovered: Bool

    static let name = "AuditDigest"
}
