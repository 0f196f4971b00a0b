import Glibc
import HSMWorkerProtocol
import SecureMemory

/// The lanes' turns at the socket: whoever is free takes the next frame off it.
///
/// Not a `Mutex`, because waiting for one has no end, and an idle lane has to use its session from time to time.
/// Unchecked because the lock, which the compiler does not see, guards the input.
@safe final class InputTurn: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var input: FrameInput
    /// The longest wait for a turn, and then for a frame, in nanoseconds; nil for ever.
    private let patience: Int?

    init(_ input: consuming FrameInput, socket: Int32, patience: Int?) {
        unsafe lock = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        self.input = input
        self.patience = patience
        guard let patience else { return }
        var time = timeval(tv_sec: patience / MonotonicTime.second, tv_usec: patience % MonotonicTime.second / 1000)
        // None at all would mean for ever.
        if time.tv_sec == 0 { time.tv_usec = max(1000, time.tv_usec) }
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
    }

    /// Waits for the turn and then for a frame.
    func next() -> FrameInput.Result {
        guard enter() else { return .timeout }
        defer { unsafe pthread_mutex_unlock(lock) }
        return (try? input.next()) ?? .closed
    }

    /// Whether a whole frame is here already. For a single lane, which need not wait for its turn.
    var hasFrame: Bool {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return input.hasFrame
    }

    private func enter() -> Bool {
        if unsafe pthread_mutex_trylock(lock) == 0 { return true }
        guard let patience else { return unsafe pthread_mutex_lock(lock) == 0 }
        // By the clock on the wall, as there is no other here. When it is put back, an idle session may die before it is
        // used: then a request replaces it.
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let nanoseconds = time.tv_nsec + patience % MonotonicTime.second
        time.tv_sec += patience / MonotonicTime.second + nanoseconds / MonotonicTime.second
        time.tv_nsec = nanoseconds % MonotonicTime.second
        return unsafe pthread_mutex_timedlock(lock, &time) == 0
    }
}
