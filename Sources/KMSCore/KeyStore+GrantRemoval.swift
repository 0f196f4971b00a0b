import KMSPolicy
import Synchronization

/// How RetireGrant names a grant.
package enum GrantName: Sendable {
    case token(GrantToken)
    case id(String, key: String)
}

extension KeyStore {
    /// Ends a grant, for those whom the grant itself lets: its retiring principal and their like. Nobody else learns
    /// whether it is there.
    package func retireGrant(
        _ name: GrantName, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) {
        let (id, key) = try grantName(name, in: context.scope)
        // Of a request that names it by a token, the record would not tell which grant it was.
        context.draft.note(additional: "grantId", .string(id))
        let entry = table.withLock { $0.key(key) }
        guard let entry, let grant = entry.grants.grant(id) else {
            try refuseMissing(
                key.arn, for: .retireGrant, in: key.scope.account, by: context, with: .none, otherwise: .noGrant(id))
        }
        try authorize(.retireGrant, on: .key(entry), by: context, with: .retirement(of: grant))
        if dryRun { throw .dryRun }
        try await remove(grant, from: entry, by: context)
    }

    /// Ends a grant, for those whom policies allow it.
    package func revokeGrant(
        _ id: String, on name: String, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) {
        try GrantID.check(id)
        let entry = try resolveGrantedKey(
            name, for: .revokeGrant, by: context, with: .grantManagement(by: context))
        guard let grant = entry.grants.grant(id) else { throw .noGrant(id) }
        if dryRun { throw .dryRun }
        try await remove(grant, from: entry, by: context)
    }

    private func remove(_ grant: Grant, from entry: KeyEntry, by context: CallContext) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            // Somebody else may have been faster.
            guard entry.grants.grant(grant.id) != nil else { throw .noGrant(grant.id) }
            try await journal.commit([.removeGrant(id: grant.id, of: grant.key)], by: context)
            entry.grants.remove(grant.id)
        }
    }

    private func grantName(_ name: GrantName, in scope: Scope) throws(KMSError) -> (id: String, key: KeyAddress) {
        switch name {
        case .token(let token):
            // That of another Region names nothing here.
            let here = Scope(account: token.key.scope.account, region: scope.region)
            return (token.grantID, KeyAddress(scope: here, id: token.key.id))
        case .id(let id, let key):
            try GrantID.check(id)
            return (id, try grantedKey(key, in: scope))
        }
    }
}
