import KMSCore
import KMSTesting
import SQLiteStore
import Testing

@Suite struct `A database of version 2` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.tamper(Version2Database.sql)
    }

    @Test func `is found whole after the migration, with an account and a user of all who had some`() async throws {
        let store = try folder.open()
        let found = try await store.load().inOrder
        var expected = try Version2Database.image
        expected.identities = expected.identities.withUniqueIDs(of: found.identities)
        expected = expected.inOrder
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

    @Test func `gives each user a unique id of its own, as AWS's are`() async throws {
        let ids = try await folder.open().load().identities.map(\.uniqueID)
        #expect(ids.count == 3)
        #expect(Set(ids).count == 3)
        for id in ids { #expect(id.wholeMatch(of: /AIDA[A-Z2-7]{17}/) != nil, "\(id)") }
    }

    @Test func `locks nobody out: every user's access key has its user, with all rights`() async throws {
        let image = try await folder.open().load()
        let users = Dictionary(uniqueKeysWithValues: image.identities.map { ($0.arn, $0.attachedPolicies) })
        for key in image.accessKeys where !["AKIA4", "AKIA6", "AKIA7"].contains(key.id) {
            #expect(users[key.principal.arn] == ["arn:aws:iam::aws:policy/AdministratorAccess"], "\(key.id)")
        }
    }

    @Test func `takes what version 3 knows, for its old keys and users too`() async throws {
        let store = try folder.open()
        var image = try await store.load()
        let place = try #require(image.keys.firstIndex { $0.origin == .external })
        image.keys[place].policyPrincipals = ["arn:aws:iam::111122223333:user/administrator": "AIDAB"]
        image.grants = [.sample(on: image.keys[place])]
        image.identities[0].inlinePolicies = ["one": "{}"]
        image.systemPublicKeys = [.credentials: [1, 2, 3]]
        image.outbox = [.sample()]
        let credentials = try #require(image.systemKeys[.credentials])
        try await store.commit([
            .saveKey(image.keys[place]), .saveGrant(image.grants[0]), .saveIdentity(image.identities[0]),
            .saveSystemKey(.credentials, credentials, publicKey: [1, 2, 3]), .saveOutboxItem(image.outbox[0]),
        ])
        #expect(try await folder.open().load().inOrder == image.inOrder)
    }

    @Test func `without keys or access keys gets neither accounts nor users`() async throws {
        try folder.tamper(
            """
            DELETE FROM key; DELETE FROM key_material; DELETE FROM key_tag; DELETE FROM key_last_usage;
            DELETE FROM wrapping_key; DELETE FROM access_key; DELETE FROM system_key
            """
        )
        #expect(try await folder.open().load() == MetadataImage())
    }

    @Test func `that cannot be migrated stays as it was`() throws {
        // The last thing that the step makes is in its way.
        try folder.tamper("CREATE TABLE outbox (a TEXT)")
        let error = #expect(throws: KMSError.self) { _ = try folder.open() }
        #expect(error?.cause?.contains("outbox already exists") == true, "\(error?.cause ?? "none")")
        #expect(try folder.query("SELECT identifier FROM grdb_migrations ORDER BY 1") == ["v1", "v2"])
        #expect(try folder.query("SELECT name FROM sqlite_schema WHERE name IN ('identity', 'key_grant')").isEmpty)
        try folder.tamper("DROP TABLE outbox")
        _ = try folder.open()
    }
}
