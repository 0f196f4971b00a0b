import Synchronization

// Due work in custom key stores. Each has its own token, so each has its own rounds: one that is down, or hangs, holds up
// nobody else's deletions.
extension KeyStore {
    /// Begins a round in every key store that is connected, unless its last one is still under way.
    func beginRoundsInKeyStores() async throws(KMSError) {
        for store in customKeyStores.all where hasDueWork(in: store.id) && customKeyStores.beginRound(store.id) {
            Task {
                // Whoever has to hear of a failure has heard of it.
                try? await self.performDueWork(in: .keyStore(store.id))
                self.customKeyStores.endRound(store.id)
            }
        }
    }

    private func hasDueWork(in keyStore: CustomKeyStoreID) -> Bool {
        guard case .connected = customKeyStores.reach(keyStore) else { return false }
        return !abandonedCreations(in: .keyStore(keyStore)).isEmpty || !dueKeys(in: .keyStore(keyStore)).isEmpty
    }

    /// Ends the keys whose day has come in key stores that are disconnected. Their objects stay in the customer's token,
    /// as with AWS: nobody may reach it any more, and it may never come back.
    func leaveBehindWhatIsDue() async throws(KMSError) {
        let disconnected = customKeyStores.all.filter { $0.connection == .disconnected }
        for store in disconnected where !dueKeys(in: .keyStore(store.id)).isEmpty {
            try await gates(of: .keyStore(store.id)).dueWork.run { () async throws(KMSError) in
                try await forEach(dueKeys(in: .keyStore(store.id)), of: \.address) { key async throws(KMSError) in
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
