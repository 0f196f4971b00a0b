import NIOCore
package import NIOSSL

/// A proxy that may be reached, and how.
package struct XKSProxyTarget: Sendable {
    /// As XksProxyUriEndpoint names it, in lower case; its certificate has to be for this name.
    package let host: String
    /// Where it is; the host's own address by default.
    package var address: String?
    package var port: Int
    package let tls: TLSConfiguration

    package init(host: String, address: String? = nil, port: Int = 443, tls: TLSConfiguration) {
        self.host = host
        self.address = address
        self.port = port
        self.tls = tls
    }

    /// TLS 1.2 and 1.3 with the cipher suites of the XKS Proxy API (section 1.1, "Transport").
    ///
    /// - Parameters:
    ///   - authorities: A PEM file of the authorities to trust in place of the system's.
    ///   - certificate: A PEM file with what this client shows of itself, where the proxy wants to see it, with its chain.
    ///   - key: The PEM file of its private key.
    package static func tls(authorities: String?, certificate: String?, key: String?) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // A peer that says nothing says no farewell either.
        configuration.shutdownTimeout = .milliseconds(100)
        configuration.cipherSuiteValues = [
            .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        ]
        if let authorities {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
        }
        if let certificate, let key {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        return configuration
    }
}
