// What goes wrong with custom key stores alone.

extension KMSError.Code {
    public static let cloudHSMClusterInUse = KMSError.Code(rawValue: "cloudHSMClusterInUse")
    public static let cloudHSMClusterInvalidConfiguration = KMSError.Code(
        rawValue: "cloudHSMClusterInvalidConfiguration")
    public static let cloudHSMClusterNotActive = KMSError.Code(rawValue: "cloudHSMClusterNotActive")
    public static let cloudHSMClusterNotFound = KMSError.Code(rawValue: "cloudHSMClusterNotFound")
    public static let cloudHSMClusterNotRelated = KMSError.Code(rawValue: "cloudHSMClusterNotRelated")
    public static let customKeyStoreHasKeys = KMSError.Code(rawValue: "customKeyStoreHasKeys")
    public static let customKeyStoreInvalidState = KMSError.Code(rawValue: "customKeyStoreInvalidState")
    public static let customKeyStoreNameInUse = KMSError.Code(rawValue: "customKeyStoreNameInUse")
    public static let incorrectTrustAnchor = KMSError.Code(rawValue: "incorrectTrustAnchor")
    public static let xksKeyAlreadyInUse = KMSError.Code(rawValue: "xksKeyAlreadyInUse")
    public static let xksKeyInvalidConfiguration = KMSError.Code(rawValue: "xksKeyInvalidConfiguration")
    public static let xksKeyNotFound = KMSError.Code(rawValue: "xksKeyNotFound")
    public static let xksProxyIncorrectAuthenticationCredential = KMSError.Code(
        rawValue: "xksProxyIncorrectAuthenticationCredential")
    public static let xksProxyInvalidConfiguration = KMSError.Code(rawValue: "xksProxyInvalidConfiguration")
    public static let xksProxyInvalidResponse = KMSError.Code(rawValue: "xksProxyInvalidResponse")
    public static let xksProxyURIInUse = KMSError.Code(rawValue: "xksProxyURIInUse")
    public static let xksProxyURIUnreachable = KMSError.Code(rawValue: "xksProxyURIUnreachable")
    public static let xksProxyVPCEndpointServiceNotFound = KMSError.Code(
        rawValue: "xksProxyVPCEndpointServiceNotFound")
}

extension KMSError {
    static func cloudHSMClusterNotFound(_ id: String) -> KMSError {
        KMSError(
            .cloudHSMClusterNotFound,
            "There is no cluster '\(id)' for this account. The server's operator names the clusters that there are.")
    }

    package static func xksProxyNotConfigured(_ address: XKSProxyAddress) -> KMSError {
        KMSError(
            .xksProxyURIUnreachable,
            "There is no external key store proxy \(address.uriEndpoint) for this account. The server's operator names the "
                + "proxies that there are.",
            cause: "xksProxies: in strongroom.yaml does not name \(address.host)")
    }

    static func customKeyStoreNotFound(_ name: String) -> KMSError {
        KMSError(.customKeyStoreNotFound, "There is no custom key store '\(name)'.")
    }

    /// - Parameter advice: What to do first.
    static func customKeyStoreInvalidState(_ store: CustomKeyStore, _ advice: String) -> KMSError {
        KMSError(
            .customKeyStoreInvalidState,
            "The custom key store \(store.id) is \(store.connection.name). \(advice)")
    }
}
