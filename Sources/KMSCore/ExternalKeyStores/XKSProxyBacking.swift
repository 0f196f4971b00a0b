/// What a key store of type EXTERNAL_KEY_STORE stands on: an XKS proxy. The configuration decides which proxies there are.
public struct XKSProxyBacking: Hashable, Sendable {
    /// XksProxyUriEndpoint, as in `https://xks.example.com`.
    public var uriEndpoint: String
    /// XksProxyUriPath, as in `/payroll/kms/xks/v1`.
    public var uriPath: String
    /// AccessKeyId of XksProxyAuthenticationCredential: 20 to 30 characters of `[A-Z2-7]`.
    public var accessKeyID: String
    /// Its RawSecretAccessKey, sealed under the system key for key store passwords.
    public var sealedSecret: SealedBytes

    public init(uriEndpoint: String, uriPath: String, accessKeyID: String, sealedSecret: SealedBytes) {
        self.uriEndpoint = uriEndpoint
        self.uriPath = uriPath
        self.accessKeyID = accessKeyID
        self.sealedSecret = sealedSecret
    }

    package var address: XKSProxyAddress { XKSProxyAddress(uriEndpoint: uriEndpoint, uriPath: uriPath) }
}

/// Where a proxy is. No two key stores of a Region have one.
package struct XKSProxyAddress: Hashable, Sendable {
    package let uriEndpoint: String
    package let uriPath: String

    package init(uriEndpoint: String, uriPath: String) {
        self.uriEndpoint = uriEndpoint
        self.uriPath = uriPath
    }

    /// The host, in lower case.
    package var host: String { uriEndpoint.dropFirst("https://".count).lowercased() }
}
