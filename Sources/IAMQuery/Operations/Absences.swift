import IAMCore
import KMSCore

// Clients that delete a user or a role ask first for what could be in the way. Of these things there are none here,
// which is told to whoever may ask for them, and of users and roles that are there.

/// Something that AWS's users or roles can have, and nobody's here has.
protocol Absence: Sendable {
    associatedtype Owner: IdentityKind
    /// The operation that lists it.
    static var action: String { get }
    /// The list's name in the answer.
    static var list: String { get }
}

enum Groups: Absence {
    typealias Owner = Users
    static let action = "ListGroupsForUser"
    static let list = "Groups"
}

enum InstanceProfiles: Absence {
    typealias Owner = Roles
    static let action = "ListInstanceProfilesForRole"
    static let list = "InstanceProfiles"
}

enum SSHPublicKeys: Absence {
    typealias Owner = Users
    static let action = "ListSSHPublicKeys"
    static let list = "SSHPublicKeys"
}

enum ServiceSpecificCredentials: Absence {
    typealias Owner = Users
    static let action = "ListServiceSpecificCredentials"
    static let list = "ServiceSpecificCredentials"
}

enum SigningCertificates: Absence {
    typealias Owner = Users
    static let action = "ListSigningCertificates"
    static let list = "Certificates"
}

struct ListAbsentRequest<Thing: Absence>: QueryRequest {
    static var action: String { Thing.action }
    private let owner: IdentityName

    init(from parameters: inout ParameterReader) throws(QueryError) {
        owner = parameters.identity(Thing.Owner.self)
        _ = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try identities.checkThere(owner, for: "iam:" + Self.action, by: context)
        return [.element(Thing.list, []), .flag("IsTruncated", false)]
    }
}

struct GetLoginProfileRequest: QueryRequest {
    static let action = "GetLoginProfile"
    private let user: IdentityName

    init(from parameters: inout ParameterReader) throws(QueryError) {
        user = parameters.identity(Users.self)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try identities.checkThere(user, for: "iam:" + Self.action, by: context)
        throw .noLoginProfile(of: user)
    }
}

struct DeleteLoginProfileRequest: QueryRequest {
    static let action = "DeleteLoginProfile"
    private let user: IdentityName

    init(from parameters: inout ParameterReader) throws(QueryError) {
        user = parameters.identity(Users.self)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try identities.checkThere(user, for: "iam:" + Self.action, by: context)
        throw .noLoginProfile(of: user)
    }
}

extension KMSError {
    fileprivate static func noLoginProfile(of user: IdentityName) -> KMSError {
        KMSError(.notFound, "Login Profile for User \(user.name) cannot be found.")
    }
}
