/// Wildcards where they are none (L11).
enum WildcardChecks {
    @Sendable static func literal(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            statement.conditions.compactMap(inValues)
        }
    }

    private static func inValues(_ condition: PolicyCondition) -> LintFinding? {
        let base = condition.conditionOperator.base
        switch base {
        case .stringEquals, .stringNotEquals, .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase: break
        default: return nil
        }
        // `${*}` and `${?}` are how one writes that the characters are meant.
        let values = condition.values.map { $0.replacing("${*}", with: "").replacing("${?}", with: "") }
        let hasStar = values.contains { $0.contains("*") }
        guard hasStar || values.contains(where: { $0.contains("?") }) else { return nil }
        return LintFinding(
            .literalWildcard, hasStar ? .medium : .low, at: condition.lintPlace,
            "\(base.rawValue) compares \(hasStar ? "*" : "?") as a character in the values of \(condition.keyText)",
            remedy: "Use \(base == .stringEquals || base == .stringEqualsIgnoreCase ? "StringLike" : "StringNotLike") "
                + "if a wildcard is meant, or write ${*} or ${?} if not.")
    }
}
