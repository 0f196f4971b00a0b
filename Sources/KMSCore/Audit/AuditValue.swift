/// A JSON value of an audit record.
package enum AuditValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([AuditValue])
    /// In the order in which they are written.
    case object([Member])

    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: AuditValue

        package init(_ name: String, _ value: AuditValue) {
            self.name = name
            self.value = value
        }
    }

    /// The members that have a value.
    package static func object(_ members: (String, AuditValue?)...) -> AuditValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    /// By name, so that the same pairs make the same text.
    package static func pairs(_ pairs: [String: String]) -> AuditValue {
        .object(pairs.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
    }

    package static func strings(_ strings: some Sequence<String>) -> AuditValue {
        .array(strings.map { .string($0) })
    }

    /// In ISO 8601, in whole seconds, as CloudTrail has it.
    package static func date(_ date: Timestamp) -> AuditValue { .string(date.iso8601) }
}
