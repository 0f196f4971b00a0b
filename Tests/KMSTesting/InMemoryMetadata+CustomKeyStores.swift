internal import KMSCore

/// The rules of custom key stores.
extension InMemoryMetadata {
    mutating func save(_ store: CustomKeyStore) throws(KMSError) {
        for other in customKeyStores.values where other.id != store.id {
            try require(other.scope != store.scope || other.name != store.name, "key stores need names of their own")
            guard case .cloudHSM(let own) = store.backing, case .cloudHSM(let others) = other.backing else { continue }
            try require(own.clusterID != others.clusterID, "key stores need clusters of their own")
        }
        let before = customKeyStores[store.id]
        try require(before == nil || before?.scope == store.scope, "a key store stays where it is")
        customKeyStores[store.id] = store
    }

    mutating func remove(_ id: CustomKeyStoreID) throws(KMSError) {
        try require(!keys.values.contains { $0.customKeyStore == id }, "a key store with keys stays")
        customKeyStores[id] = nil
    }
}
