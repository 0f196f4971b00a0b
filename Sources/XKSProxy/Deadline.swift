import HTTPFront
import NIOCore
import Synchronization

/// Whoever waits for work is answered in time, whatever becomes of the work.
enum Deadline {
    /// What `work` gives, or `late` when that takes longer than `limit`. The work then goes on to its end, which nobody
    /// hears of: a call of the token cannot be taken back.
    static func run<T: Sendable>(
        within limit: Duration, on eventLoop: any EventLoop, otherwise late: T,
        _ work: @escaping @Sendable () async -> T
    ) async -> T {
        await withCheckedContinuation { continuation in
            let race = Race(continuation)
            let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) { race.finish(late) }
            // On the connection's own thread, as the rest of the request.
            Task(executorPreference: EventLoopTaskExecutor(eventLoop)) {
                let result = await work()
                timer.cancel()
                race.finish(result)
            }
        }
    }
}

/// Resumes once, with what comes first.
private final class Race<T: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<T, Never>?>

    init(_ continuation: CheckedContinuation<T, Never>) {
        self.continuation = Mutex(continuation)
    }

    func finish(_ result: T) {
        let first = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        first?.resume(returning: result)
    }
}
