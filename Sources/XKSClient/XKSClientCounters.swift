package import KMSCore
import Synchronization

/// How often a proxy was asked, how that went, and how long it took.
package final class XKSClientCounters: Sendable {
    package struct Outcome: Hashable, Sendable {
        /// As the API names it, for example `GetKeyMetadata`.
        package let operation: String
        /// Nil of a success.
        package let failure: XKSProxyFailure.Kind?
    }

    package struct Count: Hashable, Sendable {
        package fileprivate(set) var requests = 0
        package fileprivate(set) var time = Duration.zero
    }

    private let table = Mutex<[Outcome: Count]>([:])

    func count(_ operation: String, _ failure: XKSProxyFailure.Kind?, _ time: Duration) {
        table.withLock { table in
            var count = table[Outcome(operation: operation, failure: failure)] ?? Count()
            count.requests += 1
            count.time += time
            table[Outcome(operation: operation, failure: failure)] = count
        }
    }

    package var counts: [Outcome: Count] { table.withLock { $0 } }
}
