/// Ways around an attestation that some statement asks for (L21).
enum AttestationChecks {
    private static let attestation = ConditionKey("kms:RecipientAttestation:").family

    @Sendable static func bypass(_ policy: LintedPolicy) -> [LintFinding] {
        let attested = unguardedActions(policy)
        guard !attested.isEmpty else { return [] }
        return policy.allows.filter { !$0.requires(isAttestation) }.compactMap { statement in
            let open = attested.intersection(statement.actionNames).sorted()
            guard !open.isEmpty else { return nil }
            let delegates = !statement.principals.isEmpty && statement.principals.allSatisfy(policy.isOwnAccount)
            return LintFinding(
                .attestation, delegates ? .medium : .high, at: statement.place,
                "\(statement.name) allows \(listed(open)) without the attestation that another statement asks for"
                    + (delegates ? ", to whom identity policies let" : ""),
                remedy: remedy)
        }
    }

    static func bypassByGrants(_ key: LintedKey, _ policy: LintedPolicy) -> [LintFinding] {
        let attested = unguardedActions(policy)
        return key.grants.compactMap { grant in
            let open = attested.intersection(grant.operations).sorted()
            guard !open.isEmpty else { return nil }
            return LintFinding(
                .attestation, at: .grant(grant.id),
                "the grant allows \(listed(open)) without the attestation that the key policy asks for", remedy: remedy)
        }
    }

    private static let remedy =
        "Add a Deny of these actions to Principal \"*\" with StringNotEquals on the same kms:RecipientAttestation: key."

    /// What some statement allows with an attestation only, and no Deny keeps without.
    private static func unguardedActions(_ policy: LintedPolicy) -> Set<String> {
        let attesting = policy.allows.filter { $0.requires(isAttestation) }
        let asked: Set<String> = attesting.reduce(into: []) { names, statement in
            names.formUnion(statement.actions.filter { $0.conditionKeys.contains(attestation) }.map(\.name))
        }
        return policy.denies.filter(deniesWithoutAttestation).reduce(asked) { $0.subtracting($1.actionNames) }
    }

    private static func deniesWithoutAttestation(_ statement: LintedStatement) -> Bool {
        let isForAll = statement.statement.principals.map { !$0.isNegated && $0.patterns.contains(.everyone) } ?? true
        return isForAll && statement.conditions.count == 1
            && statement.conditions.allSatisfy { condition in
                let base = condition.conditionOperator.base
                return isAttestation(condition.key.family)
                    && (base.isNegated || (base == .null && condition.values.contains { $0.lowercased() == "true" }))
            }
    }

    private static func isAttestation(_ key: ConditionKey) -> Bool {
        key == attestation
    }
}
