import KMSCore
import KMSTesting

/// Draws changes to a few keys, aliases and access keys, so that sequences meet each other often. The same seed draws
/// the same sequence, apart from ids.
struct RandomChanges {
    private var generator: SplitMix64
    private let addresses: [KeyAddress]
    private let objects: [ObjectID]

    init(seed: UInt64) {
        generator = SplitMix64(state: seed)
        addresses = (0..<4).map { index in
            KeyAddress(scope: index.isMultiple(of: 2) ? .sample : .otherRegion, id: .random())
        }
        // Few enough that two keys at times want the same one, which is refused.
        objects = (0..<24).map { _ in .random() }
    }

    /// One commit's changes: mostly possible ones.
    mutating func next() -> [MetadataChange] {
        (0..<Int.random(in: 1...4, using: &generator)).map { _ in change() }
    }

    private mutating func change() -> MetadataChange {
        let address = addresses.randomElement(using: &generator)!
        let name = ["alias/a", "alias/b", "alias/c"].randomElement(using: &generator)!
        let accessKeyID = ["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"].randomElement(using: &generator)!
        let number = UInt32.random(in: 1...3, using: &generator)
        let total = UInt64.random(in: 0...(1 << 33), using: &generator)
        switch Int.random(in: 0..<16, using: &generator) {
        case 0..<5: return .saveKey(key(address))
        case 5: return .removeKey(address)
        case 6..<8:
            return .saveAlias(
                Alias(
                    scope: address.scope, name: name, target: address.id, creationDate: time(), lastUpdatedDate: time()
                )
            )
        case 8: return .removeAlias(address.scope, name: name)
        case 9..<11: return .reserveEncryptions(address, material: number, total: total)
        case 11: return .settleEncryptions(address, material: number, total: total)
        case 12: return .saveAccessKey(.sample(accessKeyID))
        case 13: return .removeAccessKey(id: accessKeyID)
        default: return .saveSystemKey(.credentials, reference())
        }
    }

    private mutating func key(_ address: KeyAddress) -> Key {
        let numbers = (1...3).filter { _ in Bool.random(using: &generator) }.map(UInt32.init)
        var materials: [KeyMaterial] = []
        for number in numbers.shuffled(using: &generator) {
            var material = KeyMaterial.sample(number, reserved: .random(in: 0...(1 << 32), using: &generator))
            material.reference = reference()
            materials.append(material)
        }
        let lifecycles: [Key.Lifecycle] = [.creating, .enabled, .disabled, .pendingDeletion, .destroying]
        return Key(
            address: address, spec: .symmetricDefault, usage: KeyUsage.allCases.randomElement(using: &generator)!,
            origin: KeyOrigin.allCases.randomElement(using: &generator)!,
            lifecycle: lifecycles.randomElement(using: &generator)!,
            description: ["", "payroll", "a\u{0}b", "\u{1F511}"].randomElement(using: &generator)!, policy: "{}",
            tags: ["team": "blue", "cost": "7", "": ""].filter { _ in Bool.random(using: &generator) },
            creationDate: time(), deletionDate: Bool.random(using: &generator) ? time() : nil, materials: materials,
            // At times one that is not there.
            currentMaterial: Int.random(in: 0..<20, using: &generator) == 0 ? 9 : numbers.last ?? 0
        )
    }

    private mutating func reference() -> MaterialReference {
        let object = objects.randomElement(using: &generator)!
        return MaterialReference(object: object, checkValue: Bool.random(using: &generator) ? [1, 2, 3] : [])
    }

    private mutating func time() -> Timestamp {
        Timestamp(milliseconds: .random(in: -1...(1 << 42), using: &generator))
    }
}

/// Steele, Lea and Flood's SplitMix64: small, and seeded, so that a failure can be repeated.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
