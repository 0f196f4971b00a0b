import KMSCore
import Synchronization

/// Keeps requests from waiting for a proxy that was not there for the last few: they are told at once, and one in a while
/// is let through to see.
final class CircuitBreaker: Sendable {
    /// After so many failures in a row nothing is let through for a while.
    private static let limit = 5
    private static let shortest = Duration.milliseconds(500)
    private static let longest = Duration.seconds(15)

    private struct State {
        var failures = 0
        var pause = shortest
        var last: XKSProxyFailure?
        /// When the next request may go and see.
        var reopens: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Throws what the last request met, where there is no sense in another.
    func admit(at now: ContinuousClock.Instant = .now) throws(XKSProxyFailure) {
        let failure: XKSProxyFailure? = state.withLock { state in
            guard let reopens = state.reopens, let last = state.last else { return nil }
            guard now >= reopens else {
                return XKSProxyFailure(last.kind, "not asked, after \(state.failures) failures: \(last.cause)")
            }
            // This one goes; the others wait for what it meets.
            state.reopens = now + state.pause
            return nil
        }
        if let failure { throw failure }
    }

    /// - Parameter failure: Nil for a request that was answered, in whichever way.
    func note(_ failure: XKSProxyFailure?, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            guard let failure, failure.kind.isOfWay else {
                state = State()
                return
            }
            state.last = failure
            state.failures += 1
            guard state.failures >= Self.limit else { return }
            if state.failures > Self.limit { state.pause = min(state.pause * 2, Self.longest) }
            state.reopens = now + state.pause
        }
    }

    var isOpen: Bool { state.withLock { $0.reopens != nil } }
}

extension XKSProxyFailure.Kind {
    /// Whether the proxy was not reached, or kept silent: such requests take their whole time.
    fileprivate var isOfWay: Bool { self == .timedOut || self == .unreachable || self == .invalidTLS }
}
