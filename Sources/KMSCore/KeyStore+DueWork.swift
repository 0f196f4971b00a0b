import Synchronization

extension KeyStore {
    /// Brings to their end the creations that were interrupted and the deletions that are due, however long ago.
    ///
    /// Nothing is destroyed but what an intent names, and no key at all while the token does not show every live one:
    /// then it is not the token, or not the whole of it, that these keys were made in.
    package func performDueWork() async throws(KMSError) {
        try await dueWork.run { () async throws(KMSError) in
            let due = dueKeys()
            try await checkThatLiveKeysAreThere(except: due, before: abandoned.withLock { $0 } + due)
            try await undoAbandoned()
            try await destroy(due)
        }
    }

    /// Undoes what a failed creation left, at once where the backend can.
    func undoAbandonedCreations() async throws(KMSError) {
        try await dueWork.run { () async throws(KMSError) in
            try await checkThatLiveKeysAreThere(except: dueKeys(), before: abandoned.withLock { $0 })
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
    private func checkThatLiveKeysAreThere(except due: [Key], before work: [Key]) async throws(KMSError) {
        guard let first = work.first else { return }
        // Taken before the token is asked: a key made meanwhile is in neither list.
        let dueAddresses = Set(due.map(\.address))
        let live = table.withLock { $0.allKeys }.map(\.key).filter { !dueAddresses.contains($0.address) }
        let found: Set<ObjectID>
        do {
            found = try await backend.inventory()
        } catch {
            events.record(.workPostponed(first.address, cause: error.cause ?? error.message))
            throw error
        }
        let missingKeys = live.filter { key in key.materials.contains { !found.contains($0.reference.object) } }
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
        case .creating, .enabled, .disabled: false
        }
    }
}
