import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging
import SecureMemory

/// Reaches custom key stores of both types, where strongroom.yaml says that there are any.
struct ConfiguredKeyStores: KeyStoreConnector {
    let tokens: TokenKeyStores
    let proxies: ProxyKeyStores

    init(
        _ configuration: ServerConfiguration, _ state: StateDirectory, lock: ServerLock? = nil, logger: Logger,
        onEvent: @escaping @Sendable (_ token: String, HSMEvent) -> Void = { _, _ in }
    ) throws(CommandFailure) {
        tokens = try TokenKeyStores(configuration, state, lock: lock, logger: logger, onEvent: onEvent)
        proxies = try ProxyKeyStores(configuration, state, logger: logger)
    }

    func cluster(_ id: String, for account: AccountID) -> KnownCluster? { tokens.cluster(id, for: account) }

    func examine(_ cluster: KnownCluster) async throws(KMSError) { try await tokens.examine(cluster) }

    func connect(
        _ store: CustomKeyStore, with password: consuming SecretBytes
    ) throws(KMSError) -> any KeyStoreConnection {
        switch store.backing {
        case .cloudHSM(let backing): try tokens.connect(to: backing, of: store, password)
        case .xksProxy(let backing): try proxies.connect(to: backing, of: store, password)
        }
    }
}
