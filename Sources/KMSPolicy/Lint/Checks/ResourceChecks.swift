/// Resources that are too many (L6), not what they seem (L7), or none (L8).
enum ResourceChecks {
    @Sendable static func decryptOnAllKeys(_ policy: LintedPolicy) -> [LintFinding] {
        guard policy.isIdentityPolicy else { return [] }
        return policy.allows.compactMap { statement in
            let decrypting = statement.actionNames.intersection(["Decrypt", "ReEncryptFrom"]).sorted()
            guard !decrypting.isEmpty, let resources = statement.statement.resources,
                resources.isNegated || resources.patterns.contains(where: coversAllKeys)
            else { return nil }
            let isLimited = statement.requires { key in
                switch key {
                case .named(.resourceAliases), .named(.requestAlias), .named(.viaService), .resourceTag,
                    .encryptionContext:
                    true
                default: false
                }
            }
            return LintFinding(
                .decryptOnAllKeys, isLimited ? .low : .medium, at: statement.resourcesPlace,
                "\(statement.name) allows \(decrypting.map { "kms:" + $0 }.joined(separator: " and ")) with all keys"
                    + (isLimited ? ", limited by its conditions alone" : ""),
                remedy: "Name the keys' ARNs in Resource.")
        }
    }

    /// Whether a pattern covers every key, at least of one account or Region.
    private static func coversAllKeys(_ pattern: String) -> Bool {
        guard let parts = ARNText.parts(pattern) else {
            return WildcardPattern.matches(pattern, "arn:aws:kms:::key/\u{1}")
        }
        return WildcardPattern.matches(String(parts[2]), "kms")
            && WildcardPattern.matches(String(parts[5]), "key/\u{1}")
    }

    @Sendable static func aliases(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            aliasResource(statement) + (policy.isKeyPolicy ? resourceAliases(statement) : [])
        }
    }

    private static func aliasResource(_ statement: LintedStatement) -> [LintFinding] {
        guard let resources = statement.statement.resources, !resources.isNegated else { return [] }
        let isAlias = { (pattern: String) in ARNText.resource(pattern)?.hasPrefix("alias/") == true }
        guard let alias = resources.patterns.first(where: isAlias) else { return [] }
        let (onAliases, onKeys) = statement.actions.reduce(into: ([String](), [String]())) { names, action in
            if action.resources.contains(.alias) { names.0.append(action.name) } else { names.1.append(action.name) }
        }
        // Beside the key, an alias is what alias operations need.
        guard !onKeys.isEmpty, onAliases.isEmpty || resources.patterns.allSatisfy(isAlias) else { return [] }
        return [
            LintFinding(
                .aliasAsResource, statement.effect == .deny ? .high : .medium, at: statement.resourcesPlace,
                "\(statement.name) names \(alias), but \(listed(onKeys)) are decided on by the key's ARN",
                remedy: "Name the key's ARN, or use a condition on kms:RequestAlias or kms:ResourceAliases.")
        ]
    }

    private static func resourceAliases(_ statement: LintedStatement) -> [LintFinding] {
        statement.conditions.filter { $0.key == .named(.resourceAliases) }.map { condition in
            LintFinding(
                .aliasAsResource, at: condition.lintPlace,
                "kms:ResourceAliases is for identity policies; in a key policy it says nothing that the key does not",
                remedy: "Take the condition out, or use kms:RequestAlias.")
        }
    }

    @Sendable static func inert(_ policy: LintedPolicy) -> [LintFinding] {
        policy.statements.flatMap { statement in
            noEffect(statement, policy).map { [$0] } ?? unknownActions(statement, policy)
        }
    }

    private static func noEffect(_ statement: LintedStatement, _ policy: LintedPolicy) -> LintFinding? {
        guard policy.isKeyPolicy else { return nil }
        let reason: String
        let place: LintFinding.Place
        var severity: LintSeverity = statement.effect == .deny ? .high : .medium
        if statement.statement.actions == nil {
            (reason, place) = ("has no Action", statement.place)
        } else if let resources = statement.statement.resources {
            place = statement.resourcesPlace
            let key = policy.context.keyARN
            let names = { (pattern: String) in
                pattern == "*" || key.map { WildcardPattern.matches(pattern, $0) } == true
            }
            guard resources.patterns.contains(where: names) == resources.isNegated else { return nil }
            if key == nil, !resources.isNegated { severity = .low }
            reason =
                key == nil && !resources.isNegated
                ? "names \(listed(resources.patterns)), and applies only if that is the key it is on"
                : "does not name the key that it is on"
        } else {
            (reason, place) = ("has no Resource", statement.place)
        }
        return LintFinding(
            .inertStatement, severity, at: place,
            "\(statement.name) \(reason)" + (severity == .low ? "" : ": KMS accepts it and never applies it"),
            remedy: "Write \"Resource\": \"*\", which in a key policy means the key, and an Action.")
    }

    /// Patterns that cover nothing.
    private static func unknownActions(_ statement: LintedStatement, _ policy: LintedPolicy) -> LintFinding? {
        guard let actions = statement.statement.actions else { return nil }
        let unknown = actions.patterns.filter { pattern in
            guard KMSActionCatalog.actions(matching: pattern).isEmpty else { return false }
            return policy.isKeyPolicy || pattern.lowercased().hasPrefix("kms:")
        }
        guard !unknown.isEmpty else { return nil }
        return LintFinding(
            .inertStatement, statement.effect == .deny ? .high : .medium, at: statement.actionsPlace,
            "\(statement.name) names \(listed(unknown)), which is no action of AWS KMS",
            remedy: "Correct the action's name.")
    }

    private static func unknownActions(_ statement: LintedStatement, _ policy: LintedPolicy) -> [LintFinding] {
        unknownActions(statement, policy).map { (finding: LintFinding) in [finding] } ?? []
    }
}
