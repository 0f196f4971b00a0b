import KMSPolicy

/// `additionalEventData.decisions`: what was asked of the policies, and which statement of which one answered.
extension AuditRecord.DecisionNote {
    func write(to text: inout JSONText) {
        text.object { text in
            text.member("action", action)
            text.member("resource", resource, limit: 2048)
            text.member("allowed", decision.isAllowed)
            text.name("reason")
            text.object { decision.reason.write(to: &$0) }
        }
    }
}

extension Decision.Reason {
    fileprivate func write(to text: inout JSONText) {
        switch self {
        case .allowed(let source, let statement):
            source.write(to: &text)
            statement?.write(to: &text)
            text.member("text", "allowed by \(place(statement, source))", limit: 1024)
        case .allowedToRoot:
            text.member("text", "allowed, as the root of an account needs no identity-based policy")
        case .denied(let source, let statement):
            source.write(to: &text)
            statement.write(to: &text)
            text.member("text", "denied by \(place(statement, source))", limit: 1024)
        case .notAllowed(let missing):
            text.member("policyType", missing.policyType)
            text.member("text", "no \(missing.rawValue) allows it")
        case .notAcrossAccounts:
            text.member("text", "the action does not work across accounts")
        }
    }

    private func place(_ statement: Decision.StatementName?, _ source: PolicySource) -> String {
        guard let statement else { return source.text }
        guard let sid = statement.sid, !sid.isEmpty else { return "statement \(statement.index) of \(source.text)" }
        return "statement \(sid) of \(source.text)"
    }
}

extension Decision.StatementName {
    /// The index counts from 0.
    fileprivate func write(to text: inout JSONText) {
        text.name("statementIndex")
        text.integer(Int64(index))
        if let sid, !sid.isEmpty { text.member("statementSid", sid, limit: 512) }
    }
}

extension PolicySource {
    fileprivate func write(to text: inout JSONText) {
        text.member("policyType", type)
        if let name { text.member("policy", name) }
    }

    private var type: String {
        switch self {
        case .keyPolicy: "KeyPolicy"
        case .trustPolicy: "TrustPolicy"
        case .proxyPolicy: "XKSStorePolicy"
        case .identityPolicy: "IdentityPolicy"
        case .permissionsBoundary: "PermissionsBoundary"
        case .sessionPolicy: "SessionPolicy"
        case .grant: "Grant"
        }
    }

    private var name: String? {
        switch self {
        case .keyPolicy, .trustPolicy, .proxyPolicy, .sessionPolicy: nil
        case .identityPolicy(let name), .permissionsBoundary(let name), .grant(let name): name
        }
    }

    fileprivate var text: String {
        switch self {
        case .keyPolicy: "the key policy"
        case .trustPolicy: "the role's trust policy"
        case .proxyPolicy: "the XKS store's policy"
        case .identityPolicy(let name): "the identity-based policy \(name)"
        case .permissionsBoundary(let name): "the permissions boundary \(name)"
        case .sessionPolicy: "the session policy"
        case .grant(let id): "the grant \(id)"
        }
    }
}

extension Decision.MissingAllow {
    fileprivate var policyType: String {
        switch self {
        case .identityPolicy: "IdentityPolicy"
        case .resourcePolicy: "ResourcePolicy"
        case .permissionsBoundary: "PermissionsBoundary"
        case .sessionPolicy: "SessionPolicy"
        }
    }
}
