import KMSCore
import Synchronization

/// Keeps codes from being guessed: five wrong ones of a device in a quarter of an hour, and it has to wait. With three
/// good ones of a million at any time, that is a chance of one in seven hundred a day.
///
/// In memory alone: a restart forgets wrong codes, which no caller can bring about.
final class CodeAttempts: Sendable {
    static let limit = 5
    /// In milliseconds.
    static let window: Int64 = 15 * 60 * 1000

    private let clock: any KMSClock
    /// By serial number, when the codes came that are wrong, or not known to be right.
    private let attempts = Mutex<[String: [Timestamp]]>([:])

    init(clock: any KMSClock) {
        self.clock = clock
    }

    /// Counts a code before it is looked at, so that many at once are no way around. Throws `throttled` when it is one
    /// too many.
    func begin(_ serialNumber: String) throws(KMSError) {
        let now = clock.now
        let mayTry = attempts.withLock { attempts in
            let recent = (attempts[serialNumber] ?? []).filter { $0.milliseconds > now.milliseconds - Self.window }
            guard recent.count < Self.limit else { return false }
            attempts[serialNumber] = recent + [now]
            return true
        }
        guard mayTry else {
            throw KMSError(
                .throttled, "Too many codes of \(serialNumber) were wrong. Wait for 15 minutes before the next one.")
        }
    }

    /// The code was right: its owner is there.
    func succeed(_ serialNumber: String) {
        attempts.withLock { $0[serialNumber] = nil }
    }

    /// The code could not be looked at.
    func withdraw(_ serialNumber: String) {
        attempts.withLock { _ = $0[serialNumber]?.popLast() }
    }

    /// Forgets what does not count any more.
    func tidy() {
        let now = clock.now
        attempts.withLock { attempts in
            attempts = attempts.filter { _, dates in
                dates.contains { $0.milliseconds > now.milliseconds - Self.window }
            }
        }
    }
}
