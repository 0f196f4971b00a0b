import FoundationEssentials
import KMSCore
import KMSTesting
import SQLiteStore
import Testing

@Suite struct `A database of version 1` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.tamper(Version1Database.sql)
    }

    @Test func `is found whole after the migration, with the defaults of its time`() async throws {
        let store = try folder.open()
        let found = try await store.load().inOrder
        let expected = try Version1Database.image(withUniqueIDsOf: found).inOrder
        #expect(found == expected)
        #expect(try await folder.open().load().inOrder == expected, "the migration is not made twice")
        #expect(
            try folder.query("SELECT identifier FROM grdb_migrations ORDER BY 1") == [
                "v1", "v2", "v3", "v4 custom key stores", "v5 xks-proxy", "v6 multi-Region keys",
                "v7 external key stores",
            ])
        #expect(try folder.query("PRAGMA integrity_check") == ["ok"])
        #expect(try folder.query("PRAGMA foreign_key_check").isEmpty)
    }

    @Test func `has the schema of a new one afterwards`() throws {
        _ = try folder.open()
        let new = try TemporaryFolder()
        _ = try new.open()
        // A column's place and name, its type, and whether it may be null: of every table.
        let columns = """
            SELECT format('%s %d %d %s %s %d %s %d',
                t.name, t.strict, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk)
            FROM pragma_table_list AS t, pragma_table_info(t.name) AS c WHERE t.schema = 'main' ORDER BY 1
            """
        let keys = """
            SELECT format('%s %s %s %s %s', t.name, f."table", f."from", f."to", f.on_delete)
            FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS f WHERE t.schema = 'main' ORDER BY 1
            """
        for query in [columns, keys] {
            let found = try folder.query(query)
            #expect(found.count > 10)
            #expect(try found == new.query(query))
        }
    }

    @Test func `takes what version 2 knows, for its old keys too`() async throws {
        let store = try folder.open()
        var image = try await Version1Database.image(withUniqueIDsOf: store.load())
        image.keys[0].rotation = KeyRotation(periodInDays: 365, nextDate: image.keys[0].creationDate, onDemandCount: 1)
        image.keys[0].materials[0].stage = .absent
        image.keys[0].materials.append(.sample(3))
        image.keys[0].materials[2].rotation = .init(date: image.keys[0].creationDate, kind: .onDemand)
        image.keys[0].currentMaterial = 3
        let address = image.keys[0].address
        image.wrappingKeys = [.sample(for: address)]
        image.lastUsages = [address: .sample()]
        try await store.commit([
            .saveKey(image.keys[0]), .saveWrappingKey(image.wrappingKeys[0]), .saveLastUsages(image.lastUsages),
        ])
        #expect(try await folder.open().load().inOrder == image.inOrder)
        try await store.commit([.removeKey(address)])
        image.keys.removeFirst()
        image.aliases = []
        image.lastUsages = [:]
        #expect(try await folder.open().load().inOrder == image.inOrder)
    }

    @Test func `is not migrated by one who only looks`() throws {
        let error = #expect(throws: KMSError.self) { _ = try folder.openReadOnly() }
        #expect(error?.cause?.contains("start the server once to bring it up to date") == true)
        #expect(try folder.query("SELECT identifier FROM grdb_migrations") == ["v1"])
    }

    @Test func `that cannot be migrated stays as it was`() throws {
        // What the second step is about to make is in its way.
        try folder.tamper("CREATE TABLE key_last_usage (a TEXT)")
        let error = #expect(throws: KMSError.self) { _ = try folder.open() }
        #expect(error?.cause?.contains("key_last_usage already exists") == true, "\(error?.cause ?? "none")")
        #expect(try folder.query("SELECT identifier FROM grdb_migrations") == ["v1"])
        #expect(try folder.query("SELECT name FROM pragma_table_info('key') WHERE name = 'manager'").isEmpty)
        try folder.tamper("DROP TABLE key_last_usage")
        _ = try folder.open()
    }

    @Test func `with ten thousand keys is migrated and loaded whole`() async throws {
        try folder.tamper(
            """
            WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 10009)
            INSERT INTO key SELECT account, region, substr(id, 1, 24) || format('%012d', i), spec, usage, origin,
                lifecycle, description, policy, creation_date, deletion_date, NULL
            FROM key, n WHERE lifecycle = 'enabled';
            WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 10009)
            INSERT INTO key_material SELECT account, region, substr(key_id, 1, 24) || format('%012d', i), 1, id,
                randomblob(16), check_value, creation_date, reserved_encryptions
            FROM key_material, n WHERE number = 2;
            UPDATE key SET current_material = 1 WHERE current_material IS NULL AND lifecycle = 'enabled';
            """
        )
        #expect(try await folder.open().load().keys.count == 10_003)
    }
}
