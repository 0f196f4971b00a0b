/// The way to one XKS proxy: what the XKS Proxy API (aws-kms-xksproxy-api-spec 1.0) has, as the key store asks for it.
///
/// Answers are checked before they are given back: lengths, and the integrity value of a ciphertext. Each call has an end,
/// whatever the proxy does.
package protocol XKSProxyLink: Sendable {
    /// GetHealthStatus. Throws `unhealthy` where the proxy says that none of its key managers can be used.
    ///
    /// - Parameter operation: What asks for it (kmsOperation), as in `ConnectCustomKeyStore`.
    func checkHealth(for operation: String, requestID: String) async throws(XKSProxyFailure)

    /// GetKeyMetadata.
    func metadata(of key: String, for call: ExternalCall) async throws(XKSProxyFailure) -> ExternalKeyMetadata

    /// Encrypt, with AES_GCM. `plaintext` has at most 4,300 bytes, `aad` at most 8,192.
    func encrypt(
        _ plaintext: [UInt8], authenticating aad: [UInt8], under key: String, for call: ExternalCall
    ) async throws(XKSProxyFailure) -> ExternalSealing

    func decrypt(
        _ sealing: ExternalSealing, authenticating aad: [UInt8], under key: String, for call: ExternalCall
    ) async throws(XKSProxyFailure) -> [UInt8]
}

/// What a proxy is told of the call that it is asked for (requestMetadata).
package struct ExternalCall: Sendable {
    package let principalARN: String
    /// Nil while there is no key yet.
    package let keyARN: String?
    package let operation: String
    package let requestID: String
    package let viaService: String?

    init(_ operation: String, on keyARN: String?, by context: CallContext) {
        principalARN = context.principal.arn
        self.keyARN = keyARN
        self.operation = operation
        requestID = context.requestID
        viaService = context.viaService
    }

    package init(principalARN: String, keyARN: String?, operation: String, requestID: String, viaService: String? = nil)
    {
        self.principalARN = principalARN
        self.keyARN = keyARN
        self.operation = operation
        self.requestID = requestID
        self.viaService = viaService
    }
}

/// What GetKeyMetadata tells of an external key, in the proxy's words.
package struct ExternalKeyMetadata: Hashable, Sendable {
    package let spec: String
    package let usage: [String]
    package let status: String

    package init(spec: String, usage: [String], status: String) {
        self.spec = spec
        self.usage = usage
        self.status = status
    }

    /// Throws `xksKeyInvalidConfiguration` unless a KMS key can stand on the external key.
    func check() throws(KMSError) {
        let fault: String? =
            if spec != "AES_256" {
                "The key spec of the external key must be AES_256. The key spec of specified external key is \(spec)."
            } else if !usage.contains("ENCRYPT") || !usage.contains("DECRYPT") {
                "The key usage of the external key must include ENCRYPT and DECRYPT. The key usage of specified external "
                    + "key is \(usage.joined(separator: ", "))."
            } else if status != "ENABLED" {
                "The status of the external key must be ENABLED. The status of specified external key is \(status)."
            } else {
                nil
            }
        if let fault { throw KMSError(.xksKeyInvalidConfiguration, fault) }
    }
}
