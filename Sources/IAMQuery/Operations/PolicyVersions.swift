import IAMCore
import KMSCore

struct CreatePolicyVersionRequest: QueryRequest {
    static let action = "CreatePolicyVersion"
    private let policy: String
    private let document: String
    private let isDefault: Bool

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        document = parameters.requiredString("PolicyDocument", .policyDocument)
        isDefault = try parameters.flag("SetAsDefault")
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let version = try await identities.createPolicyVersion(
            of: policy, document, setAsDefault: isDefault, by: context)
        return [.element("PolicyVersion", version.members)]
    }
}

struct GetPolicyVersionRequest: QueryRequest {
    static let action = "GetPolicyVersion"
    private let policy: String
    private let version: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        version = parameters.requiredString("VersionId", .policyVersion)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let version = try identities.getPolicyVersion(version, of: policy, by: context)
        return [.element("PolicyVersion", [.document("Document", version.document)] + version.members)]
    }
}

struct ListPolicyVersionsRequest: QueryRequest {
    static let action = "ListPolicyVersions"
    private let policy: String
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("Versions", try identities.listPolicyVersions(of: policy, page, by: context), \.members)
    }
}

struct SetDefaultPolicyVersionRequest: QueryRequest {
    static let action = "SetDefaultPolicyVersion"
    private let policy: String
    private let version: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        version = parameters.requiredString("VersionId", .policyVersion)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.setDefaultPolicyVersion(version, of: policy, by: context)
        return nil
    }
}

struct DeletePolicyVersionRequest: QueryRequest {
    static let action = "DeletePolicyVersion"
    private let policy: String
    private let version: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        policy = parameters.requiredString("PolicyArn", .policyARN)
        version = parameters.requiredString("VersionId", .policyVersion)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deletePolicyVersion(version, of: policy, by: context)
        return nil
    }
}

extension PolicyVersionDescription {
    /// The members of `PolicyVersion` of the model, but for the document: only GetPolicyVersion gives that.
    fileprivate var members: [XMLNode] {
        [.text("VersionId", id), .flag("IsDefaultVersion", isDefault), .date("CreateDate", creationDate)]
    }
}
