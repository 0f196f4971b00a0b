// Keys in custom key stores.
extension KeyStore {
    /// The custom key store in whose token a new key is to be (origin AWS_CLOUDHSM), which has to be connected; nil for the
    /// server's own token.
    func tokenKeyStore(of request: NewKey, by context: CallContext) throws(KMSError) -> CustomKeyStoreID? {
        guard request.origin != .externalKeyStore else { return nil }
        guard let name = request.customKeyStore else {
            guard request.origin != .awsCloudHSM else {
                throw KMSError(
                    .validation, "Keys of origin AWS_CLOUDHSM are made in a custom key store: give CustomKeyStoreId.")
            }
            return nil
        }
        guard request.origin == .awsCloudHSM else {
            throw KMSError(
                .validation,
                "Keys of origin \(request.origin.rawValue) are not made in a custom key store. Give Origin AWS_CLOUDHSM, or "
                    + "EXTERNAL_KEY_STORE.")
        }
        try request.checkIsForKeyStores()
        let store = try find(name, in: context.scope, ofKeysOf: request.origin)
        _ = try connectedMeans(of: store)
        return store.id
    }

    /// The key store of that id, whose keys are to be of the origin.
    func find(_ id: String, in scope: Scope, ofKeysOf origin: KeyOrigin) throws(KMSError) -> CustomKeyStore {
        let store = try find(id, in: scope)
        guard store.keyOrigin == origin else {
            throw KMSError(
                .validation,
                "Keys in the custom key store \(store.id) are of origin \(store.keyOrigin.rawValue), and not "
                    + "\(origin.rawValue).")
        }
        return store
    }

    /// What a key store is used through; throws `customKeyStoreInvalidState` while it is not connected.
    func connectedMeans(of store: CustomKeyStore) throws(KMSError) -> KeyStoreMeans {
        switch customKeyStores.reach(store.id) {
        case .connected(let means):
            return means
        case .awaited:
            throw KMSError(.keyUnavailable, "The custom key store \(store.id) is being reached. Try again later.")
        case .disconnected:
            throw .customKeyStoreInvalidState(store, "Connect it with ConnectCustomKeyStore first.")
        }
    }
}

extension NewKey {
    /// Throws for what custom key stores have no keys of.
    func checkIsForKeyStores() throws(KMSError) {
        guard spec == .symmetricDefault, usage == .encryptDecrypt else {
            throw KMSError(
                .unsupported,
                "Custom key stores have keys of spec SYMMETRIC_DEFAULT alone, and not \(spec.rawValue).")
        }
        guard !isMultiRegion else {
            throw KMSError(.unsupported, "Custom key stores have single-Region keys alone. Leave MultiRegion out.")
        }
    }
}

extension KeyID {
    /// The key's id as that of its object: in somebody else's token a key is found by its own name. It has one object for
    /// ever, so the two can be one.
    var object: ObjectID { ObjectID(high: high, low: low) }
}
