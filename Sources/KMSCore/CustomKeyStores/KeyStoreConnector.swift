package import SecureMemory

/// What the configuration says of a cluster that key stores of type AWS_CLOUDHSM may name.
package struct KnownCluster: Hashable, Sendable {
    package let id: String
    /// The certificate that a key store has to be made with, in PEM; nil where any is taken.
    package let trustAnchor: String?

    package init(id: String, trustAnchor: String?) {
        self.id = id
        self.trustAnchor = trustAnchor
    }
}

/// Reaches what custom key stores keep their keys in. The operator's configuration decides what there is; the API only
/// names it.
package protocol KeyStoreConnector: Sendable {
    /// Nil where there is no such cluster for that account's key stores.
    func cluster(_ id: String, for account: AccountID) -> KnownCluster?

    /// Looks at a cluster without logging in. Throws `cloudHSMClusterNotActive` where its token is not there or not set
    /// up, `cloudHSMClusterInvalidConfiguration` where it cannot be what keys are kept in.
    func examine(_ cluster: KnownCluster) async throws(KMSError)

    /// Begins to reach a key store. Returns at once: ``KeyStoreConnection/outcome()`` tells how it went. Throws
    /// `cloudHSMClusterNotFound` or `xksProxyURIUnreachable` for what the configuration does not name.
    ///
    /// - Parameter password: KeyStorePassword, or of an external key store RawSecretAccessKey.
    func connect(
        _ store: CustomKeyStore, with password: consuming SecretBytes
    ) throws(KMSError) -> any KeyStoreConnection
}

/// What the keys of a custom key store are used through.
package enum KeyStoreMeans: Sendable {
    /// The token that they are in.
    case token(any KeyBackend)
    /// The proxy that seals once more what the server's own token sealed.
    case proxy(any XKSProxyLink)
}

/// A custom key store that is being reached, or was.
package protocol KeyStoreConnection: Sendable {
    /// What the key store's keys are used through. It brings itself back when it was away.
    var means: KeyStoreMeans { get }

    /// Waits until it is known whether the key store can be used.
    func outcome() async -> ConnectionOutcome

    /// Gives the connection up, and all that it holds. What is under way fails.
    func end() async
}

package enum ConnectionOutcome: Hashable, Sendable {
    case connected
    /// The cause is for the operator. What is lasting does not get better by waiting.
    case failed(ConnectionErrorCode, cause: String, isLasting: Bool)
}

/// For a server whose configuration names neither clusters nor proxies.
package struct NoKeyStores: KeyStoreConnector {
    package init() {}

    package func cluster(_: String, for _: AccountID) -> KnownCluster? { nil }

    package func examine(_ cluster: KnownCluster) async throws(KMSError) { throw .cloudHSMClusterNotFound(cluster.id) }

    package func connect(
        _ store: CustomKeyStore, with _: consuming SecretBytes
    ) throws(KMSError) -> any KeyStoreConnection {
        switch store.backing {
        case .cloudHSM(let backing): throw .cloudHSMClusterNotFound(backing.clusterID)
        case .xksProxy(let backing): throw .xksProxyNotConfigured(backing.address)
        }
    }
}
