import KMSCore
import KMSTesting
import SecureMemory
import Synchronization
import Testing

/// All that a key store stands on, which outlives it: a token, a database and a clock.
struct Rig: Sendable {
    let backend = FakeBackend()
    let metadata = FaultyStore()
    let clock = TestClock()
    let events = EventLog()

    /// A key store as after a start of the server; its forerunner is simply given up, as by a crash.
    func start() async throws -> KeyStore {
        let store = KeyStore(backend: backend, metadata: metadata, clock: clock, events: events)
        try await store.start(reading: metadata)
        return store
    }

    func newAccessKey(_ vault: CredentialVault) async throws(KMSError) -> CredentialVault.Opened {
        let made = try await vault.newAccessKey(for: CallContext.alice.principal, at: clock.now)
        try await metadata.commit([.saveAccessKey(made.accessKey)])
        return made
    }

    /// The encryptions that the database accounts for.
    func reservedEncryptions(_ key: KeyDescription) async throws -> UInt64? {
        try await stored(key)?.materials.first?.reservedEncryptions
    }

    func stored(_ key: KeyDescription) async throws -> Key? {
        try await metadata.load().keys.first { $0.address == key.key.address }
    }

    /// Expects the token to hold what the database names, no more and no less, and no work to be left.
    func expectAgreement(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let image = try await metadata.load()
        let materials = image.keys.flatMap(\.materials)
        let named =
            materials.filter { $0.stage == .present }.map(\.reference.object) + image.systemKeys.values.map(\.object)
            + image.wrappingKeys.map(\.reference.object)
        #expect(backend.objects == Set(named), "token and database hold the same", sourceLocation: sourceLocation)
        let unfinished = image.keys.filter { $0.lifecycle == .creating || $0.lifecycle == .destroying }
        #expect(materials.allSatisfy { $0.stage == .present || $0.stage == .absent }, sourceLocation: sourceLocation)
        #expect(unfinished.isEmpty, "every intent was brought to its end", sourceLocation: sourceLocation)
    }
}

extension CallContext {
    // Computed, so that every call has a draft of its own.
    static var alice: CallContext {
        CallContext(
            principal: Principal(account: Scope.sample.account, arn: "arn:aws:iam::111122223333:user/alice"),
            region: Scope.sample.region
        )
    }
    static var aliceElsewhere: CallContext { CallContext(principal: alice.principal, region: Scope.otherRegion.region) }
    static var mallory: CallContext {
        CallContext(
            principal: Principal(account: AccountID("999999999999")!, arn: "arn:aws:iam::999999999999:user/mallory"),
            region: Scope.sample.region
        )
    }
}

extension KeyDescription {
    var id: String { key.address.id.description }
    var arn: String { key.address.arn }
    var object: ObjectID { key.materials[0].reference.object }
}

extension KeyStore {
    func newKey(by context: CallContext = .alice, _ edit: (inout NewKey) -> Void = { _ in }) async throws
        -> KeyDescription
    {
        var request = NewKey()
        edit(&request)
        return try await createKey(request, by: context)
    }

    func encrypt(
        _ text: String, with key: String, in pairs: [String: String] = [:], by context: CallContext = .alice
    ) async throws -> [UInt8] {
        let plaintext = SecretBytes(copying: Array(text.utf8))
        return try await encrypt(plaintext, with: key, context: EncryptionContext(pairs), by: context).ciphertext
    }

    func decrypt(
        _ ciphertext: [UInt8], with key: String? = nil, in pairs: [String: String] = [:],
        by context: CallContext = .alice
    ) async throws -> String {
        let result = try await decrypt(ciphertext, with: key, context: EncryptionContext(pairs), by: context)
        return String(decoding: result.plaintext.exposedArray, as: UTF8.self)
    }

    func state(_ key: KeyDescription) async throws -> KeyState {
        try await describeKey(key.id, by: .alice).state
    }

    func names(by context: CallContext = .alice) throws -> [String] {
        try listAliases(of: nil, PageRequest(limit: 1000), by: context).items.map(\.name)
    }
}

/// Expects an error of the domain, by its code and by its text where that is AWS's.
func expect(
    _ code: KMSError.Code, _ message: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    from body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("expected \(code.rawValue)", sourceLocation: sourceLocation)
    } catch let error as KMSError {
        #expect(error.code == code, sourceLocation: sourceLocation)
        if let message { #expect(error.message == message, sourceLocation: sourceLocation) }
    } catch {
        Issue.record("\(error) is no error of the domain", sourceLocation: sourceLocation)
    }
}

/// Keeps what an operator would be told, as text that can be compared.
final class EventLog: KeyStoreEventSink {
    private let lines = Mutex<[String]>([])

    func record(_ event: KeyStoreEvent) {
        let line =
            switch event {
            case .materialMissing(let key, _, _): "missing \(key.id)"
            case .materialFoundAgain(let key, _): "found \(key.id)"
            case .workPostponed(let key, _): "postponed \(key.id)"
            case .replicationGivenUp(let key, _): "gave up \(key.id)"
            case .destructionRefused(let missing): "refused \(missing.sorted().joined(separator: " "))"
            case .creationUndone(let key): "undone \(key.id)"
            case .keyDestroyed(let key): "destroyed \(key.id)"
            case .keyRotated(let key, let number, let kind): "rotated \(key.id) to \(number) \(kind.rawValue)"
            case .materialImported(let key, let id, let place): "imported \(key.id) \(id) in the \(place.rawValue)"
            case .importedMaterialDestroyed(let key, let id, let hadExpired):
                "\(hadExpired ? "expired" : "deleted") \(key.id) \(id)"
            case .keyNotUnderstood(let key): "not understood \(key.id)"
            case .policyNotUnderstood(let key): "policy not understood \(key.id)"
            // What a test's own calls do it knows already.
            case .keyDisabled, .deletionScheduled, .deletionCancelled: ""
            case .materialExpiring(let key, let id, _): "expiring \(key.id) \(id)"
            case .keyStoreConnected(let store): "connected \(store.name)"
            case .keyStoreDisconnected(let store): "disconnected \(store.name)"
            case .keyStoreFailed(let store, let code, _): "failed \(store.name) \(code.rawValue)"
            case .materialLeftBehind(let key, let objects): "left behind \(key.id) \(objects.count)"
            case .hsmLost: "HSM lost"
            case .hsmFoundAgain: "HSM found again"
            }
        if !line.isEmpty { lines.withLock { $0.append(line) } }
    }

    var all: [String] { lines.withLock { $0 } }

    /// The events since the last time.
    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}

/// Steele, Lea and Flood's SplitMix64: small, and seeded, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
