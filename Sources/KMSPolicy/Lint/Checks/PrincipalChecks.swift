/// Principals that are too many (L1, L2), or not those that were meant (L3).
enum PrincipalChecks {
    @Sendable static func everyone(_ policy: LintedPolicy) -> [LintFinding] {
        policy.allows.filter { statement in
            statement.hasEffect && statement.principals.contains(.everyone) && !statement.requires(saysWho)
        }.map { statement in
            let viaService = statement.requires { $0 == .named(.viaService) }
            return LintFinding(
                .publicKey, at: statement.principalsPlace,
                "\(statement.name) allows everyone \(listed(statement.actionNames.sorted()))"
                    + (viaService ? ": kms:ViaService does not limit on whose behalf the service acts" : ""),
                remedy: "Name the principals, or add a condition such as StringEquals with kms:CallerAccount or "
                    + "aws:PrincipalOrgID.")
        }
    }

    /// Whether a condition key says whose the request is, in a way that others cannot bring about.
    private static func saysWho(_ key: ConditionKey) -> Bool {
        switch key {
        case .named(.callerAccount), .named(.principalAccount), .named(.principalARN), .named(.principalOrgID),
            .named(.sourceARN), .named(.sourceAccount), .named(.sourceVPC), .named(.sourceVPCE), .named(.sourceIP),
            .named(.userID):
            true
        case .other(let text):
            [
                "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpcarn",
                "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
            ].contains(text)
        default: false
        }
    }

    @Sendable static func allowNotPrincipal(_ policy: LintedPolicy) -> [LintFinding] {
        policy.allows.filter { $0.statement.principals?.isNegated == true }.map { statement in
            LintFinding(
                .allowNotPrincipal, at: statement.principalsPlace,
                "\(statement.name) allows everyone but those in NotPrincipal, other accounts too",
                remedy: "Name in Principal who is allowed.")
        }
    }

    @Sendable static func denyNotPrincipal(_ policy: LintedPolicy) -> [LintFinding] {
        policy.denies.compactMap { statement in
            guard let spared = statement.statement.principals, spared.isNegated else { return nil }
            let missing = missingCompanions(of: spared.patterns)
            guard !missing.isEmpty else { return nil }
            return LintFinding(
                .denyNotPrincipal, at: statement.principalsPlace,
                "\(statement.name) denies those that NotPrincipal is meant to spare, for it does not name "
                    + listed(missing),
                remedy: "Name the account and, of a role, the role and its sessions too; better, deny Principal "
                    + "\"*\" with a condition ArnNotLike on aws:PrincipalArn.")
        }
    }

    /// What has to stand beside the principals so that they are spared.
    private static func missingCompanions(of patterns: [PrincipalPattern]) -> [String] {
        var missing: [String] = []
        for pattern in patterns {
            guard case .arn(let arn) = pattern, let account = ARNText.account(arn) else { continue }
            if !patterns.contains(.account(account)) { missing.append("arn:aws:iam::\(account):root") }
            guard let resource = ARNText.resource(arn) else { continue }
            let parts = resource.split(separator: "/")
            if parts.first == "role", let name = parts.last {
                let sessions = "arn:aws:sts::\(account):assumed-role/\(name)/"
                if !patterns.contains(where: { $0.text.hasPrefix(sessions) }) { missing.append(sessions + "SESSION") }
            } else if parts.first == "assumed-role", parts.count == 3 {
                let isRole = { (text: String) in
                    text.hasPrefix("arn:aws:iam::\(account):role/") && text.hasSuffix("/" + parts[1])
                }
                if !patterns.contains(where: { isRole($0.text) }) {
                    missing.append("arn:aws:iam::\(account):role/\(parts[1])")
                }
            }
        }
        var seen: Set<String> = []
        return missing.filter { seen.insert($0).inserted }
    }
}
