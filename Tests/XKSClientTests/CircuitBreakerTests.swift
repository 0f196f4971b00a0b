import KMSCore
import Testing

@testable import XKSClient

@Suite struct `The circuit breaker` {
    private let breaker = CircuitBreaker()
    private let start = ContinuousClock.now

    private func fail(_ count: Int, _ kind: XKSProxyFailure.Kind = .timedOut, after: Duration = .zero) {
        for _ in 0..<count { breaker.note(XKSProxyFailure(kind, "silence"), at: start + after) }
    }

    private func isAdmitted(after: Duration = .zero) -> Bool {
        (try? breaker.admit(at: start + after)) != nil
    }

    @Test func `lets everything through until five requests in a row found no proxy`() throws {
        fail(4)
        #expect(isAdmitted() && !breaker.isOpen)
        fail(1)
        #expect(!isAdmitted() && breaker.isOpen)
        do {
            try breaker.admit(at: start)
        } catch {
            #expect(error.kind == .timedOut && error.cause.contains("silence"))
        }
    }

    @Test func `is not opened by answers, whatever they say, and closed by any`() {
        for kind in XKSProxyFailure.Kind.allCases where ![.timedOut, .unreachable, .invalidTLS].contains(kind) {
            fail(20, kind)
            #expect(isAdmitted())
            fail(4)
            fail(1, kind)
            fail(4)
            #expect(isAdmitted(), "\(kind) is an answer")
        }
        fail(5)
        #expect(!isAdmitted())
        breaker.note(nil)
        #expect(isAdmitted())
    }

    @Test func `lets one request through after a pause, which doubles up to 15 seconds`() {
        fail(5)
        var time = Duration.zero
        for pause in [0.5, 1, 2, 4, 8, 15, 15] {
            #expect(!isAdmitted(after: time + .seconds(pause - 0.01)))
            time += .seconds(pause)
            #expect(isAdmitted(after: time), "after \(pause) s")
            #expect(!isAdmitted(after: time), "one of them")
            fail(1, after: time)
        }
        breaker.note(nil, at: start + time)
        #expect(isAdmitted(after: time) && isAdmitted(after: time))
    }
}
