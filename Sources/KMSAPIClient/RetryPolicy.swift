/// Which failed calls are made again, and when.
///
/// A throttled call was not carried out, so any may be repeated. After a server's fault or a lost connection nobody
/// knows, so only those calls are whose second time changes nothing: two CreateKey make two keys, and an answer to a
/// second DeleteAlias would be NotFoundException.
struct RetryPolicy: Sendable {
    /// How often a call is made altogether.
    var attempts = 3
    /// The wait before the second attempt is up to this, and up to twice as much before each one after.
    var base: Duration = .milliseconds(100)
    var longest: Duration = .seconds(5)

    private static let repeatablePrefixes = [
        "Decrypt", "DeriveSharedSecret", "Describe", "Disable", "Enable", "Encrypt", "Generate", "Get", "List", "Put",
        "ReEncrypt", "Sign", "TagResource", "UntagResource", "Update", "Verify",
    ]

    static func isRepeatable(_ operation: String) -> Bool {
        repeatablePrefixes.contains { operation.hasPrefix($0) }
    }

    /// - Parameter attempt: How many times the call has been made, from 1.
    func shouldRetry(_ operation: String, after error: any Error, attempt: Int) -> Bool {
        guard attempt < attempts else { return false }
        switch error {
        case let error as KMSAPIError:
            let isThrottled = ["ThrottlingException", "Throttling"].contains(error.code) || error.httpStatus == 429
            return isThrottled || error.httpStatus >= 500 && Self.isRepeatable(operation)
        case is KMSTransportError:
            return Self.isRepeatable(operation)
        default:
            return false
        }
    }

    /// How long to wait after this many attempts. The jitter, from 0 to 1, spreads clients that failed together.
    func delay(afterAttempt attempt: Int, jitter: Double) -> Duration {
        min(base * (1 << min(attempt - 1, 20)), longest) * jitter
    }
}
