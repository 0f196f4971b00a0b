import KMSPolicy
import Synchronization

package struct CreatedGrant: Sendable {
    package let id: String
    package let token: GrantToken
}

extension KeyStore {
    /// How many grants a key may have ("Grants per KMS key", AWS KMS quotas).
    package static let maximumGrantsPerKey = 50_000

    /// Makes a grant, which is in force when this returns. One that has the same name as another on the key, and all
    /// else in common with it, is that one.
    package func createGrant(
        _ request: NewGrant, on name: String, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> CreatedGrant {
        try request.check()
        let entry = try resolveGrantedKey(
            name, for: .createGrant, by: context, with: .creation(of: request, by: context))
        try request.check(for: entry)
        let grant = try grant(request, on: entry.key.address, by: context)
        return try await changes.run { () async throws(KMSError) -> CreatedGrant in
            let same = entry.grants.grants(named: grant.name).first { $0.isSame(as: grant) }
            if same == nil { try checkRoomForGrant(on: entry) }
            if dryRun { throw .dryRun }
            let id = same?.id ?? grant.id
            context.draft.note(response: .object(("grantId", .string(id)), ("keyId", .string(entry.arn))))
            if same == nil {
                try checkPresence(of: entry)
                try await journal.commit([.saveGrant(grant)], by: context)
                entry.grants.save(grant)
            }
            return CreatedGrant(id: id, token: GrantToken(grantID: id, key: entry.key.address))
        }
    }

    /// Throws if the key has gone or may no longer be given grants. To be called as the only one who changes anything.
    private func checkPresence(of entry: KeyEntry) throws(KMSError) {
        guard let current = table.withLock({ $0.key(entry.key.address) }) else {
            throw KMSError(.notFound, "Key '\(entry.arn)' does not exist")
        }
        try KMSAction.createGrant.check(state(of: current), of: entry.arn)
    }

    private func checkRoomForGrant(on entry: KeyEntry) throws(KMSError) {
        let count = entry.grants.count
        guard count < Self.maximumGrantsPerKey else {
            throw KMSError(
                .limitExceeded,
                "\(entry.arn) has \(count) grants, the most that a key may have. Retire or revoke one first."
            )
        }
    }

    private func grant(
        _ request: NewGrant, on key: KeyAddress, by context: CallContext
    ) throws(KMSError) -> Grant {
        let grantee = try party(request.grantee)
        var retiring: GrantParty?
        if let named = request.retiring { retiring = try party(named) }
        return Grant(
            id: GrantID.random(), key: key, name: request.name ?? "", creationDate: clock.now,
            granteePrincipal: grantee.name, isForService: grantee.isService, granteeID: grantee.id,
            retiringPrincipal: retiring?.name, retiringPrincipalIsService: retiring?.isService ?? false,
            retiringID: retiring?.id, issuingAccount: context.principal.account.rootARN,
            operations: request.operations, constraint: request.constraint, sourceARN: request.sourceARN
        )
    }

    /// Whom a grant names, as it is stored.
    private struct GrantParty {
        let name: String
        var isService = false
        var id: String?
    }

    private func party(_ party: NewGrant.Party) throws(KMSError) -> GrantParty {
        switch party {
        // Services need not be known, as in key policies: whoever becomes one by this name is meant.
        case .service(let name):
            return GrantParty(name: name, isService: true)
        case .principal(let arn):
            guard arn.hasPrefix("arn:"), PrincipalPattern(identity: arn) != nil else { throw .noPrincipal(arn) }
            switch principals.look(up: arn) {
            case .account: return GrantParty(name: arn)
            case .identity(let uniqueID): return GrantParty(name: arn, id: uniqueID)
            case .unknown: throw .noPrincipal(arn)
            }
        }
    }
}

extension Grant {
    /// Whether all but their ids and dates is the same.
    fileprivate func isSame(as other: Grant) -> Bool {
        Grant(
            id: other.id, key: key, name: name, creationDate: other.creationDate, granteePrincipal: granteePrincipal,
            isForService: isForService, granteeID: granteeID, retiringPrincipal: retiringPrincipal,
            retiringPrincipalIsService: retiringPrincipalIsService, retiringID: retiringID,
            issuingAccount: issuingAccount, operations: operations, constraint: constraint, sourceARN: sourceARN
        ) == other
    }
}
