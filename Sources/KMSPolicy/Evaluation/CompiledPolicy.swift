/// Which policy something stands in.
package enum PolicySource: Hashable, Sendable {
    /// A resource-based policy.
    case keyPolicy
    case trustPolicy
    /// Of a store of the XKS proxy: whom it serves, of those whom AWS KMS has let through.
    case proxyPolicy
    /// An inline policy by its name, or a managed one by its ARN.
    case identityPolicy(String)
    case permissionsBoundary(String)
    case sessionPolicy
    case grant(id: String)
}

/// A policy made ready to be asked, once, so that a decision parses nothing.
package struct CompiledPolicy: Sendable {
    package let source: PolicySource
    private let denies: [CompiledStatement]
    private let allows: [CompiledStatement]

    /// - Parameter principalIDs: By the ARNs in the policy, the unique ids of the identities that they meant when the
    ///   policy was stored. One with another id is somebody else of the same name. ARNs that are not in it match by
    ///   name.
    package init(_ document: PolicyDocument, source: PolicySource, principalIDs: [String: String] = [:]) {
        self.source = source
        let statements = document.statements.compactMap {
            CompiledStatement($0, of: document.kind, version: document.version, principalIDs)
        }
        denies = statements.filter { $0.effect == .deny }
        allows = statements.filter { $0.effect == .allow }
    }
}

/// What policies of identities say: they are about the one who has them.
extension CompiledPolicy {
    func denial(of question: PolicyQuestion) -> Decision? {
        guard let statement = denies.first(where: { $0.applies(to: question) }) else { return nil }
        return Decision(.denied(by: source, statement: statement.name))
    }

    func allowance(of question: PolicyQuestion) -> Decision? {
        guard let statement = allows.first(where: { $0.applies(to: question) }) else { return nil }
        return Decision(.allowed(by: source, statement: statement.name))
    }
}

/// What policies of resources say: they are about those whom they name.
extension CompiledPolicy {
    func denial(of question: PolicyQuestion, to caller: PolicyCaller, hasBoundary: Bool) -> Decision? {
        let statement = denies.first { statement in
            statement.principals?.denies(caller, hasBoundary: hasBoundary) == true && statement.applies(to: question)
        }
        return statement.map { Decision(.denied(by: source, statement: $0.name)) }
    }

    /// - Returns: The statement that names the caller most closely of those that allow it.
    func allowance(
        of question: PolicyQuestion, to caller: PolicyCaller
    ) -> (decision: Decision, match: PrincipalMatch)? {
        var closest: (statement: CompiledStatement, match: PrincipalMatch)?
        for statement in allows {
            guard let match = statement.principals?.match(caller), closest.map({ $0.match < match }) ?? true,
                statement.applies(to: question)
            else { continue }
            closest = (statement, match)
            if match == .itself { break }
        }
        return closest.map { (Decision(.allowed(by: source, statement: $0.statement.name)), $0.match) }
    }
}
