import FoundationEssentials
import GRDB
import KMSCore
import KMSTesting
import Testing

@testable import SQLiteStore

@Suite struct `A SQLite store in trouble` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func expectFailure(saying text: String, _ work: () async throws -> Void) async {
        let error = await #expect(throws: KMSError.self) { try await work() }
        #expect(error?.code == .internalFailure)
        #expect(error?.cause?.contains(text) == true, "the cause is: \(error?.cause ?? "none")")
    }

    @Test func `has on disk what it committed, when the process dies at once`() async throws {
        let store = try folder.open()
        let keys = (0..<5).map { _ in Key.sample() }
        for key in keys { try await store.commit([.saveKey(key)]) }
        // The store is neither closed nor checkpointed: what is copied is what a killed process leaves.
        let crashed = try TemporaryFolder()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.databasePath + suffix, toPath: crashed.databasePath + suffix
            )
        }
        let found = try await crashed.open().load().inOrder
        #expect(found == MetadataImage(keys: keys).inOrder)
        #expect(try await store.load().keys.count == 5)
    }

    @Test func `syncs its log at every commit, and enforces foreign keys`() async throws {
        let store = try folder.open()
        let (synchronous, journal, foreignKeys) = try await store.queue.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(synchronous == 2, "2 is FULL: with less, a power cut takes the last commits")
        #expect(journal == "wal")
        #expect(foreignKeys == 1)
    }

    @Test func `loses the commit whose log was cut short, and only that`() async throws {
        let store = try folder.open()
        let kept = Key.sample()
        try await store.commit([.saveKey(kept)])
        let crashed = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: folder.databasePath, toPath: crashed.databasePath)
        let before = try Data(contentsOf: URL(filePath: folder.databasePath + "-wal"))
        try await store.commit([.saveKey(.sample()), .saveKey(.sample())])
        let after = try Data(contentsOf: URL(filePath: folder.databasePath + "-wal"))
        try #require(after.count > before.count)
        try after.dropLast(100).write(to: URL(filePath: crashed.databasePath + "-wal"))
        #expect(try await crashed.open().load().keys == [kept])
    }

    @Test func `that is full refuses the change, says so and loses nothing`() async throws {
        let store = try folder.open(.init(maximumPageCount: 120))
        var kept: [Key] = []
        var refused: KMSError?
        while refused == nil, kept.count < 1000 {
            let key = Key.sample()
            do {
                try await store.commit([.saveKey(key)])
                kept.append(key)
            } catch {
                refused = error
            }
        }
        #expect(refused?.code == .internalFailure)
        #expect(refused?.cause?.contains("the disk is full") == true, "the cause is: \(refused?.cause ?? "none")")
        #expect(try await store.load().inOrder == MetadataImage(keys: kept).inOrder)

        // What needs no room still works, and makes some.
        try await store.commit([.reserveEncryptions(kept[0].address, material: 1, total: 9)])
        try await store.commit(kept.dropFirst(5).map { .removeKey($0.address) })
        let again = Key.sample()
        try await store.commit([.saveKey(again)])
        kept[0].materials[0].reservedEncryptions = 9
        #expect(try await folder.open().load().inOrder == MetadataImage(keys: kept.prefix(5) + [again]).inOrder)
    }

    @Test func `opened only to look sees what the server commits, and refuses a change`() async throws {
        let server = try folder.open()
        let doctor = try folder.openReadOnly()
        let key = Key.sample()
        try await server.commit([.saveKey(key)])
        #expect(try await doctor.load().keys == [key])
        await expectFailure(saying: "read-only") { try await doctor.commit([.removeKey(key.address)]) }
        #expect(try await doctor.load().keys == [key])
        #expect(try await server.load().keys == [key])
    }

    @Test func `opened twice on one file keeps what both commit`() async throws {
        let first = try folder.open()
        let second = try folder.open()
        let keys = (0..<20).map { _ in Key.sample() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, key) in keys.enumerated() {
                group.addTask { try await (index.isMultiple(of: 2) ? first : second).commit([.saveKey(key)]) }
            }
            try await group.waitForAll()
        }
        try await first.commit([.reserveEncryptions(keys[0].address, material: 1, total: 100)])
        try await second.commit([.reserveEncryptions(keys[0].address, material: 1, total: 50)])
        var expected = keys
        expected[0].materials[0].reservedEncryptions = 100
        for store in [first, second] {
            #expect(try await store.load().inOrder == MetadataImage(keys: expected).inOrder)
        }
    }

    @Test func `that another process keeps locked gives up after its time, and works again afterwards`() async throws {
        let store = try folder.open(.init(busyTimeout: 0.05))
        let key = Key.sample()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: folder.databasePath, configuration: configuration)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        await expectFailure(saying: "another process keeps the database locked") {
            try await store.commit([.saveKey(key)])
        }
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        try await store.commit([.saveKey(key)])
        #expect(try await store.load().keys == [key])
    }

    @Test func `refuses a reservation that its numbers cannot hold`() async throws {
        let store = try folder.open()
        let key = Key.sample(reserved: 7)
        try await store.commit([.saveKey(key)])
        await expectFailure(saying: "too large") {
            try await store.commit([.settleEncryptions(key.address, material: 1, total: .max)])
        }
        #expect(try await store.load().keys == [key])
    }

    @Test func `loads a thousand keys with all that belongs to them`() async throws {
        let store = try folder.open()
        var image = MetadataImage()
        for _ in 0..<1000 {
            var key = Key.sample()
            key.materials.append(.sample(2))
            key.materials[1].rotation = .init(date: key.creationDate, kind: .automatic)
            key.materials[1].imported = .init(validTo: key.creationDate, description: "from the vault", place: .token)
            image.keys.append(key)
            image.aliases.append(.sample("alias/\(key.address.id)", of: key))
            image.wrappingKeys.append(.sample(for: key.address))
            image.lastUsages[key.address] = .sample()
        }
        try await store.commit(
            image.keys.map { .saveKey($0) } + image.aliases.map { .saveAlias($0) }
                + image.wrappingKeys.map { .saveWrappingKey($0) } + [.saveLastUsages(image.lastUsages)]
        )
        #expect(try await folder.open().load().inOrder == image.inOrder)
    }
}
