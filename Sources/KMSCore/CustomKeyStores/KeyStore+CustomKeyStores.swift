package import SecureMemory
import Synchronization

/// What a new custom key store shall be.
package struct NewCustomKeyStore: ~Copyable, Sendable {
    enum Basis: Sendable {
        case cluster(id: String, trustAnchor: String)
        case proxy(XKSProxyAddress, accessKeyID: String)
    }

    package let name: String
    let basis: Basis
    /// KeyStorePassword or RawSecretAccessKey.
    let secret: SecretBytes

    /// Of type AWS_CLOUDHSM.
    package init(name: String, clusterID: String, trustAnchor: String, password: consuming SecretBytes) {
        self.name = name
        basis = .cluster(id: clusterID, trustAnchor: trustAnchor)
        secret = password
    }

    /// Of type EXTERNAL_KEY_STORE.
    package init(name: String, proxy: XKSProxyAddress, accessKeyID: String, secretAccessKey: consuming SecretBytes) {
        self.name = name
        basis = .proxy(proxy, accessKeyID: accessKeyID)
        secret = secretAccessKey
    }
}

// CreateCustomKeyStore, DescribeCustomKeyStores, DeleteCustomKeyStore. Changing one and connecting it are in files of their
// own.
extension KeyStore {
    /// How many custom key stores an account may have in a Region.
    package static let maximumCustomKeyStores = 10

    /// Makes a key store that is not connected yet. Answers its id.
    package func createCustomKeyStore(
        _ new: consuming NewCustomKeyStore, by context: CallContext
    ) async throws(KMSError) -> CustomKeyStoreID {
        try authorize(.createCustomKeyStore, on: .account(context.scope), by: context)
        let (scope, basis) = (context.scope, new.basis)
        // Before anything is looked at that takes long, and again when it is stored.
        try checkThatIsFree(basis, in: scope)
        try checkName(new.name, in: scope)
        if case .cluster(let clusterID, let trustAnchor) = basis {
            let cluster = try cluster(clusterID, for: scope.account)
            try cluster.checkTrustAnchor(trustAnchor)
            try await customKeyStoreConnector.examine(cluster)
        }
        let id = CustomKeyStoreID.random()
        let sealed = try await passwords().seal(new.secret, of: id, in: scope)
        let store = CustomKeyStore(
            id: id, scope: scope, name: new.name, creationDate: clock.now, backing: basis.backing(sealed))
        if case .proxy = basis { try await checkProxy(of: store, with: new.secret, by: context) }
        context.draft.note(response: .object(("customKeyStoreId", .string(id.description))))
        try await changes.run { () async throws(KMSError) in
            try checkThatIsFree(basis, in: scope)
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
            gates.withLock { $0[.keyStore(store.id)] = nil }
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

    private func checkThatIsFree(_ basis: NewCustomKeyStore.Basis, in scope: Scope) throws(KMSError) {
        switch basis {
        case .cluster(let id, _): try checkThatNobodyUses(try cluster(id, for: scope.account))
        case .proxy(let address, _): try checkThatNobodyUses(address, in: scope)
        }
    }

    /// What seals and opens passwords, with its key made when first needed.
    func passwords() async throws(KMSError) -> KeyStorePasswords {
        KeyStorePasswords(backend: backend, sealingKey: try await systemKey(for: .keyStorePasswords))
    }
}

extension NewCustomKeyStore.Basis {
    fileprivate func backing(_ sealed: SealedBytes) -> CustomKeyStore.Backing {
        switch self {
        case .cluster(let id, let trustAnchor):
            .cloudHSM(CloudHSMBacking(clusterID: id, trustAnchor: trustAnchor, sealedPassword: sealed))
        case .proxy(let address, let accessKeyID):
            .xksProxy(
                XKSProxyBacking(
                    uriEndpoint: address.uriEndpoint, uriPath: address.uriPath, accessKeyID: accessKeyID,
                    sealedSecret: sealed))
        }
    }
}
