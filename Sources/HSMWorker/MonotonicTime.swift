import Glibc

enum MonotonicTime {
    static let second = 1_000_000_000

    /// In nanoseconds.
    static var now: Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * second + time.tv_nsec
    }
}
