import IAMCore
import KMSCore
import SecureMemory

struct GetCallerIdentityRequest: QueryRequest {
    static let service = QueryService.sts
    static let action = "GetCallerIdentity"

    init(from _: inout ParameterReader) throws(QueryError) {}

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let caller = identities.callerIdentity(by: context)
        return [.text("Arn", caller.arn), .text("UserId", caller.userID), .text("Account", caller.account.description)]
    }
}

struct AssumeRoleQuery: QueryRequest {
    static let service = QueryService.sts
    static let action = "AssumeRole"
    static let isReadOnly = true
    private let request: AssumeRoleRequest
    private let code: CodeParameters
    private let hasContexts: Bool

    init(from parameters: inout ParameterReader) throws(QueryError) {
        var request = AssumeRoleRequest(
            roleARN: parameters.requiredString("RoleArn", .arn),
            sessionName: parameters.requiredString("RoleSessionName", .sessionName))
        request.duration = try parameters.integer("DurationSeconds", in: 900...43200)
        request.policy = parameters.string("Policy", .policyDocument)
        request.policyARNs = try parameters.strings("PolicyArns", field: "arn", .arn, count: 0...10)
        request.tags = try parameters.tags()
        request.transitiveTagKeys = try parameters.strings("TransitiveTagKeys", .tagKey)
        request.externalID = parameters.string("ExternalId", .externalID)
        request.sourceIdentity = parameters.string("SourceIdentity", .sessionName)
        code = CodeParameters(from: &parameters)
        request.multiFactor = code.code
        hasContexts = parameters.has("ProvidedContexts")
        self.request = request
    }

    func check() throws(QueryError) {
        try code.check()
        // What they assert, policies could ask for: to pass over them would be wrong either way.
        if hasContexts { throw .validation("The parameter 'ProvidedContexts' is not supported: leave it out.") }
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let role = try await identities.assumeRole(request, by: context)
        return [
            .element("AssumedRoleUser", .text("AssumedRoleId", role.userID), .text("Arn", role.arn)),
            role.credentials.node,
            role.packedPolicySize.map { .number("PackedPolicySize", $0) },
            .text(ifPresent: "SourceIdentity", role.sourceIdentity),
        ].compactMap(\.self)
    }
}

struct GetSessionTokenRequest: QueryRequest {
    static let service = QueryService.sts
    static let action = "GetSessionToken"
    private let duration: Int?
    private let code: CodeParameters

    init(from parameters: inout ParameterReader) throws(QueryError) {
        duration = try parameters.integer("DurationSeconds", in: 900...129_600)
        code = CodeParameters(from: &parameters)
    }

    func check() throws(QueryError) {
        try code.check()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [try await identities.sessionToken(duration: duration, code.code, by: context).node]
    }
}

/// The parameters SerialNumber and TokenCode.
private struct CodeParameters {
    private let serialNumber: String?
    private let tokenCode: String?

    init(from parameters: inout ParameterReader) {
        serialNumber = parameters.string("SerialNumber", .serialNumber)
        tokenCode = parameters.secret("TokenCode", .authenticationCode)
    }

    func check() throws(QueryError) {
        guard (serialNumber == nil) == (tokenCode == nil) else {
            throw .validation("The parameters 'SerialNumber' and 'TokenCode' belong together: give both or neither.")
        }
    }

    var code: MultiFactorCode? {
        guard let serialNumber, let tokenCode else { return nil }
        return MultiFactorCode(serialNumber: serialNumber, code: tokenCode)
    }
}

extension TemporaryCredentials {
    fileprivate var node: XMLNode {
        .element(
            "Credentials", .text("AccessKeyId", accessKeyID),
            .secret("SecretAccessKey", of: self) { $0.secret.withExposedBytes($1) },
            .secret("SessionToken", of: self) { $0.sessionToken.withExposedBytes($1) },
            .date("Expiration", expirationDate))
    }
}
