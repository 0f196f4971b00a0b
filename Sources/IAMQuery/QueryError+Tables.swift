import IAMCore
import KMSCore

extension QueryError {
    /// The one table from the domain's errors to IAM's and STS's. A code that is not in it is the server's own fault.
    private static let table: [KMSError.Code: (code: String, status: Int)] = [
        .accessDenied: ("AccessDenied", 403),
        .alreadyExists: ("EntityAlreadyExists", 409),
        .conflict: ("ConcurrentModification", 409),
        .deleteConflict: ("DeleteConflict", 409),
        .invalidARN: ("InvalidInput", 400),
        .invalidAuthenticationCode: ("InvalidAuthenticationCode", 403),
        .invalidInput: ("InvalidInput", 400),
        .invalidMarker: ("InvalidInput", 400),
        .limitExceeded: ("LimitExceeded", 409),
        .malformedPolicy: ("MalformedPolicyDocument", 400),
        .notFound: ("NoSuchEntity", 404),
        .packedPolicyTooLarge: ("PackedPolicyTooLarge", 400),
        .tag: ("InvalidInput", 400),
        .throttled: ("Throttling", 400),
        .unfitCredentials: ("InvalidClientTokenId", 403),
        .unsupported: ("NotImplemented", 400),
        .validation: ("ValidationError", 400),
    ]

    init(_ error: KMSError, of service: QueryService) {
        let entry = Self.table[error.code] ?? (service == .iam ? "ServiceFailure" : "InternalFailure", 500)
        self.init(entry.0, status: entry.1, error.message, cause: error.cause)
    }

    /// How the query protocol says what the JSON protocol says of a request that was not accepted as signed. Others are
    /// known by the same name in both.
    private static let authentication: [String: (code: String, status: Int)] = [
        "AccessDeniedException": ("AccessDenied", 403),
        "ExpiredTokenException": ("ExpiredToken", 403),
        "IncompleteSignatureException": ("IncompleteSignature", 403),
        "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
        "KMSInternalException": ("InternalFailure", 500),
        "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
        "ThrottlingException": ("Throttling", 400),
        "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    ]

    /// An error from before the operation was known, under the JSON protocol's name and status for it.
    package init(jsonCode code: String, status: Int, _ message: String?, cause: String? = nil) {
        let entry = Self.authentication[code] ?? (code, status)
        self.init(entry.code, status: entry.status, message ?? "", cause: cause)
    }
}
