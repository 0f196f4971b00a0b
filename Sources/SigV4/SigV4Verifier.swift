/// Verifies AWS Signature Version 4 of requests to one service, from the Authorization header.
///
/// It follows AWS in what it accepts and, as far as that is observable, in the order of its checks. x-amz-date and
/// x-amz-target must be signed, as they decide how long the signature lives and what is done. Other headers may be
/// unsigned, and the server must not act upon them: AWS documents that all x-amz- headers are to be signed and S3
/// enforces it, but what KMS does is not documented, and a proxy on the way may add some. An x-amz-content-sha256
/// header must be the body's hash, signed or not.
///
/// A request costs two SHA-256 and one HMAC; the signing keys are cached in the ``SigningCredential``.
public struct SigV4Verifier: Sendable {
    /// The service that credentials must be scoped to, such as `kms`.
    public let service: String
    /// The Regions that credentials may be scoped to.
    public let regions: [String]
    /// How far the signing time may lie from now, either way, in seconds.
    public let skewSeconds: Int64

    public init(service: String, regions: [String], skewSeconds: Int64 = 900) {
        self.service = service
        self.regions = regions
        self.skewSeconds = skewSeconds
    }

    /// Finds out who signed the request.
    ///
    /// - Parameters:
    ///   - path: The target's path as received, with its percent escapes.
    ///   - query: The target's query as received, without the question mark; empty when there is none.
    ///   - headerValue: The value of the header with this lower-case name; several are joined by commas, in the order
    ///     received. Nil when there is none. Over HTTP/2, `host` is `:authority`.
    ///   - now: Seconds since 1970-01-01T00:00:00Z.
    ///   - credential: The credential of an access key that is in use now. It is asked on every request, so that a key
    ///     that was deactivated stops working at once.
    public func verify(
        method: String, path: String, query: String, headerValue: (String) -> String?, body: RawSpan, now: Int64,
        credential: (String) -> SigningCredential?
    ) throws(SigV4Error) -> VerifiedSignature {
        if query.hasSignature { throw .presignedNotSupported }
        guard let authorizationValue = headerValue("authorization") else { throw .missingAuthenticationToken }
        let (dateName, dateValue) = signingDate(headerValue)
        let authorization = try parse(authorizationValue, hasDate: dateValue != nil)
        guard let dateValue else { throw .incompleteSignature(missing: [.date]) }

        let time = try fresh(dateValue, now: now)
        try checkSigned(authorization.signedHeaders, dateName: dateName, headerValue)
        try checkScope(of: authorization, at: time)
        guard let credential = credential(authorization.accessKeyID) else { throw .unrecognizedClient }

        let bodyHash = hexadecimalSHA256(of: body)
        if let stated = headerValue("x-amz-content-sha256") { try check(stated, against: bodyHash) }
        let request = CanonicalRequest(
            method: method, path: path, query: query, signedHeaders: authorization.signedHeaders, bodyHash: bodyHash,
            headerValue: headerValue)
        let stringToSign = request.stringToSign(at: time, scope: authorization.scope)
        let key = credential.signingKey(for: authorization.scope)
        guard key.isValid(authorization.signature, of: stringToSign) else { throw .signatureMismatch }

        // Compared plainly, as only the holder of the secret comes this far.
        guard headerValue("x-amz-security-token") == credential.sessionToken else { throw .sessionTokenInvalid }
        return VerifiedSignature(
            accessKeyID: authorization.accessKeyID, scope: authorization.scope, signedAt: time.epochSeconds,
            signedHeaders: authorization.signedHeaders, sessionToken: credential.sessionToken)
    }
}
