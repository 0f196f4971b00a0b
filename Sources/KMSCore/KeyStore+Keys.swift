import Synchronization

/// What a new key shall be.
package struct NewKey: Sendable {
    package var spec = KeySpec.symmetricDefault
    package var usage = KeyUsage.encryptDecrypt
    package var origin = KeyOrigin.awsKMS
    package var description = ""
    /// The default key policy when nil.
    package var policy: String?
    package var tags: [Tag] = []
    package var isMultiRegion = false
    /// The id of the custom key store that it is to be in.
    package var customKeyStore: String?
    /// The external key that it is to stand on.
    package var xksKeyID: String?
    /// Of a key that is the XKS proxy's.
    package var exposure: KeyExposure?
    /// BypassPolicyLockoutSafetyCheck; nil where the request does not have it.
    package var bypassLockoutCheck: Bool?

    package var bypassesLockoutCheck: Bool { bypassLockoutCheck ?? false }

    package init() {}
}

/// A key, and its state as it is shown.
package struct KeyDescription: Sendable {
    package let key: Key
    package let state: KeyState
    /// Nil for single-Region keys.
    package var multiRegion: MultiRegionConfiguration? = nil
    /// That of the key's custom key store, where it has one.
    package var clusterID: String? = nil
}

extension KeyStore {
    /// Days that a key waits for its deletion (ScheduleKeyDeletion).
    package static let pendingWindowInDays = 7...30
    package static let defaultPendingWindowInDays = 30

    /// How many creations that failed may wait to be undone: while a token is away, each that is tried leaves another.
    package static let maximumAbandoned = 100

    /// Makes a key: the intent with the material's id is stored, then the token makes the object, then the key is
    /// stored as enabled. A crash in between leaves an intent, which ``performDueWork()`` undoes.
    package func createKey(_ request: NewKey, by context: CallContext) async throws(KMSError) -> KeyDescription {
        let tags = try Tag.dictionary(request.tags)
        try authorize(.createKey, on: .account(context.scope), by: context, with: .creation(request, tags))
        let address = KeyAddress(scope: context.scope, id: .random(isMultiRegion: request.isMultiRegion))
        // Policies that let keys be tagged name keys, as in key/*; a refusal names none, because there is none.
        if !tags.isEmpty {
            try authorize(
                .tagResource, on: .newKey(address), by: context, with: .creation(request, tags), named: "*")
        }
        try checkSupport(of: request)
        let keyStore = try tokenKeyStore(of: request, by: context)
        let external = try await externalPlace(of: request, by: context)
        defer { if let external { release(external) } }
        let isImported = request.origin == .external
        // That the token makes symmetric keys was seen at the start.
        if isImported || request.spec != .symmetricDefault {
            try await backend(in: regions.place(of: context.region)).checkSupport(
                of: request.spec, for: request.usage, imported: isImported)
        }

        var material = KeyMaterial.new(number: 1, at: clock.now)
        if isImported { material.stage = .absent }
        if keyStore != nil { material.reference = MaterialReference(object: address.id.object, checkValue: []) }
        var key = Key(
            address: address, spec: request.spec, usage: request.usage,
            origin: request.origin, lifecycle: isImported ? .pendingImport : .creating,
            description: request.description, policy: request.policy ?? KeyPolicy.standard(for: context.scope.account),
            tags: tags, creationDate: clock.now, materials: [material], currentMaterial: 1
        )
        key.customKeyStore = keyStore
        if request.isMultiRegion { key.primaryRegion = context.region }
        if let policy = request.policy {
            key.policyPrincipals = try checkPolicy(
                policy, of: key, bypassingLockoutCheck: request.bypassesLockoutCheck, by: context)
        }
        var made = isImported ? key : try await generateMaterial(of: key)
        // Not in the intent: what is to be undone has no name.
        made.exposure = request.exposure
        if let external {
            made.customKeyStore = external.keyStore
            made.xksKeyID = external.xksKeyID
        }
        if made.exposure != nil, backend.sealingScheme(of: made.materials[0].reference) != .aesGCM {
            abandon(key)
            throw KMSError(.unsupported, "The token has no AES-GCM, which the keys of the XKS proxy need.")
        }
        context.draft.note(
            AuditRecord.Resource(arn: key.address.arn, account: key.address.scope.account, type: "AWS::KMS::Key"))
        context.draft.note(response: .object(("keyMetadata", made.auditMetadata)))
        try await save(made, or: key, on: .call(context))
        return description(of: made, in: made.state)
    }

