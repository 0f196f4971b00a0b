import IAMCore
import KMSCore

struct CreatePolicyRequest: QueryRequest {
    static let action = "CreatePolicy"
    private let new: NewPolicy

    init(from parameters: inout ParameterReader) throws(QueryError) {
        var new = NewPolicy(
            name: parameters.requiredString("PolicyName", .policyName),
            document: parameters.requiredString("PolicyDocument", .policyDocument))
        new.path = parameters.string("Path", .policyPath) ?? "/"
        new.description = parameters.string("Description", .policyDescription) ?? ""
        new.tags = try parameters.tags()
        self.new = new
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.element("Policy", try await identities.createPolicy(new, by: context).members())]
    }
}

struct GetPolicyRequest: QueryRequest {
    static let action = "GetPolicy"
    private let arn: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        arn = parameters.requiredString("PolicyArn", .policyARN)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.element("Policy", try identities.getPolicy(arn, by: context).members())]
    }
}

struct ListPoliciesRequest: QueryRequest {
    static let action = "ListPolicies"
    private let filter: PolicyFilter
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        var filter = PolicyFilter()
        filter.scope = parameters.choice("Scope", of: [.all, .builtIn, .local]) ?? .all
        filter.onlyAttached = try parameters.flag("OnlyAttached")
        filter.pathPrefix = parameters.string("PathPrefix", .policyPath) ?? "/"
        filter.usage = parameters.policyUsage()
        self.filter = filter
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("Policies", try identities.listPolicies(filter, page, by: context)) { $0.members(isListed: true) }
    }
}

struct DeletePolicyRequest: QueryRequest {
    static let action = "DeletePolicy"
    private let arn: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        arn = parameters.requiredString("PolicyArn", .policyARN)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deletePolicy(arn, by: context)
        return nil
    }
}

struct ListEntitiesForPolicyRequest: QueryRequest {
    static let action = "ListEntitiesForPolicy"
    private let arn: String
    private let kind: Identity.Kind?
    /// There are no groups.
    private let isForGroups: Bool
    private let pathPrefix: String
    private let usage: PolicyUsage?
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        arn = parameters.requiredString("PolicyArn", .policyARN)
        let filter = parameters.string("EntityFilter", .entityFilter)
        kind = filter == "User" ? .user : filter == "Role" ? .role : nil
        isForGroups = filter == "Group"
        pathPrefix = parameters.string("PathPrefix", .path) ?? "/"
        usage = parameters.policyUsage()
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let page = try identities.listEntities(
            forPolicy: arn, kind, pathPrefix: pathPrefix, usage: usage, page, by: context)
        func entities(_ kind: Identity.Kind, _ noun: String) -> XMLNode {
            let entities = isForGroups ? [] : page.items.filter { $0.kind == kind }
            return .list(
                "Policy\(noun)s",
                entities.map { [.text(noun + "Name", $0.name), .text(noun + "Id", $0.uniqueID)] })
        }
        let end: [XMLNode] = isForGroups ? [.flag("IsTruncated", false)] : .end(of: page)
        return [.element("PolicyGroups", []), entities(.user, "User"), entities(.role, "Role")] + end
    }
}

extension ParameterReader {
    fileprivate mutating func policyUsage() -> PolicyUsage? {
        choice("PolicyUsageFilter", of: [.permissionsPolicy, .permissionsBoundary])
    }
}

extension ParameterShape {
    fileprivate static let entityFilter = ParameterShape(
        values: ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"])
}

extension PolicyDescription {
    /// The members of `Policy` of the model. Lists leave out the description and the tags, as AWS's do.
    fileprivate func members(isListed: Bool = false) -> [XMLNode] {
        let listed: [XMLNode] = [
            .text("PolicyName", name), .text("PolicyId", uniqueID), .text("Arn", arn), .text("Path", path),
            .text("DefaultVersionId", defaultVersion), .number("AttachmentCount", attachmentCount),
            .number("PermissionsBoundaryUsageCount", boundaryUsageCount), .flag("IsAttachable", true),
            .date("CreateDate", creationDate), .date("UpdateDate", updateDate),
        ]
        if isListed { return listed }
        return listed + (description.isEmpty ? [] : [.text("Description", description)])
            + (tags.isEmpty ? [] : [.tags(tags)])
    }
}
