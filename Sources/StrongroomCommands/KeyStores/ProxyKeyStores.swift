import KMSCore
import Logging
import SecureMemory
import SigV4
import Synchronization
import XKSClient

/// Reaches external key stores at the XKS proxies that `xksProxies:` in strongroom.yaml names.
final class ProxyKeyStores: Sendable {
    private struct Proxy: Sendable {
        let account: AccountID
        let target: XKSProxyTarget
    }

    /// By host.
    private let proxies: [String: Proxy]
    private let logger: Logger
    /// Those that are in use, for the metrics.
    private let connections = Mutex<[CustomKeyStoreID: ProxyConnection]>([:])

    /// Reads the files that the configuration names: what is wrong with them is told at the start.
    init(
        _ configuration: ServerConfiguration, _ state: StateDirectory, logger: Logger
    ) throws(CommandFailure) {
        let (operatorAccount, _) = try configuration.scopes()
        var proxies: [String: Proxy] = [:]
        for (host, proxy) in configuration.xksProxies ?? [:] {
            proxies[host] = Proxy(
                account: proxy.account.flatMap { AccountID($0) } ?? operatorAccount,
                target: try configuration.target(host, proxy, in: state))
        }
        self.proxies = proxies
        self.logger = logger
    }

    func connect(
        to backing: XKSProxyBacking, of store: CustomKeyStore, _ secretAccessKey: consuming SecretBytes
    ) throws(KMSError) -> ProxyConnection {
        guard let proxy = proxies[backing.address.host], proxy.account == store.scope.account else {
            throw .xksProxyNotConfigured(backing.address)
        }
        let credential = secretAccessKey.withExposedBytes {
            SigningCredential(accessKeyID: backing.accessKeyID, secretAccessKey: $0)
        }
        var logger = logger
        logger[metadataKey: "keyStore"] = "\(store.id)"
        let client = XKSProxyClient(
            backing.address, at: proxy.target, credential, region: store.scope.region.description)
        return ProxyConnection(client, logger) { [weak self] connection, isInUse in
            self?.connections.withLock { connections in
                if isInUse {
                    connections[store.id] = connection
                } else if connections[store.id] === connection {
                    connections[store.id] = nil
                }
            }
        }
    }

    var statuses: [ProxyStatus] {
        connections.withLock { $0 }.sorted { $0.key < $1.key }.map { ProxyStatus(keyStore: $0.key, $0.value) }
    }
}

/// How a proxy is doing, for the metrics.
struct ProxyStatus {
    let keyStore: CustomKeyStoreID
    let isHealthy: Bool
    let isSuspended: Bool
    let counts: [XKSClientCounters.Outcome: XKSClientCounters.Count]

    init(keyStore: CustomKeyStoreID, _ connection: ProxyConnection) {
        self.keyStore = keyStore
        isHealthy = connection.isHealthy
        isSuspended = connection.client.isSuspended
        counts = connection.client.counters.counts
    }
}

/// An external key store whose proxy is asked for its health once in a while.
final class ProxyConnection: KeyStoreConnection {
    let client: XKSProxyClient
    private let logger: Logger
    private let onUse: @Sendable (ProxyConnection, Bool) -> Void
    private let state = Mutex(State())

    /// AWS KMS does it once every few minutes.
    private static let period = Duration.seconds(60)

    private struct State {
        var isHealthy = true
        var watch: Task<Void, Never>?
        var isEnded = false
    }

    init(
        _ client: XKSProxyClient, _ logger: Logger, onUse: @escaping @Sendable (ProxyConnection, Bool) -> Void
    ) {
        self.client = client
        self.logger = logger
        self.onUse = onUse
    }

    var means: KeyStoreMeans { .proxy(client) }

    var isHealthy: Bool { state.withLock { $0.isHealthy } }

    /// A proxy that fails may come back by itself: nothing of it lasts.
    func outcome() async -> ConnectionOutcome {
        begin()
        do throws(XKSProxyFailure) {
            try await client.checkHealth(for: "ConnectCustomKeyStore", requestID: .randomUUID())
            return .connected
        } catch {
            note(error)
            return .failed(error.connectionError, cause: error.cause, isLasting: false)
        }
    }

    func begin() {
        state.withLock { state in
            guard state.watch == nil, !state.isEnded else { return }
            state.watch = Task { [weak self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.period)
                    guard !Task.isCancelled, let self else { return }
                    await self.look()
                }
            }
        }
        onUse(self, true)
    }

    private func look() async {
        do throws(XKSProxyFailure) {
            try await client.checkHealth(for: "KmsHealthCheck", requestID: .randomUUID())
            note(nil)
        } catch {
            note(error)
        }
    }

    /// Tells of changes, and not of every look.
    private func note(_ failure: XKSProxyFailure?) {
        let isNews = state.withLock { state in
            defer { state.isHealthy = failure == nil }
            return state.isHealthy != (failure == nil) && !state.isEnded
        }
        guard isNews else { return }
        if let failure {
            logger.error(
                "the external key store's proxy is not healthy: keys in it may not be usable",
                metadata: ["cause": "\(failure.cause)"])
        } else {
            logger.notice("the external key store's proxy is healthy again")
        }
    }

    func end() async {
        state.withLock { state in
            state.isEnded = true
            state.watch?.cancel()
        }
        onUse(self, false)
        await client.shutdown()
    }
}
