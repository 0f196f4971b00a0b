import KMSCore

/// Whether a worker that does not show a key is to be replaced, so that a new one is asked before that is believed.
///
/// Some modules go on answering when their store was gone for a moment, and find nothing in it until they are begun
/// anew. So a new worker is asked; but a key that is missing indeed must not become a way to have workers restarted:
/// one worker at a time, none that is young, and for each key in vain less and less often. A value without a clock.
struct MissingMaterial {
    private struct Doubt {
        var next: UInt64
        var pause: UInt64
    }

    private var keys: [ObjectID: Doubt] = [:]
    /// How often in a row a new worker did not show the key either.
    private var vain: UInt64 = 0
    private var isAsking = false

    /// The youngest worker that is replaced, in nanoseconds; it doubles with each time in vain.
    private static let firstAge: UInt64 = 2_000_000_000
    private static let longestAge: UInt64 = 30_000_000_000
    private static let firstPause: UInt64 = 10_000_000_000
    private static let longestPause: UInt64 = 600_000_000_000
    /// More keys than that are not told apart: then the token is another one altogether.
    private static let limit = 4096

    /// Whether to replace a worker of that age. If so, ``end(_:helped:_:)`` is to follow.
    mutating func begin(_ key: ObjectID, workerAge: UInt64, _ now: UInt64) -> Bool {
        let age = min(Self.longestAge, Self.firstAge << min(vain, 10))
        guard !isAsking, workerAge >= age, keys[key].map({ $0.next <= now }) ?? (keys.count < Self.limit) else {
            return false
        }
        isAsking = true
        return true
    }

    /// The new worker showed the key, or did not; nil when it could not be asked.
    mutating func end(_ key: ObjectID, helped: Bool?, _ now: UInt64) {
        isAsking = false
        switch helped {
        case true?:
            vain = 0
            keys[key] = nil
        case false?:
            vain += 1
            let pause = keys[key].map { min(Self.longestPause, $0.pause * 2) } ?? Self.firstPause
            keys[key] = Doubt(next: now + pause, pause: pause)
        case nil:
            break
        }
    }
}
