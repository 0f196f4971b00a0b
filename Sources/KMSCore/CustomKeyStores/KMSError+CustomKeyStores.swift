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
}

extension KMSError {
    static func cloudHSMClusterNotFound(_ id: String) -> KMSError {
        KMSError(
            .cloudHSMClusterNotFound,
            "There is no cluster '\(id)' for this account. The server's operator names the clusters that there are.")
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
