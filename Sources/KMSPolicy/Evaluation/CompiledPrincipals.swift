/// How closely a policy names a caller, which decides what else has to allow what it allows (IAM User Guide, "Policy
/// evaluation for requests within a single account", step "Resource-based policies").
enum PrincipalMatch: Comparable, Sendable {
    /// By its account, which leaves the decision to the account's identity policies.
    case account
    /// By the role, or the user, whose session it is: a boundary and a session policy limit what is allowed.
    case issuer
    /// Itself, or everyone: nothing but an explicit deny limits what is allowed.
    case itself
}

/// A principal of a policy with the unique id that it had when the policy was stored.
struct CompiledPrincipal: Hashable, Sendable {
    let pattern: PrincipalPattern
    let uniqueID: String?

    /// Nil if it is somebody else.
    func match(_ caller: PolicyCaller) -> PrincipalMatch? {
        switch pattern {
        case .everyone: return .itself
        case .account(let account):
            guard caller.isOfAccount, caller.account == account else { return nil }
            return caller.kind == .root ? .itself : .account
        case .arn(let arn):
            if caller.arn == arn, uniqueID == nil || uniqueID == caller.userID || uniqueID == caller.issuerID {
                return .itself
            }
            return caller.issuerARN == arn && (uniqueID == nil || uniqueID == caller.issuerID) ? .issuer : nil
        case .uniqueID(let id):
            if caller.userID == id { return .itself }
            return caller.issuerID == id ? .issuer : nil
        case .service(let name): return caller.kind == .service(name) ? .itself : nil
        // Nobody signs in with a provider or by a canonical id here.
        case .federated, .canonicalUser: return nil
        }
    }
}

/// The Principal or NotPrincipal of a statement.
struct CompiledPrincipals: Sendable {
    private let isNegated: Bool
    private let principals: [CompiledPrincipal]

    init(_ selection: Selection<PrincipalPattern>, _ principalIDs: [String: String]) {
        isNegated = selection.isNegated
        principals = selection.patterns.map { pattern in
            guard case .arn(let arn) = pattern else { return CompiledPrincipal(pattern: pattern, uniqueID: nil) }
            return CompiledPrincipal(pattern: pattern, uniqueID: principalIDs[arn])
        }
    }

    /// How an Allow names the caller, as closely as it does; nil if it does not. NotPrincipal means everyone but those
    /// who are named in any way.
    func match(_ caller: PolicyCaller) -> PrincipalMatch? {
        let closest = principals.lazy.compactMap { $0.match(caller) }.max()
        guard isNegated else { return closest }
        return closest == nil ? .itself : nil
    }

    /// Whether a Deny means the caller.
    ///
    /// A Deny with NotPrincipal spares a caller only if all that it consists of is named: its account, the role of a
    /// session, and itself; and nobody with a permissions boundary (IAM User Guide, "NotPrincipal").
    func denies(_ caller: PolicyCaller, hasBoundary: Bool) -> Bool {
        guard isNegated else { return match(caller) != nil }
        guard !principals.contains(where: { $0.pattern == .everyone }) else { return false }
        guard !hasBoundary else { return true }
        let matches = Set(principals.compactMap { $0.match(caller) })
        let isSpared =
            switch caller.kind {
            case .root, .service: matches.contains(.itself)
            case .user: matches.isSuperset(of: [.account, .itself])
            case .roleSession, .federatedUser: matches.isSuperset(of: [.account, .issuer, .itself])
            }
        return !isSpared
    }
}

extension PolicyCaller {
    /// A service belongs to no account as far as policies go.
    var isOfAccount: Bool {
        if case .service = kind { false } else { true }
    }
}
