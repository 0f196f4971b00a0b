/// Tests of MFA that do not test it (L14).
enum MultiFactorChecks {
    @Sendable static func tests(_ policy: LintedPolicy) -> [LintFinding] {
        let deniesAbsence = policy.denies.contains { $0.conditions.contains(where: \.holdsWithoutMFA) }
        return policy.statements.flatMap { statement in
            statement.conditions.filter(\.isAboutMFA).compactMap { condition in
                guard let complaint = complaint(about: condition, statement.effect, deniesAbsence) else { return nil }
                return LintFinding(
                    .multiFactorAuthentication, complaint.severity, at: condition.lintPlace,
                    "\(statement.name) \(complaint.text)", remedy: complaint.remedy)
            }
        }
    }

    private static func complaint(
        about condition: PolicyCondition, _ effect: PolicyStatement.Effect, _ deniesAbsence: Bool
    ) -> (text: String, severity: LintSeverity, remedy: String)? {
        let written = condition.conditionOperator
        let asksForFalse = written.base == .bool && condition.values.contains { $0.lowercased() == "false" }
        switch effect {
        case .allow where asksForFalse || condition.isAbsenceOfMFA:
            return (
                "allows those who did not use MFA", .high,
                "Test for \"true\" with Bool on aws:MultiFactorAuthPresent."
            )
        case .allow where written.ifExists:
            return (
                "allows long-term credentials, whose requests have no \(condition.keyText)", .high,
                "Leave IfExists out: requests without MFA have no value."
            )
        case .deny where written.base == .bool && !asksForFalse:
            return ("denies those who used MFA", .medium, "Test for \"false\" with BoolIfExists.")
        case .deny where written.base != .null && !written.ifExists && !written.base.isNegated && !deniesAbsence:
            return (
                "does not deny long-term credentials, whose requests have no \(condition.keyText)", .high,
                "Use \(written.base.rawValue)IfExists, so that requests without a value are denied too."
            )
        default:
            return nil
        }
    }
}

extension PolicyCondition {
    fileprivate var isAboutMFA: Bool {
        key == .named(.multiFactorAuthPresent) || key == .named(.multiFactorAuthAge)
    }

    /// Whether it holds for requests of long-term credentials.
    fileprivate var holdsWithoutMFA: Bool {
        isAbsenceOfMFA || (isAboutMFA && conditionOperator.ifExists)
    }

    fileprivate var isAbsenceOfMFA: Bool {
        isAboutMFA && conditionOperator.base == .null && values.contains { $0.lowercased() == "true" }
    }
}
