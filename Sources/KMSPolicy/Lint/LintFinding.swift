/// How much harm a finding may do.
package enum LintSeverity: String, CaseIterable, Comparable, Sendable {
    /// States a fact that is worth to be known.
    case info
    case low
    case medium
    case high
    case critical

    package static func < (a: LintSeverity, b: LintSeverity) -> Bool {
        a.rank < b.rank
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Something that a policy, a key or a grant had better not have.
package struct LintFinding: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        case policy(PolicyPlace)
        /// The key itself rather than its policy.
        case key
        /// By the grant's id.
        case grant(String)
    }

    package let check: LintCheck
    package let severity: LintSeverity
    package let place: Place
    /// One sentence on what is wrong here.
    package let message: String
    /// What to do about it.
    package let remedy: String

    package init(
        _ check: LintCheck, _ severity: LintSeverity? = nil, at place: Place, _ message: String, remedy: String
    ) {
        self.check = check
        self.severity = severity ?? check.rule.severity
        self.place = place
        self.message = message
        self.remedy = remedy
    }
}
