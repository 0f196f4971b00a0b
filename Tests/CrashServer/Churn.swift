import KMSCore
import SecureMemory
import Synchronization

/// A clock that the work itself moves.
final class MovingClock: KMSClock {
    private let time: Mutex<Timestamp>

    init(_ start: Timestamp) { time = Mutex(start) }

    var now: Timestamp { time.withLock { $0 } }

    func advance(byDays days: Int) {
        time.withLock { $0 = $0.adding(days: days) }
    }
}

extension KeyStore {
    /// Makes two keys and destroys one of them, again and again. Tells of every key as soon as it is known, and of its
    /// end before that begins, so that who reads it after a SIGKILL knows what must be there.
    func churn(_ clock: MovingClock, by context: CallContext) async throws {
        while true {
            let kept = try await createKey(NewKey(), by: context)
            let doomed = try await createKey(NewKey(), by: context)
            for made in [kept, doomed] {
                let id = made.key.address.id.description
                let result = try await encrypt(
                    SecretBytes(copying: Array(id.utf8)), with: id, context: .empty, by: context
                )
                tell("key \(id) \(Hexadecimal.encode(result.ciphertext))")
            }
            let id = doomed.key.address.id.description
            tell("end \(id)")
            _ = try await scheduleKeyDeletion(id, pendingWindowInDays: 7, by: context)
            clock.advance(byDays: 7)
            try await performDueWork()
        }
    }
}
