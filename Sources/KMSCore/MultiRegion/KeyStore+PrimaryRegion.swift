import Synchronization

// UpdatePrimaryRegion, and the deletion of a primary.
extension KeyStore {
    /// Makes a replica the primary. Both keys are Updating while it is seen whether the new primary's token has all of the
    /// material, which it will be the source of; then both change at once. A crash in between changes nothing.
    package func updatePrimaryRegion(
        of name: String, to region: Region, by context: CallContext
    ) async throws(KMSError) {
        let entry = try resolveKeyOnly(name, for: .updatePrimaryRegion, by: context, with: .primaryRegion(region))
        guard entry.key.isPrimary else {
            throw KMSError(.unsupported, "\(entry.arn) is not a multi-region primary key.")
        }
        let address = entry.key.address
        guard region != address.scope.region else {
            throw KMSError(
                .validation, "\(entry.arn) is the primary key already. Name the Region of one of its replicas.")
        }
        let next = KeyAddress(scope: Scope(account: address.scope.account, region: region), id: address.id)
        guard let replica = table.withLock({ $0.key(next) }) else {
            throw KMSError(.notFound, "Key '\(next.arn)' does not exist. Replicate the key to \(region) first.")
        }
        try quotas.spend(.updatePrimaryRegion, spec: nil, account: context.principal.account, region: region)
        try authorize(.updatePrimaryRegion, on: .key(replica), by: context, with: .primaryRegion(region))
        try checkState(of: replica, for: .updatePrimaryRegion)
        let isFirst = updating.withLock { updating in
            guard updating.isDisjoint(with: [address, next]) else { return false }
            updating.formUnion([address, next])
            return true
        }
        guard isFirst else { throw KMSError(.invalidState, "\(entry.arn) \(KeyState.updating.sentence)") }
        defer { updating.withLock { $0.subtract([address, next]) } }
        try await checkSource(replica.key)
        try await changeSet(address, on: .call(context)) { key, siblings throws(KMSError) in
            guard key.isPrimary, let index = siblings.firstIndex(where: { $0.address == next }) else {
                throw .changedMeanwhile(address.arn)
            }
            try KMSAction.updatePrimaryRegion.check(key.state, of: address.arn)
            try KMSAction.updatePrimaryRegion.check(siblings[index].state, of: next.arn)
            // What the former primary has begun, it has to end.
            guard key.spreadingMaterial == nil, !key.materials.contains(where: { $0.stage == .creating }),
                !siblings[index].awaitsMaterial
            else {
                throw KMSError(.invalidState, "\(address.arn) is being rotated. Try again when that has ended.")
            }
            key.primaryRegion = region
            for index in siblings.indices { siblings[index].primaryRegion = region }
        }
    }

    private func checkSource(_ key: Key) async throws(KMSError) {
        for material in key.materials where material.stage == .present {
            do throws(KMSError) {
                try await backend(of: key).verifyKey(material.reference)
            } catch {
                guard error.code == .materialMissing else { throw error }
                throw KMSError(
                    .keyUnavailable, "The key material of \(key.address.arn) is not available.", cause: error.cause)
            }
        }
    }

    /// A primary outlives its replicas: its waiting period begins when the last of them is gone.
    func scheduleDeletionAfterReplicas(
        of entry: KeyEntry, pendingWindowInDays days: Int, by context: CallContext
    ) async throws(KMSError) -> KeyDescription {
        context.draft.note(
            response: .object(
                ("keyId", .string(entry.arn)), ("keyState", .string(KeyState.pendingReplicaDeletion.rawValue)),
                ("pendingWindowInDays", .integer(Int64(days)))))
        let key = try await changeSet(entry.key.address, on: .call(context)) { key, siblings throws(KMSError) in
            try KMSAction.scheduleKeyDeletion.check(key.state, of: entry.arn)
            // The last of them may have gone this very moment.
            guard key.isPrimary, !siblings.isEmpty else { throw .changedMeanwhile(entry.arn) }
            key.lifecycle = .pendingReplicaDeletion
            key.pendingWindowInDays = days
        }
        await forget(entry)
        return description(of: key, in: key.state)
    }

    /// The primary of `replica`, as it is when that is gone, where it waits for that alone. To be stored together with the
    /// removal.
    func primaryWithoutReplicas(after replica: Key) -> KeyEntry? {
        let rest = siblings(of: replica.address)
        guard replica.isReplica, let former = rest.first, rest.count == 1,
            former.key.lifecycle == .pendingReplicaDeletion, let days = former.key.pendingWindowInDays
        else { return nil }
        var primary = former.key
        primary.lifecycle = .pendingDeletion
        primary.deletionDate = clock.now.adding(days: days)
        primary.pendingWindowInDays = nil
        return KeyEntry(primary, in: backend, replacing: former)
    }
}
