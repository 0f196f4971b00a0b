import HSMWorkerProtocol
import PKCS11
import Synchronization

/// Runs `body` on so many threads at once and waits for all of them.
func inParallel(_ threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let lanes = (0..<threads).map { index in LaneThread { body(index) } }
    for lane in lanes { lane.join() }
}

/// Counts that threads share.
final class Tally: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ name: String, _ number: Int = 1) {
        counts.withLock { $0[name, default: 0] += number }
    }

    subscript(_ name: String) -> Int {
        counts.withLock { $0[name] ?? 0 }
    }

    /// All but `names`, the most frequent first.
    func others(_ names: Set<String>) -> [(name: String, count: Int)] {
        counts.withLock { counts in
            counts.filter { !names.contains($0.key) }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { ($0.key, $0.value) }
        }
    }
}

/// The first error of several threads.
final class Failure: Sendable {
    private let error = Mutex<PKCS11Error?>(nil)

    func note(_ new: PKCS11Error) {
        error.withLock { $0 = $0 ?? new }
    }

    var first: PKCS11Error? { error.withLock { $0 } }
}
