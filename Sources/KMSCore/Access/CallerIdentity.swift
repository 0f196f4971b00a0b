package import KMSPolicy

/// A caller with all that decisions need of it, put together once and shared by its requests. When something of an
/// identity changes, its callers are put together anew.
package final class CallerIdentity: Sendable {
    package let principal: Principal
    package let policyCaller: PolicyCaller
    package let policies: CallerPolicies
    /// By their names in lower case: those of the identity, and over them those of the session.
    package let tags: [String: String]
    /// `aws:username`: of users alone.
    package let userName: String?
    package let accessKeyID: String
    /// Nil for long-term credentials.
    package let session: SessionFacts?

    /// What is known of temporary credentials.
    package struct SessionFacts: Sendable {
        package let creationDate: Timestamp
        package let expirationDate: Timestamp
        package let multiFactorDate: Timestamp?
        /// As in `ec2.amazonaws.com`.
        package let viaService: String?
        package let sourceIdentity: String?
        /// The name of the role or user behind it.
        package let issuerName: String

        package init(
            creationDate: Timestamp, expirationDate: Timestamp, multiFactorDate: Timestamp? = nil,
            viaService: String? = nil, sourceIdentity: String? = nil, issuerName: String
        ) {
            self.creationDate = creationDate
            self.expirationDate = expirationDate
            self.multiFactorDate = multiFactorDate
            self.viaService = viaService
            self.sourceIdentity = sourceIdentity
            self.issuerName = issuerName
        }
    }

    package init(
        principal: Principal, policyCaller: PolicyCaller, policies: CallerPolicies, tags: [String: String] = [:],
        userName: String? = nil, accessKeyID: String = "", session: SessionFacts? = nil
    ) {
        self.principal = principal
        self.policyCaller = policyCaller
        self.policies = policies
        self.tags = Dictionary(tags.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        self.userName = userName
        self.accessKeyID = accessKeyID
        self.session = session
    }

    /// The root of an account: what a server's own tools call as.
    package static func root(of account: AccountID) -> CallerIdentity {
        CallerIdentity(
            principal: Principal(account: account, arn: account.rootARN),
            policyCaller: PolicyCaller(
                kind: .root, account: account.description, arn: account.rootARN, userID: account.description),
            policies: CallerPolicies()
        )
    }
}
