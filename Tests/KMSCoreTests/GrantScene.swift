import KMSPolicy
import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import KMSCore

/// Knows those whom a test says that there are.
final class Directory: PrincipalDirectory {
    private let ids = Mutex<[String: String]>([:])

    /// Nobody is there any more by an ARN when the id is nil.
    func set(_ arn: String, to uniqueID: String?) {
        ids.withLock { $0[arn] = uniqueID }
    }

    func look(up principal: String) -> PrincipalLookup {
        if principal.hasSuffix(":root") || AccountID(principal) != nil { return .account }
        return ids.withLock { $0[principal].map { .identity(uniqueID: $0) } ?? .unknown }
    }
}

/// Somebody who calls.
struct Actor: Sendable {
    let kind: PolicyCaller.Kind
    let account: AccountID
    let arn: String
    let userID: String
    var issuerARN: String?
    var issuerID: String?
    /// Texts of policies.
    var policies: [String] = []
    var viaService: String?
    var sourceARN: String?

    static let own = Scope.sample.account
    static let other = AccountID("999999999999")!

    static func user(_ name: String, in account: AccountID = own, id: String? = nil) -> Actor {
        Actor(
            kind: .user, account: account, arn: "arn:aws:iam::\(account):user/\(name)",
            userID: id ?? "AIDA\(name.uppercased())00000000")
    }

    static func session(_ name: String, of role: String, in account: AccountID = own) -> Actor {
        let id = "AROA\(role.uppercased())00000000"
        return Actor(
            kind: .roleSession, account: account, arn: "arn:aws:sts::\(account):assumed-role/\(role)/\(name)",
            userID: "\(id):\(name)", issuerARN: "arn:aws:iam::\(account):role/\(role)", issuerID: id)
    }

    static func service(_ name: String) -> Actor {
        Actor(kind: .service(name), account: own, arn: name, userID: "ASVC00000000")
    }

    static func root(_ account: AccountID = own) -> Actor {
        Actor(kind: .root, account: account, arn: account.rootARN, userID: account.description)
    }

    static let bob = user("bob")
    static let carol = user("carol")
    static let mallory = user("mallory", in: other)
    /// Whom the root of her account may delegate everything to.
    static let alice = user("alice").having(.everything)

    /// With an identity policy of one statement.
    func having(_ statement: Statement) -> Actor {
        var actor = self
        actor.policies.append(#"{"Version":"2012-10-17","Statement":\#(statement.text)}"#)
        return actor
    }

    /// As a service forwards what it does for the actor.
    func via(_ service: String) -> Actor {
        var actor = self
        actor.viaService = service
        return actor
    }

    func `for`(_ sourceARN: String) -> Actor {
        var actor = self
        actor.sourceARN = sourceARN
        return actor
    }

    struct Statement: Sendable {
        let text: String

        static let everything = allow("*")

        static func allow(_ action: String, _ condition: String = "{}") -> Statement {
            Statement(
                text: #"{"Effect":"Allow","Action":"\#(action)","Resource":"*","Condition":\#(condition)}"#)
        }

        static func deny(_ action: String, _ condition: String = "{}") -> Statement {
            Statement(text: #"{"Effect":"Deny","Action":"\#(action)","Resource":"*","Condition":\#(condition)}"#)
        }
    }

    /// A call of the actor's, with a draft of its own.
    var call: CallContext { call(in: Scope.sample.region) }

    func call(in region: Region) -> CallContext {
        // One that cannot be read would be a test's own fault.
        let compiled = policies.compactMap { text in
            (try? PolicyDocument(parsing: text, as: .identity)).map {
                CompiledPolicy($0, source: .identityPolicy("test"))
            }
        }
        precondition(compiled.count == policies.count)
        let session = viaService.map {
            CallerIdentity.SessionFacts(
                creationDate: Timestamp(seconds: 0), expirationDate: Timestamp(seconds: 1 << 40), viaService: $0,
                issuerName: "name")
        }
        let identity = CallerIdentity(
            principal: Principal(account: account, arn: arn),
            policyCaller: PolicyCaller(
                kind: kind, account: account.description, arn: arn, userID: userID, issuerARN: issuerARN,
                issuerID: issuerID),
            policies: CallerPolicies(identity: compiled), session: session)
        return CallContext(
            caller: identity, region: region, requestID: "request", origin: CallOrigin(sourceARN: sourceARN))
    }
}

/// A key store with people around it.
struct GrantScene: Sendable {
    let metadata = FaultyStore()
    let clock = TestClock()
    let audit = InMemoryAuditSink()
    let directory = Directory()
    private let backend = FakeBackend()

    init() {
        for actor in [Actor.alice, .bob, .carol, .mallory] { directory.set(actor.arn, to: actor.userID) }
        let session = Actor.session("one", of: "app")
        directory.set(session.arn, to: session.issuerID)
        directory.set(session.issuerARN ?? "", to: session.issuerID)
    }

    func start() async throws -> KeyStore {
        let store = KeyStore(
            backend: backend, metadata: metadata, clock: clock, events: EventLog(), audit: audit,
            principals: directory)
        try await store.start(reading: metadata)
        return store
    }
}

extension NewGrant {
    /// To an actor, by its ARN.
    static func to(
        _ actor: Actor, _ operations: Set<String>, _ constraint: Grant.Constraint? = nil,
        _ edit: (inout NewGrant) -> Void = { _ in }
    ) -> NewGrant {
        var grant = NewGrant(to: .principal(actor.arn), operations)
        grant.constraint = constraint
        edit(&grant)
        return grant
    }
}

extension KeyStore {
    @discardableResult
    func grant(_ request: NewGrant, on key: KeyDescription, by actor: Actor = .alice) async throws -> CreatedGrant {
        try await createGrant(request, on: key.arn, by: actor.call)
    }

    func grants(
        on key: KeyDescription, _ filter: GrantFilter = GrantFilter(), _ page: PageRequest = PageRequest(),
        by actor: Actor = .alice
    ) throws -> Page<Grant> {
        try listGrants(on: key.arn, filter, page, by: actor.call)
    }

    /// Encrypts and decrypts as an actor may.
    func seal(_ key: KeyDescription, in pairs: [String: String] = [:], by actor: Actor) async throws -> [UInt8] {
        try await encrypt("text", with: key.arn, in: pairs, by: actor.call)
    }

    func open(
        _ ciphertext: [UInt8], in pairs: [String: String] = [:], by actor: Actor
    ) async throws -> String {
        try await decrypt(ciphertext, in: pairs, by: actor.call)
    }
}
