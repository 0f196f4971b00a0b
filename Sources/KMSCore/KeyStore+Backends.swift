import Synchronization

// Which token has a key's material, and what else its use takes: the one place that answers it.
extension KeyStore {
    func place(of key: Key) -> KeyPlace {
        key.tokenKeyStore.map { .keyStore($0) } ?? regions.place(of: key.address.scope.region)
    }

    func place(of purpose: SystemKeyPurpose) -> KeyPlace { purpose.region.map(regions.place) ?? .own }

    /// What the key's material is used through. Throws `invalidState` while that is a custom key store which is not
    /// connected.
    func backend(of entry: KeyEntry) throws(KMSError) -> any KeyBackend { try backend(of: entry.key) }

    /// The same of a key that requests do not see yet, or any more.
    func backend(of key: Key) throws(KMSError) -> any KeyBackend {
        guard let id = key.tokenKeyStore else { return try backend(in: place(of: key)) }
        guard case .token(let backend) = try means(of: id, for: key.address.arn) else {
            throw KMSError(
                .internalFailure, "\(key.address.arn) is not served.", cause: "its key store \(id) has no token")
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

    /// What the key of that ARN needs of its custom key store.
    func means(of id: CustomKeyStoreID, for arn: String) throws(KMSError) -> KeyStoreMeans {
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

    /// The same of all keys in a place.
    func backend(in place: KeyPlace) throws(KMSError) -> any KeyBackend {
        switch place {
        case .own:
            return backend
        case .regional(let token):
            return regions.tokens[token].backend
        case .keyStore(let id):
            guard let store = customKeyStores[id] else { throw .customKeyStoreNotFound(id.description) }
            guard case .token(let backend) = try connectedMeans(of: store) else {
                throw KMSError(
                    .unsupported, "The custom key store \(id) is an external key store, which does not do this.")
            }
            return backend
        }
    }

    func entries(in place: KeyPlace) -> [KeyEntry] {
        table.withLock { $0.allKeys }.filter { self.place(of: $0.key) == place }
    }

    func gates(of place: KeyPlace) -> PlaceGates {
        gates.withLock { gates in
            if let known = gates[place] { return known }
            let new = PlaceGates()
            gates[place] = new
            return new
        }
    }

    /// The gate of ``PlaceGates/materialWork`` where a key's material is.
    func materialWork(on key: Key) -> SerialGate { gates(of: place(of: key)).materialWork }
}

/// Which token has a key's material. All that is said or done of a token as a whole is said or done of one place.
enum KeyPlace: Hashable, Sendable {
    /// The server's own token.
    case own
    /// A token that Regions have of their own: its number in ``Regions/tokens``.
    case regional(Int)
    case keyStore(CustomKeyStoreID)
}

/// What is done one at a time in each place. A token that hangs keeps nobody else waiting.
struct PlaceGates: Sendable {
    /// One rotation, import or destruction of material at a time: whoever holds it finds no intent but its own, or one
    /// that was left behind.
    let materialWork = SerialGate()
    /// One round of destruction at a time.
    let dueWork = SerialGate()
}
