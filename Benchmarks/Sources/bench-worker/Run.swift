import KMSCore
import SecureMemory

/// One measured line: some number of tasks, each of which encrypts again as soon as it has its answer.
struct Run: Encodable {
    var inFlight: Int
    var perSecond: Double
    var microseconds: Quantiles

    struct Quantiles: Encodable {
        var median: Int64
        var p99: Int64
    }

    static func measure(
        _ backend: some KeyBackend, _ key: MaterialReference, inFlight: Int, for time: Duration
    ) async throws -> Run {
        let start = ContinuousClock.now
        let end = start + time
        let latencies = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<inFlight {
                group.addTask { try await encrypt(backend, key, until: end) }
            }
            var all: [Int64] = []
            for try await latencies in group { all += latencies }
            return all.sorted()
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        return Run(
            inFlight: inFlight, perSecond: (Double(latencies.count) / elapsed).rounded(),
            microseconds: Quantiles(median: latencies.quantile(0.5), p99: latencies.quantile(0.99))
        )
    }

    /// Answers each operation's time in microseconds.
    private static func encrypt(
        _ backend: some KeyBackend, _ key: MaterialReference, until end: ContinuousClock.Instant
    ) async throws -> [Int64] {
        let plaintext = SecretBytes(copying: [UInt8](repeating: 0x70, count: 32))
        let aad = [UInt8](repeating: 0x61, count: 64)
        var latencies: [Int64] = []
        var before = ContinuousClock.now
        repeat {
            _ = try await backend.encrypt(plaintext, authenticating: aad, with: key)
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
