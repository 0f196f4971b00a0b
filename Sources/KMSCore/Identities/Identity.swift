/// A user, a role or a service: who may call, or be assumed.
public struct Identity: Hashable, Sendable {
    public enum Kind: String, Sendable {
        case user
        case role
        /// A service that calls for its users, such as `ec2.amazonaws.com`: only operators make one.
        case service
    }

    /// What a name stands for: names of users, of roles and of services are apart.
    public struct Key: Hashable, Sendable {
        public let account: AccountID
        public let kind: Kind
        /// As it was given. No two differ in case alone.
        public let name: String

        public init(account: AccountID, kind: Kind, name: String) {
            self.account = account
            self.kind = kind
            self.name = name
        }
    }

    public let key: Key
    /// Begins and ends with a slash.
    public var path: String
    /// `AIDA…` of a user, `AROA…` of a role, `ASVC…` of a service: never given twice, so that a name that is used again
    /// inherits nothing.
    public let uniqueID: String
    public var creationDate: Timestamp
    public var description: String
    /// Of a role: who may assume it. Empty of others.
    public var trustPolicy: String
    /// By the ARNs in the trust policy, the unique ids of the identities that they meant when it was set: one of the
    /// same name that is made later is somebody else.
    public var trustPrincipals: [String: String]
    /// Of a role, in seconds: from 3,600 to 43,200.
    public var maximumSessionDuration: Int
    /// By their names, word for word as they were given.
    public var inlinePolicies: [String: String]
    /// ARNs of managed policies, in the order in which they were attached.
    public var attachedPolicies: [String]
    /// The ARN of a managed policy.
    public var permissionsBoundary: String?
    public var tags: [String: String]

    public init(
        key: Key, path: String = "/", uniqueID: String, creationDate: Timestamp, description: String = "",
        trustPolicy: String = "", trustPrincipals: [String: String] = [:], maximumSessionDuration: Int = 3600,
        inlinePolicies: [String: String] = [:],
        attachedPolicies: [String] = [], permissionsBoundary: String? = nil, tags: [String: String] = [:]
    ) {
        self.key = key
        self.path = path
        self.uniqueID = uniqueID
        self.creationDate = creationDate
        self.description = description
        self.trustPolicy = trustPolicy
        self.trustPrincipals = trustPrincipals
        self.maximumSessionDuration = maximumSessionDuration
        self.inlinePolicies = inlinePolicies
        self.attachedPolicies = attachedPolicies
        self.permissionsBoundary = permissionsBoundary
        self.tags = tags
    }

    /// `arn:aws:iam::A:user/path/N` or `arn:aws:iam::A:role/path/N`. A service's is its name, as in policies.
    package var arn: String {
        switch key.kind {
        case .user, .role: "arn:aws:iam::\(key.account):\(key.kind.rawValue)\(path)\(key.name)"
        case .service: key.name
        }
    }
}
