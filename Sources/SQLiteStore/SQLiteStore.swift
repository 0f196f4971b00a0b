internal import GRDB
package import KMSCore

/// The metadata in one SQLite file.
///
/// One connection behind one serial queue (`DatabaseQueue`), not a pool: the store is read once at the start and from
/// then on only written, so a pool's readers would be idle. The file is in WAL mode nevertheless, so that
/// `strongroom doctor` and a backup can read it beside a server that writes.
package final class SQLiteStore: MetadataStore {
    private let path: String
    /// Not private, so that tests can ask the connection how it is set up.
    let queue: DatabaseQueue

    /// Opens the store at `path`, or creates it with mode 0600, and brings it up to this version's schema.
    ///
    /// Refuses, and leaves untouched, a file that is something else or that a newer version has migrated.
    package init(path: String, options: Options = Options()) throws(KMSError) {
        try StoreFile.prepare(path)
        self.path = path
        queue = try translatingErrors(at: path) {
            let queue = try DatabaseQueue(path: path, configuration: options.configuration(readOnly: false))
            try queue.writeWithoutTransaction { db in
                // Before the first write: turning on WAL already changes the file.
                try Schema.refuseForeignOrNewer(db)
                try options.makeDurable(db)
            }
            try Schema.migrator.migrate(queue)
            return queue
        }
    }

    /// Opens the store at `path` only to look, as `strongroom doctor` does beside a running server.
    ///
    /// Never creates or migrates anything; ``commit(_:)`` fails.
    package init(readingOnly path: String, options: Options = Options()) throws(KMSError) {
        self.path = path
        queue = try translatingErrors(at: path) {
            let queue = try DatabaseQueue(path: path, configuration: options.configuration(readOnly: true))
            try queue.read { db in
                try Schema.refuseForeignOrNewer(db)
                try Schema.refuseOlder(db)
            }
            return queue
        }
    }

    package func load() async throws(KMSError) -> MetadataImage {
        try await perform { db in
            var image = MetadataImage()
            // One transaction, so that the tables are of one moment.
            try db.inTransaction(.deferred) {
                image = try db.readImage()
                return .commit
            }
            return image
        }
    }

    package func commit(_ changes: [MetadataChange]) async throws(KMSError) {
        guard !changes.isEmpty else { return }
        try await perform { db in
            // Immediate: a lock that another process holds is waited for here, and not met half-way through.
            try db.inTransaction(.immediate) {
                for change in changes { try db.make(change) }
                return .commit
            }
        }
    }

    /// Runs `work` on the queue.
    ///
    /// Not by GRDB's async accesses: those give up when the calling task is cancelled, and a client that hangs up
    /// must not leave it open whether its change was made.
    private func perform<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(KMSError) -> Value {
        let path = path
        let result: Result<Value, KMSError> = await withCheckedContinuation { continuation in
            queue.asyncWriteWithoutTransaction { db in
                do throws(KMSError) {
                    continuation.resume(returning: .success(try translatingErrors(at: path) { try work(db) }))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
