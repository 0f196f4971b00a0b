import IAMCore
import KMSCore

struct CreateUserRequest: QueryRequest {
    static let action = "CreateUser"
    private let new: NewUser

    init(from parameters: inout ParameterReader) throws(QueryError) {
        var new = NewUser(name: parameters.requiredString("UserName", .newUserName))
        new.path = parameters.string("Path", .path) ?? "/"
        new.permissionsBoundary = parameters.string("PermissionsBoundary", .policyARN)
        new.tags = try parameters.tags()
        self.new = new
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.element("User", try await identities.createUser(new, by: context).members())]
    }
}

struct GetUserRequest: QueryRequest {
    static let action = "GetUser"
    private let name: String?

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.string("UserName", .userName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.element("User", try identities.getUser(name, by: context).members())]
    }
}

struct ListUsersRequest: QueryRequest {
    static let action = "ListUsers"
    private let pathPrefix: String
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        pathPrefix = parameters.string("PathPrefix", .pathPrefix) ?? "/"
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("Users", try identities.listUsers(pathPrefix: pathPrefix, page, by: context)) {
            $0.members(isListed: true)
        }
    }
}

struct UpdateUserRequest: QueryRequest {
    static let action = "UpdateUser"
    private let name: String
    private let newPath: String?
    private let newName: String?

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("UserName", .userName)
        newPath = parameters.string("NewPath", .path)
        newName = parameters.string("NewUserName", .newUserName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.updateUser(name, newPath: newPath, newName: newName, by: context)
        return nil
    }
}

struct DeleteUserRequest: QueryRequest {
    static let action = "DeleteUser"
    private let name: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("UserName", .userName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deleteUser(name, by: context)
        return nil
    }
}
