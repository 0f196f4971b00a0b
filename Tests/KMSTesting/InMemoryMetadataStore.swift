package import KMSCore
internal import Synchronization

/// A metadata store that forgets at the end, for tests. It keeps every rule that a real one does, and like them it
/// passes ``MetadataStoreContract``.
package final class InMemoryMetadataStore: MetadataStore {
    private let content = Mutex(Content())

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

private struct Content {
    struct AliasName: Hashable {
        let scope: Scope
        let name: String
    }

    private var keys: [KeyAddress: Key] = [:]
    private var aliases: [AliasName: Alias] = [:]
    private var accessKeys: [String: AccessKey] = [:]
    private var systemKeys: [SystemKeyPurpose: MaterialReference] = [:]
    private var wrappingKeys: [ObjectID: WrappingKey] = [:]
    private var lastUsages: [KeyAddress: KeyLastUsage] = [:]

    var image: MetadataImage {
        MetadataImage(
            keys: Array(keys.values), aliases: Array(aliases.values), accessKeys: Array(accessKeys.values),
            systemKeys: systemKeys, wrappingKeys: Array(wrappingKeys.values), lastUsages: lastUsages
        )
    }

    mutating func make(_ change: MetadataChange) throws(KMSError) {
        switch change {
        case .saveKey(let key):
            try save(key)
        case .removeKey(let address):
            keys[address] = nil
            lastUsages[address] = nil
            aliases = aliases.filter { $0.value.scope != address.scope || $0.value.target != address.id }
        case .saveAlias(let alias):
            try require(keys[KeyAddress(scope: alias.scope, id: alias.target)] != nil, "an alias needs its key")
            aliases[AliasName(scope: alias.scope, name: alias.name)] = alias
        case .removeAlias(let scope, let name):
            aliases[AliasName(scope: scope, name: name)] = nil
        case .reserveEncryptions(let address, let number, let total):
            try setReservation(of: number, of: address) { max($0, total) }
        case .settleEncryptions(let address, let number, let total):
            try setReservation(of: number, of: address) { _ in total }
        case .saveAccessKey(let key):
            accessKeys[key.id] = key
        case .removeAccessKey(let id):
            accessKeys[id] = nil
        case .saveSystemKey(let purpose, let reference):
            let others = systemKeys.filter { $0.key != purpose }
            try require(
                !others.values.contains { $0.object == reference.object }, "system keys need objects of their own"
            )
            systemKeys[purpose] = reference
        case .saveWrappingKey(let key):
            wrappingKeys[key.reference.object] = key
        case .removeWrappingKey(let object):
            wrappingKeys[object] = nil
        case .saveLastUsages(let usages):
            lastUsages.merge(usages.filter { keys[$0.key] != nil }) { _, new in new }
        }
    }

    private mutating func save(_ key: Key) throws(KMSError) {
        let numbers = Set(key.materials.map(\.number))
        try require(numbers.count == key.materials.count, "a key's materials need numbers of their own")
        try require(!numbers.contains(0), "materials count from 1")
        try require(
            key.currentMaterial == 0 || numbers.contains(key.currentMaterial), "a key needs its current material"
        )
        try require(key.materials.allSatisfy { $0.id.count == 32 }, "a material's id has 32 bytes")
        try require((key.rotation.periodInDays ?? 1) > 0, "a rotation period has a day or more")
        try require(key.rotation.onDemandCount >= 0, "rotations on demand are counted from zero")
        let others = keys.values.filter { $0.address != key.address }.flatMap(\.materials)
        let objects = (others + key.materials).map(\.reference.object)
        try require(Set(objects).count == objects.count, "materials need objects of their own")

        var saved = key
        saved.materials.sort { $0.number < $1.number }
        for index in saved.materials.indices {
            let number = saved.materials[index].number
            let before = keys[key.address]?.materials.first { $0.number == number }?.reservedEncryptions ?? 0
            saved.materials[index].reservedEncryptions = max(saved.materials[index].reservedEncryptions, before)
        }
        keys[key.address] = saved
    }

    private mutating func setReservation(
        of number: UInt32, of address: KeyAddress, _ total: (UInt64) -> UInt64
    ) throws(KMSError) {
        guard var key = keys[address], let index = key.materials.firstIndex(where: { $0.number == number }) else {
            throw failure("a reservation needs its material")
        }
        key.materials[index].reservedEncryptions = total(key.materials[index].reservedEncryptions)
        keys[address] = key
    }

    private func require(_ condition: Bool, _ rule: String) throws(KMSError) {
        guard condition else { throw failure(rule) }
    }

    private func failure(_ rule: String) -> KMSError {
        KMSError(.internalFailure, "the metadata store failed", cause: rule)
    }
}
