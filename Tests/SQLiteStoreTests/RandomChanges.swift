import KMSCore
import KMSTesting

/// Draws changes to a few keys and identities and to what stands beside them, so that sequences meet each other often.
/// The same seed draws the same sequence, apart from ids.
struct RandomChanges {
    private var random: RandomKeys
    private let addresses: [KeyAddress]
    private let objects: [ObjectID]
    /// Two of type AWS_CLOUDHSM, and in between one of the other.
    private let keyStores = [CustomKeyStoreID.random(), .random(), .random()]

    init(seed: UInt64) {
        random = RandomKeys(seed: seed)
        addresses = (0..<4).map { index in
            KeyAddress(scope: index.isMultiple(of: 2) ? .sample : .otherRegion, id: .random())
        }
        // Few enough that two keys at times want the same one, which is refused.
        objects = (0..<24).map { _ in .random() }
    }

    /// One commit's changes: mostly possible ones.
    mutating func next() -> [MetadataChange] {
        (0..<Int.random(in: 1...4, using: &random.generator)).map { _ in change() }
    }

    private mutating func change() -> MetadataChange {
        if Int.random(in: 0..<8, using: &random.generator) == 0 { return keyStoreChange() }
        return Bool.random(using: &random.generator) ? keyChange() : identityChange()
    }

    /// To grants, identities and what stands beside them; the few names and unique ids clash at times.
    private mutating func identityChange() -> MetadataChange {
        let grantID = String(repeating: random.pick(["a", "b", "c"]), count: 64)
        let name = random.pick(["alice", "Alice", "bob"])
        let account = random.pick([Scope.sample.account, AccountID("999988887777")!])
        let identity = Identity.Key(account: account, kind: random.pick([.user, .role]), name: name)
        let uniqueID = name + random.pick(["1", "2", "3", "4", "5"])
        let id = random.pick(["one", "two", "three"])
        switch Int.random(in: 0..<18, using: &random.generator) {
        case 0..<3: return .saveGrant(random.grant(grantID, on: random.pick(addresses)))
        case 3: return .removeGrant(id: grantID, of: random.pick(addresses))
        case 4: return .saveAccount(Account(id: account, name: name, creationDate: random.time()))
        case 5..<8: return .saveIdentity(random.identity(identity, uniqueID: uniqueID))
        case 8: return .removeIdentity(identity)
        case 9..<11: return .saveManagedPolicy(random.managedPolicy(name, uniqueID: uniqueID))
        case 11: return .removeManagedPolicy(arn: random.managedPolicy(name, uniqueID: uniqueID).arn)
        case 12: return .saveMultiFactorDevice(random.multiFactorDevice(name))
        case 13: return .removeMultiFactorDevice(serialNumber: random.multiFactorDevice(name).serialNumber)
        case 14: return .saveSession(random.session(id))
        case 15: return .removeSessions(ids: [id, "one"])
        case 16: return .saveOutboxItem(random.outboxItem(id))
        default: return .removeOutboxItems(ids: [id])
        }
    }

    private mutating func keyChange() -> MetadataChange {
        let address = random.pick(addresses)
        let name = random.pick(["alias/a", "alias/b", "alias/c"])
        let accessKeyID = random.pick(["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"])
        let number = UInt32.random(in: 1...3, using: &random.generator)
        let total = UInt64.random(in: 0...(1 << 33), using: &random.generator)
        switch Int.random(in: 0..<20, using: &random.generator) {
        case 0..<5: return .saveKey(key(address))
        case 5: return .removeKey(address)
        case 6..<8:
            return .saveAlias(
                Alias(
                    scope: address.scope, name: name, target: address.id, creationDate: random.time(),
                    lastUpdatedDate: random.time()
                )
            )
        case 8: return .removeAlias(address.scope, name: name)
        case 9..<11: return .reserveEncryptions(address, material: number, total: total)
        case 11: return .settleEncryptions(address, material: number, total: total)
        case 12: return .saveAccessKey(.sample(accessKeyID))
        case 13: return .removeAccessKey(id: accessKeyID)
        case 14..<16: return .saveWrappingKey(random.wrappingKey(reference(), for: address))
        case 16: return .removeWrappingKey(random.pick(objects))
        case 17..<19:
            let used = addresses.filter { _ in Bool.random(using: &random.generator) }
            return .saveLastUsages(Dictionary(uniqueKeysWithValues: used.map { ($0, random.lastUsage()) }))
        default: return .saveSystemKey(.credentials, reference(), publicKey: random.pick([[], [1, 2, 3]]))
        }
    }

    private mutating func key(_ address: KeyAddress) -> Key {
        let numbers = (1...3).filter { _ in Bool.random(using: &random.generator) }.map(UInt32.init)
        var key = random.key(address, [])
        // Which may not be there.
        key.customKeyStore = random.pick([nil, nil, nil, keyStores[0], keyStores[1]])
        if key.customKeyStore == keyStores[1] { key.xksKeyID = random.pick(["one", "two"]) }
        key.materials = numbers.shuffled(using: &random.generator).map { random.material($0, reference()) }
        // At times one that is not there.
        key.currentMaterial = Int.random(in: 0..<20, using: &random.generator) == 0 ? 9 : numbers.last ?? 0
        return key
    }

    /// Names and clusters clash at times.
    private mutating func keyStoreChange() -> MetadataChange {
        let id = random.pick(keyStores)
        guard Int.random(in: 0..<4, using: &random.generator) > 0 else { return .removeCustomKeyStore(id) }
        return .saveCustomKeyStore(
            CustomKeyStore(
                id: id, scope: .sample, name: random.pick(["one", "two", "three"]), creationDate: random.time(),
                connection: random.pick([.disconnected, .connected, .failed(.networkErrors)]),
                backing: id == keyStores[1]
                    ? .xksProxy(.sample(path: random.pick(["/a/kms/xks/v1", "/b/kms/xks/v1"])))
                    : .cloudHSM(.sample(random.pick(["cluster-aaaaaaaaaaa", "cluster-bbbbbbbbbbb"])))))
    }

    private mutating func reference() -> MaterialReference {
        MaterialReference(object: random.pick(objects), checkValue: random.pick([[], [1, 2, 3]]))
    }
}
