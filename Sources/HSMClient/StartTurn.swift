import Glibc
import HSMWorkerProtocol
import Synchronization

/// Lets the workers of one token log in one after the other, so that a PIN which one of them saw refused is not tried
/// by the next: with three workers, three wrong tries at once could lock the token.
final class StartTurn: Sendable {
    private struct Refusal {
        let number: Int
        let stamp: PINSourceStamp
        let error: WorkerStartError
    }

    private let source: PINSource
    private let refusal = Mutex<Refusal?>(nil)
    private let isTaken = Mutex(false)

    init(_ source: PINSource) {
        self.source = source
    }

    /// The refusal that nothing has been changed after, by its number.
    var standingRefusal: Int? {
        let stamp = PINSourceStamp(source)
        return refusal.withLock { $0?.stamp == stamp ? $0?.number : nil }
    }

    /// Runs `body`, which logs in, when it is its turn, and `meanwhile` again and again until it is. Throws what the
    /// last one threw when nothing has changed since.
    func take<R>(
        _ body: () throws(WorkerStartError) -> R, meanwhile: () throws(WorkerStartError) -> Void
    ) throws(WorkerStartError) -> R {
        while !enter() {
            try meanwhile()
            usleep(10_000)
        }
        defer { isTaken.withLock { $0 = false } }
        // Before the attempt: a change while it is under way is a change.
        let stamp = PINSourceStamp(source)
        if let known = refusal.withLock({ $0 }), known.stamp == stamp { throw known.error }
        do throws(WorkerStartError) {
            return try body()
        } catch {
            if error.needsOperator {
                refusal.withLock { $0 = Refusal(number: ($0?.number ?? 0) + 1, stamp: stamp, error: error) }
            }
            throw error
        }
    }

    private func enter() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }
}

/// Tells whether a PIN file was changed, without reading it.
struct PINSourceStamp: Equatable {
    private var changed: Int?
    private var inode: UInt?
    private var size: Int?

    init(_ source: PINSource) {
        guard case .file(let path) = source else { return }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return }
        changed = status.st_ctim.tv_sec &* 1_000_000_000 &+ status.st_ctim.tv_nsec
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
    }
}
