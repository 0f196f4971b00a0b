// Keys in custom key stores (origin AWS_CLOUDHSM).
extension KeyStore {
    /// The custom key store that a new key is to be in, which has to be connected; nil for the server's own token.
    func keyStore(of request: NewKey, by context: CallContext) throws(KMSError) -> CustomKeyStoreID? {
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
                "Keys of origin \(request.origin.rawValue) are not made in a custom key store. Give Origin AWS_CLOUDHSM."
            )
        }
        guard request.spec == .symmetricDefault, request.usage == .encryptDecrypt else {
            throw KMSError(
                .unsupported,
                "Custom key stores have keys of spec SYMMETRIC_DEFAULT alone, and not \(request.spec.rawValue).")
        }
        guard !request.isMultiRegion else {
            throw KMSError(.unsupported, "Custom key stores have single-Region keys alone. Leave MultiRegion out.")
        }
        let store = try find(name, in: context.scope)
        _ = try connectedBackend(of: store)
        return store.id
    }

    /// What a key store is used through; throws `customKeyStoreInvalidState` while it is not connected.
    func connectedBackend(of store: CustomKeyStore) throws(KMSError) -> any KeyBackend {
        switch customKeyStores.reach(store.id) {
        case .backend(let backend):
            return backend
        case .awaited:
            throw KMSError(.keyUnavailable, "The custom key store \(store.id) is being reached. Try again later.")
        case .disconnected:
            throw .customKeyStoreInvalidState(store, "Connect it with ConnectCustomKeyStore first.")
        }
    }
}

extension KeyID {
    /// The key's id as that of its object: in somebody else's token a key is found by its own name. It has one object for
    /// ever, so the two can be one.
    var object: ObjectID { ObjectID(high: high, low: low) }
}
