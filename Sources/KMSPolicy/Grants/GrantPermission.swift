/// What a grant on a key allows (AWS KMS Developer Guide, "Grants in AWS KMS").
package struct GrantPermission: Hashable, Sendable {
    package enum Constraint: Hashable, Sendable {
        /// The request's encryption context is this, pair for pair, in the case it is written in.
        case encryptionContextEquals([String: String])
        /// The request's encryption context has these pairs, and may have others.
        case encryptionContextSubset([String: String])
    }

    package let id: String
    package let grantee: Grantee
    /// As in `Decrypt`: GrantOperation of the API.
    package let operations: Set<String>
    package let constraint: Constraint?
    /// A pattern that `aws:SourceArn` has to match.
    package let sourceARN: String?

    package enum Grantee: Hashable, Sendable {
        /// A user, role, role session or federated user, or an account's root; and the unique id that it had when the
        /// grant was made, where it is one of this server's.
        case principal(arn: String, uniqueID: String?)
        case service(String)
    }

    /// Nil for a grantee that nobody can be.
    let principal: CompiledPrincipal?
    /// Nil for what is no ARN, which nothing matches.
    let sourcePattern: ARNPattern?

    package init(
        id: String, grantee: Grantee, operations: Set<String>, constraint: Constraint? = nil, sourceARN: String? = nil
    ) {
        self.id = id
        self.grantee = grantee
        self.operations = operations
        self.constraint = constraint
        self.sourceARN = sourceARN
        principal =
            switch grantee {
            case .principal(let arn, let uniqueID):
                PrincipalPattern(identity: arn).map { CompiledPrincipal(pattern: $0, uniqueID: uniqueID) }
            case .service(let name): CompiledPrincipal(pattern: .service(name), uniqueID: nil)
            }
        sourcePattern = sourceARN.flatMap { ARNPattern($0, variables: false) }
    }
}
