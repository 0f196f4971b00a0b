import FoundationEssentials
import Glibc
import KMSCore
import KMSTesting
import SQLiteStore
import Testing

@Suite struct `Opening a SQLite store` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func expectRefusal(saying text: String, _ open: () throws -> SQLiteStore) {
        let error = #expect(throws: KMSError.self) { _ = try open() }
        #expect(error?.code == .internalFailure)
        #expect(error?.message == "the metadata store failed")
        #expect(error?.cause?.contains(text) == true, "the cause is: \(error?.cause ?? "none")")
        #expect(error?.cause?.hasPrefix(folder.path) == true, "the cause names the file")
    }

    @Test func `makes the file and all beside it readable for its owner only`() async throws {
        let store = try folder.open()
        try await store.commit([.saveKey(.sample())])
        for name in ["metadata.sqlite", "metadata.sqlite-wal", "metadata.sqlite-shm"] {
            #expect(folder.mode(of: name) == 0o600, "\(name)")
        }
    }

    @Test func `takes the rights of others from a file that was restored with them`() async throws {
        _ = try folder.open()
        folder.setMode(0o644, of: "metadata.sqlite")
        try #require(folder.mode(of: "metadata.sqlite") == 0o644)
        _ = try folder.open()
        #expect(folder.mode(of: "metadata.sqlite") == 0o600)
    }

    @Test func `migrates an empty file`() async throws {
        try Data().write(to: URL(filePath: folder.databasePath))
        let store = try folder.open()
        #expect(try await store.load() == MetadataImage())
        #expect(
            try folder.query("SELECT identifier FROM grdb_migrations") == [
                "v1", "v2", "v3", "v4 custom key stores", "v5 xks-proxy", "v6 multi-Region keys",
                "v7 external key stores",
            ])
        #expect(try folder.query("PRAGMA application_id") == ["\(0x5354_5247)"])
        #expect(
            try folder.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
                == [
                    "access_key", "account", "alias", "custom_key_store", "custom_key_store_cluster",
                    "custom_key_store_proxy", "grdb_migrations",
                    "identity", "identity_attachment",
                    "identity_policy", "identity_tag", "identity_trust_principal", "key", "key_exposure", "key_grant",
                    "key_grant_context", "key_grant_operation", "key_last_usage", "key_material",
                    "key_policy_principal", "key_tag", "managed_policy",
                    "managed_policy_tag", "managed_policy_version", "mfa_device", "outbox", "session",
                    "session_policy", "session_tag", "sqlite_sequence", "system_key", "wrapping_key",
                    "xks_credential", "xks_store",
                ]
        )
    }

    @Test func `migrates a file whose first migration was cut short`() async throws {
        try folder.tamper("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        #expect(try await folder.open().load() == MetadataImage())
    }

    @Test func `every table is strict`() throws {
        _ = try folder.open()
        let lax = "SELECT name FROM pragma_table_list WHERE strict = 0 AND schema = 'main' ORDER BY name"
        #expect(try folder.query(lax) == ["grdb_migrations", "sqlite_schema", "sqlite_sequence"])
    }

    @Test func `refuses a database that a newer version has migrated, and says what to do`() async throws {
        let key = Key.sample()
        try await folder.open().commit([.saveKey(key)])
        try folder.tamper("INSERT INTO grdb_migrations VALUES ('v999')")
        expectRefusal(saying: "newer version of strongroom (v999): run that version") { try folder.open() }
        expectRefusal(saying: "newer version of strongroom") { try folder.openReadOnly() }
        try folder.tamper("DELETE FROM grdb_migrations WHERE identifier = 'v999'")
        #expect(try await folder.open().load().keys == [key])
    }

    @Test func `refuses a file that is not a database, and leaves it as it is`() throws {
        let text = Data(String(repeating: "this is a letter, not a database. ", count: 100).utf8)
        try text.write(to: URL(filePath: folder.databasePath))
        expectRefusal(saying: "not a database") { try folder.open() }
        expectRefusal(saying: "not a database") { try folder.openReadOnly() }
        #expect(try Data(contentsOf: URL(filePath: folder.databasePath)) == text)
    }

    @Test func `refuses another program's database, and leaves it as it is`() throws {
        try folder.tamper("CREATE TABLE bookmark (url TEXT)")
        let before = try Data(contentsOf: URL(filePath: folder.databasePath))
        expectRefusal(saying: "not one of strongroom's") { try folder.open() }
        expectRefusal(saying: "not one of strongroom's") { try folder.openReadOnly() }
        #expect(try Data(contentsOf: URL(filePath: folder.databasePath)) == before)
    }

    @Test func `refuses a damaged database`() async throws {
        let store = try folder.open()
        try await store.commit((0..<50).map { _ in .saveKey(.sample()) })
        // Else the log might be written over the damage when the store is closed, which is at some time after this.
        try folder.tamper("PRAGMA wal_checkpoint(TRUNCATE)")
        var bytes = try Data(contentsOf: URL(filePath: folder.databasePath))
        bytes.replaceSubrange(4096..., with: Data(repeating: 0xa5, count: bytes.count - 4096))
        try bytes.write(to: URL(filePath: folder.databasePath))
        expectRefusal(saying: "restore it from a backup") { try folder.open() }
        withExtendedLifetime(store) {}
    }

    @Test func `refuses a folder in place of the file, and one that is missing`() throws {
        expectRefusal(saying: "is not a file") { try SQLiteStore(path: folder.path) }
        let missing = folder.path + "/none/metadata.sqlite"
        expectRefusal(saying: "cannot be created: No such file or directory") { try SQLiteStore(path: missing) }
    }

    @Test func `refuses a folder that cannot be written to`() throws {
        // Where even root may not create a file, so that the test means the same for every user.
        let error = #expect(throws: KMSError.self) { _ = try SQLiteStore(path: "/proc/self/metadata.sqlite") }
        #expect(error?.cause?.contains("/proc/self/metadata.sqlite: cannot be created") == true)
    }

    @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
    func `refuses a folder without the right to write`() throws {
        folder.setMode(0o500, of: ".")
        defer { folder.setMode(0o700, of: ".") }
        expectRefusal(saying: "cannot be created: Permission denied") { try folder.open() }
    }

    @Test func `only to look creates nothing`() throws {
        expectRefusal(saying: "the file cannot be opened") { try folder.openReadOnly() }
        #expect(folder.mode(of: "metadata.sqlite") == nil)
        try Data().write(to: URL(filePath: folder.databasePath))
        expectRefusal(saying: "start the server once") { try folder.openReadOnly() }
        #expect(try Data(contentsOf: URL(filePath: folder.databasePath)).isEmpty)
    }
}
