/// A logical key store of the XKS proxy, isolated from all others: its own path, credentials, keys and quota.
public struct XKSStore: Hashable, Sendable {
    /// The beginning of its path, without slashes at its ends: `/<prefix>/kms/xks/v1`. No two stores share one.
    public let prefix: String
    /// Where its keys are.
    public let scope: Scope
    public var isEnabled: Bool
    /// How many requests it takes in a second; zero is without limit.
    public var requestsPerSecond: Int
    /// Secondary authorization, in the grammar of key policies; nil to trust the key policies of AWS KMS.
    public var policy: String?
    public let creationDate: Timestamp

    public init(
        prefix: String, scope: Scope, isEnabled: Bool = true,
        requestsPerSecond: Int = XKSStore.defaultRequestsPerSecond,
        policy: String? = nil, creationDate: Timestamp
    ) {
        self.prefix = prefix
        self.scope = scope
        self.isEnabled = isEnabled
        self.requestsPerSecond = requestsPerSecond
        self.policy = policy
        self.creationDate = creationDate
    }

    /// What AWS KMS itself gives an external key store ("Request quotas", AWS KMS Developer Guide).
    public static let defaultRequestsPerSecond = 1800
}

/// What requests to a store are signed with. It has nothing to do with IAM.
public struct XKSCredential: Hashable, Sendable {
    /// The access key id: 20 to 30 characters of `[A-Z2-7]`.
    public let id: String
    /// Of the store, which is there.
    public let prefix: String
    /// The secret access key, sealed under the system key for credentials.
    public let sealedSecret: SealedBytes
    public let creationDate: Timestamp

    public init(id: String, prefix: String, sealedSecret: SealedBytes, creationDate: Timestamp) {
        self.id = id
        self.prefix = prefix
        self.sealedSecret = sealedSecret
        self.creationDate = creationDate
    }
}
