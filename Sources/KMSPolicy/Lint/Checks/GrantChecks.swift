/// Who may create grants, and the grants there are (L13).
enum GrantChecks {
    @Sendable static func creation(_ policy: LintedPolicy) -> [LintFinding] {
        policy.allows.compactMap { statement in
            // Who may do everything is L4's.
            guard statement.actionNames.contains("CreateGrant"), !statement.coversAllActions else { return nil }
            let delegatesOnly = !statement.principals.isEmpty && statement.principals.allSatisfy(policy.isOwnAccount)
            guard !delegatesOnly, !statement.limitsGrants else { return nil }
            return LintFinding(
                .grants, at: statement.actionsPlace,
                "\(statement.name) lets its principals grant any operation to anybody",
                remedy: "Add a condition on kms:GrantIsForAWSResource (Bool true), kms:GrantOperations "
                    + "(ForAllValues:StringEquals) or kms:GranteePrincipal.")
        }
    }

    @Sendable static func grants(_ key: LintedKey, _ now: Int64, _ context: LintContext) -> [LintFinding] {
        toAccounts(key) + duplicates(key) + unconstrained(key) + unused(key, now)
    }

    private static func toAccounts(_ key: LintedKey) -> [LintFinding] {
        key.grants.filter { $0.grantee.hasSuffix(":root") }.map { grant in
            LintFinding(
                .grants, .medium, at: .grant(grant.id),
                "the grant is for all of \(grant.grantee): whoever an identity policy there lets",
                remedy: "Make a grant for the role that needs it, and revoke this one.")
        }
    }

    private static func duplicates(_ key: LintedKey) -> [LintFinding] {
        var seen: [String: String] = [:]
        return key.grants.compactMap { grant in
            let content = [grant.grantee, grant.operations.sorted().joined(separator: ","), grant.terms]
                .joined(separator: "\n")
            guard let first = seen[content] else {
                seen[content] = grant.id
                return nil
            }
            return LintFinding(
                .grants, .low, at: .grant(grant.id), "the grant allows the same as the grant \(first)",
                remedy: "Revoke one of them, and give grants a name so that repeating the call makes no second one.")
        }
    }

    private static func unconstrained(_ key: LintedKey) -> [LintFinding] {
        guard key.spec == "SYMMETRIC_DEFAULT" else { return [] }
        return key.grants.filter { !$0.isConstrained && $0.operations.contains("Decrypt") }.map { grant in
            LintFinding(
                .grants, .info, at: .grant(grant.id),
                "the grant lets \(grant.grantee) decrypt whatever the encryption context is",
                remedy: "Give the grant a constraint EncryptionContextSubset or EncryptionContextEquals.")
        }
    }

    /// A grant cannot have been used when its key was not.
    private static func unused(_ key: LintedKey, _ now: Int64) -> [LintFinding] {
        key.grants.compactMap { grant in
            guard let created = grant.created, now - created >= KeyChecks.idleTime else { return nil }
            switch key.lastUse {
            case .at(let moment) where moment < created: break
            case .noneSince(let moment) where moment <= created: break
            default: return nil
            }
            return LintFinding(
                .grants, .low, at: .grant(grant.id),
                "the grant has not been used in the \((now - created) / 86_400) days that it is there",
                remedy: "Revoke the grant if nothing needs it.")
        }
    }
}

extension LintedStatement {
    fileprivate var limitsGrants: Bool {
        let limits = { (key: ConditionKey) in
            switch key {
            case .named(.grantIsForAWSResource), .named(.grantOperations), .named(.granteePrincipal),
                .named(.granteeServicePrincipal), .named(.grantConstraintType), .named(.grantConstraintSourceARN),
                .named(.retiringPrincipal), .named(.viaService):
                true
            default: false
            }
        }
        // Every request for a grant has operations, so that ForAllValues is no gap.
        return requires(limits)
            || conditions.contains { condition in
                condition.key == .named(.grantOperations) && condition.conditionOperator.qualifier == .forAllValues
                    && !condition.conditionOperator.base.isNegated
            }
    }
}
