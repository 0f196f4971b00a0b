package import SigV4

/// All that a client needs to know: as whom, where, and whom to trust.
package struct ClientConfiguration: Sendable, CustomStringConvertible {
    package var credential: SigningCredential
    /// The Region that requests are signed for.
    package var region: String
    package var endpoint: Endpoint
    /// A PEM file of the certificate authorities to trust in place of the system's; nil for the system's.
    package var certificateAuthoritiesPath: String?

    package init(
        credential: SigningCredential, region: String, endpoint: Endpoint, certificateAuthoritiesPath: String? = nil
    ) {
        self.credential = credential
        self.region = region
        self.endpoint = endpoint
        self.certificateAuthoritiesPath = certificateAuthoritiesPath
    }

    /// Without the secret.
    package var description: String { "\(credential.accessKeyID) in \(region) at \(endpoint.url)" }
}

/// What the caller was told outright, on its command line. Each wins over the environment and the files.
package struct ExplicitSettings: Sendable {
    package var profile: String?
    package var region: String?
    package var endpointURL: String?
    package var certificateAuthoritiesPath: String?
    /// Read from a place of the caller's own.
    package var credential: SigningCredential?

    package init(
        profile: String? = nil, region: String? = nil, endpointURL: String? = nil,
        certificateAuthoritiesPath: String? = nil, credential: SigningCredential? = nil
    ) {
        self.profile = profile
        self.region = region
        self.endpointURL = endpointURL
        self.certificateAuthoritiesPath = certificateAuthoritiesPath
        self.credential = credential
    }
}
