import Glibc

/// Where the time comes from: the system in production, a hand-moved clock in tests.
public protocol KMSClock: Sendable {
    var now: Timestamp { get }
}

/// The system's wall clock (CLOCK_REALTIME).
public struct SystemClock: KMSClock {
    public init() {}

    public var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
