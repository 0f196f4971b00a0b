package import SecureMemory
import Synchronization

/// What a new custom key store shall be, of type AWS_CLOUDHSM.
package struct NewCustomKeyStore: ~Copyable, Sendable {
    package let name: String
    package let clusterID: String
    package let trustAnchor: String
    package let password: SecretBytes

    package init(name: String, clusterID: String, trustAnchor: String, password: consuming SecretBytes) {
        self.name = name
        self.clusterID = clusterID
        self.trustAnchor = trustAnchor
        self.password = password
    }
}

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

// CreateCustomKeyStore, DescribeCustomKeyStores, UpdateCustomKeyStore, DeleteCustomKeyStore. Connecting is in a file of
// its own.
extension KeyStore {
    /// How many custom key stores an account may have in a Region.
    package static let maximumCustomKeyStores = 10

    /// Makes a key store that is not connected yet. Answers its id.
    package func createCustomKeyStore(
        _ new: consuming NewCustomKeyStore, by context: CallContext
    ) async throws(KMSError) -> CustomKeyStoreID {
        try authorize(.createCustomKeyStore, on: .account(context.scope), by: context)
        let scope = context.scope
        let cluster = try cluster(new.clusterID, for: scope.account)
        try cluster.checkTrustAnchor(new.trustAnchor)
        // Before anything is looked at that takes long, and again when it is stored.
        try checkThatNobodyUses(cluster)
        try checkName(new.name, in: scope)
        try await customKeyStoreConnector.examine(cluster)
        let id = CustomKeyStoreID.random()
        let sealed = try await passwords().seal(new.password, of: id, in: scope)
        let store = CustomKeyStore(
            id: id, scope: scope, name: new.name, creationDate: clock.now,
            backing: .cloudHSM(
                CloudHSMBacking(clusterID: cluster.id, trustAnchor: new.trustAnchor, sealedPassword: sealed)))
        context.draft.note(response: .object(("customKeyStoreId", .string(id.description))))
        try await changes.run { () async throws(KMSError) in
            try checkThatNobodyUses(cluster)
            try checkName(store.name, in: scope)
            let count = customKeyStores.all.count { $0.scope == scope }
            guard count < Self.maximumCustomKeyStores else {
                throw KMSError(
                    .limitExceeded,
                    "There are \(count) custom key stores in \(scope.region), the most there may be. Delete one first.")
            }
            try await journal.commit([.saveCustomKeyStore(store)], by: context)
            customKeyStores.save(store)
        }
        return id
    }

