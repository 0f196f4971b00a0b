import IAMCore
import KMSCore

struct TagIdentityRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Tag\(Kind.noun)" }
    private let identity: IdentityName
    private let tags: [Tag]

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        tags = try parameters.requiredTags()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.tag(identity, tags, by: context)
        return nil
    }
}

struct UntagIdentityRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "Untag\(Kind.noun)" }
    private let identity: IdentityName
    private let keys: [String]

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        keys = try parameters.requiredStrings("TagKeys", .tagKey)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.untag(identity, keys: keys, by: context)
        return nil
    }
}

struct ListIdentityTagsRequest<Kind: IdentityKind>: QueryRequest {
    static var action: String { "List\(Kind.noun)Tags" }
    private let identity: IdentityName
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        identity = parameters.identity(Kind.self)
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let page = try identities.listTags(of: identity, page, by: context)
        return [.tags(page.items)] + .end(of: page)
    }
}

struct TagPolicyRequest: QueryRequest {
    static let action = "TagPolicy"
    private let policy: String
    private let tags: [Tag]

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        tags = try parameters.requiredTags()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.tagPolicy(policy, tags, by: context)
        return nil
    }
}

struct UntagPolicyRequest: QueryRequest {
    static let action = "UntagPolicy"
    private let policy: String
    private let keys: [String]

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        keys = try parameters.requiredStrings("TagKeys", .tagKey)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.untagPolicy(policy, keys: keys, by: context)
        return nil
    }
}

struct ListPolicyTagsRequest: QueryRequest {
    static let action = "ListPolicyTags"
    private let policy: String
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let page = try identities.listPolicyTags(policy, page, by: context)
        return [.tags(page.items)] + .end(of: page)
    }
}
