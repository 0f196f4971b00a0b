/// Who signed a request, and what the signature covers.
public struct VerifiedSignature: Equatable, Sendable {
    public let accessKeyID: String
    /// The day, Region and service that the signature is good for.
    public let scope: CredentialScope
    /// When the request was signed, in seconds since 1970-01-01T00:00:00Z.
    public let signedAt: Int64
    /// Lower-case names, sorted. What stands in any other header is not the signer's word.
    public let signedHeaders: [String]
    /// The session token of a temporary credential.
    public let sessionToken: String?

    public var region: String { scope.region }
}
