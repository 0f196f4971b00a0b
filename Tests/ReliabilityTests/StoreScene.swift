import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Synchronization
import Testing

/// A key store on a rig's token and on a database in memory.
struct StoreScene: Sendable {
    let rig: Rig
    let store: KeyStore
    let metadata = InMemoryMetadataStore()
    let clock = TestClock()
    private let events = Alarms()

    init(
        _ kind: Rig.Kind = .direct, edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }
    ) async throws {
        rig = try await Rig.ready(kind, edit: edit)
        store = KeyStore(backend: rig.client, metadata: metadata, clock: clock, events: events)
        try await store.start(reading: metadata)
    }

    /// What an operator was told.
    var alarms: [String] { events.all }

    /// Makes a key; answers its id.
    func newKey() async throws -> String {
        try await store.createKey(NewKey(), by: .operator).key.address.id.description
    }

    func object(of key: String) async throws -> ObjectID {
        try await store.describeKey(key, by: .operator).key.materials[0].reference.object
    }

    func encrypt(_ bytes: [UInt8], with key: String) async throws -> [UInt8] {
        try await store.encrypt(SecretBytes(copying: bytes), with: key, context: .empty, by: .operator).ciphertext
    }

    func decrypt(_ ciphertext: [UInt8]) async throws -> [UInt8] {
        try await store.decrypt(ciphertext, with: nil, context: .empty, by: .operator).plaintext.exposedArray
    }
}

extension CallContext {
    // Computed, so that every call has a draft of its own.
    static var `operator`: CallContext {
        CallContext(
            principal: Principal(account: Scope.sample.account, arn: "arn:aws:iam::111122223333:user/operator"),
            region: Scope.sample.region)
    }
}

private final class Alarms: KeyStoreEventSink {
    private let events = Mutex<[String]>([])

    var all: [String] { events.withLock { $0 } }

    func record(_ event: KeyStoreEvent) { events.withLock { $0.append("\(event)") } }
}
