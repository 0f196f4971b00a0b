/// What other accounts are given (L9), and principals that nobody knows (L15).
enum AccountChecks {
    @Sendable static func operations(_ policy: LintedPolicy) -> [LintFinding] {
        guard policy.isKeyPolicy else { return [] }
        return policy.allows.compactMap { statement in
            guard let foreign = statement.principals.compactMap(policy.foreignAccount).first else { return nil }
            let useless = statement.actions.filter { !$0.worksAcrossAccounts }
            // Nobody means each of the operations that a wildcard stands for.
            let named = useless.map(\.name).filter { name in
                statement.statement.actions?.patterns.contains { $0.lowercased() == "kms:" + name.lowercased() } == true
            }
            let hasNoEffect = !useless.isEmpty && useless.count == statement.actions.count
            guard hasNoEffect || !named.isEmpty else { return nil }
            return LintFinding(
                .acrossAccounts, hasNoEffect ? .medium : .low, at: statement.actionsPlace,
                "\(statement.name) allows account \(foreign) "
                    + "\(listed(hasNoEffect ? useless.map(\.name) : named)), which never works from another account",
                remedy: "Take these actions out; a role of the key's own account can do them for the other.")
        }
    }

    @Sendable static func unknownPrincipals(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            (statement.statement.principals?.patterns ?? []).compactMap { principal in
                complaint(about: principal, policy.context).map { message, severity in
                    LintFinding(
                        .deadPrincipal, severity, at: statement.principalsPlace, "\(statement.name) \(message)",
                        remedy: "Take the principal out, or name the one that is meant now.")
                }
            }
        }
    }

    @Sendable static func grantees(_ key: LintedKey, _ now: Int64, _ context: LintContext) -> [LintFinding] {
        key.grants.compactMap { grant in
            let grantee: PrincipalPattern = isUniqueID(grant.grantee) ? .uniqueID(grant.grantee) : .arn(grant.grantee)
            return complaint(about: grantee, context).map { message, severity in
                LintFinding(
                    .deadPrincipal, severity, at: .grant(grant.id), "the grant \(message)",
                    remedy: "Revoke the grant if nothing needs it.")
            }
        }
    }

    private static func isUniqueID(_ text: String) -> Bool {
        ["AIDA", "AROA", "AGPA"].contains { text.hasPrefix($0) } && !text.contains(":")
    }

    private static func complaint(
        about principal: PrincipalPattern, _ context: LintContext
    ) -> (message: String, severity: LintSeverity)? {
        if case .uniqueID(let id) = principal {
            return ("names \(id), which is what is left of an identity that was deleted", .medium)
        }
        guard let account = principal.account else { return nil }
        if let own = context.account, account != own {
            guard let trusted = context.trustedAccounts, !trusted.contains(account) else { return nil }
            return ("names \(principal.text), of an account that is none of the trusted ones", .high)
        }
        guard case .arn(let arn) = principal, arn.hasPrefix("arn:aws:iam:"), let identities = context.identities,
            !identities.contains(arn)
        else { return nil }
        return ("names \(arn), which does not exist", .medium)
    }
}
