import Synchronization
import XKSCore

/// How often each operation of a store was answered, with which error, and how long it took.
package final class XKSCounters: Sendable {
    package struct Outcome: Hashable, Comparable, Sendable {
        /// The prefix; empty of requests whose sender is not known.
        package let store: String
        package let operation: String
        /// Nil of a success.
        package let error: String?

        package init(store: String, operation: String, error: String?) {
            self.store = store
            self.operation = operation
            self.error = error
        }

        package static func < (a: Outcome, b: Outcome) -> Bool {
            (a.store, a.operation, a.error ?? "") < (b.store, b.operation, b.error ?? "")
        }
    }

    package struct Count: Hashable, Sendable {
        package fileprivate(set) var requests = 0
        package fileprivate(set) var time = Duration.zero
    }

    private let table = Mutex<[Outcome: Count]>([:])

    package init() {}

    /// Stores are there, and operations and errors are names of ours: what a caller made up is not counted by its name.
    func count(_ operation: XKSOperation?, of store: String?, _ error: XKSError?, _ time: Duration) {
        let outcome = Outcome(store: store ?? "", operation: operation?.rawValue ?? "", error: error?.name.rawValue)
        table.withLock { table in
            table[outcome, default: Count()].requests += 1
            table[outcome, default: Count()].time += time
        }
    }

    package var counts: [(outcome: Outcome, count: Count)] {
        table.withLock { $0.map { (outcome: $0.key, count: $0.value) } }.sorted { $0.outcome < $1.outcome }
    }
}
