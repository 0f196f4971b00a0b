/// One statement made ready to be asked.
struct CompiledStatement: Sendable {
    let name: Decision.StatementName
    let effect: PolicyStatement.Effect
    /// Nil in identity policies.
    let principals: CompiledPrincipals?
    private let actions: Actions
    private let resources: Resources
    private let conditions: [CompiledCondition]

    private struct Actions: Sendable {
        let isNegated: Bool
        /// In lower case.
        let patterns: [WildcardPattern]
    }

    private enum Resources: Sendable {
        case all
        case some([ARNPattern])
        case allBut([ARNPattern])
    }

    /// Nil for a statement that never applies: KMS takes those without an action or a resource.
    init?(
        _ statement: PolicyStatement, of kind: PolicyDocument.Kind, version: PolicyDocument.Version,
        _ principalIDs: [String: String]
    ) {
        guard let actions = statement.actions, let resources = Self.resources(statement, of: kind, version) else {
            return nil
        }
        name = Decision.StatementName(index: statement.index, sid: statement.sid)
        effect = statement.effect
        principals = statement.principals.map { CompiledPrincipals($0, principalIDs) }
        self.actions = Actions(
            isNegated: actions.isNegated, patterns: actions.patterns.map { WildcardPattern($0).lowercased })
        self.resources = resources
        conditions = statement.conditions.map { CompiledCondition($0, version: version) }
    }

    private static func resources(
        _ statement: PolicyStatement, of kind: PolicyDocument.Kind, _ version: PolicyDocument.Version
    ) -> Resources? {
        // A trust policy is about its role.
        guard let selection = statement.resources else { return kind == .trust ? .all : nil }
        let patterns = selection.patterns.compactMap { ARNPattern($0, variables: version == .v2012) }
        let namesAll = selection.patterns.contains("*")
        return switch (selection.isNegated, namesAll) {
        case (false, true): .all
        case (false, false): .some(patterns)
        case (true, true): nil
        case (true, false): .allBut(patterns)
        }
    }

    /// Whether it is about the action and the resource, and its conditions hold. Who asks is not looked at.
    ///
    /// Conditions come last, because each has to be asked from the request.
    func applies(to question: PolicyQuestion) -> Bool {
        covers(action: question.action.utf8Span.span) && covers(resource: question.resource.utf8Span.span, question)
            && conditions.allSatisfy { $0.holds(for: question.context, in: effect) }
    }

    private func covers(action: Span<UInt8>) -> Bool {
        actions.patterns.contains { $0.matches(action, ignoringCase: true) } != actions.isNegated
    }

    private func covers(resource: Span<UInt8>, _ question: PolicyQuestion) -> Bool {
        switch resources {
        case .all: true
        case .some(let patterns): patterns.contains { $0.matches(resource, question.context) }
        case .allBut(let patterns): !patterns.contains { $0.matches(resource, question.context) }
        }
    }
}
