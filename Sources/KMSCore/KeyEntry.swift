import Synchronization

/// A key as requests see it: its metadata, and what is worked out once so that no request has to.
final class KeyEntry: Sendable {
    let key: Key
    let arn: String
    let algorithm: AlgorithmTable.Entry
    let current: MaterialEntry
    private let materials: [UInt32: MaterialEntry]

    /// Nil when the key's spec or current material is not known here, as after a downgrade.
    init?(_ key: Key, materials known: [UInt32: MaterialEntry] = [:]) {
        guard let algorithm = AlgorithmTable.entry(for: key.spec) else { return nil }
        var materials: [UInt32: MaterialEntry] = [:]
        for material in key.materials {
            materials[material.number] =
                known[material.number] ?? MaterialEntry(material, of: key.address.id, algorithm: algorithm)
        }
        guard let current = materials[key.currentMaterial] else { return nil }
        self.key = key
        self.algorithm = algorithm
        self.materials = materials
        self.current = current
        arn = key.address.arn
    }

    /// The same key with changed metadata: counters and findings about its material stay.
    func replacing(_ key: Key) -> KeyEntry? {
        KeyEntry(key, materials: materials)
    }

    func material(_ number: UInt32) -> MaterialEntry? { materials[number] }

    var allMaterials: [MaterialEntry] { Array(materials.values) }

    /// The state as it is shown: a key whose material the token does not show is Unavailable, never deleted.
    var state: KeyState {
        key.state == .enabled && current.isMissing ? .unavailable : key.state
    }
}

/// One key material at run time.
final class MaterialEntry: Sendable {
    let number: UInt32
    let reference: MaterialReference
    let idText: String
    /// The first bytes of every ciphertext of this material.
    let header: [UInt8]
    let budget: EncryptionBudget
    private let missing = Atomic(false)

    init(_ material: KeyMaterial, of key: KeyID, algorithm: AlgorithmTable.Entry) {
        number = material.number
        reference = material.reference
        idText = material.idText
        header = CiphertextBlob.header(keyID: key, materialNumber: material.number)
        // Whatever was reserved by an earlier process counts as used.
        budget = EncryptionBudget(
            reserved: material.reservedEncryptions, used: material.reservedEncryptions,
            maximum: algorithm.maximumEncryptions
        )
    }

    var isMissing: Bool { missing.load(ordering: .relaxed) }

    /// Remembers whether the token has the object; answers whether that is news.
    func setMissing(_ value: Bool) -> Bool {
        guard isMissing != value else { return false }
        return missing.exchange(value, ordering: .relaxed) != value
    }
}
