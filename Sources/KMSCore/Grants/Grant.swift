package import KMSPolicy

/// A grant on a key: lets its grantee do some operations, without a word in any policy.
public struct Grant: Hashable, Sendable {
    /// 64 hexadecimal digits.
    public let id: String
    public let key: KeyAddress
    /// Empty if it was given none.
    public let name: String
    public let creationDate: Timestamp
    /// An ARN, or a service's name.
    public let granteePrincipal: String
    public let isForService: Bool
    /// The unique id of the grantee when the grant was made, where it is an identity of this server's.
    public let granteeID: String?
    /// An ARN, or a service's name.
    public let retiringPrincipal: String?
    public let retiringPrincipalIsService: Bool
    public let retiringID: String?
    /// The account that made it: the ARN of its root.
    public let issuingAccount: String
    public let operations: Set<String>
    public let constraint: Constraint?
    public let sourceARN: String?

    public enum Constraint: Hashable, Sendable {
        case encryptionContextEquals([String: String])
        case encryptionContextSubset([String: String])
    }

    public init(
        id: String, key: KeyAddress, name: String, creationDate: Timestamp, granteePrincipal: String,
        isForService: Bool = false, granteeID: String? = nil, retiringPrincipal: String? = nil,
        retiringPrincipalIsService: Bool = false, retiringID: String? = nil, issuingAccount: String,
        operations: Set<String>, constraint: Constraint? = nil, sourceARN: String? = nil
    ) {
        self.id = id
        self.key = key
        self.name = name
        self.creationDate = creationDate
        self.granteePrincipal = granteePrincipal
        self.isForService = isForService
        self.granteeID = granteeID
        self.retiringPrincipal = retiringPrincipal
        self.retiringPrincipalIsService = retiringPrincipalIsService
        self.retiringID = retiringID
        self.issuingAccount = issuingAccount
        self.operations = operations
        self.constraint = constraint
        self.sourceARN = sourceARN
    }

    /// The grant as the policy engine knows it.
    package var permission: GrantPermission {
        GrantPermission(
            id: id,
            grantee: isForService
                ? .service(granteePrincipal) : .principal(arn: granteePrincipal, uniqueID: granteeID),
            operations: operations,
            constraint: constraint.map { constraint in
                switch constraint {
                case .encryptionContextEquals(let pairs): .encryptionContextEquals(pairs)
                case .encryptionContextSubset(let pairs): .encryptionContextSubset(pairs)
                }
            },
            sourceARN: sourceARN
        )
    }
}
