/// How the document is written (L20).
enum DocumentChecks {
    /// In bytes: of a key policy, longer ones of which are refused ("Resource quotas", AWS KMS Developer Guide).
    private static let longestKeyPolicy = 32_768
    /// In characters without white space: of a managed policy ("IAM and AWS STS quotas", IAM User Guide).
    private static let longestManagedPolicy = 6_144

    static func length(_ text: String, _ kind: PolicyDocument.Kind) -> [LintFinding] {
        let start = PolicyPlace(path: "", line: 1, column: 1)
        switch kind {
        case .key where text.utf8.count > longestKeyPolicy:
            return [
                LintFinding(
                    .document, .high, at: .policy(start),
                    "the policy has \(text.utf8.count) bytes; KMS refuses more than \(longestKeyPolicy)",
                    remedy: "Join statements, or delegate to identity policies.")
            ]
        case .identity:
            let length = text.count { !$0.isWhitespace }
            guard length > longestManagedPolicy else { return [] }
            return [
                LintFinding(
                    .document, .medium, at: .policy(start),
                    "the policy has \(length) characters without white space; a managed policy has at most "
                        + "\(longestManagedPolicy)",
                    remedy: "Join statements, or make two policies of it.")
            ]
        default:
            return []
        }
    }

    @Sendable static func version(_ policy: LintedPolicy) -> [LintFinding] {
        let document = policy.document
        guard !document.hasVersion || document.version == .v2008 else { return [] }
        let hasVariables = document.statements.contains { statement in
            (statement.resources?.patterns ?? []).contains(where: isVariable)
                || statement.conditions.contains { $0.values.contains(where: isVariable) }
        }
        return [
            LintFinding(
                .document, hasVariables ? .medium : .low, at: .policy(PolicyPlace(path: "", line: 1, column: 1)),
                (document.hasVersion ? "the policy's Version is 2008-10-17" : "the policy has no Version")
                    + (hasVariables ? ": its variables ${…} are plain text" : ""),
                remedy: "Write \"Version\": \"2012-10-17\".")
        ]
    }

    private static func isVariable(_ text: String) -> Bool {
        text.contains("${")
    }

    @Sendable static func sids(_ policy: LintedPolicy) -> [LintFinding] {
        var seen: Set<String> = []
        return policy.statements.compactMap { statement in
            guard let sid = statement.statement.sid, !sid.isEmpty, !seen.insert(sid).inserted else { return nil }
            return LintFinding(
                .document, at: statement.place, "an earlier statement has the Sid \"\(sid)\" too",
                remedy: "Give each statement a Sid of its own, so that logs name the right one.")
        }
    }

    @Sendable static func redundancy(_ policy: LintedPolicy) -> [LintFinding] {
        var seen: [StatementContent: LintedStatement] = [:]
        return policy.statements.flatMap { statement -> [LintFinding] in
            let content = StatementContent(statement.statement)
            if let first = seen[content] {
                return [
                    LintFinding(
                        .document, at: statement.place, "\(statement.name) says the same as \(first.name)",
                        remedy: "Take one of them out.")
                ]
            }
            seen[content] = statement
            return redundantActions(statement).map { [$0] } ?? []
        }
    }

    private static func redundantActions(_ statement: LintedStatement) -> LintFinding? {
        let patterns = statement.statement.actions?.patterns.map { $0.lowercased() } ?? []
        // A list that is longer than any sensible one would take the square of its length.
        guard patterns.count <= 500 else { return nil }
        for (index, pattern) in patterns.enumerated() {
            let isCovered = { (other: Int) in
                other != index && (other < index || patterns[other] != pattern)
                    && WildcardPattern.matches(patterns[other], pattern)
            }
            guard let other = patterns.indices.first(where: isCovered) else { continue }
            let names = statement.statement.actions?.patterns ?? []
            return LintFinding(
                .document, .info, at: statement.actionsPlace,
                "\(statement.name) names \(names[index]), which \(names[other]) covers already",
                remedy: "Take \(names[index]) out.")
        }
        return nil
    }
}

/// What a statement says, whatever its Sid and the order of its lists.
private struct StatementContent: Hashable {
    private let effect: PolicyStatement.Effect
    private let principals: Choice<PrincipalPattern>?
    private let actions: Choice<String>?
    private let resources: Choice<String>?
    private let conditions: Set<Condition>

    private struct Choice<Pattern: Hashable & Sendable>: Hashable {
        let isNegated: Bool
        let patterns: Set<Pattern>

        init?(_ selection: Selection<Pattern>?) {
            guard let selection else { return nil }
            isNegated = selection.isNegated
            patterns = Set(selection.patterns)
        }
    }

    private struct Condition: Hashable {
        let conditionOperator: ConditionOperator
        let key: ConditionKey
        let values: Set<String>
    }

    init(_ statement: PolicyStatement) {
        effect = statement.effect
        principals = Choice(statement.principals)
        actions = Choice(statement.actions)
        resources = Choice(statement.resources)
        conditions = Set(
            statement.conditions.map {
                Condition(conditionOperator: $0.conditionOperator, key: $0.key, values: Set($0.values))
            })
    }
}
