package import SecureMemory

/// What of a custom key store is to change.
package struct CustomKeyStoreUpdate: ~Copyable, Sendable {
    package let name: String?
    package let clusterID: String?
    package let proxy: XKSProxyUpdate
    /// KeyStorePassword, or RawSecretAccessKey where `proxy` has an access key id.
    package let secret: SecretBytes?

    package init(
        name: String? = nil, clusterID: String? = nil, proxy: XKSProxyUpdate = XKSProxyUpdate(),
        secret: consuming SecretBytes? = nil
    ) {
        self.name = name
        self.clusterID = clusterID
        self.proxy = proxy
        self.secret = secret
    }
}

extension KeyStore {
    package func updateCustomKeyStore(
        _ id: String, _ update: consuming CustomKeyStoreUpdate, by context: CallContext
    ) async throws(KMSError) {
        let store = try find(id, for: .updateCustomKeyStore, by: context)
        let name = update.name
        switch store.backing {
        case .cloudHSM:
            try update.checkHasNothing(of: .externalKeyStore)
            try await self.update(store, name: name, clusterID: update.clusterID, update.secret, by: context)
        case .xksProxy(let backing):
            try update.checkHasNothing(of: .awsCloudHSM)
            try await self.update(store, backing, name: name, update.proxy, update.secret, by: context)
        }
    }

    private func update(
        _ store: CustomKeyStore, name: String?, clusterID: String?, _ password: consuming SecretBytes?,
        by context: CallContext
    ) async throws(KMSError) {
        var cluster: KnownCluster?
        if let clusterID { cluster = try self.cluster(clusterID, for: store.scope.account) }
        let isOnlyName = cluster == nil && password == nil
        try store.checkMayBeUpdated(whileConnected: isOnlyName)
        if let cluster {
            try cluster.checkRelation(to: store)
            try await customKeyStoreConnector.examine(cluster)
        }
        var sealed: SealedBytes?
        if let password { sealed = try await passwords().seal(password, of: store.id, in: store.scope) }
        let (newCluster, newPassword) = (cluster, sealed)
        try await change(store.id, on: .call(context)) { store throws(KMSError) in
            try store.checkMayBeUpdated(whileConnected: isOnlyName)
            try rename(&store, to: name)
            guard case .cloudHSM(var backing) = store.backing else { return }
            if let newCluster {
                try checkThatNobodyUses(newCluster, but: store.id)
                backing.clusterID = newCluster.id
            }
            if let newPassword { backing.sealedPassword = newPassword }
            store.backing = .cloudHSM(backing)
        }
    }

    func rename(_ store: inout CustomKeyStore, to name: String?) throws(KMSError) {
        guard let name, name != store.name else { return }
        try checkName(name, in: store.scope)
        store.name = name
    }
}

extension CustomKeyStoreUpdate {
    /// Throws for what only key stores of another type have.
    fileprivate borrowing func checkHasNothing(of origin: KeyOrigin) throws(KMSError) {
        let isForeign =
            origin == .awsCloudHSM
            ? clusterID != nil || secret != nil && proxy.accessKeyID == nil
            : proxy != XKSProxyUpdate()
        guard isForeign else { return }
        throw KMSError(
            .validation,
            origin == .awsCloudHSM
                ? "CloudHsmClusterId and KeyStorePassword are for key stores of type AWS_CLOUDHSM."
                : "Members that begin with XksProxy are for key stores of type EXTERNAL_KEY_STORE.")
    }
}

extension CustomKeyStore {
    /// - Parameter whileConnected: Whether what is to change may change of a key store that is connected.
    func checkMayBeUpdated(whileConnected: Bool) throws(KMSError) {
        guard connection != .disconnected else { return }
        guard connection == .connected, whileConnected else {
            throw .customKeyStoreInvalidState(
                self,
                "Disconnect it with DisconnectCustomKeyStore before it is changed. Of one that is connected the name may "
                    + "be changed, and of an external key store the path and the credential.")
        }
    }
}
