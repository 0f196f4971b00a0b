import IAMCore
import KMSCore

/// A service by its name, in the account of the parameter AccountId; without that, in the caller's.
private struct ServiceParameters {
    let name: String
    let account: AccountID?

    init(from parameters: inout ParameterReader) {
        name = parameters.requiredString("ServiceName", .serviceName)
        account = parameters.string("AccountId", .accountID).flatMap { AccountID($0) }
    }
}

struct CreateServiceRequest: QueryRequest {
    static let action = "CreateService"
    private let service: ServiceParameters

    init(from parameters: inout ParameterReader) throws(QueryError) {
        service = ServiceParameters(from: &parameters)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let made = try await identities.createService(service.name, in: service.account, by: context)
        return [.element("Service", made.serviceMembers)]
    }
}

struct ListServicesRequest: QueryRequest {
    static let action = "ListServices"
    private let account: AccountID?
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        account = parameters.string("AccountId", .accountID).flatMap { AccountID($0) }
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("Services", try identities.listServices(of: account, page, by: context), \.serviceMembers)
    }
}

struct DeleteServiceRequest: QueryRequest {
    static let action = "DeleteService"
    private let service: ServiceParameters

    init(from parameters: inout ParameterReader) throws(QueryError) {
        service = ServiceParameters(from: &parameters)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deleteService(service.name, of: service.account, by: context)
        return nil
    }
}

struct CreateServiceAccessKeyRequest: QueryRequest {
    static let action = "CreateServiceAccessKey"
    private let service: ServiceParameters

    init(from parameters: inout ParameterReader) throws(QueryError) {
        service = ServiceParameters(from: &parameters)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let key = try await identities.createAccessKey(ofService: service.name, of: service.account, by: context)
        return [.element("AccessKey", key.members(.text("ServiceName", service.name)))]
    }
}

struct ListServiceAccessKeysRequest: QueryRequest {
    static let action = "ListServiceAccessKeys"
    private let service: ServiceParameters
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        service = ServiceParameters(from: &parameters)
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let keys = try identities.listAccessKeys(
            ofService: service.name, of: service.account, page, by: context)
        return .page("AccessKeyMetadata", keys) { key in
            [
                .text("ServiceName", service.name), .text("AccessKeyId", key.id),
                .text("Status", key.isActive ? "Active" : "Inactive"), .date("CreateDate", key.creationDate),
            ]
        }
    }
}

struct UpdateServiceAccessKeyRequest: QueryRequest {
    static let action = "UpdateServiceAccessKey"
    private let id: String
    private let service: ServiceParameters
    private let status: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        id = parameters.requiredString("AccessKeyId", .accessKeyID)
        service = ServiceParameters(from: &parameters)
        status = parameters.requiredString("Status", ParameterShape(values: ["Active", "Inactive"]))
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.updateAccessKey(
            id, ofService: service.name, of: service.account, isActive: status == "Active", by: context)
        return nil
    }
}

struct DeleteServiceAccessKeyRequest: QueryRequest {
    static let action = "DeleteServiceAccessKey"
    private let id: String
    private let service: ServiceParameters

    init(from parameters: inout ParameterReader) throws(QueryError) {
        id = parameters.requiredString("AccessKeyId", .accessKeyID)
        service = ServiceParameters(from: &parameters)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deleteAccessKey(id, ofService: service.name, of: service.account, by: context)
        return nil
    }
}

extension Identity {
    fileprivate var serviceMembers: [XMLNode] {
        [
            .text("ServiceName", key.name), .text("ServiceId", uniqueID),
            .text("AccountId", key.account.description), .date("CreateDate", creationDate),
        ]
    }
}
