import Glibc
import HSMWorkerProtocol
import Synchronization

/// Lets the workers of one token log in one after the other, and no sooner than the back-off that they share allows: so
/// that a PIN which one of them saw refused is not tried by the next, as three wrong tries at once could lock the token,
/// and a token that is down is not asked by all of them.
final class StartTurn: Sendable {
    private struct Refusal {
        let number: Int
        let stamp: PINSourceStamp
        /// Whether the token refused the PIN: then nothing but another PIN helps. Else it is tried again at `next`.
        let isOfPIN: Bool
        let next: UInt64
        let error: WorkerStartError
    }

    private struct State {
        var isTaken = false
        var backOff: RepairBackOff
        /// Why the last attempt failed, until one succeeds.
        var failure: String?
        var refusal: Refusal?
        var refusals = 0
    }

    private let settings: WorkerSettings
    private let state: Mutex<State>

    /// How often is looked whether the operator has put right what is no matter of the PIN.
    private static let operatorPause: UInt64 = 3_000_000_000

    init(_ settings: WorkerSettings, longestBackOff: Double) {
        self.settings = settings
        state = Mutex(State(backOff: RepairBackOff(longest: longestBackOff)))
    }

    /// The refusal that nothing has been changed after, by its number.
    var standingRefusal: Int? { standing?.number }

    private var standing: Refusal? {
        guard let refusal = state.withLock({ $0.refusal }) else { return nil }
        guard refusal.stamp == PINSourceStamp(settings.pinSource) else { return nil }
        guard refusal.isOfPIN else { return Self.now < refusal.next ? refusal : nil }
        // Somebody who is certain of the PIN removes the file.
        if let ledger = LoginLedger(settings), ledger.objection == nil { return nil }
        return refusal
    }

    /// Why no worker can be started at the moment, as far as that is known; nil while nothing failed.
    var failure: String? { state.withLock { $0.failure } }

    /// Whether the next attempt has to wait for its time.
    var isBackingOff: Bool { state.withLock { !$0.backOff.mayStart(Self.now) } }

    /// Runs `body`, which logs in, when it is its turn, and `meanwhile` again and again until it is. Throws what the
    /// last one threw when nothing has changed since.
    func take<R: ~Copyable>(
        _ body: () throws(WorkerStartError) -> R, meanwhile: () throws(WorkerStartError) -> Void
    ) throws(WorkerStartError) -> R {
        while !enter() {
            try meanwhile()
            usleep(10_000)
        }
        defer { state.withLock { $0.isTaken = false } }
        if let standing { throw standing.error }
        // Before the attempt: a change while it is under way is a change.
        let stamp = PINSourceStamp(settings.pinSource)
        do throws(WorkerStartError) {
            let result = try body()
            state.withLock { state in
                state.failure = nil
                state.refusal = nil
            }
            return result
        } catch {
            fail(error, stamp)
            throw error
        }
    }

    private func fail(_ error: WorkerStartError, _ stamp: PINSourceStamp) {
        // Without a ledger nobody knows what it was about.
        let isOfPIN = LoginLedger(settings).map { $0.objection != nil } ?? true
        let now = Self.now
        state.withLock { state in
            state.failure = error.description
            state.backOff.startFailed(now)
            guard error.needsOperator else { return }
            state.refusals += 1
            state.refusal = Refusal(
                number: state.refusals, stamp: stamp, isOfPIN: isOfPIN, next: now + Self.operatorPause, error: error)
        }
    }

    /// A worker that had served for so long has ended.
    func workerEnded(after life: UInt64) {
        let now = Self.now
        state.withLock { $0.backOff.workerEnded(after: life, now) }
    }

    private func enter() -> Bool {
        let now = Self.now
        return state.withLock { state in
            guard !state.isTaken, state.backOff.mayStart(now) else { return false }
            state.isTaken = true
            return true
        }
    }

    private static var now: UInt64 { WorkerConnection.now }
}
