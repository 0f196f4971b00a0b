/// A KMS key: all that is kept of it in the metadata store. Its material is in the token.
public struct Key: Hashable, Sendable {
    /// How far a key has come. The two intents stand in the store while the token is at work, so that after a crash
    /// it is known what was meant: see ``KeyStore/start()``.
    public enum Lifecycle: String, Sendable {
        /// Intent: the material's id is chosen, the token may or may not have made the object. Seen by nobody.
        case creating
        /// A replica whose material is on its way from another Region's token. Shown as Creating.
        case replicating
        case enabled
        case disabled
        /// Imported material is missing: never imported, deleted or expired. Enabled again by an import.
        case pendingImport
        case pendingDeletion
        /// A primary that is to be deleted, and waits for the last of its replicas to go first.
        case pendingReplicaDeletion
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
    /// By the ARNs of users and roles in the policy, their unique ids when it was stored: others who get their names
    /// later get nothing by it.
    public var policyPrincipals: [String: String] = [:]
    public var tags: [String: String]
    public var creationDate: Timestamp
    public var deletionDate: Timestamp?
    /// All material that the key ever had, by number; the one that encrypts is ``currentMaterial``.
    public var materials: [KeyMaterial]
    public var currentMaterial: UInt32
    public var manager: KeyManager
    public var rotation: KeyRotation
    /// The custom key store that the key is in, if it is in one.
    public var customKeyStore: CustomKeyStoreID?
    /// XksKeyId: what its custom key store's XKS proxy knows the external key by, under which everything is sealed once
    /// more. Of keys of origin EXTERNAL_KEY_STORE, and of no others.
    public var xksKeyID: String?
    /// How the XKS proxy exposes the key; nil of all keys that are not the proxy's.
    public var exposure: KeyExposure?
    /// Of a multi-Region key, the Region of the primary of its set; nil for all other keys.
    public var primaryRegion: Region?
    /// Days from the end of the last replica to that of the primary, while it is pendingReplicaDeletion.
    public var pendingWindowInDays: Int?

    public init(
        address: KeyAddress, spec: KeySpec, usage: KeyUsage, origin: KeyOrigin, lifecycle: Lifecycle,
        description: String, policy: String, tags: [String: String], creationDate: Timestamp,
        deletionDate: Timestamp? = nil, materials: [KeyMaterial], currentMaterial: UInt32,
        manager: KeyManager = .customer, rotation: KeyRotation = KeyRotation()
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
        self.manager = manager
        self.rotation = rotation
    }

    /// The custom key store in whose token the key's material is; nil where it is in the server's own.
    package var tokenKeyStore: CustomKeyStoreID? { origin == .awsCloudHSM ? customKeyStore : nil }

    package var state: KeyState {
        switch lifecycle {
        case .creating, .replicating: .creating
        case .enabled: .enabled
        case .disabled: .disabled
        case .pendingImport: .pendingImport
        case .pendingDeletion, .destroying: .pendingDeletion
        case .pendingReplicaDeletion: .pendingReplicaDeletion
        }
    }
}

/// Who decides over a key, as AWS KMS names it.
public enum KeyManager: String, Sendable {
    case customer = "CUSTOMER"
    /// A key that the server made for `alias/aws/<service>`: it serves, and nobody can change it.
    case aws = "AWS"
}

/// A key's rotation schedule.
public struct KeyRotation: Hashable, Sendable {
    /// Days from one automatic rotation to the next; nil while they are off.
    public var periodInDays: Int?
    /// When the next automatic rotation is due; nil while they are off.
    public var nextDate: Timestamp?
    /// How often the key was rotated on demand.
    public var onDemandCount: Int

    public init(periodInDays: Int? = nil, nextDate: Timestamp? = nil, onDemandCount: Int = 0) {
        self.periodInDays = periodInDays
        self.nextDate = nextDate
        self.onDemandCount = onDemandCount
    }
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
