import KMSCore
import Synchronization

/// What waits for the writer. It takes no more than fits, so that a slow disk slows callers down and fills no memory.
final class LogQueue: Sendable {
    struct Entry: Sendable {
        let record: [UInt8]
        /// Of what comes out of the outbox, where it may come from more than once.
        var item: (id: String, date: Timestamp)?
    }

    /// What the writer takes at once.
    struct Batch {
        var entries: [Entry] = []
        var waiters: [CheckedContinuation<KMSError?, Never>] = []
        /// Records that found no room, of a log that lets work go on.
        var lost = 0
    }

    private struct State {
        var batch = Batch()
        var bytes = 0
        var isClosed = false
        /// The writer has been woken to come before its time.
        var isHurried = false
        var writeFailure: KMSError?
        var signFailure: KMSError?
        var failure: KMSError? { writeFailure ?? signFailure }
    }

    let wake: Wakeup
    private let state = Mutex(State())
    private let settings: AuditLogSettings

    init(_ settings: AuditLogSettings) throws(LogFailure) {
        self.settings = settings
        wake = try Wakeup()
    }

    func check() throws(KMSError) {
        try state.withLock { state throws(KMSError) in try check(state) }
    }

    func append(_ record: [UInt8]) throws(KMSError) {
        let hurries = try state.withLock { state throws(KMSError) in
            try check(state)
            guard state.batch.entries.count < settings.maximumWaitingRecords,
                state.bytes + record.count <= settings.maximumWaitingBytes
            else {
                guard settings.onFailure == .continue else { throw Self.isFull }
                state.batch.lost += 1
                return false
            }
            state.batch.entries.append(Entry(record: record))
            state.bytes += record.count
            // Otherwise the writer comes by itself: waking it for every record would be the most of the work.
            guard !state.isHurried,
                state.batch.entries.count * 2 >= settings.maximumWaitingRecords
                    || state.bytes * 2 >= settings.maximumWaitingBytes
            else { return false }
            state.isHurried = true
            return true
        }
        if hurries { wake.raise() }
    }

    /// Returns when the records are on the disk. They have been somewhere safe already, so there is no bound.
    func append(durably entries: [Entry]) async throws(KMSError) {
        let failure = await withCheckedContinuation { (waiter: CheckedContinuation<KMSError?, Never>) in
            let isClosed = state.withLock { state in
                guard !state.isClosed else { return true }
                state.batch.entries += entries
                state.bytes += entries.reduce(0) { $0 + $1.record.count }
                state.batch.waiters.append(waiter)
                return false
            }
            isClosed ? waiter.resume(returning: Self.isClosed) : wake.raise()
        }
        if let failure { throw failure }
    }

    /// Takes nothing more from now on.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.raise()
    }

    var hasClosed: Bool { state.withLock { $0.isClosed } }

    func take() -> Batch {
        state.withLock { state in
            defer {
                state.batch = Batch()
                state.bytes = 0
                state.isHurried = false
            }
            return state.batch
        }
    }

    func setFailure(write: KMSError?, sign: KMSError?) {
        state.withLock { state in
            state.writeFailure = write
            state.signFailure = sign
        }
    }

    private func check(_ state: borrowing State) throws(KMSError) {
        guard !state.isClosed else { throw Self.isClosed }
        if settings.onFailure == .refuse, let failure = state.failure { throw failure }
    }

    static let isClosed = KMSError(.internalFailure, "The audit log is closed: the server is about to end.")

    private static let isFull = KMSError(
        .throttled, "The audit log has no room for the record of this request now. Try again.")
}
