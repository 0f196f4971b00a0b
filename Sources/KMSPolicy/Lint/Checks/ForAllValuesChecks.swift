/// ForAllValues, which is true where there is nothing (L5).
enum ForAllValuesChecks {
    @Sendable static func qualifiers(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            statement.conditions.filter { $0.conditionOperator.qualifier == .forAllValues }.compactMap { condition in
                finding(condition, statement)
            }
        }
    }

    private static func finding(_ condition: PolicyCondition, _ statement: LintedStatement) -> LintFinding? {
        guard let definition = ConditionKeyCatalog.definition(of: condition.key) else { return nil }
        guard definition.isSet else {
            return LintFinding(
                .forAllValues, statement.effect == .allow ? .medium : .low, at: condition.lintPlace,
                "ForAllValues with \(condition.keyText), which has one value, is true for requests without it",
                remedy: "Leave ForAllValues out.")
        }
        guard statement.effect == .allow, !isGuarded(condition, statement) else { return nil }
        return LintFinding(
            .forAllValues, at: condition.lintPlace,
            "\(statement.name) also allows requests that have no \(condition.keyText) at all",
            remedy: "Add a condition Null with \"\(condition.keyText)\": \"false\" to the statement.")
    }

    /// Whether requests without the key do not pass: by another condition, or because the action always has it.
    private static func isGuarded(_ condition: PolicyCondition, _ statement: LintedStatement) -> Bool {
        let guards = statement.conditions.filter { $0.key == condition.key }
        if guards.contains(where: { $0.demandsValue || $0.demandsPresence }) { return true }
        guard !statement.coversOtherServices else { return false }
        switch condition.key {
        case .named(.grantOperations): return statement.actionNames.isSubset(of: ["CreateGrant"])
        case .named(.tagKeys): return statement.actionNames.isSubset(of: ["TagResource", "UntagResource"])
        default: return false
        }
    }
}

extension PolicyCondition {
    /// Whether it is Null with false.
    fileprivate var demandsPresence: Bool {
        conditionOperator.base == .null && values.allSatisfy { $0.lowercased() == "false" }
    }
}
