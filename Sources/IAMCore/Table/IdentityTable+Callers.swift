import KMSCore
import KMSPolicy

extension IdentityTable {
    /// The caller whose credentials these are: nil unless they are good now.
    mutating func caller(withAccessKey id: String, at now: () -> Timestamp) -> AuthenticatedCaller? {
        guard let ready = callers[id] ?? prepareCaller(id) else { return nil }
        if let end = ready.expirationDate, end <= now() { return nil }
        return ready.caller
    }

    private mutating func prepareCaller(_ id: String) -> ReadyCaller? {
        guard let credential = credentials[id] else { return nil }
        let session = sessions[id]
        guard let owner = session?.session.issuerID ?? accessKeys[id]?.owner,
            let account = session?.session.account ?? accessKeys[id]?.key.principal.account,
            let identity = caller(id, of: owner, in: account, session)
        else { return nil }
        let ready = ReadyCaller(
            caller: AuthenticatedCaller(identity: identity, credential: credential),
            expirationDate: session?.session.expirationDate)
        keep(ready, of: owner, as: id)
        return ready
    }

    /// - Parameter owner: A unique id, or the account's for its root.
    private func caller(
        _ accessKeyID: String, of owner: String, in account: AccountID, _ session: SessionEntry?
    ) -> CallerIdentity? {
        if let entry = identities[owner] { return caller(as: entry, accessKeyID, session) }
        return owner == account.description ? .root(of: account, accessKeyID, session) : nil
    }

    /// Puts a caller together. A role's has a session.
    func caller(as entry: IdentityEntry, _ accessKeyID: String, _ session: SessionEntry?) -> CallerIdentity {
        let identity = entry.identity
        let caller = PolicyCaller(identity, session?.session)
        return CallerIdentity(
            principal: Principal(account: identity.key.account, arn: caller.arn), policyCaller: caller,
            policies: CallerPolicies(
                identity: entry.inline + identity.attachedPolicies.map { permissions(of: $0) },
                boundary: identity.permissionsBoundary.map { boundary($0) }, session: session?.policies),
            tags: Self.tags(of: identity, session?.session),
            userName: identity.key.kind == .user ? identity.key.name : nil, accessKeyID: accessKeyID,
            session: session.map { CallerIdentity.SessionFacts($0.session, issuerName: identity.key.name) })
    }

    /// A policy that is gone cannot be attached; were it, nothing would be known of what it denied.
    private func permissions(of arn: String) -> CompiledPolicy {
        policies[arn]?.permissions ?? .refusal(of: .identityPolicy(arn))
    }

    private func boundary(_ arn: String) -> CompiledPolicy {
        policies[arn]?.boundary ?? .refusal(of: .permissionsBoundary(arn))
    }

    /// A session's tags take the place of those of the same keys, in any case.
    private static func tags(of identity: Identity, _ session: Session?) -> [String: String] {
        var tags = Dictionary(identity.tags.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        for (key, value) in session?.tags ?? [:] { tags[key.lowercased()] = value }
        return tags
    }
}

extension PolicyCaller {
    fileprivate init(_ identity: Identity, _ session: Session?) {
        let account = identity.key.account.description
        switch identity.key.kind {
        case .user:
            self.init(
                kind: .user, account: account, arn: identity.arn, userID: identity.uniqueID,
                issuerARN: session.map { _ in identity.arn })
        case .role:
            self.init(
                kind: .roleSession, account: account, arn: session?.arn ?? identity.arn,
                userID: "\(identity.uniqueID):\(session?.name ?? "")", issuerARN: identity.arn,
                issuerID: identity.uniqueID)
        case .service:
            self.init(
                kind: .service(identity.key.name), account: account, arn: identity.arn, userID: identity.uniqueID)
        }
    }
}

extension CallerIdentity {
    /// An account's root, by its access key or by a session.
    fileprivate static func root(
        of account: AccountID, _ accessKeyID: String, _ session: SessionEntry?
    ) -> CallerIdentity {
        let root = CallerIdentity.root(of: account)
        return CallerIdentity(
            principal: root.principal, policyCaller: root.policyCaller, policies: root.policies,
            accessKeyID: accessKeyID,
            session: session.map { SessionFacts($0.session, issuerName: account.description) })
    }
}

extension CallerIdentity.SessionFacts {
    fileprivate init(_ session: Session, issuerName: String) {
        self.init(
            creationDate: session.creationDate, expirationDate: session.expirationDate,
            multiFactorDate: session.multiFactorDate, viaService: session.viaService,
            sourceIdentity: session.sourceIdentity, issuerName: issuerName)
    }
}
