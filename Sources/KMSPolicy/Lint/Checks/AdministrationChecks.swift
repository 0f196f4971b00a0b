/// Who can change the key policy later (L16).
enum AdministrationChecks {
    @Sendable static func policyChange(_ policy: LintedPolicy) -> [LintFinding] {
        guard policy.isKeyPolicy, let first = policy.statements.first else { return [] }
        if let denial = policy.denies.first(where: deniesEveryone) {
            return [
                LintFinding(
                    .administration, .high, at: denial.place,
                    "\(denial.name) denies everyone kms:PutKeyPolicy: nobody can change the policy any more",
                    remedy: "Spare an administrator by a condition ArnNotEquals on aws:PrincipalArn.")
            ]
        }
        let changing = policy.allows.filter { $0.actionNames.contains("PutKeyPolicy") && $0.statement.resources != nil }
        guard let statement = changing.first else {
            return [
                LintFinding(
                    .administration, .high, at: first.place,
                    "nobody is allowed kms:PutKeyPolicy: the policy cannot be changed",
                    remedy:
                        "Allow the account's root kms:*, as the default key policy does, or a role kms:PutKeyPolicy.")
            ]
        }
        if let delegating = changing.first(where: { $0.principals.contains(where: policy.isOwnAccount) }) {
            return [
                LintFinding(
                    .administration, .info, at: delegating.place,
                    "\(delegating.name) delegates to the account: identity policies decide who changes the policy",
                    remedy: "Nothing, if that is meant.")
            ]
        }
        let changers = changing.flatMap(\.principals)
        let areUsers =
            !changers.isEmpty && changers.allSatisfy { ARNText.resource($0.text)?.hasPrefix("user/") == true }
        let others = policy.allows.contains { $0.principals.contains(where: policy.isOwnAccount) }
        return [
            LintFinding(
                .administration, areUsers ? .medium : .low, at: statement.place,
                "only \(listed(Set(changers.map(\.text)).sorted())) can change the policy"
                    + (areUsers ? ", and users leave" : "")
                    + (others ? "" : "; identity policies have no effect on the key"),
                remedy: "Allow the account's root kms:PutKeyPolicy too, so that the key stays manageable when they go.")
        ]
    }

    private static func deniesEveryone(_ statement: LintedStatement) -> Bool {
        statement.principals.contains(.everyone) && statement.conditions.isEmpty
            && statement.actionNames.contains("PutKeyPolicy") && statement.statement.resources != nil
    }
}
