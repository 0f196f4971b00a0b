package import KMSCore

extension IdentityStore {
    /// How many sessions are removed in one commit.
    private static let removalWidth = 500

    /// Removes sessions that have expired, or whose identities are gone. To be called now and then; nobody waits for
    /// it, as neither kind is of use any more.
    package func performDueWork() async throws(KMSError) {
        let now = clock.now
        let dead = read { table in
            table.sessions.values.lazy.map(\.session).filter { session in
                session.expirationDate <= now || !table.isThere(session.issuerID, session.account)
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
        attempts.tidy()
    }
}

extension IdentityTable {
    /// - Parameter issuer: Unique id of an identity, or the account's id.
    func isThere(_ issuer: String, _ account: AccountID) -> Bool {
        identities[issuer] != nil || issuer == account.description
    }
}
