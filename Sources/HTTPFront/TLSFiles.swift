package import NIOSSL

/// The certificate and key to serve TLS with.
package enum TLSFiles {
    package typealias Configuration = TLSConfiguration

    /// Reads PEM files: the certificate with its chain, and its key. TLS 1.2 is the oldest version served.
    ///
    /// - Parameter clientAuthority: The roots of the certificates that clients then have to give.
    package static func load(
        certificate: String, key: String, clientAuthority: String? = nil
    ) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        if let clientAuthority {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthority))
            // A client has no host's name that could be compared.
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }
}
