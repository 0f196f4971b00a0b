import KMSCore
import KMSTesting
import SecureMemory
import Synchronization
import Testing

/// Clusters in memory: each a token of its own with a PIN, that can be away, slow to answer, or gone from the
/// configuration.
final class FakeKeyStores: KeyStoreConnector {
    struct Cluster {
        let backend = FakeBackend()
        var pin: String
        var trustAnchor: String?
        var account = Scope.sample.account
        /// What becomes of a connection whose password is right.
        var outcome = ConnectionOutcome.connected
        var isSlow = false
    }

    struct State {
        var clusters: [String: Cluster] = [:]
        var begun = 0
        var ended = 0
        var examined: [String] = []
        /// XKS proxies by their hosts, and the secret access keys that connections were begun with.
        var proxies = ["xks.example.com": FakeXKSProxy(), "other.example.com": FakeXKSProxy()]
        var secrets: [[UInt8]] = []
        var fault: KMSError?
    }

    let state = Mutex(State())

    init() {
        state.withLock { $0.clusters = [Self.first: Cluster(pin: "1234567"), Self.second: Cluster(pin: "7654321")] }
    }

    static let first = "cluster-aaaaaaaaaaa"
    static let second = "cluster-bbbbbbbbbbb"

    func edit(_ id: String = FakeKeyStores.first, _ edit: (inout Cluster) -> Void) {
        state.withLock { if $0.clusters[id] != nil { edit(&$0.clusters[id]!) } }
    }

    func backend(_ id: String = FakeKeyStores.first) -> FakeBackend {
        state.withLock { $0.clusters[id]!.backend }
    }

    func proxy(_ host: String = "xks.example.com") -> FakeXKSProxy { state.withLock { $0.proxies[host]! } }

    /// How many connections were begun and not ended.
    var open: Int { state.withLock { $0.begun - $0.ended } }

    func cluster(_ id: String, for account: AccountID) -> KnownCluster? {
        state.withLock { state in
            guard let cluster = state.clusters[id], cluster.account == account else { return nil }
            return KnownCluster(id: id, trustAnchor: cluster.trustAnchor)
        }
    }

    func examine(_ cluster: KnownCluster) async throws(KMSError) {
        let fault = state.withLock { state in
            state.examined.append(cluster.id)
            return state.fault
        }
        if let fault { throw fault }
    }

    func connect(
        _ store: CustomKeyStore, with password: consuming SecretBytes
    ) throws(KMSError) -> any KeyStoreConnection {
        if case .xksProxy(let backing) = store.backing {
            let secret = password.exposedArray
            return try state.withLock { state throws(KMSError) in
                guard let proxy = state.proxies[backing.address.host] else {
                    throw .xksProxyNotConfigured(backing.address)
                }
                state.begun += 1
                state.secrets.append(secret)
                return FakeProxyConnection(keyStores: self, proxy: proxy)
            }
        }
        guard case .cloudHSM(let backing) = store.backing,
            let cluster = state.withLock({ $0.clusters[backing.clusterID] })
        else { throw KMSError(.cloudHSMClusterNotFound, "no such cluster") }
        state.withLock { $0.begun += 1 }
        let isRight = String(decoding: password.exposedArray, as: UTF8.self) == cluster.pin
        return FakeConnection(keyStores: self, id: backing.clusterID, fake: cluster.backend, isRight: isRight)
    }
}

struct FakeConnection: KeyStoreConnection {
    let keyStores: FakeKeyStores
    let id: String
    let fake: FakeBackend
    let isRight: Bool

    var means: KeyStoreMeans { .token(fake) }

    func outcome() async -> ConnectionOutcome {
        while keyStores.state.withLock({ $0.clusters[id]?.isSlow == true }) {
            try? await Task.sleep(for: .milliseconds(1))
        }
        guard isRight else { return .failed(.invalidCredentials, cause: "a wrong PIN", isLasting: true) }
        return keyStores.state.withLock { $0.clusters[id]?.outcome }
            ?? .failed(.clusterNotFound, cause: "gone", isLasting: true)
    }

    func end() async {
        keyStores.state.withLock { $0.ended += 1 }
    }
}

struct FakeProxyConnection: KeyStoreConnection {
    let keyStores: FakeKeyStores
    let proxy: FakeXKSProxy

    var means: KeyStoreMeans { .proxy(proxy) }

    func outcome() async -> ConnectionOutcome {
        do throws(XKSProxyFailure) {
            try await proxy.checkHealth(for: "ConnectCustomKeyStore", requestID: "")
            return .connected
        } catch {
            return .failed(error.connectionError, cause: error.cause, isLasting: false)
        }
    }

    func end() async {
        keyStores.state.withLock { $0.ended += 1 }
    }
}

/// A rig with two clusters, and two XKS proxies, beside its own token.
struct CustomKeyStoreScene {
    let rig = Rig()
    let keyStores = FakeKeyStores()

    func start(_ limits: QuotaLimits = .unlimited) async throws -> KeyStore {
        let store = KeyStore(
            backend: rig.backend,
            journal: Journal(metadata: rig.metadata, clock: rig.clock, sink: InMemoryAuditSink(), events: nil),
            principals: EveryPrincipal(), quotas: RequestQuotas(limits, clock: rig.clock), events: rig.events,
            customKeyStores: keyStores)
        try await store.start(reading: rig.metadata)
        try await store.mendConnections()
        return store
    }

    /// A key store that is connected.
    func connected(
        _ store: KeyStore, name: String = "payroll", cluster: String = FakeKeyStores.first, pin: String = "1234567"
    ) async throws -> String {
        let id = try await store.newKeyStore(name: name, cluster: cluster, pin: pin)
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "CONNECTED")
        return id
    }
}

extension KeyStore {
    func newKeyStore(
        name: String = "payroll", cluster: String = FakeKeyStores.first, pin: String = "1234567",
        trustAnchor: String = .sampleCertificate, by context: CallContext = .alice
    ) async throws -> String {
        let new = NewCustomKeyStore(
            name: name, clusterID: cluster, trustAnchor: trustAnchor,
            password: SecretBytes(copying: Array(pin.utf8)))
        return try await createCustomKeyStore(new, by: context).description
    }

    func keyStore(_ id: String) throws -> CustomKeyStore {
        try #require(try describeCustomKeyStores(id: id, name: nil, PageRequest(), by: .alice).items.first)
    }

    func newKey(in keyStore: String) async throws -> KeyDescription {
        try await newKey {
            $0.origin = .awsCloudHSM
            $0.customKeyStore = keyStore
        }
    }

    /// Waits until the connection is in a state.
    func wait(for id: String, _ state: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await wait(sourceLocation) { try keyStore(id).connection.name == state }
    }

    func wait(
        _ sourceLocation: SourceLocation = #_sourceLocation, until condition: () async throws -> Bool
    ) async throws {
        for _ in 0..<2000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record("it did not come to that", sourceLocation: sourceLocation)
    }
}
