import Synchronization

extension KeyStore {
    /// Does what is due, however long ago it became so: writes what was noted of the keys' use, rotates, ends what was
    /// interrupted, and destroys keys and imported material whose day has come. One part that fails does not hold up
    /// the others; the first failure is thrown in the end.
    ///
    /// Nothing is destroyed but what an intent names, and no key at all while the token does not show every live one:
    /// then it is not the token, or not the whole of it, that these keys were made in. What is in custom key stores is
    /// done by rounds of their own, which are begun here and not waited for.
    package func performDueWork() async throws(KMSError) {
        try await dueWork.run { () async throws(KMSError) in
            try await perform([
                writeLastUsages, rotateDueKeys, destroyWhatIsDue, mendConnections, leaveBehindWhatIsDue,
                beginRoundsInKeyStores,
            ])
        }
    }

    private func destroyWhatIsDue() async throws(KMSError) {
        let due = dueKeys()
        let wrapping = wrappingKeys.withLock { $0.due(at: clock.now) }
        let work =
            abandonedCreations().map(\.address) + due.map(\.address) + interruptedKeys()
            + Array(expiredMaterial().keys) + wrapping.map(\.key)
        try await checkThatLiveKeysAreThere(except: due, before: work)
        try await perform([
            undoAbandonedHere, destroyDueKeys, endInterruptedWork, destroyExpiredMaterial, destroyWrappingKeys,
        ])
    }

