/// Condition values that are none of their operator's type, and so never match (L10).
enum ConditionValueChecks {
    @Sendable static func values(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            statement.conditions.compactMap { condition in
                let base = condition.conditionOperator.base
                guard let wrong = condition.values.first(where: { !base.understands($0) }) else { return nil }
                return LintFinding(
                    .conditionMismatch, at: condition.lintPlace,
                    "\(base.rawValue) cannot read the value \"\(wrong.prefix(64))\" of \(condition.keyText), which "
                        + "never matches",
                    remedy: "Write \(base.example).")
            }
        }
    }
}

extension ConditionOperator.Base {
    /// Whether a value is of the operator's type, as decisions read it.
    fileprivate func understands(_ value: String) -> Bool {
        // A variable is not known before the request is.
        if allowsVariables, value.contains("${") { return true }
        return switch self {
        case .bool, .null: ["true", "false"].contains(value.lowercased())
        case .numericEquals, .numericNotEquals, .numericLessThan, .numericLessThanEquals, .numericGreaterThan,
            .numericGreaterThanEquals:
            DecimalNumber.value(of: value) != nil
        case .dateEquals, .dateNotEquals, .dateLessThan, .dateLessThanEquals, .dateGreaterThan,
            .dateGreaterThanEquals:
            Moment.seconds(ofPolicy: value) != nil
        case .ipAddress, .notIPAddress: IPAddressRange(value) != nil
        case .arnEquals, .arnNotEquals, .arnLike, .arnNotLike: ARNPattern(value, variables: false) != nil
        case .binaryEquals: Base64.bytes(of: value) != nil
        case .stringEquals, .stringNotEquals, .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .stringLike,
            .stringNotLike:
            true
        }
    }

    fileprivate var example: String {
        switch self {
        case .bool, .null: "\"true\" or \"false\""
        case .ipAddress, .notIPAddress: "an address or range, as \"192.0.2.0/24\" or \"2001:db8::/32\""
        case .arnEquals, .arnNotEquals, .arnLike, .arnNotLike: "an ARN of six parts, as \"arn:aws:s3:::bucket\""
        case .binaryEquals: "base64"
        case .dateEquals, .dateNotEquals, .dateLessThan, .dateLessThanEquals, .dateGreaterThan,
            .dateGreaterThanEquals:
            "a moment, as \"2030-01-01T00:00:00Z\""
        default: "a decimal number, as \"30\""
        }
    }
}
