/// Temporary credentials: what AssumeRole and GetSessionToken give out.
public struct Session: Hashable, Sendable {
    public enum Kind: String, Sendable {
        /// Of a role that was assumed.
        case role
        /// Of a user or an account's root, by GetSessionToken.
        case user
        /// Of a user, or of another session, for whom a service calls.
        case forward
    }

    /// `ASIA…`: the access key id.
    public let id: String
    public let kind: Kind
    public let account: AccountID
    /// The unique id of the role, user or account whose permissions the session has. It ends when that one goes.
    public let issuerID: String
    /// Of a role's session, `arn:aws:sts::A:assumed-role/R/S`; else the user's or root's ARN.
    public let arn: String
    /// `RoleSessionName`; empty of others.
    public let name: String
    /// The secret access key and the session token behind it, sealed under the system key for credentials.
    public let sealedSecret: SealedBytes
    public let creationDate: Timestamp
    public let expirationDate: Timestamp
    /// When a multi-factor code was given; nil if none was.
    public let multiFactorDate: Timestamp?
    /// Word for word; empty if the session has none.
    public let policies: [String]
    public let tags: [String: String]
    /// The keys of those tags that sessions got by this one inherit.
    public let transitiveTagKeys: Set<String>
    public let sourceIdentity: String?
    /// Of a forward session, the service that calls, as in `ec2.amazonaws.com`.
    public let viaService: String?
    /// Who asked for it: the ARN.
    public let requester: String

    public init(
        id: String, kind: Kind, account: AccountID, issuerID: String, arn: String, name: String,
        sealedSecret: SealedBytes, creationDate: Timestamp, expirationDate: Timestamp,
        multiFactorDate: Timestamp? = nil, policies: [String] = [], tags: [String: String] = [:],
        transitiveTagKeys: Set<String> = [], sourceIdentity: String? = nil, viaService: String? = nil, requester: String
    ) {
        self.id = id
        self.kind = kind
        self.account = account
        self.issuerID = issuerID
        self.arn = arn
        self.name = name
        self.sealedSecret = sealedSecret
        self.creationDate = creationDate
        self.expirationDate = expirationDate
        self.multiFactorDate = multiFactorDate
        self.policies = policies
        self.tags = tags
        self.transitiveTagKeys = transitiveTagKeys
        self.sourceIdentity = sourceIdentity
        self.viaService = viaService
        self.requester = requester
    }
}
