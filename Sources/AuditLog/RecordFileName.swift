import KMSCore

/// The name of a file of records.
package struct RecordFileName: Hashable, Sendable {
    package let text: String
    /// The sequence of its first record.
    package let first: UInt64
    /// When it was begun, as in `20261121T103000Z`.
    let stamp: String

    init(first: UInt64, at date: Timestamp) {
        let digits = String(first)
        stamp = Self.stamp(date)
        self.first = first
        text = String(repeating: "0", count: 20 - digits.count) + digits + "-" + stamp + ".jsonl"
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 20, parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
            let first = UInt64(parts[0]), first > 0, parts[1].hasSuffix(".jsonl"), parts[1].utf8.count == 22
        else { return nil }
        self.text = text
        self.first = first
        stamp = String(parts[1].dropLast(6))
    }

    /// The part of the stamp that tells days or hours apart.
    func isOf(_ date: Timestamp, _ rotation: AuditLogSettings.Rotation) -> Bool {
        let count = rotation == .daily ? 8 : 11
        return stamp.utf8.prefix(count).elementsEqual(Self.stamp(date).utf8.prefix(count))
    }

    static func stamp(_ date: Timestamp) -> String {
        String(date.iso8601.filter { $0 != "-" && $0 != ":" })
    }
}
