import HSMWorkerProtocol
import KMSCore
import SecureMemory

/// A request that waits for its reply. Times are nanoseconds of the monotonic clock.
struct PendingCall {
    /// The request, whole: it is sent again to the next worker when this one dies and that is safe.
    let frame: SecureBuffer
    /// Nil of a canary, which nobody waits for.
    private let continuation: CheckedContinuation<Result<SecureBuffer, KMSError>, Never>?
    let submitted: UInt64
    /// How long it may take once the worker can begin with it.
    let timeout: UInt64
    /// Whether it may take so long that others cannot wait for it: making an RSA key takes seconds.
    let isSlow: Bool
    /// How often it may be sent again.
    var repeats: Int
    /// How long it waits behind slow work before it is given back, in nanoseconds; nil for to its end.
    var strandedAfter: UInt64?
    var isSent = false
    /// When the caller gets its error.
    var deadline: UInt64

    init(
        frame: SecureBuffer, continuation: CheckedContinuation<Result<SecureBuffer, KMSError>, Never>?,
        submitted: UInt64, timeout: UInt64, isSlow: Bool, repeats: Int
    ) {
        self.frame = frame
        self.continuation = continuation
        self.submitted = submitted
        self.timeout = timeout
        self.isSlow = isSlow
        self.repeats = repeats
        deadline = submitted + timeout
    }

    var isCanary: Bool { continuation == nil }

    /// Whether it is none of the operations that take any token about as long as an encryption.
    var isLengthy: Bool {
        switch Operation(rawValue: frame.frameCode) {
        case .encrypt, .encryptConfirmed, .decrypt, .reEncrypt, .generateDataKey, .generateDataKeyWithoutPlaintext,
            .generateRandom:
            false
        default: true
        }
    }

    func finish(_ result: Result<SecureBuffer, KMSError>) {
        continuation?.resume(returning: result)
    }
}
