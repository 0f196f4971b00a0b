/// A policy with an ARN of its own, which can be attached to many identities.
public struct ManagedPolicy: Hashable, Sendable {
    public let account: AccountID
    public let name: String
    /// Begins and ends with a slash.
    public let path: String
    /// `ANPA…`
    public let uniqueID: String
    public var description: String
    /// At most five, in the order in which they were made.
    public var versions: [Version]
    /// The id of the version that counts, as in `v1`.
    public var defaultVersion: String
    public let creationDate: Timestamp
    public var updateDate: Timestamp
    public var tags: [String: String]

    public struct Version: Hashable, Sendable {
        /// As in `v1`.
        public let id: String
        /// Word for word as it was given.
        public let document: String
        public let creationDate: Timestamp

        public init(id: String, document: String, creationDate: Timestamp) {
            self.id = id
            self.document = document
            self.creationDate = creationDate
        }
    }

    public init(
        account: AccountID, name: String, path: String = "/", uniqueID: String, description: String = "",
        versions: [Version], defaultVersion: String, creationDate: Timestamp, updateDate: Timestamp,
        tags: [String: String] = [:]
    ) {
        self.account = account
        self.name = name
        self.path = path
        self.uniqueID = uniqueID
        self.description = description
        self.versions = versions
        self.defaultVersion = defaultVersion
        self.creationDate = creationDate
        self.updateDate = updateDate
        self.tags = tags
    }

    package var arn: String { "arn:aws:iam::\(account):policy\(path)\(name)" }
}
