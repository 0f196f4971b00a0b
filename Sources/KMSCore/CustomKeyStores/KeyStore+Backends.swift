// Which token has a key's material, and what else its use takes: the one place that answers it.
extension KeyStore {
    /// What the key's material is used through: the server's own token, or that of its custom key store. Throws
    /// `invalidState` while that one is not connected.
    func backend(of entry: KeyEntry) throws(KMSError) -> any KeyBackend {
        guard let id = entry.key.tokenKeyStore else { return backend }
        return try backend(in: id, for: entry.arn)
    }

    /// The same of a key that requests do not see yet, or any more.
    func backend(of key: Key) throws(KMSError) -> any KeyBackend {
        guard let id = key.tokenKeyStore else { return backend }
        return try backend(in: id, for: key.address.arn)
    }

    private func backend(in id: CustomKeyStoreID, for arn: String) throws(KMSError) -> any KeyBackend {
        guard case .token(let backend) = try means(of: id, for: arn) else {
            throw KMSError(.internalFailure, "\(arn) is not served.", cause: "its key store \(id) has no token")
        }
        return backend
    }

    /// What seals and opens under the key beside the backend: the proxy of its external key store, and what that knows
    /// the key by; nil of all other keys. Throws `invalidState` while the key store is not connected.
    func externalKey(of entry: KeyEntry) throws(KMSError) -> (proxy: any XKSProxyLink, id: String)? {
        guard let xksKeyID = entry.key.xksKeyID, let id = entry.key.customKeyStore else { return nil }
        guard case .proxy(let proxy) = try means(of: id, for: entry.arn) else {
            throw KMSError(.internalFailure, "\(entry.arn) is not served.", cause: "its key store \(id) has no proxy")
        }
        return (proxy, xksKeyID)
    }

    private func means(of id: CustomKeyStoreID, for arn: String) throws(KMSError) -> KeyStoreMeans {
        switch customKeyStores.reach(id) {
        case .connected(let means):
            return means
        case .awaited:
            throw KMSError(.keyUnavailable, "The custom key store \(id) of \(arn) is being reached. Try again later.")
        case .disconnected(let state):
            throw KMSError(
                .invalidState,
                "\(arn) is unavailable: its custom key store \(id) is \(state.name). Connect it first.")
        }
    }

    /// The same of all keys of a custom key store, or with nil of the server's own token.
    func backend(in keyStore: CustomKeyStoreID?) throws(KMSError) -> any KeyBackend {
        guard let keyStore else { return backend }
        guard let store = customKeyStores[keyStore] else { throw .customKeyStoreNotFound(keyStore.description) }
        guard case .token(let backend) = try connectedMeans(of: store) else {
            throw KMSError(
                .unsupported, "The custom key store \(keyStore) is an external key store, which does not do this.")
        }
        return backend
    }

    /// The state as it is shown: a key whose key store is not connected is Unavailable.
    func state(of entry: KeyEntry) -> KeyState {
        let state = entry.state(at: clock.now)
        guard state == .enabled, let id = entry.key.customKeyStore, case .disconnected = customKeyStores.reach(id)
        else { return state }
        return .unavailable
    }

    /// Throws unless the key may be used for the action in the state that it is in.
    func checkState(of entry: KeyEntry, for action: KMSAction) throws(KMSError) {
        try action.check(state(of: entry), of: entry.arn)
        guard let id = entry.key.customKeyStore, action.isCryptographic else { return }
        _ = try means(of: id, for: entry.arn)
        try quotas.spend(in: id)
    }

    /// The key with what of its key store is shown.
    func description(of key: Key, in state: KeyState) -> KeyDescription {
        var description = KeyDescription(key: key, state: state)
        if let id = key.customKeyStore, case .cloudHSM(let backing)? = customKeyStores[id]?.backing {
            description.clusterID = backing.clusterID
        }
        return description
    }
}
