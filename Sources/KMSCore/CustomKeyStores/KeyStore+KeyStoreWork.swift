import Synchronization

// Due work in custom key stores. Each has its own token, so each has its own rounds: one that is down, or hangs, holds up
// nobody else's deletions.
extension KeyStore {
    /// Begins a round in every key store that is connected, unless its last one is still under way.
    func beginRoundsInKeyStores() async throws(KMSError) {
        for store in customKeyStores.all where hasDueWork(in: store.id) && customKeyStores.beginRound(store.id) {
            Task {
                // Whoever has to hear of a failure has heard of it.
                try? await self.performDueWork(in: store.id)
                self.customKeyStores.endRound(store.id)
            }
        }
    }

    private func hasDueWork(in keyStore: CustomKeyStoreID) -> Bool {
        guard case .connected = customKeyStores.reach(keyStore) else { return false }
        return !abandonedCreations(in: keyStore).isEmpty || !dueKeys(in: keyStore).isEmpty
    }

    /// Destroys what is due in a key store, by the rules of ``performDueWork()``. Its keys are not rotated and have no
    /// imported material, so there is nothing else to do.
    func performDueWork(in keyStore: CustomKeyStoreID) async throws(KMSError) {
        try await customKeyStores.gate(of: keyStore).run { () async throws(KMSError) in
            let due = dueKeys(in: keyStore)
            let work = abandonedCreations(in: keyStore).map(\.address) + due.map(\.address)
            try await checkThatLiveKeysAreThere(except: due, before: work, in: keyStore)
            // One creation that cannot be undone does not hold up the deletions.
            var failure: KMSError?
            do throws(KMSError) {
                try await undoAbandoned(in: keyStore)
            } catch {
                failure = error
            }
            try await forEach(due, of: \.address) { key async throws(KMSError) in try await destroy(key) }
            if let failure { throw failure }
        }
    }

    /// Ends the keys whose day has come in key stores that are disconnected. Their objects stay in the customer's token,
    /// as with AWS: nobody may reach it any more, and it may never come back.
    func leaveBehindWhatIsDue() async throws(KMSError) {
        let disconnected = customKeyStores.all.filter { $0.connection == .disconnected }
        for store in disconnected where !dueKeys(in: store.id).isEmpty {
            try await customKeyStores.gate(of: store.id).run { () async throws(KMSError) in
                try await forEach(dueKeys(in: store.id), of: \.address) { key async throws(KMSError) in
                    try await leaveBehind(key, in: store.id)
                }
            }
        }
    }

    private func leaveBehind(_ due: Key, in keyStore: CustomKeyStoreID) async throws(KMSError) {
        let address = due.address
        let objects = due.materials.map(\.reference.object)
        let left = KeyStoreEvent.materialLeftBehind(address, objects)
        let isGone = try await changes.run { () async throws(KMSError) in
            // The deletion may have been cancelled since, or the key store connected.
            guard customKeyStores[keyStore]?.connection == .disconnected,
                table.withLock({ $0.key(address) })?.key.isDue(at: clock.now) == true
            else { return false }
            let occasion = Occasion.service(
                "DeleteKey", address, at: clock.now,
                [AuditValue.Member("objectsLeftBehind", .strings(objects.map(\.description)))],
                .keyDestroyed(address), left)
            try await occasion.commit([.removeKey(address)], to: journal)
            table.withLock { $0.removeKey(address) }
            return true
        }
        guard isGone else { return }
        events.record(.keyDestroyed(address))
        events.record(left)
    }
}
