import HTTPFront
import XKSProxy

extension ServerConfiguration {
    /// The XKS proxy, on a listener of its own.
    struct XKSProxy: Codable, Sendable {
        var listen: String
        var tls: TLS?
        /// How long a request may take once it is here; 150 by default.
        var deadlineMilliseconds: Int?

        struct TLS: Codable, Sendable {
            /// PEM files: the certificate with its chain, and its key.
            var certificate: String
            var key: String
            /// A PEM file with the root certificates that clients' certificates have to lead to: then every client has
            /// to give one.
            var clientAuthority: String?
            /// The common name that a client's certificate has to have.
            var clientSubject: String?
        }
    }

    /// Nil where none is configured.
    func proxyConfiguration(in state: StateDirectory) throws -> XKSProxyConfiguration? {
        guard let proxy = xksProxy else { return nil }
        let address = try ListenAddress(proxy.listen)
        let (_, regions) = try scopes()
        var configuration = XKSProxyConfiguration(
            place: ListeningPlace(host: address.host, port: address.port), regions: regions)
        if let tls = proxy.tls {
            let authority = try Self.clientAuthority(tls)
            do {
                configuration.place.tls = try TLSFiles.load(
                    certificate: state.resolve(tls.certificate), key: state.resolve(tls.key),
                    clientAuthority: (authority?.file).map(state.resolve))
            } catch {
                throw CommandFailure(
                    "the XKS proxy's TLS files cannot be used: \(error)",
                    hint: "xksProxy.tls in strongroom.yaml names PEM files: certificate, key and clientAuthority")
            }
            configuration.clients = authority.map { ClientCertificateRule(subject: $0.subject) }
        }
        if let limit = proxy.deadlineMilliseconds {
            guard (10...10_000).contains(limit) else {
                throw CommandFailure(
                    "xksProxy.deadlineMilliseconds cannot be \(limit)",
                    hint: "give from 10 to 10000; AWS KMS itself waits for 250")
            }
            configuration.deadline = .milliseconds(limit)
        }
        try configuration.place.check()
        return configuration
    }

    /// Both or none: a root alone would let in everybody whom it ever gave a certificate.
    private static func clientAuthority(
        _ tls: XKSProxy.TLS
    ) throws(CommandFailure) -> (file: String, subject: String)? {
        switch (tls.clientAuthority, tls.clientSubject) {
        case (nil, nil): return nil
        case (let file?, let subject?): return (file, subject)
        default:
            throw CommandFailure(
                "xksProxy.tls has one of clientAuthority and clientSubject alone",
                hint: "give both, as in clientSubject: cks.kms.us-east-1.amazonaws.com, or neither")
        }
    }
}
