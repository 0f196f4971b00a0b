import KMSCore

/// One measured line: some number of tasks, each of which asks again as soon as it has its answer.
struct Run: Encodable {
    var operation: Work
    var inFlight: Int
    var perSecond: Double
    var microseconds: Quantiles

    struct Quantiles: Encodable {
        var median: Int64
        var p99: Int64
    }

    static func measure(
        _ work: Work, _ backend: some KeyBackend, _ key: MaterialReference, inFlight: Int, for time: Duration
    ) async throws -> Run {
        let start = ContinuousClock.now
        let end = start + time
        let latencies = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<inFlight {
                group.addTask { try await perform(work, backend, key, until: end) }
            }
            var all: [Int64] = []
            for try await latencies in group { all += latencies }
            return all.sorted()
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        return Run(
            operation: work, inFlight: inFlight, perSecond: (Double(latencies.count) / elapsed).rounded(),
            microseconds: Quantiles(median: latencies.quantile(0.5), p99: latencies.quantile(0.99))
        )
    }

    /// Answers each operation's time in microseconds.
    private static func perform(
        _ work: Work, _ backend: some KeyBackend, _ key: MaterialReference, until end: ContinuousClock.Instant
    ) async throws -> [Int64] {
        let input = Work.Input()
        var latencies: [Int64] = []
        var before = ContinuousClock.now
        repeat {
            try await work.perform(backend, with: key, on: input)
            let now = ContinuousClock.now
            latencies.append(Int64((now - before) / .microseconds(1)))
            before = now
        } while before < end
        return latencies
    }
}

extension [Int64] {
    /// Of a sorted array that is not empty: the smallest element that at least `fraction` of them do not exceed.
    fileprivate func quantile(_ fraction: Double) -> Int64 {
        self[Swift.max(0, Int((fraction * Double(count)).rounded(.up)) - 1)]
    }
}
