import IAMCore
import KMSCore
import KMSPolicy
import KMSTesting
import SecureMemory
import Testing

/// All that an identity store stands on, which outlives it: a token, a database and a clock; and the store.
final class Rig: Sendable {
    static let account = AccountID("111122223333")!
    static let otherAccount = AccountID("444455556666")!
    static let region = Region("us-east-1")!

    let backend = InMemoryKeyBackend()
    let metadata = InMemoryMetadataStore()
    let clock = TestClock()
    let sink = InMemoryAuditSink()

    /// An identity store as after a start of the server; its forerunner is simply given up, as by a crash.
    func start(_ limits: IdentityLimits = .standard) async throws -> IdentityStore {
        let journal = Journal(metadata: metadata, clock: clock, sink: sink, events: NoEvents())
        let store = IdentityStore(
            backend: backend, journal: journal, metadata: metadata, clock: clock, limits: limits)
        try await store.start(try await metadata.load())
        return store
    }

    /// With the accounts.
    func startNew(_ limits: IdentityLimits = .standard) async throws -> IdentityStore {
        let store = try await start(limits)
        try await store.createAccount(Self.account, name: "first")
        try await store.createAccount(Self.otherAccount, name: "second")
        return store
    }
}

extension CallContext {
    /// A call of the account's root, each with a draft of its own.
    static var root: CallContext { CallContext(caller: .root(of: Rig.account), region: Rig.region) }
    static var otherRoot: CallContext { CallContext(caller: .root(of: Rig.otherAccount), region: Rig.region) }
}

extension IdentityStore {
    /// A call that is signed with this access key.
    func context(_ accessKeyID: String) throws -> CallContext {
        CallContext(caller: try #require(caller(withAccessKey: accessKeyID)).identity, region: Rig.region)
    }

    /// A new user whose inline policy this is, and the id of its access key.
    @discardableResult
    func newUser(
        _ name: String, _ policy: String? = nil, by root: CallContext = .root
    ) async throws -> String {
        _ = try await createUser(NewUser(name: name), by: root)
        if let policy { try await putInlinePolicy("own", policy, on: .user(name), by: root) }
        return try await createAccessKey(ofUser: name, by: root).id
    }

    @discardableResult
    func newRole(_ name: String, trusting principal: String, _ statement: String = "") async throws -> Identity {
        try await createRole(NewRole(name: name, trustPolicy: .trust(principal, statement)), by: .root)
    }
}

extension String {
    static let everything = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#

    static func allow(_ actions: String..., on resource: String = "*") -> String {
        let list = actions.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[\#(list)],"Resource":"\#(resource)"}}"#
    }

    /// A policy that counts so many characters.
    static func filled(_ size: Int) -> String {
        let start = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Sid":""#
        return start + String(repeating: "a", count: size - start.utf8.count - 3) + #""}}"#
    }

    /// - Parameter more: Members of the statement, as in `,"Condition":{}`.
    static func trust(_ principal: String, _ more: String = "") -> String {
        """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"\(principal)"},\
        "Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]\(more)}}
        """
    }

    static func user(_ name: String) -> String { "arn:aws:iam::111122223333:user/\(name)" }
    static func role(_ name: String) -> String { "arn:aws:iam::111122223333:role/\(name)" }
    static func session(_ role: String, _ name: String) -> String {
        "arn:aws:sts::111122223333:assumed-role/\(role)/\(name)"
    }
    static func policy(_ name: String) -> String { "arn:aws:iam::111122223333:policy/\(name)" }
    static let administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"
}

extension CallerIdentity {
    /// Whether its own policies let it do the action.
    func may(_ action: String, on resource: String = "*") -> Bool {
        struct Nothing: ConditionContext {
            func values(of key: ConditionKey) -> ConditionValues { .absent }
        }
        let question = PolicyQuestion(action: action, resource: resource, context: Nothing())
        return Decision.byIdentity(question, by: policyCaller, policies).isAllowed
    }
}

extension SecretBytes {
    borrowing func text() -> String {
        withExposedBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
    }
}

/// Expects an error of the domain, by its code and by its text where one is given.
func expect(
    _ code: KMSError.Code, _ message: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    from body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("expected \(code.rawValue)", sourceLocation: sourceLocation)
    } catch let error as KMSError {
        #expect(error.code == code, "\(error.message)", sourceLocation: sourceLocation)
        if let message { #expect(error.message == message, sourceLocation: sourceLocation) }
    } catch {
        Issue.record("\(error) is no error of the domain", sourceLocation: sourceLocation)
    }
}
