package import NIOSSL

/// The certificate and key to serve TLS with.
package enum TLSFiles {
    package typealias Configuration = TLSConfiguration

    /// Reads two PEM files: the certificate with its chain, and its key. TLS 1.2 is the oldest version served.
    package static func load(certificate: String, key: String) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }
}
