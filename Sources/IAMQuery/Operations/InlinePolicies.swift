import IAMCore
import KMSCore

struct PutInlinePolicyRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Put\(Kind.noun)Policy" }
    private let identity: IdentityName
    private let name: String
    private let document: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        name = parameters.requiredString("PolicyName", .policyName)
        document = parameters.requiredString("PolicyDocument", .policyDocument)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.putInlinePolicy(name, document, on: identity, by: context)
        return nil
    }
}

struct GetInlinePolicyRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Get\(Kind.noun)Policy" }
    private let identity: IdentityName
    private let name: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        name = parameters.requiredString("PolicyName", .policyName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let document = try identities.getInlinePolicy(name, of: identity, by: context)
        return [
            .text(Kind.noun + "Name", identity.name), .text("PolicyName", name),
            .document("PolicyDocument", document),
        ]
    }
}

struct ListInlinePoliciesRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "List\(Kind.noun)Policies" }
    private let identity: IdentityName
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("PolicyNames", try identities.listInlinePolicies(of: identity, page, by: context))
    }
}

struct DeleteInlinePolicyRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Delete\(Kind.noun)Policy" }
    private let identity: IdentityName
    private let name: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        name = parameters.requiredString("PolicyName", .policyName)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deleteInlinePolicy(name, of: identity, by: context)
        return nil
    }
}
