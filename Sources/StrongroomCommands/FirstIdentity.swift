import IAMCore
import KMSCore

/// The identity that makes all others: a user who may do everything in the account.
enum FirstIdentity {
    static let name = "administrator"

    /// Makes the account, the user and an access key. Nothing is recorded yet: there is no server, and no log.
    static func make(
        in account: AccountID, backend: any KeyBackend, metadata: any MetadataStore
    ) async throws(KMSError) -> IssuedAccessKey {
        let clock = SystemClock()
        let journal = Journal(metadata: metadata, clock: clock, sink: Unrecorded(), events: nil)
        let identities = IdentityStore(backend: backend, journal: journal, metadata: metadata, clock: clock)
        try await identities.start(try await metadata.load())
        // No Region is called: identities are of none.
        guard let region = Region("us-east-1") else { throw KMSError(.internalFailure, "There is no Region.") }
        let root = { (operation: String) in
            let draft = AuditDraft()
            draft.begin(operation, of: "iam.amazonaws.com", isReadOnly: false, parameters: nil)
            return CallContext(caller: .root(of: account), region: region, draft: draft)
        }
        try await identities.createAccount(account, name: "strongroom")
        _ = try await identities.createUser(NewUser(name: name), by: root("CreateUser"))
        try await identities.attachPolicy(
            "arn:aws:iam::aws:policy/AdministratorAccess", to: .user(name), by: root("AttachUserPolicy"))
        return try await identities.createAccessKey(ofUser: name, by: root("CreateAccessKey"))
    }
}

/// For what is done before there is a log. Records stay in the outbox, where the server's first start finds them.
struct Unrecorded: AuditSink {
    func checkAccepting() {}
    func append(_: AuditRecord) {}

    func append(durably _: [OutboxItem]) async throws(KMSError) {
        throw KMSError(.internalFailure, "There is no audit log yet.")
    }
}
