import KMSCore
import Synchronization
import Testing

/// What requests came to, one after the other, while something happened to the HSM.
final class Outcomes: Sendable {
    struct Outcome: Sendable {
        let begin: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        /// Nil for success.
        let error: KMSError?

        var duration: Duration { end - begin }
    }

    private let outcomes = Mutex<[Outcome]>([])

    var all: [Outcome] { outcomes.withLock { $0 } }
    var failures: [KMSError] { all.compactMap(\.error) }
    /// The codes of all failures.
    var codes: Set<String> { Set(failures.map(\.code.rawValue)) }
    /// Whether an SDK would have tried again all that failed.
    var areRetryable: Bool { failures.allSatisfy { $0.code.isRetryable } }
    var successes: [Outcome] { all.filter { $0.error == nil } }

    /// Makes one request. What is no ``KMSError`` is a wrong answer, and fails the test.
    func note(_ body: () async throws -> Void) async {
        let begin = ContinuousClock.now
        var failure: KMSError?
        do {
            try await body()
        } catch let error as KMSError {
            failure = error
        } catch {
            Issue.record("\(error)")
        }
        let outcome = Outcome(begin: begin, end: .now, error: failure)
        outcomes.withLock { $0.append(outcome) }
    }

    /// The first success that began after `moment`.
    func firstSuccess(after moment: ContinuousClock.Instant) -> Outcome? {
        successes.filter { $0.begin >= moment }.min { $0.end < $1.end }
    }
}

extension [Duration] {
    /// The value that `share` of all do not exceed.
    func quantile(_ share: Double) -> Duration {
        let sorted = sorted()
        guard !sorted.isEmpty else { return .zero }
        return sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// Makes a request every `pause` in each of `tasks` tasks while `body` does what it does, and a little longer.
func underLoad(
    tasks: Int = 4, every pause: Duration = .milliseconds(20),
    _ request: @escaping @Sendable () async throws -> Void,
    while body: (Outcomes) async throws -> Void
) async throws -> Outcomes {
    let outcomes = Outcomes()
    let load = Running()
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask {
                while !load.isOver.load(ordering: .relaxed) {
                    await outcomes.note(request)
                    try await Task.sleep(for: pause)
                }
            }
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body(outcomes)) } catch { result = .failure(error) }
        load.isOver.store(true, ordering: .relaxed)
        try await group.waitForAll()
        try result.get()
    }
    return outcomes
}

/// Whether a load is to end.
private final class Running: Sendable {
    let isOver = Atomic(false)
}
