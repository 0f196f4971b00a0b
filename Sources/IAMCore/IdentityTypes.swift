package import KMSCore

/// A user or role by its name, in the account of the caller.
package struct IdentityName: Hashable, Sendable {
    package let kind: Identity.Kind
    package let name: String

    package init(_ kind: Identity.Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    package static func user(_ name: String) -> IdentityName { IdentityName(.user, name) }
    package static func role(_ name: String) -> IdentityName { IdentityName(.role, name) }
}

/// What CreateUser is asked for.
package struct NewUser: Sendable {
    package var name: String
    package var path = "/"
    /// The ARN of a managed policy.
    package var permissionsBoundary: String?
    package var tags: [Tag] = []

    package init(name: String) {
        self.name = name
    }
}

/// What CreateRole is asked for.
package struct NewRole: Sendable {
    package var name: String
    package var path = "/"
    /// Who may assume it.
    package var trustPolicy: String
    package var description = ""
    /// In seconds.
    package var maximumSessionDuration = 3600
    /// The ARN of a managed policy.
    package var permissionsBoundary: String?
    package var tags: [Tag] = []

    package init(name: String, trustPolicy: String) {
        self.name = name
        self.trustPolicy = trustPolicy
    }
}
