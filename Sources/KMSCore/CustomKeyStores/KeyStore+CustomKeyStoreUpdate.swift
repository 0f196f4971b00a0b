package import SecureMemory

/// What of a custom key store is to change.
package struct CustomKeyStoreUpdate: ~Copyable, Sendable {
    package let name: String?
    package let clusterID: String?
    package let password: SecretBytes?

    package init(name: String? = nil, clusterID: String? = nil, password: consuming SecretBytes? = nil) {
        self.name = name
        self.clusterID = clusterID
        self.password = password
    }
}

extension KeyStore {
    package func updateCustomKeyStore(
        _ id: String, _ update: consuming CustomKeyStoreUpdate, by context: CallContext
    ) async throws(KMSError) {
        let store = try find(id, for: .updateCustomKeyStore, by: context)
        let name = update.name
        var cluster: KnownCluster?
        if let clusterID = update.clusterID { cluster = try self.cluster(clusterID, for: store.scope.account) }
        let isOnlyName = cluster == nil && update.password == nil
        try store.checkMayBeUpdated(onlyName: isOnlyName)
        if let cluster {
            try cluster.checkRelation(to: store)
            try await customKeyStoreConnector.examine(cluster)
        }
        var sealed: SealedBytes?
        if let password = update.password {
            sealed = try await passwords().seal(password, of: store.id, in: store.scope)
        }
        let (newCluster, newPassword) = (cluster, sealed)
        try await change(store.id, on: .call(context)) { store throws(KMSError) in
            try store.checkMayBeUpdated(onlyName: isOnlyName)
            if let name, name != store.name {
                try checkName(name, in: store.scope)
                store.name = name
            }
            switch store.backing {
            case .cloudHSM(var backing):
                if let newCluster {
                    try checkThatNobodyUses(newCluster, but: store.id)
                    backing.clusterID = newCluster.id
                }
                if let newPassword { backing.sealedPassword = newPassword }
                store.backing = .cloudHSM(backing)
            }
        }
    }
}

extension CustomKeyStore {
    /// Only the name may be changed of a key store that is connected.
    fileprivate func checkMayBeUpdated(onlyName: Bool) throws(KMSError) {
        guard connection != .disconnected else { return }
        guard connection == .connected, onlyName else {
            throw .customKeyStoreInvalidState(
                self,
                "Disconnect it with DisconnectCustomKeyStore before it is changed; the name of one that is connected may "
                    + "be changed too.")
        }
    }
}
