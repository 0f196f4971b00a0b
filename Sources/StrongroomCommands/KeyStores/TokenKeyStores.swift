import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging
import SecureMemory
import Synchronization

/// Reaches custom key stores in the tokens that `clusters:` in strongroom.yaml names, each by workers of its own.
final class TokenKeyStores: Sendable {
    private struct Cluster: Sendable {
        let known: KnownCluster
        let account: AccountID
        let configuration: HSMClientConfiguration
    }

    private let clusters: [String: Cluster]
    private let logger: Logger
    private let onEvent: @Sendable (_ token: String, HSMEvent) -> Void
    /// Those that are reached, for the metrics.
    private let connections = Mutex<[String: TokenConnection]>([:])

    /// Reads the files that the configuration names: what is wrong with them is told at the start.
    init(
        _ configuration: ServerConfiguration, _ state: StateDirectory, lock: ServerLock? = nil, logger: Logger,
        onEvent: @escaping @Sendable (_ token: String, HSMEvent) -> Void = { _, _ in }
    ) throws(CommandFailure) {
        let (operatorAccount, _) = try configuration.scopes()
        var clusters: [String: Cluster] = [:]
        let named = configuration.clusters ?? [:]
        let profile = named.isEmpty ? HSMProfile() : try ProfileFile.load(state.profile)
        for (id, cluster) in named {
            clusters[id] = Cluster(
                known: KnownCluster(id: id, trustAnchor: try configuration.trustAnchor(of: cluster, in: state)),
                account: cluster.account.flatMap { AccountID($0) } ?? operatorAccount,
                configuration: try HSM.configuration(ofCluster: id, cluster, profile, state, lock: lock))
        }
        self.clusters = clusters
        self.logger = logger
        self.onEvent = onEvent
    }

    func cluster(_ id: String, for account: AccountID) -> KnownCluster? {
        clusters[id].flatMap { $0.account == account ? $0.known : nil }
    }

    func examine(_ cluster: KnownCluster) async throws(KMSError) {
        guard let configuration = clusters[cluster.id]?.configuration else { return }
        let missing: [String]
        do {
            // It starts a process and waits for it.
            missing = try await LaneThread.run { () throws(WorkerTaskError) in
                try WorkerTask.examine(configuration)
            }.missingMechanisms
        } catch {
            let isAbsent = [.noToken, .tokenNotReady, .noAnswer].contains(error.fault)
            throw KMSError(
                isAbsent ? .cloudHSMClusterNotActive : .cloudHSMClusterInvalidConfiguration,
                isAbsent
                    ? "The cluster \(cluster.id) is not active: its token is not there, not set up, or does not answer."
                    : "The cluster \(cluster.id) cannot be used. The server's log tells its operator why.",
                cause: error.description)
        }
        guard missing.isEmpty else {
            throw KMSError(
                .cloudHSMClusterInvalidConfiguration,
                "The cluster \(cluster.id) lacks \(missing.joined(separator: " and ")), so keys cannot be kept in it.")
        }
    }

    func connect(
        to backing: CloudHSMBacking, of store: CustomKeyStore, _ password: consuming SecretBytes
    ) throws(KMSError) -> TokenConnection {
        guard let cluster = clusters[backing.clusterID], cluster.account == store.scope.account else {
            throw KMSError(
                .cloudHSMClusterNotFound, "There is no cluster '\(backing.clusterID)' for this account.",
                cause: "clusters: in strongroom.yaml does not name \(backing.clusterID)")
        }
        var configuration = cluster.configuration
        configuration.settings.pinSource = .handed(name: backing.passwordName, descriptor: -1)
        configuration.pin = InheritedPIN(password)
        let (id, onEvent) = (backing.clusterID, onEvent)
        configuration.onEvent = { onEvent(id, $0) }
        var logger = logger
        logger[metadataKey: "keyStore"] = "\(store.id)"
        let connection = TokenConnection(HSMClient(configuration, logger: logger)) { [weak self] connection in
            self?.connections.withLock { if $0[id] === connection { $0[id] = nil } }
        }
        connections.withLock { $0[id] = connection }
        return connection
    }

    /// How the workers are of those that are reached, by their clusters' ids.
    var statuses: [(name: String, status: HSMStatus)] {
        connections.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value.client.status()) }
    }
}

/// A custom key store that is reached through workers of its own. The PIN goes with them.
final class TokenConnection: KeyStoreConnection {
    let client: HSMClient
    private let onEnd: @Sendable (TokenConnection) -> Void

    init(_ client: HSMClient, onEnd: @escaping @Sendable (TokenConnection) -> Void) {
        self.client = client
        self.onEnd = onEnd
    }

    var means: KeyStoreMeans { .token(client) }

    func outcome() async -> ConnectionOutcome {
        do throws(KMSError) {
            let report = try await client.tokenReport()
            guard report.missingMechanisms.isEmpty else {
                return .failed(
                    .internalError,
                    cause: "the token \(report.label) lacks \(report.missingMechanisms.joined(separator: " and "))",
                    isLasting: true)
            }
            return .connected
        } catch {
            let (fault, isLasting) = client.startFault
            return .failed(fault.errorCode, cause: error.cause ?? error.message, isLasting: isLasting)
        }
    }

    func end() async {
        onEnd(self)
        // It waits for threads and processes.
        await LaneThread.run { [client] in client.stop() }
    }
}

extension WorkerFault {
    /// As the key store's owner is told.
    fileprivate var errorCode: ConnectionErrorCode {
        switch self {
        case .pinRefused: .invalidCredentials
        case .pinLocked: .userLockedOut
        case .noUser: .userNotFound
        case .otherLogin: .userLoggedIn
        case .noToken, .tokenNotReady: .insufficientHSMs
        case .noAnswer: .networkErrors
        case .other: .internalError
        }
    }
}
