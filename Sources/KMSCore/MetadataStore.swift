/// Where everything but key material is kept.
///
/// A server reads it whole once at its start and holds the image in memory: no request reads it again. Every
/// implementation passes `MetadataStoreContract` in KMSTesting. Errors are `internalFailure` with the cause for the
/// log; no error holds a stored value.
public protocol MetadataStore: Sendable {
    /// All that is stored.
    func load() async throws(KMSError) -> MetadataImage

    /// Makes all changes or none, durably: after it returns they survive a power cut.
    func commit(_ changes: [MetadataChange]) async throws(KMSError)
}

/// The whole content of a ``MetadataStore``.
public struct MetadataImage: Hashable, Sendable {
    public var keys: [Key]
    public var aliases: [Alias]
    public var accessKeys: [AccessKey]
    /// The materials that the server itself uses, by purpose.
    public var systemKeys: [SystemKeyPurpose: MaterialReference]
    public var wrappingKeys: [WrappingKey]
    public var lastUsages: [KeyAddress: KeyLastUsage]
    public var grants: [Grant] = []
    public var accounts: [Account] = []
    public var identities: [Identity] = []
    public var managedPolicies: [ManagedPolicy] = []
    public var multiFactorDevices: [MFADevice] = []
    public var sessions: [Session] = []
    public var xksStores: [XKSStore] = []
    public var xksCredentials: [XKSCredential] = []
    /// In the order in which they were written.
    public var outbox: [OutboxItem] = []
    /// DER SubjectPublicKeyInfo of those of the server's own keys that are key pairs.
    public var systemPublicKeys: [SystemKeyPurpose: [UInt8]] = [:]
    public var customKeyStores: [CustomKeyStore] = []

    public init(
        keys: [Key] = [], aliases: [Alias] = [], accessKeys: [AccessKey] = [],
        systemKeys: [SystemKeyPurpose: MaterialReference] = [:], wrappingKeys: [WrappingKey] = [],
        lastUsages: [KeyAddress: KeyLastUsage] = [:]
    ) {
        self.keys = keys
        self.aliases = aliases
        self.accessKeys = accessKeys
        self.systemKeys = systemKeys
        self.wrappingKeys = wrappingKeys
        self.lastUsages = lastUsages
    }
}

public enum MetadataChange: Sendable {
    /// Inserts the key with its materials and tags, or replaces it. A material's reservation never goes down by this.
    case saveKey(Key)
    /// Removes the key with all that belongs to it, its aliases included.
    case removeKey(KeyAddress)
    case saveAlias(Alias)
    case removeAlias(Scope, name: String)
    /// Raises how many encryptions are accounted for.
    case reserveEncryptions(KeyAddress, material: UInt32, total: UInt64)
    /// Sets how many encryptions were made, exactly, at an orderly end.
    case settleEncryptions(KeyAddress, material: UInt32, total: UInt64)
    case saveAccessKey(AccessKey)
    case removeAccessKey(id: String)
    /// The public key is DER SubjectPublicKeyInfo, and empty of a secret key.
    case saveSystemKey(SystemKeyPurpose, MaterialReference, publicKey: [UInt8] = [])
    case saveWrappingKey(WrappingKey)
    /// To find none is no error.
    case removeWrappingKey(ObjectID)
    /// Sets what is known of each key's last use. A key that is not there is passed over.
    case saveLastUsages([KeyAddress: KeyLastUsage])
    /// The key is there.
    case saveGrant(Grant)
    case removeGrant(id: String, of: KeyAddress)
    case saveAccount(Account)
    /// Inserts or replaces; what belongs to an identity goes with it.
    case saveIdentity(Identity)
    /// Removes the identity. Its access keys, devices and sessions are removed by changes of their own.
    case removeIdentity(Identity.Key)
    case saveManagedPolicy(ManagedPolicy)
    case removeManagedPolicy(arn: String)
    case saveMultiFactorDevice(MFADevice)
    case removeMultiFactorDevice(serialNumber: String)
    case saveSession(Session)
    case removeSessions(ids: [String])
    case saveCustomKeyStore(CustomKeyStore)
    /// It has no keys. To find none is no error.
    case removeCustomKeyStore(CustomKeyStoreID)
    case saveXKSStore(XKSStore)
    /// Removes the store with its credentials. To find none is no error.
    case removeXKSStore(prefix: String)
    /// The store is there.
    case saveXKSCredential(XKSCredential)
    /// To find none is no error.
    case removeXKSCredential(id: String)
    case saveOutboxItem(OutboxItem)
    /// To find none is no error.
    case removeOutboxItems(ids: [String])
}

/// What a token-resident key of the server's own is for.
public struct SystemKeyPurpose: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Seals secret access keys, so that a stolen database gives no access.
    public static let credentials = SystemKeyPurpose(rawValue: "credentials")
    /// Seals import tokens, so that nobody else can make one.
    public static let importTokens = SystemKeyPurpose(rawValue: "import-tokens")
    /// What the XKS proxy proves with that the token works, rather than with a customer's key.
    public static let xksHealth = SystemKeyPurpose(rawValue: "xks-health")
    /// Signs the audit log's digests: a key pair on P-256.
    public static let auditDigests = SystemKeyPurpose(rawValue: "audit-digests")
    /// Seals the passwords of custom key stores.
    public static let keyStorePasswords = SystemKeyPurpose(rawValue: "key-store-passwords")
}

/// A token-resident RSA key pair under whose public part the material of one key is wrapped to be imported.
public struct WrappingKey: Hashable, Sendable {
    /// The check value is empty until the token has made the pair.
    public var reference: MaterialReference
    /// DER SubjectPublicKeyInfo.
    public var publicKey: [UInt8]
    /// The key that the material is for. It may be gone already.
    public let key: KeyAddress
    /// RSA_2048, RSA_3072 or RSA_4096.
    public let spec: KeySpec
    /// When the pair is destroyed.
    public let validTo: Timestamp

    public init(
        reference: MaterialReference, publicKey: [UInt8], key: KeyAddress, spec: KeySpec, validTo: Timestamp
    ) {
        self.reference = reference
        self.publicKey = publicKey
        self.key = key
        self.spec = spec
        self.validTo = validTo
    }
}

/// The last successful cryptographic operation with a key (KeyLastUsageData).
public struct KeyLastUsage: Hashable, Sendable {
    /// KeyLastUsageTrackingOperation as AWS KMS names it, for example GenerateDataKey.
    public var operation: String
    public var date: Timestamp
    public var requestID: String

    public init(operation: String, date: Timestamp, requestID: String) {
        self.operation = operation
        self.date = date
        self.requestID = requestID
    }
}

/// An access key as it is stored.
public struct AccessKey: Hashable, Sendable {
    /// As in `AKIAIOSFODNN7EXAMPLE`: 20 upper-case letters and digits.
    public let id: String
    public var principal: Principal
    /// The secret access key, sealed under the system key for credentials.
    public var sealedSecret: SealedBytes
    public var isActive: Bool
    public var creationDate: Timestamp

    public init(id: String, principal: Principal, sealedSecret: SealedBytes, isActive: Bool, creationDate: Timestamp) {
        self.id = id
        self.principal = principal
        self.sealedSecret = sealedSecret
        self.isActive = isActive
        self.creationDate = creationDate
    }
}
