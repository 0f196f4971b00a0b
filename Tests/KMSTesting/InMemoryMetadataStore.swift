package import KMSCore
internal import Synchronization

/// A metadata store that forgets at the end, for tests. It keeps every rule that a real one does, and like them it
/// passes ``MetadataStoreContract``.
package final class InMemoryMetadataStore: MetadataStore {
    private let content = Mutex(InMemoryMetadata())

    package init() {}

    package func load() async throws(KMSError) -> MetadataImage {
        content.withLock { $0.image }
    }

    package func commit(_ changes: [MetadataChange]) async throws(KMSError) {
        try content.withLock { content throws(KMSError) in
            // All or none: the changes are made to a copy.
            var changed = content
            for change in changes { try changed.make(change) }
            content = changed
        }
    }
}

/// What an ``InMemoryMetadataStore`` holds, by what names it.
struct InMemoryMetadata {
    struct AliasName: Hashable {
        let scope: Scope
        let name: String
    }

    struct GrantName: Hashable {
        let key: KeyAddress
        let id: String
    }

    struct SystemKey {
        let reference: MaterialReference
        let publicKey: [UInt8]
    }

    var keys: [KeyAddress: Key] = [:]
    var aliases: [AliasName: Alias] = [:]
    var grants: [GrantName: Grant] = [:]
    var accessKeys: [String: AccessKey] = [:]
    var systemKeys: [SystemKeyPurpose: SystemKey] = [:]
    var wrappingKeys: [ObjectID: WrappingKey] = [:]
    var lastUsages: [KeyAddress: KeyLastUsage] = [:]
    var accounts: [AccountID: Account] = [:]
    var identities: [Identity.Key: Identity] = [:]
    /// By their ARNs.
    var managedPolicies: [String: ManagedPolicy] = [:]
    /// By their serial numbers.
    var multiFactorDevices: [String: MFADevice] = [:]
    var sessions: [String: Session] = [:]
    /// By their prefixes.
    var xksStores: [String: XKSStore] = [:]
    /// By their ids.
    var xksCredentials: [String: XKSCredential] = [:]
    var outbox: [OutboxItem] = []
    var customKeyStores: [CustomKeyStoreID: CustomKeyStore] = [:]

    var image: MetadataImage {
        var image = MetadataImage(
            keys: Array(keys.values), aliases: Array(aliases.values), accessKeys: Array(accessKeys.values),
            systemKeys: systemKeys.mapValues(\.reference), wrappingKeys: Array(wrappingKeys.values),
            lastUsages: lastUsages
        )
        image.grants = Array(grants.values)
        image.accounts = Array(accounts.values)
        image.identities = Array(identities.values)
        image.managedPolicies = Array(managedPolicies.values)
        image.multiFactorDevices = Array(multiFactorDevices.values)
        image.sessions = Array(sessions.values)
        image.xksStores = Array(xksStores.values)
        image.xksCredentials = Array(xksCredentials.values)
        image.outbox = outbox
        image.customKeyStores = Array(customKeyStores.values)
        image.systemPublicKeys = systemKeys.mapValues(\.publicKey).filter { !$0.value.isEmpty }
        return image
    }

    mutating func make(_ change: MetadataChange) throws(KMSError) {
        switch change {
        case .saveKey(let key): try save(key)
        case .removeKey(let address): remove(address)
        case .saveAlias(let alias): try save(alias)
        case .removeAlias(let scope, let name): aliases[AliasName(scope: scope, name: name)] = nil
        case .reserveEncryptions(let address, let number, let total):
            try setReservation(of: number, of: address) { max($0, total) }
        case .settleEncryptions(let address, let number, let total):
            try setReservation(of: number, of: address) { _ in total }
        case .saveAccessKey(let key): accessKeys[key.id] = key
        case .removeAccessKey(let id): accessKeys[id] = nil
        case .saveSystemKey(let purpose, let reference, let publicKey):
            try save(SystemKey(reference: reference, publicKey: publicKey), for: purpose)
        case .saveWrappingKey(let key): wrappingKeys[key.reference.object] = key
        case .removeWrappingKey(let object): wrappingKeys[object] = nil
        case .saveLastUsages(let usages):
            lastUsages.merge(usages.filter { keys[$0.key] != nil }) { _, new in new }
        case .saveGrant(let grant): try save(grant)
        case .removeGrant(let id, let address): grants[GrantName(key: address, id: id)] = nil
        case .saveAccount(let account): accounts[account.id] = account
        case .saveIdentity(let identity): try save(identity)
        case .removeIdentity(let key): identities[key] = nil
        case .saveManagedPolicy(let policy): try save(policy)
        case .removeManagedPolicy(let arn): managedPolicies[arn] = nil
        case .saveMultiFactorDevice(let device): multiFactorDevices[device.serialNumber] = device
        case .removeMultiFactorDevice(let serialNumber): multiFactorDevices[serialNumber] = nil
        case .saveSession(let session): sessions[session.id] = session
        case .removeSessions(let ids): for id in ids { sessions[id] = nil }
        case .saveCustomKeyStore(let store): try save(store)
        case .removeCustomKeyStore(let id): try remove(id)
        case .saveXKSStore(let store): try save(store)
        case .removeXKSStore(let prefix): removeXKSStore(prefix)
        case .saveXKSCredential(let credential): try save(credential)
        case .removeXKSCredential(let id): xksCredentials[id] = nil
        case .saveOutboxItem(let item): save(item)
        case .removeOutboxItems(let ids): outbox.removeAll { ids.contains($0.id) }
        }
    }

    func require(_ condition: Bool, _ rule: String) throws(KMSError) {
        guard condition else { throw failure(rule) }
    }

    func failure(_ rule: String) -> KMSError {
        KMSError(.internalFailure, "the metadata store failed", cause: rule)
    }
}
