import Synchronization

extension KeyStore {
    /// Does what is due, however long ago it became so: writes what was noted of the keys' use, rotates, ends what was
    /// interrupted, and destroys keys and imported material whose day has come. One part that fails does not hold up
    /// the others; the first failure is thrown in the end.
    ///
    /// Nothing is destroyed but what an intent names, and no key at all while the token does not show every live one:
    /// then it is not the token, or not the whole of it, that these keys were made in.
    package func performDueWork() async throws(KMSError) {
        try await dueWork.run { () async throws(KMSError) in
            var failure: KMSError?
            let parts: [() async throws(KMSError) -> Void] = [writeLastUsages, rotateDueKeys, destroyWhatIsDue]
            for part in parts {
                do throws(KMSError) {
                    try await part()
                } catch {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
        }
    }

    private func destroyWhatIsDue() async throws(KMSError) {
        let due = dueKeys()
        let wrapping = wrappingKeys.withLock { $0.due(at: clock.now) }
        let work =
            abandoned.withLock { $0 }.map(\.address) + due.map(\.address) + interruptedKeys()
            + Array(expiredMaterial().keys) + wrapping.map(\.key)
        try await checkThatLiveKeysAreThere(except: due, before: work)
        try await undoAbandoned()
        try await destroy(due)
        try await endInterruptedWork()
        try await destroyExpiredMaterial()
        try await destroyWrappingKeys(wrapping)
    }

    private func endInterruptedWork() async throws(KMSError) {
        for address in interruptedKeys() {
            do {
                try await materialWork.run { () async throws(KMSError) in try await finishInterruptedWork(on: address) }
            } catch {
                events.record(.workPostponed(address, cause: error.cause ?? error.message))
                throw error
            }
        }
    }

    private func destroyWrappingKeys(_ due: [WrappingKey]) async throws(KMSError) {
        for key in due {
            let id = key.reference.object
            // Not to be found by an import from now on.
            wrappingKeys.withLock { $0.abandon(key) }
            try await backend.destroyKey(id)
            try await changes.run { () async throws(KMSError) in try await metadata.commit([.removeWrappingKey(id)]) }
            wrappingKeys.withLock { $0.remove(id) }
        }
    }

    /// Undoes what a failed creation left, at once where the backend can.
    func undoAbandonedCreations() async throws(KMSError) {
        try await dueWork.run { () async throws(KMSError) in
            let work = abandoned.withLock { $0 }.map(\.address)
            try await checkThatLiveKeysAreThere(except: dueKeys(), before: work)
            try await undoAbandoned()
        }
    }

    private func undoAbandoned() async throws(KMSError) {
        while let key = abandoned.withLock({ $0.first }) {
            do {
                for material in key.materials {
                    try await backend.destroyKey(material.reference.object)
                }
                try await changes.run { () async throws(KMSError) in
                    try await metadata.commit([.removeKey(key.address)])
                }
            } catch {
                events.record(.workPostponed(key.address, cause: error.cause ?? error.message))
                throw error
            }
            abandoned.withLock { list in list.removeAll { $0.address == key.address } }
            events.record(.creationUndone(key.address))
        }
    }

    private func dueKeys() -> [Key] {
        let now = clock.now
        return table.withLock { $0.allKeys }.map(\.key).filter { $0.isDue(at: now) }
    }

    /// One key that cannot be destroyed does not hold up the others; the first failure is thrown in the end.
    private func destroy(_ due: [Key]) async throws(KMSError) {
        var failure: KMSError?
        for key in due {
            do {
                try await destroy(key)
            } catch {
                events.record(.workPostponed(key.address, cause: error.cause ?? error.message))
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func destroy(_ due: Key) async throws(KMSError) {
        let key = try await change(due.address) { key throws(KMSError) in
            // Cancelled since it was found due: leave it.
            guard key.isDue(at: clock.now) else { return }
            key.lifecycle = .destroying
        }
        guard key.lifecycle == .destroying else { return }
        for material in key.materials {
            try await backend.destroyKey(material.reference.object)
        }
        try await changes.run { () async throws(KMSError) in
            try await metadata.commit([.removeKey(key.address)])
            table.withLock { $0.removeKey(key.address) }
        }
        events.record(.keyDestroyed(key.address))
    }

    /// Throws unless the token shows every key that is to stay, the server's own included. `work` is what waits for
    /// the answer; without any the token is not asked.
    ///
    /// A token that is not there may answer "no objects" to everything. What is destroyed in it counts as gone, so
    /// without this look its object would come back with the token, and no row would name it.
    private func checkThatLiveKeysAreThere(
        except due: [Key], before work: [KeyAddress]
    ) async throws(KMSError) {
        guard let first = work.first else { return }
        // Taken before the token is asked: a key made meanwhile is in neither list.
        let dueAddresses = Set(due.map(\.address))
        let live = table.withLock { $0.allKeys }.map(\.key).filter { !dueAddresses.contains($0.address) }
        let found: Set<ObjectID>
        do {
            found = try await backend.inventory()
        } catch {
            events.record(.workPostponed(first, cause: error.cause ?? error.message))
            throw error
        }
        let missingKeys = live.filter { key in
            // What a caller deleted meanwhile is not missing.
            let newest = table.withLock { $0.key(key.address) }?.key.materials ?? []
            let gone = Set(newest.filter { $0.stage != .present }.map(\.number))
            return key.materials.contains { material in
                material.stage == .present && !gone.contains(material.number)
                    && !found.contains(material.reference.object)
            }
        }
        let missingSystemKeys = systemKeys.withLock { $0 }.filter { !found.contains($0.value.object) }
        let missing = missingKeys.map(\.address.arn) + missingSystemKeys.keys.map { "system key \($0.rawValue)" }
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
