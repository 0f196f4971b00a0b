/// Administration and use in one hand (L4).
enum DutyChecks {
    private static let administration: Set = ["PutKeyPolicy", "ScheduleKeyDeletion", "DeleteImportedKeyMaterial"]
    private static let use: Set = [
        "Decapsulate", "Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
        "GenerateMac", "ReEncryptFrom", "ReEncryptTo", "Sign",
    ]

    @Sendable static func separation(_ policy: LintedPolicy) -> [LintFinding] {
        if policy.isIdentityPolicy {
            return finding(policy.allows, denied: denied(policy.denies), "who has this policy", .medium).map { [$0] }
                ?? []
        }
        guard policy.isKeyPolicy else { return [] }
        return principals(of: policy).compactMap { principal in
            let allows = policy.allows.filter { $0.principals.contains(principal) }
            let denies = policy.denies.filter { $0.principals.contains(principal) || $0.principals.contains(.everyone) }
            let severity: LintSeverity = policy.foreignAccount(principal) == nil ? .medium : .high
            return finding(allows, denied: denied(denies), principal.text, severity)
        }
    }

    /// Whom the policy allows something, in its order, but the own account, which delegates, and everyone.
    private static func principals(of policy: LintedPolicy) -> [PrincipalPattern] {
        var seen: Set<PrincipalPattern> = [.everyone]
        return policy.allows.flatMap(\.principals).filter { !policy.isOwnAccount($0) && seen.insert($0).inserted }
    }

    /// What the statements deny in any case.
    private static func denied(_ statements: [LintedStatement]) -> Set<String> {
        statements.filter(\.conditions.isEmpty).reduce(into: []) { $0.formUnion($1.actionNames) }
    }

    /// At the statement that makes the two meet.
    private static func finding(
        _ allows: [LintedStatement], denied: Set<String>, _ who: String, _ severity: LintSeverity
    ) -> LintFinding? {
        var allowed: Set<String> = []
        for statement in allows {
            allowed.formUnion(statement.actionNames.subtracting(denied))
            let administers = allowed.intersection(administration).sorted()
            let uses = allowed.intersection(use).sorted()
            guard !administers.isEmpty, !uses.isEmpty else { continue }
            return LintFinding(
                .separationOfDuties, severity, at: statement.actionsPlace,
                "\(statement.name) lets \(who) administer keys (\(listed(administers))) and use them (\(listed(uses)))",
                remedy: "Give administration to one role and use to another, each by a list of its own actions.")
        }
        return nil
    }
}
