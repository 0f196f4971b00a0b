import KMSCore

/// An error of the proxy's API: an HTTP status and `{"errorName": "…", "errorMessage": "…"}`.
struct XKSError: Error, Hashable, Sendable {
    /// The names of the API (XKS Proxy API, section 4): AWS KMS tells its callers what to do by them.
    enum Name: String, Sendable, CaseIterable {
        case validation = "ValidationException"
        case invalidState = "InvalidStateException"
        case invalidCiphertext = "InvalidCiphertextException"
        case invalidKeyUsage = "InvalidKeyUsageException"
        case authenticationFailed = "AuthenticationFailedException"
        case accessDenied = "AccessDeniedException"
        case keyNotFound = "KeyNotFoundException"
        case invalidURIPath = "InvalidUriPathException"
        case throttling = "ThrottlingException"
        case unsupportedOperation = "UnsupportedOperationException"
        case dependencyTimeout = "DependencyTimeoutException"
        case internalFailure = "InternalException"

        var status: Int {
            switch self {
            case .validation, .invalidState, .invalidCiphertext, .invalidKeyUsage: 400
            case .authenticationFailed: 401
            case .accessDenied: 403
            case .keyNotFound, .invalidURIPath: 404
            case .throttling: 429
            case .internalFailure: 500
            case .unsupportedOperation: 501
            case .dependencyTimeout: 503
            }
        }
    }

    let name: Name
    let status: Int
    /// Printable ASCII, fewer than 512 characters. Never a secret.
    let message: String
    /// What the operator's log shall say besides; not sent.
    let cause: String?

    init(_ name: Name, status: Int? = nil, _ message: String, cause: String? = nil) {
        self.name = name
        self.status = status ?? name.status
        self.message = String(
            decoding: message.utf8.prefix(511).map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") },
            as: UTF8.self)
        self.cause = cause
    }

    /// On one line, as some clients read it.
    var body: [UInt8] {
        var text = JSONWriter()
        text.object {
            $0.string("errorName", name.rawValue)
            $0.string("errorMessage", message)
        }
        return text.bytes
    }
}

extension XKSError {
    /// The one table from the domain's errors to the API's. A code that is not in it is the server's own fault. A fault
    /// of the token is never a key that is not found: AWS KMS would tell its caller that the key is gone.
    private static let table: [KMSError.Code: Name] = [
        .accessDenied: .accessDenied,
        .dependencyTimeout: .dependencyTimeout,
        .disabled: .invalidState,
        .invalidCiphertext: .invalidCiphertext,
        .invalidKeyUsage: .invalidKeyUsage,
        .invalidState: .invalidState,
        // The material has made as many encryptions as it may.
        .limitExceeded: .invalidState,
        .notFound: .keyNotFound,
        .throttled: .throttling,
        .unsupported: .unsupportedOperation,
        .validation: .validation,
    ]

    init(_ error: KMSError) {
        let name = Self.table[error.code] ?? .internalFailure
        self.init(
            name, name == .invalidCiphertext ? "The ciphertext does not decrypt." : error.message, cause: error.cause)
    }

    static let invalidPath = XKSError(
        .invalidURIPath, "There is nothing at this path: it is /PREFIX/kms/xks/v1 of the store, and the operation.")
    static let notPOST = XKSError(
        .invalidURIPath, status: 405, "The API is served by POST alone.")
    static let timeout = XKSError(
        .dependencyTimeout, "The HSM did not answer in the time that AWS KMS leaves for it. Try again.")
    static let notYet = XKSError(.internalFailure, "The server's HSM is not available yet. Try again later.")

    static func validation(_ message: String) -> XKSError { XKSError(.validation, message) }

    static func beyond(_ name: StaticString, _ limit: Int) -> XKSError {
        XKSError(.unsupportedOperation, "\(name) has more than \(limit) bytes, the most that this proxy supports.")
    }
}
