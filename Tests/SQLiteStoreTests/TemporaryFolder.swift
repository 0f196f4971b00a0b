import FoundationEssentials
import GRDB
import Glibc
import KMSCore
import SQLiteStore

/// A folder for one test, gone with its last user.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "strongroom-store-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var databasePath: String { path + "/metadata.sqlite" }

    func open(_ options: SQLiteStore.Options = .init()) throws(KMSError) -> SQLiteStore {
        try SQLiteStore(path: databasePath, options: options)
    }

    func openReadOnly() throws(KMSError) -> SQLiteStore {
        try SQLiteStore(readingOnly: databasePath)
    }

    /// Runs SQL on the file behind the store's back, as an operator with another tool would: no foreign key and no
    /// check is enforced.
    func tamper(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        // A store that a test has just given up may still be closing its connection.
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: databasePath, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try db.execute(sql: sql)
        }
    }

    /// What one SQL query answers on the file.
    func query(_ sql: String) throws -> [String] {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: databasePath, configuration: configuration).read { db in
            try String.fetchAll(db, sql: sql)
        }
    }

    /// The permission bits of the file `name` in the folder, or nil when there is none.
    func mode(of name: String) -> UInt32? {
        var status = stat()
        guard unsafe stat("\(path)/\(name)", &status) == 0 else { return nil }
        return status.st_mode & 0o777
    }

    func setMode(_ mode: UInt32, of name: String) {
        guard unsafe chmod("\(path)/\(name)", mode) == 0 else { fatalError("no right to change \(name)") }
    }
}
