import IAMCore
import KMSCore

struct CreateRoleRequest: QueryRequest {
    static let action = "CreateRole"
    private let new: NewRole

    init(from parameters: inout ParameterReader) throws(QueryError) {
        var new = NewRole(
            name: parameters.requiredString("RoleName", .roleName),
            trustPolicy: parameters.requiredString("AssumeRolePolicyDocument", .policyDocument))
        new.path = parameters.string("Path", .path) ?? "/"
        new.description = parameters.string("Description", .roleDescription) ?? ""
        new.maximumSessionDuration = try parameters.integer("MaxSessionDuration", in: 3600...43200) ?? 3600
        new.permissionsBoundary = parameters.string("PermissionsBoundary", .policyARN)
        new.tags = try parameters.tags()
        self.new = new
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.element("Role", try await identities.createRole(new, by: context).members())]
    }
}

struct GetRoleRequest: QueryRequest {
    static let action = "GetRole"
    private let name: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("RoleName", .roleName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.element("Role", try identities.getRole(name, by: context).members())]
    }
}

struct ListRolesRequest: QueryRequest {
    static let action = "ListRoles"
    private let pathPrefix: String
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        pathPrefix = parameters.string("PathPrefix", .pathPrefix) ?? "/"
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("Roles", try identities.listRoles(pathPrefix: pathPrefix, page, by: context)) {
            $0.members(isListed: true)
        }
    }
}

struct UpdateRoleRequest: QueryRequest {
    static let action = "UpdateRole"
    private let name: String
    private let description: String?
    private let maximumSessionDuration: Int?

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("RoleName", .roleName)
        description = parameters.string("Description", .roleDescription)
        maximumSessionDuration = try parameters.integer("MaxSessionDuration", in: 3600...43200)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.updateRole(
            name, description: description, maximumSessionDuration: maximumSessionDuration, by: context)
        return []
    }
}

struct UpdateRoleDescriptionRequest: QueryRequest {
    static let action = "UpdateRoleDescription"
    private let name: String
    private let description: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("RoleName", .roleName)
        description = parameters.requiredString("Description", .roleDescription)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let role = try await identities.updateRoleDescription(name, description, by: context)
        return [.element("Role", role.members())]
    }
}

struct UpdateAssumeRolePolicyRequest: QueryRequest {
    static let action = "UpdateAssumeRolePolicy"
    private let name: String
    private let document: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("RoleName", .roleName)
        document = parameters.requiredString("PolicyDocument", .policyDocument)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.updateAssumeRolePolicy(ofRole: name, document, by: context)
        return nil
    }
}

struct DeleteRoleRequest: QueryRequest {
    static let action = "DeleteRole"
    private let name: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("RoleName", .roleName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deleteRole(name, by: context)
        return nil
    }
}
