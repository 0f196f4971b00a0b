import KMSAPIClient

/// One thing that has to be made, changed or deleted.
struct PlanStep: Hashable, Sendable {
    enum Kind: String, Sendable {
        case add = "+"
        case change = "~"
        case remove = "-"
    }

    let kind: Kind
    /// As in `user ann`.
    let subject: String
    /// Of a change: what of it, each with a sign of its own.
    var details: [Detail] = []
    var calls: [QueryCall] = []

    struct Detail: Hashable, Sendable {
        let kind: Kind
        let text: String
    }

    init(_ kind: Kind, _ subject: String) {
        self.kind = kind
        self.subject = subject
    }

    mutating func note(_ kind: Kind, _ text: String, _ calls: [QueryCall]) {
        details.append(Detail(kind: kind, text: text))
        self.calls += calls
    }

    /// Whether something is gone afterwards.
    var takesAway: Bool { kind == .remove || details.contains { $0.kind == .remove } }

    var title: String { "\(kind.rawValue) \(subject)" }

    var text: String {
        ([title] + details.map { "    \($0.kind.rawValue) \($0.text)" }).joined(separator: "\n")
    }

    var json: JSONValue {
        .object([
            "Change": .string("\(kind)"), "Subject": .string(subject),
            "Details": .strings(details.map { "\($0.kind.rawValue) \($0.text)" }),
        ])
    }
}
