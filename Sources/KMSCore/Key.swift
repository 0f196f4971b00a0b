/// A KMS key: all that is kept of it in the metadata store. Its material is in the token.
public struct Key: Hashable, Sendable {
    /// How far a key has come. The two intents stand in the store while the token is at work, so that after a crash
    /// it is known what was meant: see ``KeyStore/start()``.
    public enum Lifecycle: String, Sendable {
        /// Intent: the material's id is chosen, the token may or may not have made the object. Seen by nobody.
        case creating
        case enabled
        case disabled
        case pendingDeletion
        /// Intent: due, and its objects are being destroyed. Shown as PendingDeletion.
        case destroying
    }

    public let address: KeyAddress
    public var spec: KeySpec
    public var usage: KeyUsage
    public var origin: KeyOrigin
    public var lifecycle: Lifecycle
    public var description: String
    /// The key policy, word for word as it was given.
    public var policy: String
    public var tags: [String: String]
    public var creationDate: Timestamp
    public var deletionDate: Timestamp?
    /// All material that the key ever had, by number; the one that encrypts is ``currentMaterial``.
    public var materials: [KeyMaterial]
    public var currentMaterial: UInt32

    public init(
        address: KeyAddress, spec: KeySpec, usage: KeyUsage, origin: KeyOrigin, lifecycle: Lifecycle,
        description: String, policy: String, tags: [String: String], creationDate: Timestamp,
        deletionDate: Timestamp? = nil, materials: [KeyMaterial], currentMaterial: UInt32
    ) {
        self.address = address
        self.spec = spec
        self.usage = usage
        self.origin = origin
        self.lifecycle = lifecycle
        self.description = description
        self.policy = policy
        self.tags = tags
        self.creationDate = creationDate
        self.deletionDate = deletionDate
        self.materials = materials
        self.currentMaterial = currentMaterial
    }

    package var state: KeyState {
        switch lifecycle {
        case .creating: .creating
        case .enabled: .enabled
        case .disabled: .disabled
        case .pendingDeletion, .destroying: .pendingDeletion
        }
    }
}

/// One version of a key's secret.
public struct KeyMaterial: Hashable, Sendable {
    /// Counts from 1 within its key. A ciphertext carries it.
    public let number: UInt32
    /// The KeyMaterialId that AWS KMS shows: 32 bytes.
    public let id: [UInt8]
    public var reference: MaterialReference
    public var creationDate: Timestamp
    /// How many encryptions are accounted for: at least as many as were made. See ``EncryptionBudget``.
    public var reservedEncryptions: UInt64

    public init(
        number: UInt32, id: [UInt8], reference: MaterialReference, creationDate: Timestamp, reservedEncryptions: UInt64
    ) {
        self.number = number
        self.id = id
        self.reference = reference
        self.creationDate = creationDate
        self.reservedEncryptions = reservedEncryptions
    }

    package var idText: String { Hexadecimal.encode(id) }
}

/// A second name for a key.
public struct Alias: Hashable, Sendable {
    public let scope: Scope
    /// With its `alias/`.
    public let name: String
    public var target: KeyID
    public var creationDate: Timestamp
    public var lastUpdatedDate: Timestamp

    public init(scope: Scope, name: String, target: KeyID, creationDate: Timestamp, lastUpdatedDate: Timestamp) {
        self.scope = scope
        self.name = name
        self.target = target
        self.creationDate = creationDate
        self.lastUpdatedDate = lastUpdatedDate
    }
}
