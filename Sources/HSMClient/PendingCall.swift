import KMSCore
import SecureMemory

/// A request that waits for its reply.
struct PendingCall {
    /// The request, whole: it is sent again to the next worker when this one dies and that is safe.
    let frame: SecureBuffer
    let continuation: CheckedContinuation<Result<SecureBuffer, KMSError>, Never>
    /// When the caller gets its error, in nanoseconds of the monotonic clock.
    let deadline: UInt64
    /// How often it may be sent again.
    var repeats: Int
    var isSent = false
}
