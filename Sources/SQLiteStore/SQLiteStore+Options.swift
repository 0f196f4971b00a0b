internal import GRDB

extension SQLiteStore {
    /// How a store is opened.
    package struct Options: Sendable {
        /// How many seconds a lock that another process holds is waited for.
        package var busyTimeout: Double
        /// How many pages of 4,096 bytes the file may grow to, where it shares its volume with something that must
        /// not starve; nil for as many as fit. A change beyond that fails as on a full disk.
        package var maximumPageCount: Int?

        package init(busyTimeout: Double = 5, maximumPageCount: Int? = nil) {
            self.busyTimeout = busyTimeout
            self.maximumPageCount = maximumPageCount
        }

        func configuration(readOnly: Bool) -> Configuration {
            var configuration = Configuration()
            configuration.label = "strongroom.metadata"
            configuration.readonly = readOnly
            configuration.foreignKeysEnabled = true
            configuration.busyMode = .timeout(busyTimeout)
            return configuration
        }

        /// Sets what makes a commit survive a power cut.
        ///
        /// Not by GRDB's own WAL set-up: that one lowers `synchronous` to NORMAL, with which the last commits may be
        /// lost. FULL syncs the log at every commit.
        func makeDurable(_ db: Database) throws {
            guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                throw StoreFailure("SQLite's write-ahead log does not work on this file system: use a local one")
            }
            try db.execute(sql: "PRAGMA synchronous = FULL")
            if let maximumPageCount {
                try db.execute(sql: "PRAGMA max_page_count = \(maximumPageCount)")
            }
        }
    }
}
