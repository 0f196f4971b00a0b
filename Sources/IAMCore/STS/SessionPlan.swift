import KMSCore

/// What a session is to be, before it has credentials.
struct SessionPlan: Sendable {
    let kind: Session.Kind
    let account: AccountID
    /// The unique id of the role or user, or the account's id.
    let issuerID: String
    let arn: String
    let name: String
    /// In seconds.
    var duration: Int
    /// The session ends by then at the latest.
    var latestEnd: Timestamp?
    var multiFactorDate: Timestamp?
    var policies: [String] = []
    var tags: [String: String] = [:]
    var transitiveTagKeys: Set<String> = []
    var sourceIdentity: String?
    var viaService: String?

    init(kind: Session.Kind, account: AccountID, issuerID: String, arn: String, name: String, duration: Int) {
        self.kind = kind
        self.account = account
        self.issuerID = issuerID
        self.arn = arn
        self.name = name
        self.duration = duration
    }

    /// In whole seconds, as it is told.
    func expirationDate(from now: Timestamp) -> Timestamp {
        let end = Timestamp(seconds: now.milliseconds / 1000 + Int64(duration))
        return latestEnd.map { min($0, end) } ?? end
    }

    func session(
        _ id: String, _ sealedSecret: SealedBytes, from now: Timestamp, requester: String
    ) -> Session {
        Session(
            id: id, kind: kind, account: account, issuerID: issuerID, arn: arn, name: name, sealedSecret: sealedSecret,
            creationDate: now, expirationDate: expirationDate(from: now), multiFactorDate: multiFactorDate,
            policies: policies, tags: tags, transitiveTagKeys: transitiveTagKeys, sourceIdentity: sourceIdentity,
            viaService: viaService, requester: requester)
    }
}

extension IdentityStore {
    /// Gives temporary credentials out. What the call may do has been decided on.
    ///
    /// - Parameter answer: What the record of the call says of the session.
    func issue(
        _ plan: SessionPlan, by context: CallContext, answer: @Sendable (Session) -> AuditValue
    ) async throws(KMSError) -> TemporaryCredentials {
        try await makeRoom(for: plan)
        let new = try await vault.newCredentials(prefix: "ASIA", tokenCount: SessionSecrets.tokenCount)
        let joined = SessionSecrets.joined(new.secret, new.token)
        let sealed = try await vault.seal(joined, to: .session(new.id, issuer: plan.issuerID, plan.arn))
        guard let credential = SessionSecrets.credential(new.id, joined) else {
            throw KMSError(.internalFailure, "The session was not made.", cause: "its secrets have the wrong size")
        }
        let session = plan.session(new.id, sealed, from: clock.now, requester: context.principal.arn)
        try await changes.run { () async throws(KMSError) in
            // The role or user, or the service that calls for it, may have gone while the token made the secrets.
            guard read({ $0.isThere(plan.issuerID, plan.account) && $0.isThere(plan.viaService, of: plan.account) })
            else {
                throw KMSError(.accessDenied, "\(plan.arn) is not there any more.")
            }
            try checkRoom(for: plan)
            context.draft.note(response: answer(session))
            try await commit([.saveSession(session)], opening: credential, by: context)
        }
        return new.take { secret, token in
            TemporaryCredentials(
                accessKeyID: session.id, secret: secret, sessionToken: token, expirationDate: session.expirationDate)
        }
    }

    /// Removes sessions that have expired, if others wait for their places.
    private func makeRoom(for plan: SessionPlan) async throws(KMSError) {
        do {
            try checkRoom(for: plan)
        } catch {
            try await makeRoom()
            try checkRoom(for: plan)
        }
    }

    private func checkRoom(for plan: SessionPlan) throws(KMSError) {
        let (all, account, own) = read { table in
            (table.sessions.count, table.sessionCount(in: plan.account), table.sessionCount(of: plan.issuerID))
        }
        guard own < limits.sessionsPerIdentity else {
            throw KMSError(
                .limitExceeded,
                "\(plan.arn) has \(own) sessions that have not expired. Use those, ask for shorter ones, or wait.")
        }
        guard account < limits.sessionsPerAccount else {
            throw KMSError(
                .limitExceeded,
                "The account \(plan.account) has \(account) sessions that have not expired. Ask for shorter ones, or "
                    + "wait.")
        }
        guard all < limits.sessions else {
            throw KMSError(
                .limitExceeded, "There are \(all) sessions that have not expired. Ask for shorter ones, or wait.")
        }
    }
}
