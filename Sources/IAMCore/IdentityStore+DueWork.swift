package import KMSCore

extension IdentityStore {
    /// How many sessions are removed in one commit.
    private static let removalWidth = 500
    /// How long it is known of a session that it has expired, in milliseconds: so long its client is told so, and gets
    /// itself another.
    package static let memoryOfExpiry: Int64 = 3_600_000

    /// Removes sessions that expired a while ago, or whose identities are gone. To be called now and then; nobody waits
    /// for it, as neither kind is of use any more.
    package func performDueWork() async throws(KMSError) {
        try await removeSessions(expiredFor: Self.memoryOfExpiry)
        attempts.tidy()
    }

    /// Where there is no room for another session, what has expired just now goes too.
    func makeRoom() async throws(KMSError) {
        try await removeSessions(expiredFor: 0)
    }

    private func removeSessions(expiredFor milliseconds: Int64) async throws(KMSError) {
        let now = clock.now.milliseconds - milliseconds
        let dead = read { table in
            table.sessions.values.lazy.map(\.session).filter { session in
                session.expirationDate.milliseconds <= now || !table.isThere(session.issuerID, session.account)
            }.map(\.id)
        }
        var rest = dead[...]
        while !rest.isEmpty {
            let ids = Array(rest.prefix(Self.removalWidth))
            rest = rest.dropFirst(Self.removalWidth)
            try await changes.run { () async throws(KMSError) in
                try await prepare([.removeSessions(ids: ids)])
            }
        }
    }
}

extension IdentityTable {
    /// - Parameter issuer: Unique id of an identity, or the account's id.
    func isThere(_ issuer: String, _ account: AccountID) -> Bool {
        identities[issuer] != nil || issuer == account.description
    }

    /// - Parameter service: Nil for none, which is always there.
    func isThere(_ service: String?, of account: AccountID) -> Bool {
        service.map { identity(IdentityName(.service, $0), in: account) != nil } ?? true
    }
}
