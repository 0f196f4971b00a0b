/// A custom key store: keys of this KMS that need something which somebody else keeps, a token or a key manager.
public struct CustomKeyStore: Hashable, Sendable {
    /// What the keys need.
    public enum Backing: Hashable, Sendable {
        case cloudHSM(CloudHSMBacking)
        case xksProxy(XKSProxyBacking)
    }

    public let id: CustomKeyStoreID
    public let scope: Scope
    /// No two of a scope have the same.
    public var name: String
    public let creationDate: Timestamp
    public var connection: ConnectionState
    public var backing: Backing

    public init(
        id: CustomKeyStoreID, scope: Scope, name: String, creationDate: Timestamp,
        connection: ConnectionState = .disconnected, backing: Backing
    ) {
        self.id = id
        self.scope = scope
        self.name = name
        self.creationDate = creationDate
        self.connection = connection
        self.backing = backing
    }

    /// The origin of the keys in it.
    package var keyOrigin: KeyOrigin {
        switch backing {
        case .cloudHSM: .awsCloudHSM
        case .xksProxy: .externalKeyStore
        }
    }
}

/// What a key store of type AWS_CLOUDHSM stands on: a cluster, which the configuration maps to a token.
public struct CloudHSMBacking: Hashable, Sendable {
    /// As in `cluster-2a34b5cdefg`.
    public var clusterID: String
    /// The certificate that the customer signed the cluster's with, word for word as it was given.
    public var trustAnchor: String
    /// The token's PIN, sealed under the system key for key store passwords.
    public var sealedPassword: SealedBytes

    public init(clusterID: String, trustAnchor: String, sealedPassword: SealedBytes) {
        self.clusterID = clusterID
        self.trustAnchor = trustAnchor
        self.sealedPassword = sealedPassword
    }
}

/// Whether a custom key store is connected: what was asked for, and how far it came. Stored, so that a server that
/// is started again connects what was connected.
public enum ConnectionState: Hashable, Sendable {
    case disconnected
    /// Asked for; the outcome is not known yet.
    case connecting
    /// Stays so while the token is away: its workers bring it back.
    case connected
    case disconnecting
    /// An attempt failed, or what was connected cannot be connected again until somebody changes something.
    case failed(ConnectionErrorCode)

    /// As AWS KMS names it.
    public var name: String {
        switch self {
        case .disconnected: "DISCONNECTED"
        case .connecting: "CONNECTING"
        case .connected: "CONNECTED"
        case .disconnecting: "DISCONNECTING"
        case .failed: "FAILED"
        }
    }

    /// Nil for a name that AWS KMS does not have; `error` belongs to FAILED alone.
    public init?(name: String, error: ConnectionErrorCode?) {
        switch (name, error) {
        case ("DISCONNECTED", nil): self = .disconnected
        case ("CONNECTING", nil): self = .connecting
        case ("CONNECTED", nil): self = .connected
        case ("DISCONNECTING", nil): self = .disconnecting
        case ("FAILED", let error?): self = .failed(error)
        default: return nil
        }
    }

    public var error: ConnectionErrorCode? {
        if case .failed(let error) = self { error } else { nil }
    }
}

/// Why a connection failed (ConnectionErrorCodeType), spelled as AWS KMS documents it. AWS has more, for what is its
/// own network.
public struct ConnectionErrorCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The password is not the one that the token takes, or the credential none of the proxy's.
    public static let invalidCredentials = ConnectionErrorCode(rawValue: "INVALID_CREDENTIALS")
    /// The configuration names no such cluster any more.
    public static let clusterNotFound = ConnectionErrorCode(rawValue: "CLUSTER_NOT_FOUND")
    /// The HSM does not answer, or its connection fails.
    public static let networkErrors = ConnectionErrorCode(rawValue: "NETWORK_ERRORS")
    public static let internalError = ConnectionErrorCode(rawValue: "INTERNAL_ERROR")
    /// The module shows no such token.
    public static let insufficientHSMs = ConnectionErrorCode(rawValue: "INSUFFICIENT_CLOUDHSM_HSMS")
    /// The token's PIN is locked, or one more wrong one would lock it.
    public static let userLockedOut = ConnectionErrorCode(rawValue: "USER_LOCKED_OUT")
    /// The token has no user yet: no PIN was ever set.
    public static let userNotFound = ConnectionErrorCode(rawValue: "USER_NOT_FOUND")
    /// Somebody else's login stands in the way.
    public static let userLoggedIn = ConnectionErrorCode(rawValue: "USER_LOGGED_IN")
    public static let xksProxyAccessDenied = ConnectionErrorCode(rawValue: "XKS_PROXY_ACCESS_DENIED")
    /// The proxy knows no such path.
    public static let xksProxyInvalidConfiguration = ConnectionErrorCode(rawValue: "XKS_PROXY_INVALID_CONFIGURATION")
    public static let xksProxyInvalidResponse = ConnectionErrorCode(rawValue: "XKS_PROXY_INVALID_RESPONSE")
    public static let xksProxyInvalidTLSConfiguration = ConnectionErrorCode(
        rawValue: "XKS_PROXY_INVALID_TLS_CONFIGURATION")
    /// The proxy cannot be reached, or none of its key managers can.
    public static let xksProxyNotReachable = ConnectionErrorCode(rawValue: "XKS_PROXY_NOT_REACHABLE")
    public static let xksProxyTimedOut = ConnectionErrorCode(rawValue: "XKS_PROXY_TIMED_OUT")
}
