import KMSWire
import Synchronization

/// How often each operation was answered, and with which error.
///
/// Counting a success is one relaxed addition, because every request does it; errors are rarer and take a lock.
package final class RequestCounters: Sendable {
    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    /// An operation and the code of its error; nil of a success.
    package struct Outcome: Hashable, Comparable, Sendable {
        package let operation: String
        package let error: String?

        package static func < (a: Outcome, b: Outcome) -> Bool {
            (a.operation, a.error ?? "") < (b.operation, b.error ?? "")
        }
    }

    private let successes: [OperationName: Counter]
    private let errors = Mutex<[Outcome: Int]>([:])

    package init() {
        successes = Dictionary(uniqueKeysWithValues: OperationName.allCases.map { ($0, Counter()) })
    }

    func count(_ operation: OperationName) {
        successes[operation]?.value.add(1, ordering: .relaxed)
    }

    /// Both are names of ours: what a caller made up is no operation.
    func count(_ operation: OperationName?, _ error: WireError) {
        errors.withLock { $0[Outcome(operation: operation?.rawValue ?? "", error: error.code), default: 0] += 1 }
    }

    package var counts: [(outcome: Outcome, count: Int)] {
        let good = successes.compactMap { operation, counter -> (outcome: Outcome, count: Int)? in
            let count = counter.value.load(ordering: .relaxed)
            return count == 0 ? nil : (Outcome(operation: operation.rawValue, error: nil), count)
        }
        let bad = errors.withLock { $0.map { (outcome: $0.key, count: $0.value) } }
        return (good + bad).sorted { $0.outcome < $1.outcome }
    }
}