    /// Stores the intent of `key` and has the token make its material; answers the key as it is then. It is to be
    /// given to ``save(_:or:alias:)``.
    func generateMaterial(of key: Key) async throws(KMSError) -> Key {
        let backend = try backend(of: key)
        // Those of one token that is away are not to keep others from making keys.
        guard abandonedCreations(in: place(of: key)).count < Self.maximumAbandoned else { throw .tooMuchToUndo }
        try await changes.run { () async throws(KMSError) in try await journal.prepare([.saveKey(key)]) }
        do {
            var made = key
            let object = made.materials[0].reference.object
            let generated = try await backend.generateMaterial(of: key, as: object)
            try generated.checkPublicKey(of: key.spec)
            made.materials[0].reference = MaterialReference(object: object, checkValue: generated.checkValue)
            made.materials[0].publicKey = generated.publicKey
            made.materials[0].stage = .present
            made.lifecycle = .enabled
            return made
        } catch {
            abandon(key)
            throw error
        }
    }

    /// Stores a new key, with an alias where it has one already, and lets requests see it. `intent` is what a crash
    /// would leave.
    func save(_ made: Key, or intent: Key, alias: Alias? = nil, on occasion: Occasion) async throws(KMSError) {
        do throws(KMSError) {
            guard let entry = KeyEntry(made, in: backend) else {
                throw KMSError(.internalFailure, "The key was not made.", cause: "its spec or material is not known")
            }
            try await changes.run { () async throws(KMSError) in
                try await occasion.commit([.saveKey(made)] + (alias.map { [.saveAlias($0)] } ?? []), to: journal)
                table.withLock { table in
                    table.save(entry)
                    if let alias { table.save(alias) }
                }
            }
        } catch {
            if intent.lifecycle == .creating { abandon(intent) }
            throw error
        }
    }

    /// The token may have made the object although no answer came: it is undone.
    private func abandon(_ intent: Key) {
        abandoned.withLock { $0.append(intent) }
        // The caller need not wait for the repair.
        Task { try? await self.undoAbandonedCreations(in: self.place(of: intent)) }
    }

    private func checkSupport(of request: NewKey) throws(KMSError) {
        guard let algorithm = AlgorithmTable.entry(for: request.spec) else {
            throw KMSError(.unsupported, "Keys of spec \(request.spec.rawValue) are not supported yet.")
        }
        guard algorithm.usages.contains(request.usage) else {
            throw KMSError(
                .validation,
                "KeyUsage \(request.usage.rawValue) is not compatible with KeySpec \(request.spec.rawValue)"
            )
        }
    }

    package func describeKey(_ name: String, by context: CallContext) async throws(KMSError) -> KeyDescription {
        try await prepare(name, for: .describeKey, by: context)
        let entry = try resolve(name, for: .describeKey, by: context)
        return description(of: entry.key, in: state(of: entry))
    }

    package func listKeys(_ page: PageRequest, by context: CallContext) throws(KMSError) -> Page<KeyAddress> {
        try authorize(.listKeys, on: .account(context.scope), by: context)
        let keys = table.withLock { $0.scopes[context.scope]?.keys } ?? [:]
        return try Page(of: keys.keys.sorted(), page, list: "ListKeys", defaultLimit: 100) { $0.description }
            .map { KeyAddress(scope: context.scope, id: $0) }
    }

    package func enableKey(_ name: String, by context: CallContext) async throws(KMSError) {
        let entry = try resolveKeyOnly(name, for: .enableKey, by: context)
        try await change(entry.key.address, on: .call(context)) { key throws(KMSError) in
            try KMSAction.enableKey.check(key.state, of: entry.arn)
            key.lifecycle = .enabled
        }
    }

    package func disableKey(_ name: String, by context: CallContext) async throws(KMSError) {
        let entry = try resolveKeyOnly(name, for: .disableKey, by: context)
        try await change(entry.key.address, on: .call(context, .keyDisabled(entry.key.address))) {
            key throws(KMSError) in
            try KMSAction.disableKey.check(key.state, of: entry.arn)
            key.lifecycle = .disabled
        }
        events.record(.keyDisabled(entry.key.address))
        await forget(entry)
    }

