import Glibc
import KMSCore
import Synchronization

/// Counts the steps of a piece of work, tells each on standard output, and ends the process without a warning at the
/// one that it is told.
final class Steps: Sendable {
    enum Moment: String {
        case before, after
    }

    private let last: (moment: Moment, step: Int)?
    private let taken = Atomic(0)

    init(last: (moment: Moment, step: Int)?) {
        self.last = last
    }

    func take<T: ~Copyable>(_ name: String, _ body: () async throws(KMSError) -> T) async throws(KMSError) -> T {
        let step = taken.wrappingAdd(1, ordering: .relaxed).newValue
        tell("step \(name)")
        die(.before, step)
        let result = try await body()
        die(.after, step)
        return result
    }

    private func die(_ moment: Moment, _ step: Int) {
        guard let last, last.moment == moment, last.step == step else { return }
        kill(getpid(), SIGKILL)
        // The signal is on its way; nothing else may happen until it is there.
        while true { pause() }
    }
}

/// Writes one line at once: what was printed before a SIGKILL counts.
func tell(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}
