import Synchronization

// CreateKey in an external key store.
extension KeyStore {
    /// Where a new key is to be that stands on an external key.
    struct ExternalPlace: Sendable {
        let keyStore: CustomKeyStoreID
        let xksKeyID: String
    }

    /// Looks at the external key and keeps others from standing on it, until ``release(_:)``; nil for keys of other
    /// origins.
    func externalPlace(of request: NewKey, by context: CallContext) async throws(KMSError) -> ExternalPlace? {
        guard request.origin == .externalKeyStore else {
            guard request.xksKeyID == nil else {
                throw KMSError(
                    .validation, "XksKeyId is for keys of origin EXTERNAL_KEY_STORE. Leave it out, or give this Origin."
                )
            }
            return nil
        }
        guard let name = request.customKeyStore, let xksKeyID = request.xksKeyID else {
            throw KMSError(
                .validation,
                "Keys of origin EXTERNAL_KEY_STORE are made in an external key store, on an external key: give "
                    + "CustomKeyStoreId and XksKeyId.")
        }
        try request.checkIsForKeyStores()
        let store = try find(name, in: context.scope, ofKeysOf: request.origin)
        guard case .proxy(let proxy) = try connectedMeans(of: store) else {
            throw KMSError(.internalFailure, "The key was not made.", cause: "the key store \(store.id) has no proxy")
        }
        let place = ExternalPlace(keyStore: store.id, xksKeyID: xksKeyID)
        try reserve(place)
        do throws(KMSError) {
            try await checkExternalKey(xksKeyID, at: proxy, by: context)
        } catch {
            release(place)
            throw error
        }
        return place
    }

    private func checkExternalKey(
        _ id: String, at proxy: any XKSProxyLink, by context: CallContext
    ) async throws(KMSError) {
        let metadata: ExternalKeyMetadata
        do throws(XKSProxyFailure) {
            metadata = try await proxy.metadata(of: id, for: ExternalCall("CreateKey", on: nil, by: context))
        } catch {
            throw error.keyCreationError
        }
        try metadata.check()
    }

    func release(_ place: ExternalPlace) {
        customKeyStores.endCreation(on: place.xksKeyID, in: place.keyStore)
    }

    private func reserve(_ place: ExternalPlace) throws(KMSError) {
        guard customKeyStores.beginCreation(on: place.xksKeyID, in: place.keyStore) else { throw place.isInUse }
        let user = table.withLock { $0.allKeys }.first {
            $0.key.customKeyStore == place.keyStore && $0.key.xksKeyID == place.xksKeyID
        }
        guard user == nil else {
            release(place)
            throw place.isInUse
        }
    }
}

extension KeyStore.ExternalPlace {
    fileprivate var isInUse: KMSError {
        KMSError(
            .xksKeyAlreadyInUse,
            "The external key '\(xksKeyID)' belongs to another KMS key of the custom key store \(keyStore) already. Each KMS "
                + "key needs an external key of its own.")
    }
}
