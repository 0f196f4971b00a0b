import Synchronization

extension KeyStore {
    /// Does what is due, however long ago it became so: writes what was noted of the keys' use, rotates, ends what was
    /// interrupted, and destroys keys and imported material whose day has come. One part that fails does not hold up
    /// the others; the first failure is thrown in the end.
    ///
    /// Nothing is destroyed but what an intent names, and no key at all while the token does not show every live one:
    /// then it is not the token, or not the whole of it, that these keys were made in. Each token is seen to by itself:
    /// one that is down, or hangs, holds up nothing in the others. Rounds in custom key stores are begun here and not
    /// waited for.
    package func performDueWork() async throws(KMSError) {
        try await perform([
            writeLastUsages, mendConnections, leaveBehindWhatIsDue, beginRoundsInKeyStores, performRounds,
        ])
    }

    private func performRounds() async throws(KMSError) {
        let outcomes = await withTaskGroup(of: Result<Void, KMSError>.self) { group in
            for place in regions.places {
                group.addTask {
                    do throws(KMSError) {
                        return .success(try await self.performDueWork(in: place))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for outcome in outcomes { try outcome.get() }
    }

    func performDueWork(in place: KeyPlace) async throws(KMSError) {
        try await gates(of: place).dueWork.run { () async throws(KMSError) in
            // What asks other places' tokens as well comes last.
            try await perform([rotateDueKeys, destroyWhatIsDue, bringAwaitedMaterial, spreadRotations], in: place)
        }
    }

    private func destroyWhatIsDue(in place: KeyPlace) async throws(KMSError) {
        let due = dueKeys(in: place)
        let work =
            abandonedCreations(in: place).map(\.address) + due.map(\.address) + interruptedKeys(in: place)
            + Array(expiredMaterial(in: place).keys) + dueWrappingKeys(in: place).map(\.key)
        try await checkThatLiveKeysAreThere(except: due, before: work, in: place)
        try await perform(
            [undoAbandoned, destroyDueKeys, endInterruptedWork, destroyExpiredMaterial, destroyWrappingKeys], in: place)
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

    private func perform(
        _ parts: [(KeyPlace) async throws(KMSError) -> Void], in place: KeyPlace
    ) async throws(KMSError) {
        var failure: KMSError?
        for part in parts {
            do throws(KMSError) {
                try await part(place)
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

    private func endInterruptedWork(in place: KeyPlace) async throws(KMSError) {
        try await forEach(interruptedKeys(in: place), of: { $0 }) { address async throws(KMSError) in
            try await gates(of: place).materialWork.run { () async throws(KMSError) in
                // The wait for its turn may have been long, so the token is looked at anew.
                try await finishInterruptedWork(on: address)
            }
        }
    }

    private func destroyWrappingKeys(in place: KeyPlace) async throws(KMSError) {
        try await forEach(dueWrappingKeys(in: place), of: \.key) { key async throws(KMSError) in
            try await destroy(key)
        }
    }

    private func dueWrappingKeys(in place: KeyPlace) -> [WrappingKey] {
        wrappingKeys.withLock { $0.due(at: clock.now) }.filter { regions.place(of: $0.key.scope.region) == place }
    }

    func destroy(_ key: WrappingKey) async throws(KMSError) {
        let id = key.reference.object
        // Not to be found by an import from now on.
        wrappingKeys.withLock { $0.abandon(key) }
        try await backend(in: regions.place(of: key.key.scope.region)).destroyKey(id)
        try await changes.run { () async throws(KMSError) in try await journal.prepare([.removeWrappingKey(id)]) }
        wrappingKeys.withLock { $0.remove(id) }
    }

    /// Undoes what a failed creation left, at once where the backend can.
    func undoAbandonedCreations(in place: KeyPlace) async throws(KMSError) {
        try await gates(of: place).dueWork.run { () async throws(KMSError) in
            let work = abandonedCreations(in: place).map(\.address)
            try await checkThatLiveKeysAreThere(except: dueKeys(in: place), before: work, in: place)
            try await undoAbandoned(in: place)
        }
    }

    func abandonedCreations(in place: KeyPlace) -> [Key] {
        abandoned.withLock { $0 }.filter { self.place(of: $0) == place }
    }

    private func undoAbandoned(in place: KeyPlace) async throws(KMSError) {
        try await forEach(abandonedCreations(in: place), of: \.address) { key async throws(KMSError) in
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

    func dueKeys(in place: KeyPlace) -> [Key] {
        let now = clock.now
        return entries(in: place).filter { $0.key.isDue(at: now) }.map(\.key)
    }

    /// One at a time with all work on material, so that no rotation or import makes an object meanwhile.
    private func destroyDueKeys(in place: KeyPlace) async throws(KMSError) {
        try await forEach(dueKeys(in: place), of: \.address) { key async throws(KMSError) in
            try await gates(of: place).materialWork.run { () async throws(KMSError) in try await destroy(key) }
        }
    }

    private func destroy(_ due: Key) async throws(KMSError) {
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
            let primary = primaryWithoutReplicas(after: key)
            try await occasion.commit(
                [.removeKey(key.address)] + (primary.map { [.saveKey($0.key)] } ?? []), to: journal)
            table.withLock { table in
                table.removeKey(key.address)
                if let primary { table.save(primary) }
            }
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
        in place: KeyPlace
    ) async throws(KMSError) {
        guard let first = work.first else { return }
        // Taken before the token is asked: what is made meanwhile is in neither list.
        let dueAddresses = Set(due.map(\.address))
        let live = entries(in: place).filter { !dueAddresses.contains($0.key.address) }
        let liveSystemKeys = systemKeys.withLock { $0 }.filter { self.place(of: $0.key) == place }
        let found: Set<ObjectID>
        do {
            found = try await backend(in: place).establishedObjects()
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
        case .creating, .replicating, .enabled, .disabled, .pendingImport, .pendingReplicaDeletion: false
        }
    }
}