    /// All custom key stores of the account in the Region, or the one with this id or name.
    package func describeCustomKeyStores(
        id: String?, name: String?, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<CustomKeyStore> {
        try authorize(.describeCustomKeyStores, on: .account(context.scope), by: context)
        guard id == nil || name == nil else {
            throw KMSError(.validation, "Give CustomKeyStoreId or CustomKeyStoreName, not both.")
        }
        var stores = customKeyStores.all.filter { $0.scope == context.scope }
        if let wanted = id ?? name {
            stores = stores.filter { id == nil ? $0.name == wanted : $0.id.description == wanted }
            guard !stores.isEmpty else { throw .customKeyStoreNotFound(wanted) }
        }
        stores.sort { $0.id < $1.id }
        return try Page(of: stores, page, list: "DescribeCustomKeyStores", defaultLimit: 100) { $0.id.description }
    }

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

    /// Nothing in the key store's token is touched. Objects of creations that were interrupted, and could not be undone
    /// while the key store was connected, stay there.
    package func deleteCustomKeyStore(_ id: String, by context: CallContext) async throws(KMSError) {
        let store = try find(id, for: .deleteCustomKeyStore, by: context)
        try await changes.run { () async throws(KMSError) in
            guard let newest = customKeyStores[store.id] else { throw .customKeyStoreNotFound(id) }
            guard newest.connection == .disconnected, !customKeyStores.hasLink(store.id) else {
                throw .customKeyStoreInvalidState(
                    newest, "Disconnect it with DisconnectCustomKeyStore before it is deleted.")
            }
            guard !table.withLock({ $0.allKeys }).contains(where: { $0.key.customKeyStore == store.id }) else {
                throw KMSError(
                    .customKeyStoreHasKeys,
                    "The custom key store \(store.id) has KMS keys. Schedule their deletion, and delete it when they are "
                        + "gone.")
            }
            let leftBehind = abandoned.withLock { $0.filter { $0.customKeyStore == store.id } }
            try await journal.commit(
                leftBehind.map { .removeKey($0.address) } + [.removeCustomKeyStore(store.id)], by: context)
            abandoned.withLock { $0.removeAll { $0.customKeyStore == store.id } }
            customKeyStores.remove(store.id)
            for key in leftBehind {
                events.record(.materialLeftBehind(key.address, key.materials.map(\.reference.object)))
            }
        }
    }

    // MARK: What they share

    /// The key store of that id, for a caller who may do the action.
    func find(
        _ id: String, for action: KMSAction, by context: CallContext
    ) throws(KMSError) -> CustomKeyStore {
        try authorize(action, on: .account(context.scope), by: context)
        return try find(id, in: context.scope)
    }

    func find(_ id: String, in scope: Scope) throws(KMSError) -> CustomKeyStore {
        guard let known = CustomKeyStoreID(id), let store = customKeyStores[known], store.scope == scope else {
            throw .customKeyStoreNotFound(id)
        }
        return store
    }

    /// Changes what is stored of a key store: in the database first, then in memory. `edit` sees the newest state and may
    /// refuse. A change that changes nothing is not committed.
    @discardableResult
    func change(
        _ id: CustomKeyStoreID, on occasion: Occasion, _ edit: (inout CustomKeyStore) throws(KMSError) -> Void
    ) async throws(KMSError) -> CustomKeyStore {
        try await changes.run { () async throws(KMSError) -> CustomKeyStore in
            guard let store = customKeyStores[id] else { throw .customKeyStoreNotFound(id.description) }
            var changed = store
            try edit(&changed)
            guard changed != store else { return store }
            try await occasion.commit([.saveCustomKeyStore(changed)], to: journal)
            customKeyStores.save(changed)
            return changed
        }
    }

    /// What seals and opens passwords, with its key made when first needed.
    func passwords() async throws(KMSError) -> KeyStorePasswords {
        KeyStorePasswords(backend: backend, sealingKey: try await systemKey(for: .keyStorePasswords))
    }

    private func cluster(_ id: String, for account: AccountID) throws(KMSError) -> KnownCluster {
        guard let cluster = customKeyStoreConnector.cluster(id, for: account) else {
            throw .cloudHSMClusterNotFound(id)
        }
        return cluster
    }

    /// Throws when another key store has the cluster, or one of the same certificate, which is a copy of it.
    private func checkThatNobodyUses(_ cluster: KnownCluster, but own: CustomKeyStoreID? = nil) throws(KMSError) {
        let user = customKeyStores.all.first { store in
            guard store.id != own, case .cloudHSM(let backing) = store.backing else { return false }
            return backing.clusterID == cluster.id
                || cluster.isOf(trustAnchor: backing.trustAnchor) == true
        }
        guard user == nil else {
            throw KMSError(
                .cloudHSMClusterInUse,
                "The cluster \(cluster.id), or one of the same certificate, belongs to a custom key store already. Each "
                    + "needs a cluster of its own.")
        }
    }

    private func checkName(_ name: String, in scope: Scope) throws(KMSError) {
        guard !customKeyStores.all.contains(where: { $0.scope == scope && $0.name == name }) else {
            throw KMSError(
                .customKeyStoreNameInUse, "There is a custom key store named '\(name)' already. Choose another name.")
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

extension KnownCluster {
    /// Whether a certificate is this cluster's; nil where the configuration names none.
    fileprivate func isOf(trustAnchor pem: String) -> Bool? {
        guard let own = trustAnchor.flatMap(TrustAnchor.init(pem:)) else { return nil }
        return own == TrustAnchor(pem: pem)
    }

    fileprivate func checkTrustAnchor(_ pem: String) throws(KMSError) {
        guard TrustAnchor(pem: pem) != nil else {
            throw KMSError(
                .incorrectTrustAnchor,
                "The trust anchor certificate is not a certificate in PEM. Give the content of customerCA.crt.")
        }
        guard isOf(trustAnchor: pem) != false else {
            throw KMSError(
                .incorrectTrustAnchor,
                "The trust anchor certificate is not that of the cluster \(id). Give the content of its customerCA.crt."
            )
        }
    }

    /// Throws unless the cluster is known to be a copy of the one that the key store was made with.
    fileprivate func checkRelation(to store: CustomKeyStore) throws(KMSError) {
        guard case .cloudHSM(let backing) = store.backing, backing.clusterID != id else { return }
        guard isOf(trustAnchor: backing.trustAnchor) == true else {
            throw KMSError(
                .cloudHSMClusterNotRelated,
                "The cluster \(id) is not known to have the certificate of the cluster \(backing.clusterID), so it is "
                    + "taken for another one. The server's operator can name its certificate.")
        }
    }
}
