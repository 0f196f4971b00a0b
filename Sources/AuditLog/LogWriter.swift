import KMSCore

/// The one thread that writes the log.
struct LogWriter {
    private let settings: AuditLogSettings
    private let clock: any KMSClock
    private let notify: @Sendable (AuditLogNotice) -> Void
    private let queue: LogQueue
    private var files: RecordFiles
    private var proofs: ProofWriter
    private var known: KnownRecords

    /// What was taken and not given to the files yet.
    private var batch = LogQueue.Batch()
    private var isFiltered = true
    /// Records of the log's own, to be written behind it.
    private var own: [[UInt8]] = []
    private var writeFailure: KMSError?
    private var signFailure: KMSError?
    private var isSigning = true
    private var retry: ContinuousClock.Instant?
    private var period: Int64
    /// When the log is closed whatever is left to be done.
    private var deadline: ContinuousClock.Instant?
    /// The last batch has been taken.
    private var isEnding = false

    /// Writes the first record, so that a log that cannot be written is found at once.
    init(
        _ settings: AuditLogSettings, _ recovered: RecoveredLog, _ signer: any DigestSigner, _ queue: LogQueue,
        clock: any KMSClock, notify: @escaping @Sendable (AuditLogNotice) -> Void
    ) throws(LogFailure) {
        self.settings = settings
        self.clock = clock
        self.notify = notify
        self.queue = queue
        let folder = LogFolder(settings.folder)
        files = try RecordFiles(settings, recovered)
        proofs = try ProofWriter(folder, recovered, signer, wake: queue.wake)
        known = KnownRecords(folder, at: clock.now)
        period = clock.now.milliseconds / (settings.digestInterval * 1000)
        own.append(OwnRecord.start(recovered, settings, at: clock.now))
        try write()
    }

    /// Returns when the log has been closed.
    mutating func run() {
        while step() { queue.wake.wait(settings.syncInterval) }
        for waiter in batch.waiters + queue.take().waiters { waiter.resume(returning: LogQueue.isClosed) }
        files.close()
        proofs.close()
    }

    /// Answers whether there is more to come.
    private mutating func step() -> Bool {
        takeBatch()
        if retry.map({ $0 <= .now }) ?? true {
            do throws(LogFailure) {
                try write()
                try prove()
                succeed()
            } catch {
                fail(error)
            }
        }
        noteUnsignedTime()
        queue.setFailure(write: writeFailure, sign: signFailure)
        guard let deadline else { return true }
        return !(isAllWritten && proofs.isDone(files.committed.sequence)) && deadline > .now
    }

    private var isAllWritten: Bool {
        isEnding && batch.entries.isEmpty && own.isEmpty && files.isCommitted
    }

    private mutating func takeBatch() {
        // Asked before taking: what is taken afterwards is the last.
        let isClosed = queue.hasClosed
        if isClosed, deadline == nil { deadline = .now + settings.closingTime }
        guard !isEnding, batch.entries.isEmpty, files.isCommitted else { return }
        let waiters = batch.waiters
        batch = queue.take()
        batch.waiters += waiters
        isFiltered = false
        if batch.lost > 0 {
            own.append(OwnRecord.lost(batch.lost, settings, at: clock.now))
            notify(.lost(records: batch.lost))
        }
        if isClosed {
            own.append(OwnRecord.stop(settings, at: clock.now))
            isEnding = true
        }
    }

    /// Writes what was taken. When this throws, the rest is left for the next time.
    private mutating func write() throws(LogFailure) {
        let now = clock.now
        if !isFiltered {
            batch.entries = try known.filter(batch.entries)
            isFiltered = true
        }
        var taken = 0
        defer { batch.entries.removeFirst(taken) }
        for entry in batch.entries {
            try files.add(entry.record, at: now)
            taken += 1
        }
        while let record = own.first {
            try files.add(record, at: now)
            own.removeFirst()
        }
        try files.commit()
        for waiter in batch.waiters { waiter.resume(returning: nil) }
        batch.waiters = []
    }

    private mutating func prove() throws(LogFailure) {
        let now = clock.now
        let current = now.milliseconds / (settings.digestInterval * 1000)
        if current != period || isAllWritten {
            files.cut()
            period = current
        }
        proofs.add(files.takeStretches())
        let outcome = try proofs.step(
            files.committed, headInterval: settings.headInterval, isLast: isAllWritten, at: now)
        switch outcome {
        case .nothing: break
        case .signed:
            if !isSigning { notify(.signsAgain) }
            isSigning = true
        case .failed(let error):
            if isSigning { notify(.cannotSign(cause: error.cause ?? error.message)) }
            isSigning = false
        }
    }

    private mutating func succeed() {
        guard !proofs.isStuck else { return }
        retry = nil
        if writeFailure != nil { notify(.writesAgain) }
        writeFailure = nil
    }

    private mutating func fail(_ failure: LogFailure) {
        retry = .now + .seconds(1)
        if writeFailure == nil { notify(.cannotWrite(cause: failure.description)) }
        writeFailure = KMSError(
            .internalFailure, "The audit log cannot be written, and nothing is done without a record. Try again later.",
            cause: failure.description)
    }

    private mutating func noteUnsignedTime() {
        signFailure = nil
        guard let limit = settings.maximumUnsignedTime, let since = proofs.unsignedSince, since + limit < .now
        else { return }
        signFailure = KMSError(
            .internalFailure, "The audit log cannot be signed, and nothing is done without proof. Try again later.",
            cause: "no head was signed for more than \(limit)")
    }
}
