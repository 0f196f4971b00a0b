import IAMCore
import KMSCore

struct AttachPolicyRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Attach\(Kind.noun)Policy" }
    private let identity: IdentityName
    private let policy: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        policy = parameters.requiredString("PolicyArn", .policyARN)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.attachPolicy(policy, to: identity, by: context)
        return nil
    }
}

struct DetachPolicyRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Detach\(Kind.noun)Policy" }
    private let identity: IdentityName
    private let policy: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        policy = parameters.requiredString("PolicyArn", .policyARN)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.detachPolicy(policy, from: identity, by: context)
        return nil
    }
}

struct ListAttachedPoliciesRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "ListAttached\(Kind.noun)Policies" }
    private let identity: IdentityName
    private let pathPrefix: String
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        pathPrefix = parameters.string("PathPrefix", .policyPath) ?? "/"
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let page = try identities.listAttachedPolicies(of: identity, pathPrefix: pathPrefix, page, by: context)
        return .page("AttachedPolicies", page) { [.text("PolicyName", $0.name), .text("PolicyArn", $0.arn)] }
    }
}

struct PutPermissionsBoundaryRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Put\(Kind.noun)PermissionsBoundary" }
    private let identity: IdentityName
    private let policy: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        policy = parameters.requiredString("PermissionsBoundary", .policyARN)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.putPermissionsBoundary(policy, on: identity, by: context)
        return nil
    }
}

struct DeletePermissionsBoundaryRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Delete\(Kind.noun)PermissionsBoundary" }
    private let identity: IdentityName

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deletePermissionsBoundary(of: identity, by: context)
        return nil
    }
}
