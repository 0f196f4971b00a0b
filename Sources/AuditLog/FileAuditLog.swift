package import KMSCore
import LibCrypto

/// An audit log in a folder of files, hash-chained, with digests and a head that are signed by a key in the token.
///
/// One thread of its own writes, in batches: whatever waits goes with one write and one sync, at least every
/// ``AuditLogSettings/syncInterval``. The signer may be away for a while, the disk may not.
package final class FileAuditLog: AuditSink {
    private let queue: LogQueue
    private let settings: AuditLogSettings
    private let end = WriterEnd()

    /// Lets a log be begun in the folder, which is made if there is none. To be called before the signing key is made,
    /// and never afterwards: once there is a key, a log that is not there is one that somebody removed.
    package static func begin(in path: String) throws(KMSError) {
        let folder = LogFolder(path)
        do throws(LogFailure) {
            try folder.create()
            guard try folder.read(LogFolder.head, atMost: 1) == nil else { return }
            try folder.replace(LogFolder.begin, with: [])
        } catch {
            throw KMSError(.internalFailure, "the audit log cannot be begun", cause: error.description)
        }
    }

    /// Opens the log, after proving what has been added to it since the last digest. What a crash left unfinished is
    /// moved aside; a log that does not fit its signatures is not gone on with.
    package static func open(
        _ settings: AuditLogSettings, _ signer: any DigestSigner, clock: any KMSClock,
        notify: @escaping @Sendable (AuditLogNotice) -> Void
    ) async throws(KMSError) -> FileAuditLog {
        do {
            let lock = try await FolderLock(LogFolder(settings.folder))
            do {
                return try await open(settings, signer, clock, notify, lock)
            } catch {
                lock.release()
                throw error
            }
        } catch let error as KMSError {
            throw error
        } catch let refusal as RecoveredLog.Refusal {
            throw KMSError(
                .internalFailure, "the audit log in \(settings.folder) is not gone on with",
                cause: "\(refusal); look at it with: strongroom audit verify")
        } catch {
            throw KMSError(
                .internalFailure, "the audit log in \(settings.folder) cannot be opened", cause: "\(error)")
        }
    }

    private static func open(
        _ settings: AuditLogSettings, _ signer: any DigestSigner, _ clock: any KMSClock,
        _ notify: @escaping @Sendable (AuditLogNotice) -> Void, _ lock: FolderLock
    ) async throws -> FileAuditLog {
        let folder = LogFolder(settings.folder)
        let recovered = try RecoveredLog(folder, signedBy: PublicKey(subjectPublicKeyInfo: signer.publicKey))
        if recovered.head == nil { try await writeFirstHead(folder, signer, clock) }
        // Leave has been taken: it is not to be taken a second time.
        try folder.remove(LogFolder.begin)
        let queue = try LogQueue(settings)
        let writer = try LogWriter(settings, recovered, signer, queue, clock: clock, notify: notify)
        if recovered.signedLate > 0 { notify(.signedLate(records: recovered.signedLate)) }
        for moved in recovered.movedAside { notify(.movedAside(bytes: moved.count, copy: moved.copy)) }
        return FileAuditLog(settings, queue, writer, lock)
    }

    private init(_ settings: AuditLogSettings, _ queue: LogQueue, _ writer: LogWriter, _ lock: FolderLock) {
        self.settings = settings
        self.queue = queue
        let end = end
        WriterThread.start {
            var writer = writer
            writer.run()
            lock.release()
            end.reach()
        }
    }

    private static func writeFirstHead(
        _ folder: LogFolder, _ signer: any DigestSigner, _ clock: any KMSClock
    ) async throws {
        let head = LogHead(
            sequence: 0, hash: LogHash.zero.description, digests: 0, digestHash: LogHash.zero.description,
            time: clock.now.iso8601)
        let text = SignedStatement.text(head)
        let signature = try await signer.sign(text)
        try folder.replace(LogFolder.head, with: SignedStatement.line(text, signature: signature) + [0x0a])
    }

    package func checkAccepting() throws(KMSError) { try queue.check() }

    package func append(_ record: AuditRecord) throws(KMSError) {
        // Here rather than by the writer: so the queue holds nothing but bytes, and callers share the work.
        try queue.append(record.json)
    }

    package func append(durably items: [OutboxItem]) async throws(KMSError) {
        let entries = items.map { item in
            LogQueue.Entry(
                record: RecordLine.canHold(item.body) ? item.body : OwnRecord.unreadable(item, settings),
                item: (item.id, item.date))
        }
        try await queue.append(durably: entries)
    }

    /// Writes and signs what has been taken, and ends. Nothing is taken any more.
    package func close() async {
        queue.close()
        await end.wait()
    }
}
