import KMSCore
import SecureMemory
import XKSCore

// The operators' side of the XKS proxy: its stores, their credentials and their keys.

extension QueryOperations {
    static let xksStores: [any QueryRequest.Type] = [
        CreateXKSStoreRequest.self, ListXKSStoresRequest.self, UpdateXKSStoreRequest.self, DeleteXKSStoreRequest.self,
        PutXKSStorePolicyRequest.self, GetXKSStorePolicyRequest.self, DeleteXKSStorePolicyRequest.self,
        CreateXKSCredentialRequest.self, ListXKSCredentialsRequest.self, DeleteXKSCredentialRequest.self,
        CreateXKSKeyRequest.self, ListXKSKeysRequest.self, UpdateXKSKeyRequest.self,
    ]
}

extension ParameterShape {
    static let xksPrefix = ParameterShape(length: 1...XKSNames.maximumPrefix)
    static let xksKeyID = ParameterShape(length: 1...128)
    static let xksAccessKeyID = ParameterShape(length: 20...30)
    static let xksPolicy = ParameterShape(length: 1...131_072)
    static let objectLabel = ParameterShape(length: 1...1024)
    static let keyDescription = ParameterShape(length: 0...8192)
    static let xksKeyUse = ParameterShape(values: KeyExposure.Use.allCases.map(\.rawValue))
}

protocol XKSStoreQuery: QueryRequest where Domain == XKSStores {}

extension XKSStoreQuery {
    static var service: QueryService { .xks }
}

extension ParameterReader {
    mutating func xksPrefix() -> String { requiredString("Prefix", .xksPrefix) }
}

struct CreateXKSStoreRequest: XKSStoreQuery {
    static let action = "CreateXKSStore"
    private let prefix: String
    private let requestsPerSecond: Int?

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
        requestsPerSecond = try parameters.integer("RequestsPerSecond", in: 0...QuotaLimits.maximumRate)
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let made = try await stores.createStore(prefix, requestsPerSecond: requestsPerSecond, by: context)
        return [.element("Store", made.store.members), .element("Credential", made.credential.members)]
    }
}

struct ListXKSStoresRequest: XKSStoreQuery {
    static let action = "ListXKSStores"

    init(from parameters: inout ParameterReader) throws(QueryError) {}

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.list("Stores", try stores.listStores(by: context).map(\.members))]
    }
}

struct UpdateXKSStoreRequest: XKSStoreQuery {
    static let action = "UpdateXKSStore"
    private let prefix: String
    private let status: String?
    private let requestsPerSecond: Int?

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
        status = parameters.string("Status", ParameterShape(values: ["Enabled", "Disabled"]))
        requestsPerSecond = try parameters.integer("RequestsPerSecond", in: 0...QuotaLimits.maximumRate)
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let update = XKSStoreUpdate(isEnabled: status.map { $0 == "Enabled" }, requestsPerSecond: requestsPerSecond)
        return [.element("Store", try await stores.updateStore(prefix, update, by: context).members)]
    }
}

struct DeleteXKSStoreRequest: XKSStoreQuery {
    static let action = "DeleteXKSStore"
    private let prefix: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await stores.deleteStore(prefix, by: context)
        return nil
    }
}

struct PutXKSStorePolicyRequest: XKSStoreQuery {
    static let action = "PutXKSStorePolicy"
    private let prefix: String
    private let policy: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
        policy = parameters.requiredString("PolicyDocument", .xksPolicy)
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        _ = try await stores.setPolicy(policy, of: prefix, by: context)
        return nil
    }
}

struct GetXKSStorePolicyRequest: XKSStoreQuery {
    static let action = "GetXKSStorePolicy"
    private let prefix: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let policy = try stores.policy(of: prefix, by: context)
        return policy.map { [.document("PolicyDocument", $0)] } ?? []
    }
}

struct DeleteXKSStorePolicyRequest: XKSStoreQuery {
    static let action = "DeleteXKSStorePolicy"
    private let prefix: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        _ = try await stores.setPolicy(nil, of: prefix, by: context)
        return nil
    }
}

extension XKSStore {
    fileprivate var members: [XMLNode] {
        [
            .text("Prefix", prefix), .text("UriPath", uriPath), .text("Status", isEnabled ? "Enabled" : "Disabled"),
            .number("RequestsPerSecond", requestsPerSecond), .flag("HasPolicy", policy != nil),
            .date("CreateDate", creationDate),
        ]
    }
}

extension IssuedXKSCredential {
    /// The members of `Credential`.
    var members: [XMLNode] {
        [
            .text("AccessKeyId", id),
            .secret("RawSecretAccessKey", of: self) { $0.secret.withExposedBytes($1) },
            .date("CreateDate", creationDate),
        ]
    }
}
