import KMSPolicy
import LibCrypto
import Synchronization

/// A key as requests see it: its metadata, and what is worked out once so that no request has to.
final class KeyEntry: Sendable {
    let key: Key
    let arn: String
    let algorithm: AlgorithmTable.Entry
    let current: MaterialEntry
    let lastUse: LastUse
    let policy: CompiledPolicy
    /// Whether the key policy could be read. One that could not allows nothing.
    let isPolicyUnderstood: Bool
    let grants: GrantTable
    private let materials: [UInt32: MaterialEntry]
    /// When the first of the imported materials expires that the key cannot be without.
    private let firstExpiry: Timestamp?

    /// Nil when the key's spec or material is not known here, as after a downgrade. `former` is the same key before
    /// it was changed: counters and findings stay. `backend` is nil where the key will seal and open nothing.
    init?(
        _ key: Key, in backend: (any KeyBackend)?, replacing former: KeyEntry? = nil, lastUsage: KeyLastUsage? = nil
    ) {
        guard let algorithm = AlgorithmTable.entry(for: key.spec) else { return nil }
        var materials: [UInt32: MaterialEntry] = [:]
        for material in key.materials {
            materials[material.number] = MaterialEntry(
                material, of: key.address.id, algorithm: algorithm,
                scheme: backend?.sealingScheme(of: material.reference) ?? .aesGCM, isExternal: key.xksKeyID != nil,
                adoptedObject: backend?.adoptedObject(of: material.reference),
                replacing: former?.materials[material.number])
        }
        guard let current = materials[key.currentMaterial] else { return nil }
        self.key = key
        self.algorithm = algorithm
        self.materials = materials
        self.current = current
        lastUse = former?.lastUse ?? LastUse(lastUsage)
        grants = former?.grants ?? GrantTable()
        if let former, former.key.policy == key.policy, former.key.policyPrincipals == key.policyPrincipals {
            policy = former.policy
            isPolicyUnderstood = former.isPolicyUnderstood
        } else {
            let document = try? PolicyDocument(parsing: key.policy, as: .key)
            policy = CompiledPolicy(document ?? .empty, source: .keyPolicy, principalIDs: key.policyPrincipals)
            isPolicyUnderstood = document != nil
        }
        firstExpiry = key.materials.filter { !$0.isPendingRotation }.compactMap { $0.imported?.validTo }.min()
        arn = key.address.arn
    }

    func material(_ number: UInt32) -> MaterialEntry? { materials[number] }

    var allMaterials: [MaterialEntry] { Array(materials.values) }

    /// The state as it is shown: a key whose imported material has expired is PendingImport, whether or not that
    /// has been acted on; a key whose material the token does not show is Unavailable, never deleted.
    func state(at now: Timestamp) -> KeyState {
        let state = key.state
        if let firstExpiry, firstExpiry <= now, state == .enabled || state == .disabled { return .pendingImport }
        return state == .enabled && current.isMissing ? .unavailable : state
    }
}

/// One key material at run time.
final class MaterialEntry: Sendable {
    let number: UInt32
    let reference: MaterialReference
    let idText: String
    /// Whether the token is to have it.
    let isPresent: Bool
    /// Whether it is on its way from another Region's token.
    let isMoving: Bool
    /// DER SubjectPublicKeyInfo of a key pair; empty for secret keys.
    let subjectPublicKeyInfo: [UInt8]
    /// Of a key pair, once it was needed: to parse and check one takes as long as three hundred look-ups.
    private let parsedPublicKey: Mutex<PublicKey?>
    /// How it seals, where it is of a symmetric key.
    let scheme: SealingScheme
    /// Of its ciphertexts.
    let format: CiphertextFormat
    /// Of one that was in the token before: it is not ours to destroy, or to judge the token by.
    let adoptedObject: [UInt8]?
    /// The first bytes of every ciphertext of this material.
    let header: [UInt8]
    let budget: EncryptionBudget
    private let missing = Atomic(false)

    init(
        _ material: KeyMaterial, of key: KeyID, algorithm: AlgorithmTable.Entry, scheme: SealingScheme,
        isExternal: Bool, adoptedObject: [UInt8]?,
        replacing former: MaterialEntry? = nil
    ) {
        number = material.number
        reference = material.reference
        idText = material.idText
        isPresent = material.stage == .present
        isMoving = material.stage == .moving
        subjectPublicKeyInfo = material.publicKey
        let isSamePublicKey = former?.subjectPublicKeyInfo == material.publicKey
        parsedPublicKey = Mutex(isSamePublicKey ? former?.parsedPublicKey.withLock { $0 } : nil)
        self.scheme = scheme
        self.adoptedObject = adoptedObject
        format = isExternal ? .external : CiphertextFormat(scheme)
        header = CiphertextBlob.header(keyID: key, materialNumber: material.number, format: format)
        // Whatever was reserved by an earlier process counts as used.
        budget =
            former?.budget
            ?? EncryptionBudget(
                reserved: material.reservedEncryptions, used: material.reservedEncryptions,
                // Each Region counts its own, and all of them together may not make more than one key may.
                maximum: algorithm.maximumEncryptions / (key.isMultiRegion ? UInt64(KeyStore.maximumRegionsOfKey) : 1)
            )
        if let former, former.isMissing, isPresent, former.reference == reference { _ = setMissing(true) }
    }

    /// Of a key pair; nil where there is none that can be read.
    var publicKey: PublicKey? {
        guard !subjectPublicKeyInfo.isEmpty else { return nil }
        return parsedPublicKey.withLock { parsed in
            if parsed == nil { parsed = try? PublicKey(subjectPublicKeyInfo: subjectPublicKeyInfo) }
            return parsed
        }
    }

    var isMissing: Bool { missing.load(ordering: .relaxed) }

    /// Remembers whether the token has the object; answers whether that is news.
    func setMissing(_ value: Bool) -> Bool {
        guard isMissing != value else { return false }
        return missing.exchange(value, ordering: .relaxed) != value
    }
}

extension PolicyDocument {
    /// Allows nothing.
    fileprivate static let empty = PolicyDocument(
        kind: .key, version: .v2012, hasVersion: true, id: nil, statements: [])
}
