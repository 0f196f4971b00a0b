import SecureMemory

/// What of an external key store's proxy is to change.
package struct XKSProxyUpdate: Hashable, Sendable {
    package var uriEndpoint: String?
    package var uriPath: String?
    package var accessKeyID: String?

    package init(uriEndpoint: String? = nil, uriPath: String? = nil, accessKeyID: String? = nil) {
        self.uriEndpoint = uriEndpoint
        self.uriPath = uriPath
        self.accessKeyID = accessKeyID
    }

    fileprivate func applied(to backing: XKSProxyBacking, _ sealedSecret: SealedBytes?) -> XKSProxyBacking {
        XKSProxyBacking(
            uriEndpoint: uriEndpoint ?? backing.uriEndpoint, uriPath: uriPath ?? backing.uriPath,
            accessKeyID: accessKeyID ?? backing.accessKeyID, sealedSecret: sealedSecret ?? backing.sealedSecret)
    }
}

extension KeyStore {
    /// Changes an external key store, once the proxy has answered to what it is to be. One that is connected goes over to
    /// it without a gap: what is under way ends with the old credential.
    func update(
        _ store: CustomKeyStore, _ backing: XKSProxyBacking, name: String?, _ proxy: XKSProxyUpdate,
        _ secretAccessKey: consuming SecretBytes?, by context: CallContext
    ) async throws(KMSError) {
        let moves = proxy.uriEndpoint != nil && proxy.uriEndpoint != backing.uriEndpoint
        try store.checkMayBeUpdated(whileConnected: !moves)
        var sealed: SealedBytes?
        if let secretAccessKey {
            sealed = try await passwords().seal(secretAccessKey, of: store.id, in: store.scope)
        }
        let new = proxy.applied(to: backing, sealed)
        if new != backing {
            var candidate = store
            candidate.backing = .xksProxy(new)
            try checkThatNobodyUses(new.address, in: store.scope, but: store.id)
            try await checkProxy(of: candidate, with: passwords().open(candidate), by: context)
        }
        let changed = try await change(store.id, on: .call(context)) { store throws(KMSError) in
            try store.checkMayBeUpdated(whileConnected: !moves)
            try rename(&store, to: name)
            guard new != backing else { return }
            try checkThatNobodyUses(new.address, in: store.scope, but: store.id)
            store.backing = .xksProxy(new)
        }
        if new != backing, changed.connection == .connected { try await renewConnection(of: store.id) }
    }

    private func renewConnection(of id: CustomKeyStoreID) async throws(KMSError) {
        var used: CustomKeyStore.Backing?
        // Of two updates at once the slower one here may be the one that was stored first.
        while let store = customKeyStores[id], store.connection == .connected, store.backing != used {
            let connection = try customKeyStoreConnector.connect(store, with: try await passwords().open(store))
            // It has just answered; whatever it says now, it is what the key store is to use.
            _ = await connection.outcome()
            await customKeyStores.replaceConnection(of: id, by: connection).end()
            used = store.backing
        }
    }

    /// Throws unless the proxy answers well, as it is to be for every change of an external key store.
    func checkProxy(
        of store: CustomKeyStore, with secretAccessKey: consuming SecretBytes, by context: CallContext
    ) async throws(KMSError) {
        let connection = try customKeyStoreConnector.connect(store, with: secretAccessKey)
        var failure: XKSProxyFailure?
        if case .proxy(let link) = connection.means {
            do throws(XKSProxyFailure) {
                try await link.checkHealth(for: context.draft.operation, requestID: context.requestID)
            } catch {
                failure = error
            }
        }
        await connection.end()
        if let failure { throw failure.managementError }
    }

    /// Throws when another key store of the Region has the proxy's address: keys would have one external key twice.
    func checkThatNobodyUses(
        _ address: XKSProxyAddress, in scope: Scope, but own: CustomKeyStoreID? = nil
    ) throws(KMSError) {
        let user = customKeyStores.all.first { store in
            guard store.id != own, store.scope.region == scope.region, case .xksProxy(let backing) = store.backing
            else {
                return false
            }
            return backing.address.host == address.host && backing.uriPath == address.uriPath
        }
        guard user == nil else {
            throw KMSError(
                .xksProxyURIInUse,
                "The external key store proxy URI \(address.uriEndpoint)\(address.uriPath) belongs to a custom key store "
                    + "already. Each external key store of a Region needs another one.")
        }
    }
}
