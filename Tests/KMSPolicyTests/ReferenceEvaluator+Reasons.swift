import KMSPolicy

extension ReferenceEvaluator {
    /// Whether the statement or grant that a decision gives as its reason does what the decision says.
    func bearsOut(_ decision: Decision, on request: ReferenceRequest) -> Bool {
        switch decision.reason {
        case .allowedToRoot: caller.kind == .root
        case .allowed(.grant(let id), nil): grants.contains { $0.id == id && isGranted(request, by: $0) }
        case .allowed(.keyPolicy, let statement?): isGiven(.keyPolicy, statement, isAllow: true, request)
        case .allowed(.identityPolicy(let name), let statement?):
            isGiven(.identityPolicy(name), statement, isAllow: true, request)
        // Boundaries and session policies never allow by themselves.
        case .allowed: false
        case .denied(let source, let statement): isGiven(source, statement, isAllow: false, request)
        case .notAllowed: true
        case .notAcrossAccounts: caller.account != keyAccount && !request.worksAcrossAccounts
        }
    }

    private func isGiven(
        _ source: PolicySource, _ name: Decision.StatementName, isAllow: Bool, _ request: ReferenceRequest
    ) -> Bool {
        policies(source).contains { policy in
            guard policy.statements.indices.contains(name.index) else { return false }
            let statement = policy.statements[name.index]
            return statement.isAllow == isAllow && statement.sid == name.sid
                && applies(statement, of: policy, to: request) && (source != .keyPolicy || isNamed(in: statement))
        }
    }

    private func policies(_ source: PolicySource) -> [ReferencePolicy] {
        switch source {
        case .keyPolicy: [keyPolicy]
        case .identityPolicy(let name): Int(name).map { [identity[$0]] } ?? []
        case .permissionsBoundary: boundary.map { [$0] } ?? []
        case .sessionPolicy: session ?? []
        case .trustPolicy, .proxyPolicy, .grant: []
        }
    }
}