    /// Does all parts, also those after one that fails; the first failure is thrown in the end.
    func perform(_ parts: [() async throws(KMSError) -> Void]) async throws(KMSError) {
        var failure: KMSError?
        for part in parts {
            do throws(KMSError) {
                try await part()
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Does `work` on every item, and tells of those that have to wait; the first failure is thrown in the end.
    func forEach<Item>(
        _ items: [Item], of address: (Item) -> KeyAddress, _ work: (Item) async throws(KMSError) -> Void
    ) async throws(KMSError) {
        var failure: KMSError?
        for item in items {
            do throws(KMSError) {
                try await work(item)
            } catch {
                events.record(.workPostponed(address(item), cause: error.cause ?? error.message))
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func endInterruptedWork() async throws(KMSError) {
        try await forEach(interruptedKeys(), of: { $0 }) { address async throws(KMSError) in
            try await materialWork.run { () async throws(KMSError) in
                // The wait for its turn may have been long, so the token is looked at anew.
                try await finishInterruptedWork(on: address)
            }
        }
    }

    private func destroyWrappingKeys() async throws(KMSError) {
        let due = wrappingKeys.withLock { $0.due(at: clock.now) }
        try await forEach(due, of: \.key) { key async throws(KMSError) in
            let id = key.reference.object
            // Not to be found by an import from now on.
            wrappingKeys.withLock { $0.abandon(key) }
            try await backend.destroyKey(id)
            try await changes.run { () async throws(KMSError) in try await journal.prepare([.removeWrappingKey(id)]) }
            wrappingKeys.withLock { $0.remove(id) }
        }
    }

    /// Undoes what a failed creation left, at once where the backend can.
    func undoAbandonedCreations(in keyStore: CustomKeyStoreID?) async throws(KMSError) {
        let gate = keyStore.map { customKeyStores.gate(of: $0) } ?? dueWork
        try await gate.run { () async throws(KMSError) in
            let work = abandonedCreations(in: keyStore).map(\.address)
            try await checkThatLiveKeysAreThere(except: dueKeys(in: keyStore), before: work, in: keyStore)
            try await undoAbandoned(in: keyStore)
        }
    }

    func abandonedCreations(in keyStore: CustomKeyStoreID? = nil) -> [Key] {
        abandoned.withLock { $0.filter { $0.tokenKeyStore == keyStore } }
    }

    /// In the server's own token.
    private func undoAbandonedHere() async throws(KMSError) { try await undoAbandoned(in: nil) }

    func undoAbandoned(in keyStore: CustomKeyStoreID?) async throws(KMSError) {
        try await forEach(abandonedCreations(in: keyStore), of: \.address) { key async throws(KMSError) in
            let backend = try backend(of: key)
            for material in key.materials {
                try await backend.destroyKey(material.reference.object)
            }
            try await changes.run { () async throws(KMSError) in
                try await journal.prepare([.removeKey(key.address)])
            }
            abandoned.withLock { list in list.removeAll { $0.address == key.address } }
            events.record(.creationUndone(key.address))
        }
    }

    func dueKeys(in keyStore: CustomKeyStoreID? = nil) -> [Key] {
        let now = clock.now
        return table.withLock { $0.allKeys }
            .filter { $0.key.tokenKeyStore == keyStore && $0.key.isDue(at: now) }.map(\.key)
    }

    /// One at a time with all work on material, so that no rotation or import makes an object meanwhile.
    private func destroyDueKeys() async throws(KMSError) {
        try await forEach(dueKeys(), of: \.address) { key async throws(KMSError) in
            try await materialWork.run { () async throws(KMSError) in try await destroy(key) }
        }
    }

    func destroy(_ due: Key) async throws(KMSError) {
        let backend = try backend(of: due)
        let key = try await change(due.address, on: .step) { key throws(KMSError) in
            // Cancelled since it was found due: leave it.
            guard key.isDue(at: clock.now) else { return }
            key.lifecycle = .destroying
        }
        guard key.lifecycle == .destroying else { return }
        for material in key.materials {
            try await backend.destroyKey(material.reference.object)
        }
        try await changes.run { () async throws(KMSError) in
            let occasion = Occasion.service("DeleteKey", key.address, at: clock.now, [], .keyDestroyed(key.address))
            try await occasion.commit([.removeKey(key.address)], to: journal)
            table.withLock { $0.removeKey(key.address) }
        }
        events.record(.keyDestroyed(key.address))
    }

    /// Throws unless the token shows every key of it that is to stay, the server's own included. `work` is what waits for
    /// the answer; without any the token is not asked.
    ///
    /// A token that is not there may answer "no objects" to everything. What is destroyed in it counts as gone, so
    /// without this look its object would come back with the token, and no row would name it.
    ///
    /// Where just `objects` are to be destroyed, and the token shows all of them, that is enough.
    func checkThatLiveKeysAreThere(
        except due: [Key], before work: [KeyAddress], orThese objects: Set<ObjectID> = [],
        in keyStore: CustomKeyStoreID? = nil
    ) async throws(KMSError) {
        guard let first = work.first else { return }
        // Taken before the token is asked: what is made meanwhile is in neither list.
        let dueAddresses = Set(due.map(\.address))
        let live = table.withLock { $0.allKeys }
            .filter { $0.key.tokenKeyStore == keyStore && !dueAddresses.contains($0.key.address) }
        let liveSystemKeys = keyStore == nil ? systemKeys.withLock { $0 } : [:]
        let found: Set<ObjectID>
        do {
            found = try await backend(in: keyStore).establishedObjects()
        } catch {
            events.record(.workPostponed(first, cause: error.cause ?? error.message))
            throw error
        }
        if !objects.isEmpty, objects.isSubset(of: found) { return }
        let missingKeys = live.filter { entry in
            entry.allMaterials.contains { material in
                // What was adopted is not ours: that its owner has removed it says nothing of the token.
                material.isPresent && material.adoptedObject == nil
                    && !found.contains(material.reference.object)
                    // What was deleted meanwhile is not missing.
                    && table.withLock { $0.key(entry.key.address) }?.material(material.number)?.isPresent == true
            }
        }
        let missingSystemKeys = liveSystemKeys.filter { !found.contains($0.value.object) }
        let missing = missingKeys.map(\.arn) + missingSystemKeys.keys.map { "system key \($0.rawValue)" }
        guard missing.isEmpty else {
            events.record(.destructionRefused(missing: missing))
            throw KMSError(
                .keyUnavailable, "Nothing was destroyed: the token does not show \(missing.count) live keys.",
                cause: missing.joined(separator: ", ")
            )
        }
    }
}

extension Key {
    /// Whether the key's material is to be destroyed now.
    func isDue(at now: Timestamp) -> Bool {
        switch lifecycle {
        case .destroying: true
        case .pendingDeletion: deletionDate.map { $0 <= now } ?? false
        case .creating, .enabled, .disabled, .pendingImport: false
        }
    }
}
