/// Why a request was not accepted as signed. AWS's JSON services answer each of these with HTTP status 400.
///
/// No case holds a secret, an expected signature or a canonical request: AWS puts the last into its message, and with
/// it the header values and the body's hash of the request, which then end up in the client's log.
public enum SigV4Error: Error, Equatable, Sendable {
    /// There is no Authorization header, or it is of a scheme other than AWS's.
    case missingAuthenticationToken
    /// An AWS4-… algorithm other than AWS4-HMAC-SHA256, such as the asymmetric one.
    case unsupportedAlgorithm(String)
    /// Parts without which nothing can be verified, in the order AWS names them.
    case incompleteSignature(missing: [AuthorizationPart])
    /// The Authorization header breaks its grammar; the text says where, in a whole sentence.
    case malformedAuthorization(String)
    /// The request's date is neither ISO 8601 basic nor the HTTP form.
    case malformedDate(String)
    /// The query holds the signature. AWS KMS has no operation that needs it, so this service has none either.
    case presignedNotSupported
    /// A header that the verdict depends on is outside the signature, so that anyone on the way could have changed it.
    case headerNotSigned(String)
    /// The credential was made for another place, service or day; every fault found, as AWS reports them.
    case invalidCredentialScope([CredentialScopeFault])
    /// Signed longer ago than the allowed skew. Times are seconds since 1970.
    case expired(signed: Int64, now: Int64, skewSeconds: Int64)
    /// Signed further ahead than the allowed skew. Times are seconds since 1970.
    case notYetCurrent(signed: Int64, now: Int64, skewSeconds: Int64)
    /// No access key of this id is in use.
    case unrecognizedClient
    /// The x-amz-content-sha256 header is not the hash of the body that came.
    case contentHashMismatch
    /// The client asked that its body be left out of the signature.
    case unsignedPayloadNotSupported
    /// The signature is not the one that the credential makes for this request.
    case signatureMismatch
    /// The session token is missing, or is not the credential's, or the credential has none.
    case sessionTokenInvalid
}

/// A part of the request that a signature cannot do without.
public enum AuthorizationPart: String, Sendable {
    case credential = "Credential"
    case signature = "Signature"
    case signedHeaders = "SignedHeaders"
    case date = "Date"
}

/// One way in which a credential's scope does not fit the request or this service.
public enum CredentialScopeFault: Equatable, Sendable {
    case region
    case service(expected: String)
    case terminator(found: String)
    /// `signed` is seconds since 1970.
    case date(found: String, signed: Int64)
}
