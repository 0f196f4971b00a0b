import IAMCore
import KMSCore
import SecureMemory

struct CreateAccessKeyRequest: QueryRequest {
    static let action = "CreateAccessKey"
    private let user: String?

    init(from parameters: inout ParameterReader) throws(QueryError) {
        user = parameters.string("UserName", .userName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let key = try await identities.createAccessKey(ofUser: user, by: context)
        return [
            .element(
                "AccessKey", .text(ifPresent: "UserName", key.userName), .text("AccessKeyId", key.id),
                .text("Status", "Active"), .secret("SecretAccessKey", of: key) { $0.secret.withExposedBytes($1) },
                .date("CreateDate", key.creationDate))
        ]
    }
}

struct ListAccessKeysRequest: QueryRequest {
    static let action = "ListAccessKeys"
    private let user: String?
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        user = parameters.string("UserName", .userName)
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("AccessKeyMetadata", try identities.listAccessKeys(ofUser: user, page, by: context)) { key in
            [
                .text(ifPresent: "UserName", key.userName), .text("AccessKeyId", key.id),
                .text("Status", key.isActive ? "Active" : "Inactive"), .date("CreateDate", key.creationDate),
            ].compactMap(\.self)
        }
    }
}

struct UpdateAccessKeyRequest: QueryRequest {
    static let action = "UpdateAccessKey"
    private let id: String
    private let user: String?
    private let status: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        id = parameters.requiredString("AccessKeyId", .accessKeyID)
        user = parameters.string("UserName", .userName)
        status = parameters.requiredString("Status", ParameterShape(values: ["Active", "Inactive"]))
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.updateAccessKey(id, ofUser: user, isActive: status == "Active", by: context)
        return nil
    }
}

struct DeleteAccessKeyRequest: QueryRequest {
    static let action = "DeleteAccessKey"
    private let id: String
    private let user: String?

    init(from parameters: inout ParameterReader) throws(QueryError) {
        id = parameters.requiredString("AccessKeyId", .accessKeyID)
        user = parameters.string("UserName", .userName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deleteAccessKey(id, ofUser: user, by: context)
        return nil
    }
}

struct GetAccessKeyLastUsedRequest: QueryRequest {
    static let action = "GetAccessKeyLastUsed"
    private let id: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        id = parameters.requiredString("AccessKeyId", .accessKeyID)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let use = try identities.accessKeyLastUsed(id, by: context)
        let last: [XMLNode] = [
            .text("ServiceName", use.last?.service ?? "N/A"), .text("Region", use.last?.region.description ?? "N/A"),
        ]
        return [
            .text(ifPresent: "UserName", use.userName),
            .element("AccessKeyLastUsed", (use.last.map { [.date("LastUsedDate", $0.date)] } ?? []) + last),
        ].compactMap(\.self)
    }
}
