/// Conditions that do not fit their actions, their key, or their purpose (L10).
enum ConditionChecks {
    @Sendable static func availability(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            statement.conditions.compactMap { condition in
                ConditionKeyCatalog.definition(of: condition.key) == nil
                    ? unknown(condition, statement) : unavailable(condition, statement)
            }
        }
    }

    private static func unknown(_ condition: PolicyCondition, _ statement: LintedStatement) -> LintFinding? {
        guard case .other(let name) = condition.key else { return nil }
        let isOurs = name.hasPrefix("kms:") || name.hasPrefix("aws:")
        // Keys of other services are theirs to know.
        guard isOurs || !statement.coversOtherServices else { return nil }
        let needsName = name == "kms:encryptioncontext" || name.hasSuffix("tag")
        return LintFinding(
            .conditionMismatch, statement.effect == .deny ? .high : .medium, at: condition.lintPlace,
            "no request has the condition key \(condition.keyText); \(consequence(condition, statement))",
            remedy: needsName
                ? "Put the name of the pair or the tag behind it, as in kms:EncryptionContext:NAME or "
                    + "aws:ResourceTag/NAME."
                : "Correct the condition key's name.")
    }

    private static func unavailable(_ condition: PolicyCondition, _ statement: LintedStatement) -> LintFinding? {
        guard !statement.coversOtherServices, condition.conditionOperator.base != .null else { return nil }
        let without = statement.actions.filter { !$0.hasConditionKey(condition.key) }
        guard !without.isEmpty else { return nil }
        if without.count == statement.actions.count {
            return LintFinding(
                .conditionMismatch, statement.effect == .deny ? .high : .medium, at: condition.lintPlace,
                "\(condition.keyText) has no value in requests for \(listed(without.map(\.name))); "
                    + consequence(condition, statement),
                remedy: "Use a condition key that these actions have, or take the condition out.")
        }
        let named = without.map(\.name).filter { name in
            statement.statement.actions?.patterns.contains { $0.lowercased() == "kms:" + name.lowercased() } == true
        }
        guard !named.isEmpty, statement.statement.actions?.isNegated == false else { return nil }
        return LintFinding(
            .conditionMismatch, .low, at: condition.lintPlace,
            "\(condition.keyText) has no value in requests for \(listed(named)), so that for them "
                + consequence(condition, statement),
            remedy: "Put these actions into a statement of their own.")
    }

    /// What comes of a condition on a key without a value.
    private static func consequence(_ condition: PolicyCondition, _ statement: LintedStatement) -> String {
        let holds = !condition.demandsValueWhateverItIs
        switch (statement.effect, holds) {
        case (.allow, false): return "the statement allows nothing"
        case (.deny, false): return "the statement denies nothing"
        case (.allow, true): return "the condition always holds and limits nothing"
        case (.deny, true): return "the condition always holds and the statement denies all"
        }
    }

    @Sendable static func operators(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            statement.conditions.compactMap { condition in
                guard let definition = ConditionKeyCatalog.definition(of: condition.key) else { return nil }
                let written = condition.conditionOperator
                guard written.base != .null else { return nil }
                guard written.base.suits(definition.type, condition.key) else {
                    return LintFinding(
                        .conditionMismatch, at: condition.lintPlace,
                        "\(written.base.rawValue) is not for \(condition.keyText), whose values are of type "
                            + definition.type.rawValue,
                        remedy: "Use an operator for \(definition.type.rawValue).")
                }
                guard definition.isSet, written.qualifier == nil else { return nil }
                return LintFinding(
                    .conditionMismatch, .low, at: condition.lintPlace,
                    "\(condition.keyText) can have several values, which \(written.base.rawValue) alone never matches",
                    remedy: "Put ForAnyValue: or ForAllValues: before the operator.")
            }
        }
    }

    @Sendable static func ifExists(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            statement.conditions.filter(\.conditionOperator.ifExists).compactMap { finding($0, statement) }
        }
    }

    private static func finding(_ condition: PolicyCondition, _ statement: LintedStatement) -> LintFinding? {
        let base = condition.conditionOperator.base
        // L14's to judge.
        guard condition.key != .named(.multiFactorAuthPresent), condition.key != .named(.multiFactorAuthAge) else {
            return nil
        }
        if base.isNegated {
            return LintFinding(
                .conditionMismatch, .info, at: condition.lintPlace,
                "\(base.rawValue) holds for requests without \(condition.keyText) anyway; IfExists changes nothing",
                remedy: "Leave IfExists out.")
        }
        switch statement.effect {
        case .allow:
            return LintFinding(
                .conditionMismatch, at: condition.lintPlace,
                "\(statement.name) also allows requests that have no \(condition.keyText)",
                remedy: "Leave IfExists out, or put the actions without this key into a statement of their own.")
        case .deny where base != .bool:
            return LintFinding(
                .conditionMismatch, .low, at: condition.lintPlace,
                "\(statement.name) also denies requests that have no \(condition.keyText)",
                remedy: "Leave IfExists out unless that is meant.")
        case .deny:
            // The way to deny what is not known to be true, as with aws:SecureTransport.
            return nil
        }
    }
}

extension PolicyCondition {
    /// Whether it is false for a request without a value.
    fileprivate var demandsValueWhateverItIs: Bool {
        !conditionOperator.base.isNegated && !conditionOperator.ifExists
            && conditionOperator.qualifier != .forAllValues
    }
}

extension ConditionOperator.Base {
    /// Whether it compares values of a type.
    fileprivate func suits(_ type: ConditionKeyDefinition.ValueType, _ key: ConditionKey) -> Bool {
        switch self {
        case .stringEquals, .stringNotEquals, .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .stringLike,
            .stringNotLike:
            type == .string || type == .arn
        case .arnEquals, .arnNotEquals, .arnLike, .arnNotLike:
            // Strings by their type, whose values are ARNs.
            switch key {
            case .named(.granteePrincipal), .named(.retiringPrincipal), .encryptionContext, .principalTag, .requestTag,
                .resourceTag:
                true
            default: type == .arn
            }
        case .numericEquals, .numericNotEquals, .numericLessThan, .numericLessThanEquals, .numericGreaterThan,
            .numericGreaterThanEquals:
            // Tags and encryption contexts may hold numbers.
            type == .numeric || key == .named(.epochTime) || key.hasFreeText
        case .dateEquals, .dateNotEquals, .dateLessThan, .dateLessThanEquals, .dateGreaterThan,
            .dateGreaterThanEquals:
            type == .date || key.hasFreeText
        case .bool: type == .bool || key.hasFreeText
        case .binaryEquals: key.hasFreeText
        case .ipAddress, .notIPAddress: type == .ipAddress || key.hasFreeText
        case .null: true
        }
    }
}

extension ConditionKey {
    /// Whether its values are whatever somebody chose.
    fileprivate var hasFreeText: Bool {
        switch self {
        case .encryptionContext, .principalTag, .requestTag, .resourceTag: true
        case .named, .other: false
        }
    }
}