    package func updateKeyDescription(
        _ name: String, to description: String, by context: CallContext
    ) async throws(KMSError) {
        let entry = try resolveKeyOnly(name, for: .updateKeyDescription, by: context)
        try await change(entry.key.address, on: .call(context)) { key throws(KMSError) in
            try KMSAction.updateKeyDescription.check(key.state, of: entry.arn)
            key.description = description
        }
    }

    /// Sets the day on which ``performDueWork()`` destroys the key's material.
    package func scheduleKeyDeletion(
        _ name: String, pendingWindowInDays: Int?, by context: CallContext
    ) async throws(KMSError) -> KeyDescription {
        let days = pendingWindowInDays ?? Self.defaultPendingWindowInDays
        guard Self.pendingWindowInDays.contains(days) else {
            throw KMSError(
                .validation, "PendingWindowInDays must be between 7 and 30 days (inclusive); \(days) is not."
            )
        }
        let entry = try resolveKeyOnly(
            name, for: .scheduleKeyDeletion, by: context, with: .deletion(pendingWindowInDays: days))
        if entry.key.isPrimary, !siblings(of: entry.key.address).isEmpty {
            return try await scheduleDeletionAfterReplicas(of: entry, pendingWindowInDays: days, by: context)
        }
        let due = clock.now.adding(days: days)
        context.draft.note(
            response: .object(
                ("keyId", .string(entry.arn)), ("keyState", .string("PendingDeletion")), ("deletionDate", .date(due)),
                ("pendingWindowInDays", .integer(Int64(days)))))
        let told = KeyStoreEvent.deletionScheduled(entry.key.address, date: due)
        let key = try await changeSet(entry.key.address, on: .call(context, told)) { key, siblings throws(KMSError) in
            try KMSAction.scheduleKeyDeletion.check(key.state, of: entry.arn)
            // Replicated this very moment.
            guard !key.isPrimary || siblings.isEmpty else { throw .changedMeanwhile(entry.arn) }
            key.lifecycle = .pendingDeletion
            key.deletionDate = due
        }
        events.record(told)
        await forget(entry)
        return description(of: key, in: key.state)
    }

    /// Leaves the key disabled, as AWS does.
    package func cancelKeyDeletion(_ name: String, by context: CallContext) async throws(KMSError) -> KeyAddress {
        let entry = try resolveKeyOnly(name, for: .cancelKeyDeletion, by: context)
        context.draft.note(response: .object(("keyId", .string(entry.arn))))
        let told = KeyStoreEvent.deletionCancelled(entry.key.address)
        try await change(entry.key.address, on: .call(context, told)) { key throws(KMSError) in
            try KMSAction.cancelKeyDeletion.check(key.state, of: entry.arn)
            guard key.lifecycle != .destroying else {
                throw KMSError(.invalidState, "\(entry.arn) is being deleted: its key material is already going.")
            }
            key.lifecycle = key.lacksMaterial(at: clock.now) ? .pendingImport : .disabled
            key.deletionDate = nil
            key.pendingWindowInDays = nil
        }
        events.record(told)
        return entry.key.address
    }

    /// Has the backend drop what it holds in memory of a key that is no longer used. A failure only means that it
    /// holds it longer.
    func forget(_ entry: KeyEntry) async {
        guard let backend = try? backend(of: entry) else { return }
        for material in entry.allMaterials {
            try? await backend.forgetKey(material.reference.object)
        }
    }
}

extension Page {
    func map<T: Sendable>(_ transform: (Item) -> T) -> Page<T> {
        Page<T>(items: items.map(transform), nextMarker: nextMarker)
    }
}

extension KeyMaterial {
    /// A material that is yet to be made.
    static func new(number: UInt32, at now: Timestamp) -> KeyMaterial {
        var generator = SystemRandomNumberGenerator()
        let id = (0..<4).flatMap { _ in (generator.next() as UInt64).bigEndianBytes }
        let reference = MaterialReference(object: .random(), checkValue: [])
        return KeyMaterial(
            number: number, id: id, reference: reference, creationDate: now, reservedEncryptions: 0, stage: .creating
        )
    }
}

extension KMSError {
    static let tooMuchToUndo = KMSError(
        .throttled,
        "\(KeyStore.maximumAbandoned) creations that failed, or wrapping keys that are of no more use, are still to be "
            + "undone. Try again later."
    )
}
