import IAMCore
import KMSCore
import SecureMemory

// What AWS's IAM has no operations for, under the same version as those it has: a server's accounts, and the services
// that call for their users.

extension QueryOperations {
    static let extensions: [any QueryRequest.Type] = [
        CreateAccountRequest.self, ListAccountsRequest.self, CreateServiceRequest.self, ListServicesRequest.self,
        DeleteServiceRequest.self, CreateServiceAccessKeyRequest.self, ListServiceAccessKeysRequest.self,
        UpdateServiceAccessKeyRequest.self, DeleteServiceAccessKeyRequest.self,
    ]
}

extension ParameterShape {
    static let accountID = ParameterShape(
        length: 12...12, pattern: .characters("[\\d]+") { "0"..."9" ~= $0 })
    static let accountName = ParameterShape(length: 1...256)
    static let serviceName = ParameterShape(
        length: 1...128,
        pattern: .characters("[a-z0-9.-]+") { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "." || $0 == "-" })
}

struct CreateAccountRequest: QueryRequest {
    static let action = "CreateAccount"
    private let id: AccountID?
    private let name: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        id = AccountID(parameters.requiredString("AccountId", .accountID))
        name = parameters.requiredString("AccountName", .accountName)
    }

    func check() throws(QueryError) {
        guard id != nil else { throw .validation("The parameter 'AccountId' must have 12 digits.") }
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        guard let id else { throw KMSError(.validation, "An account's id has 12 digits.") }
        let made = try await identities.createAccount(id, name: name, by: context)
        return [
            .element("Account", made.account.members),
            .element(
                "AccessKey", made.administrator.members(.text(ifPresent: "UserName", made.administrator.userName))),
        ]
    }
}

struct ListAccountsRequest: QueryRequest {
    static let action = "ListAccounts"
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("Accounts", try identities.listAccounts(page, by: context), \.members)
    }
}

extension Account {
    fileprivate var members: [XMLNode] {
        [.text("AccountId", id.description), .text("AccountName", name), .date("CreateDate", creationDate)]
    }
}

extension IssuedAccessKey {
    /// The members of `AccessKey`, behind whose it is.
    func members(_ owner: XMLNode?) -> [XMLNode] {
        [
            owner, .text("AccessKeyId", id), .text("Status", "Active"),
            .secret("SecretAccessKey", of: self) { $0.secret.withExposedBytes($1) },
            .date("CreateDate", creationDate),
        ].compactMap(\.self)
    }
}
