import Synchronization

/// What ReplicateKey asks for.
package struct KeyReplication: Sendable {
    package let key: String
    package let region: Region
    /// The default key policy when nil.
    package var policy: String?
    package var description = ""
    package var tags: [Tag] = []
    package var bypassLockoutCheck: Bool?

    package init(key: String, region: Region) {
        self.key = key
        self.region = region
    }
}

// ReplicateKey: a multi-Region key in one more Region.
extension KeyStore {
    /// Makes a replica, and answers when it is stored that there is to be one: its state is Creating until its material
    /// is in its Region's token. A replica of an imported key is PendingImport, until the same material is imported there.
    package func replicateKey(_ request: KeyReplication, by context: CallContext) async throws(KMSError)
        -> KeyDescription
    {
        let tags = try Tag.dictionary(request.tags)
        let entry = try resolveKeyOnly(request.key, for: .replicateKey, by: context, with: .replication(request))
        guard entry.key.isPrimary else {
            throw KMSError(.unsupported, "\(entry.arn) is not a multi-region primary key.")
        }
        let scope = Scope(account: entry.key.address.scope.account, region: request.region)
        let address = KeyAddress(scope: scope, id: entry.key.address.id)
        let conditions = RequestConditions.creation(ofReplica: entry.key, request, tags)
        // As AWS counts it: one of them is a trial.
        for _ in 0..<2 {
            try quotas.spend(.createKey, spec: nil, account: context.principal.account, region: request.region)
        }
        try authorize(.createKey, on: .account(scope), by: context, with: conditions)
        if !tags.isEmpty {
            try authorize(.tagResource, on: .newKey(address), by: context, with: conditions, named: "*")
        }
        guard regions.serves(request.region), request.region != context.region else {
            throw KMSError(
                .unsupported,
                "\(entry.arn) cannot be replicated to \(request.region). Name another Region that this server serves.")
        }
        try await checkSupport(of: entry.key, in: request.region)

        let now = clock.now
        var replica = Key(
            address: address, spec: entry.key.spec, usage: entry.key.usage, origin: entry.key.origin,
            lifecycle: entry.key.origin == .external ? .pendingImport : .replicating,
            description: request.description, policy: request.policy ?? KeyPolicy.standard(for: scope.account),
            tags: tags, creationDate: now, materials: [], currentMaterial: entry.key.currentMaterial)
        replica.primaryRegion = entry.key.primaryRegion
        if let policy = request.policy {
            var complete = replica
            complete.materials = entry.key.materials
            replica.policyPrincipals = try checkPolicy(
                policy, of: complete, bypassingLockoutCheck: request.bypassLockoutCheck ?? false, by: context)
        }
        let made = try await store(replica, of: entry, by: context)
        if made.lifecycle == .replicating { Task { try? await self.bringMaterial(to: address) } }
        return description(of: made, in: made.state)
    }

    /// What the token in the other Region surely cannot do is told at once; one that is down will show it.
    private func checkSupport(of key: Key, in region: Region) async throws(KMSError) {
        do throws(KMSError) {
            try await backend(in: regions.place(of: region)).checkSupport(of: key.spec, for: key.usage, imported: true)
        } catch {
            if error.code == .unsupported { throw error }
        }
    }

    /// The intent. From then on it is seen, and its material is brought to it whatever comes.
    private func store(_ replica: Key, of entry: KeyEntry, by context: CallContext) async throws(KMSError) -> Key {
        let address = replica.address
        context.draft.note(
            AuditRecord.Resource(arn: address.arn, account: address.scope.account, type: "AWS::KMS::Key"))
        context.draft.note(response: .object(("replicaKeyMetadata", replica.auditMetadata)))
        return try await changes.run { () async throws(KMSError) in
            let set = table.withLock { $0.set(of: entry.key.address) }
            guard let primary = set.first(where: { $0.key.address == entry.key.address }) else {
                throw KMSError(.notFound, "Key '\(entry.arn)' does not exist")
            }
            try checkState(of: primary, for: .replicateKey)
            guard primary.key.isPrimary else { throw .changedMeanwhile(entry.arn) }
            guard !set.contains(where: { $0.key.address == address }) else {
                throw KMSError(
                    .alreadyExists, "\(entry.arn) is in \(address.scope.region) already, as \(address.arn).")
            }
            guard set.count < Self.maximumRegionsOfKey else {
                throw KMSError(
                    .limitExceeded, "\(entry.arn) is in \(set.count) Regions, the most that a key may be in.")
            }
            var made = replica
            // What a rotation is about to make is given to all replicas when it is made.
            made.materials = primary.key.sharedMaterials.map { $0.replica(imported: made.origin == .external) }
            made.currentMaterial = primary.key.currentMaterial
            made.rotation = primary.key.rotation
            guard let entry = KeyEntry(made, in: backend) else {
                throw KMSError(.internalFailure, "The key was not replicated.", cause: "its material cannot be read")
            }
            let objects = made.materials.map(\.reference.object)
            unmade.withLock { $0.formUnion(objects) }
            try await Occasion.call(context).commit([.saveKey(made)], to: journal)
            table.withLock { $0.save(entry) }
            return made
        }
    }
}
