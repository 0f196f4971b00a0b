/// A key as the linter sees it. Moments are in seconds since 1970; what is nil is not known.
package struct LintedKey: Sendable {
    package struct Grant: Sendable {
        package let id: String
        package let grantee: String
        package let operations: Set<String>
        /// The encryption context that it asks for, or another limit.
        package let isConstrained: Bool
        /// The constraint and the retiring principal, to tell grants apart.
        package let terms: String
        package let created: Int64?

        package init(
            id: String, grantee: String, operations: Set<String>, isConstrained: Bool,
            terms: String = "", created: Int64? = nil
        ) {
            self.id = id
            self.grantee = grantee
            self.operations = operations
            self.isConstrained = isConstrained
            self.terms = terms
            self.created = created
        }
    }

    package enum LastUse: Sendable {
        case unknown
        /// Not once since that moment, from which on uses are recorded.
        case noneSince(Int64)
        case at(Int64)
    }

    package let arn: String
    /// As in `SYMMETRIC_DEFAULT`.
    package let spec: String
    /// As in `AWS_KMS`.
    package let origin: String
    /// As in `Enabled`.
    package let state: String
    package let created: Int64
    package var rotates: Bool?
    package var isMultiRegion = false
    package var replicas = 0
    package var lastUse = LastUse.unknown
    package var deletion: Int64?
    package var grants: [Grant] = []

    package init(arn: String, spec: String, origin: String, state: String, created: Int64) {
        self.arn = arn
        self.spec = spec
        self.origin = origin
        self.state = state
        self.created = created
    }
}
