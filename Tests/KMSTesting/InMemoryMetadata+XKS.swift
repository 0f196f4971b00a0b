internal import KMSCore

/// The rules of the XKS proxy's stores.
extension InMemoryMetadata {
    mutating func save(_ store: XKSStore) throws(KMSError) {
        try require((1...116).contains(store.prefix.unicodeScalars.count), "a prefix has 1 to 116 characters")
        try require(store.requestsPerSecond >= 0, "a quota is not negative")
        xksStores[store.prefix] = store
    }

    mutating func removeXKSStore(_ prefix: String) {
        xksStores[prefix] = nil
        xksCredentials = xksCredentials.filter { $0.value.prefix != prefix }
    }

    mutating func save(_ credential: XKSCredential) throws(KMSError) {
        try require(xksStores[credential.prefix] != nil, "a credential needs its store")
        try require((20...30).contains(credential.id.unicodeScalars.count), "an access key id has 20 to 30 characters")
        xksCredentials[credential.id] = credential
    }
}
