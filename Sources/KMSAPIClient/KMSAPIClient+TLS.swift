import NIOSSL

/// Trusts the certificate authorities in a PEM file in place of the system's, as AWS_CA_BUNDLE means it.
func tlsConfiguration(certificateAuthoritiesPath path: String) throws(ClientConfigurationError) -> TLSConfiguration {
    do {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
        return configuration
    } catch {
        throw ClientConfigurationError(
            "\(path) holds no readable certificates", hint: "AWS_CA_BUNDLE names a PEM file of the CAs to trust")
    }
}
