/// A question with the one who asks it: what the decisions on keys, roles and everything else have in common.
struct PolicyCase {
    let question: PolicyQuestion
    let caller: PolicyCaller
    let policies: CallerPolicies

    /// An explicit deny anywhere, which ends the matter.
    ///
    /// - Parameter resourcePolicy: The resource's, if it has one.
    func denial(_ resourcePolicy: CompiledPolicy?) -> Decision? {
        let hasBoundary = policies.boundary != nil
        if let denial = resourcePolicy?.denial(of: question, to: caller, hasBoundary: hasBoundary) { return denial }
        for policy in policies.identity {
            if let denial = policy.denial(of: question) { return denial }
        }
        if let denial = policies.boundary?.denial(of: question) { return denial }
        for policy in policies.session ?? [] {
            if let denial = policy.denial(of: question) { return denial }
        }
        return nil
    }

    /// What the caller's own policies say: one of them has to allow, and the boundary and the session must not limit.
    func decisionByIdentity() -> Decision {
        guard caller.kind != .root else { return Decision(.allowedToRoot) }
        for policy in policies.identity {
            guard let allowance = policy.allowance(of: question) else { continue }
            return limit() ?? allowance
        }
        return Decision(.notAllowed(by: .identityPolicy))
    }

    /// The refusal by a boundary or a session policy that does not allow it; nil if neither limits the caller.
    func limit() -> Decision? {
        if let boundary = policies.boundary, boundary.allowance(of: question) == nil {
            return Decision(.notAllowed(by: .permissionsBoundary))
        }
        if let session = policies.session, !session.contains(where: { $0.allowance(of: question) != nil }) {
            return Decision(.notAllowed(by: .sessionPolicy))
        }
        return nil
    }

    /// What a resource's policy says together with the caller's own.
    ///
    /// - Parameter account: The resource's.
    func decision(by policy: CompiledPolicy, of account: String) -> Decision {
        let isOwn = !caller.isOfAccount || caller.account == account
        guard let (allowance, match) = policy.allowance(of: question, to: caller) else {
            let own = decisionByIdentity()
            return own.isAllowed ? Decision(.notAllowed(by: .resourcePolicy)) : own
        }
        switch match {
        case .itself where isOwn: return allowance
        case .issuer where isOwn: return limit() ?? allowance
        // The account decides; or both accounts have to allow it.
        case .account, .issuer, .itself:
            let own = decisionByIdentity()
            return own.isAllowed && match != .account ? allowance : own
        }
    }
}
