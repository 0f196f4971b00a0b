package import KMSCore
internal import Synchronization

/// A clock that stands still until a test moves it.
package final class TestClock: KMSClock {
    private let time: Mutex<Timestamp>

    /// Starts at 2026-01-01T00:00:00Z, so that what a test prints can be read.
    package init(_ start: Timestamp = Timestamp(seconds: 1_767_225_600)) {
        time = Mutex(start)
    }

    package var now: Timestamp {
        time.withLock { $0 }
    }

    package func set(_ now: Timestamp) {
        time.withLock { $0 = now }
    }

    package func advance(byMilliseconds milliseconds: Int64) {
        time.withLock { $0.milliseconds += milliseconds }
    }

    package func advance(bySeconds seconds: Int64) {
        advance(byMilliseconds: seconds * 1000)
    }

    package func advance(byDays days: Int) {
        time.withLock { $0 = $0.adding(days: days) }
    }
}
