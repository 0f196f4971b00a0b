/// What a verification found.
package struct AuditReport: Hashable, Sendable {
    package struct Head: Hashable, Sendable {
        package let sequence: UInt64
        package let hash: String
        /// ISO 8601.
        package let time: String
    }

    package var files = 0
    /// How many records were proved to be as they were written, and how many bytes of files were read for it.
    package var records: UInt64 = 0
    package var bytes = 0
    package var digests = 0
    /// What was last signed for: to be noted elsewhere, for a log that is replaced as a whole by an older copy of
    /// itself shows it by nothing else.
    package var head: Head?
    /// How many records at the end nobody has signed for.
    package var unsigned: UInt64 = 0
    /// The first bad record, and beside it the first bad digest, and the head. Empty if the log is whole.
    package var faults: [AuditFault] = []
    /// What does not make the log wrong.
    package var notes: [String] = []

    package var isWhole: Bool { faults.isEmpty }
}

/// As in `1 record` and `2 records`.
package func counted(_ number: some BinaryInteger, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
}
