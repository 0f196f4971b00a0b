package import KMSCore

/// What CreatePolicy is asked for.
package struct NewPolicy: Sendable {
    package var name: String
    package var path = "/"
    package var description = ""
    package var document: String
    package var tags: [Tag] = []

    package init(name: String, document: String) {
        self.name = name
        self.document = document
    }
}

/// A managed policy as callers are told of it: one of the account's, or a built-in one of account `aws`.
package struct PolicyDescription: Hashable, Sendable {
    package let arn: String
    package let name: String
    package let path: String
    /// `ANPA…`
    package let uniqueID: String
    package let description: String
    /// As in `v1`.
    package let defaultVersion: String
    /// How many identities of the account it is attached to.
    package let attachmentCount: Int
    /// How many identities of the account it is the boundary of.
    package let boundaryUsageCount: Int
    package let creationDate: Timestamp
    package let updateDate: Timestamp
    /// By their names.
    package let tags: [Tag]
}

package struct PolicyVersionDescription: Hashable, Sendable {
    /// As in `v1`.
    package let id: String
    /// Word for word as it was given.
    package let document: String
    package let isDefault: Bool
    package let creationDate: Timestamp
}

/// Which managed policies ListPolicies shall tell of.
package struct PolicyFilter: Sendable {
    package enum Scope: String, Sendable {
        case all = "All"
        case builtIn = "AWS"
        case local = "Local"
    }

    package var scope = Scope.all
    package var onlyAttached = false
    package var pathPrefix = "/"
    package var usage: PolicyUsage?

    package init() {}
}

/// What a managed policy is used as (PolicyUsageFilter).
package enum PolicyUsage: String, Sendable {
    case permissionsPolicy = "PermissionsPolicy"
    case permissionsBoundary = "PermissionsBoundary"
}

/// A managed policy that is attached.
package struct AttachedPolicy: Hashable, Sendable {
    package let arn: String
    package let name: String
}

/// Whom a managed policy is attached to.
package struct PolicyEntity: Hashable, Sendable {
    /// A user or a role.
    package let kind: Identity.Kind
    package let name: String
    package let uniqueID: String
}
