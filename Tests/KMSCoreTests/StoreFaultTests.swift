import KMSCore
import KMSTesting
import Testing

@Suite struct `A metadata store that fails` {
    /// One change, on a rig with a key `alias/live` and a key `alias/dying` that is due.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let commits: Int
        let make: @Sendable (KeyStore) async throws -> Void

        init(_ name: String, commits: Int = 1, _ make: @escaping @Sendable (KeyStore) async throws -> Void) {
            testDescription = name
            self.commits = commits
            self.make = make
        }
    }

    private static func live(_ store: KeyStore) async throws -> String {
        try await store.describeKey("alias/live", by: .alice).arn
    }

    static let changes = [
        Change("create", commits: 2) { _ = try await $0.newKey() },
        Change("disable") { try await $0.disableKey(await live($0), by: .alice) },
        Change("describe") { try await $0.updateKeyDescription(await live($0), to: "new", by: .alice) },
        Change("tag") { try await $0.tagResource(await live($0), tags: [Tag(key: "a", value: "b")], by: .alice) },
        Change("policy") { try await $0.putKeyPolicy(.openPolicy, on: await live($0), named: nil, by: .alice) },
        Change("schedule") { _ = try await $0.scheduleKeyDeletion(await live($0), pendingWindowInDays: 7, by: .alice) },
        Change("create alias") { try await $0.createAlias("alias/new", target: await live($0), by: .alice) },
        Change("update alias") { try await $0.updateAlias("alias/live", target: await live($0), by: .alice) },
        Change("delete alias") { try await $0.deleteAlias("alias/live", by: .alice) },
        Change("encrypt") { _ = try await $0.encrypt("x", with: "alias/live") },
        Change("due work", commits: 2) { try await $0.performDueWork() },
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let change: Change
        let commit: Int
        let moment: FakeBackend.Moment

        var testDescription: String { "\(change.testDescription), \(moment) commit \(commit)" }
    }

    static let cases = changes.flatMap { change in
        (1...change.commits).flatMap { commit in
            FakeBackend.Moment.allCases.map { Case(change: change, commit: commit, moment: $0) }
        }
    }

    private func prepared() async throws -> (Rig, KeyStore, ciphertext: [UInt8]) {
        let rig = Rig()
        let store = try await rig.start()
        let (live, dying) = (try await store.newKey(), try await store.newKey())
        try await store.createAlias("alias/live", target: live.id, by: .alice)
        try await store.createAlias("alias/dying", target: dying.id, by: .alice)
        let ciphertext = try await store.encrypt("secret", with: live.id)
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        // A new process has to reserve encryptions anew.
        return (rig, try await rig.start(), ciphertext)
    }

    @Test(arguments: cases)
    func `leaves token and table in agreement, at every commit`(item: Case) async throws {
        let (rig, store, ciphertext) = try await prepared()
        rig.metadata.fail(commit: item.commit, item.moment)
        await expect(.internalFailure, "the metadata store failed") { try await item.change.make(store) }
        #expect(rig.metadata.hasFailed, "the change has as many commits as this test thinks")

        // The process goes on, and what was begun is brought to its end.
        try await store.performDueWork()
        #expect(try store.names().contains("alias/live"), "the table shows nothing that is not stored")
        #expect(try await store.decrypt(ciphertext, with: "alias/live") == "secret")
        // Or it ends, and another one begins from what is stored.
        let restarted = try await rig.start()
        try await restarted.performDueWork()
        try await rig.expectAgreement()
        let stored = try await rig.metadata.load()
        let listed = try restarted.listKeys(PageRequest(limit: 1000), by: .alice).items
        #expect(Set(listed) == Set(stored.keys.map(\.address)))
        #expect(!listed.isEmpty, "the live key is still there")
        for key in stored.keys where key.lifecycle == .enabled {
            let name = key.address.id.description
            #expect(try await restarted.decrypt(restarted.encrypt("x", with: name)) == "x", "a key is whole or gone")
        }
    }

    @Test(arguments: cases.filter { $0.moment == .before && $0.change.testDescription != "due work" })
    func `changes nothing that can be seen when it refuses`(item: Case) async throws {
        let (rig, store, _) = try await prepared()
        let keys = try store.listKeys(PageRequest(), by: .alice).items
        let live = try await store.describeKey("alias/live", by: .alice).key
        let aliases = try store.names()
        rig.metadata.fail(commit: item.commit, .before)
        await expect(.internalFailure) { try await item.change.make(store) }
        #expect(try store.listKeys(PageRequest(), by: .alice).items == keys)
        #expect(try await store.describeKey("alias/live", by: .alice).key == live)
        #expect(try store.names() == aliases)
        // The same again succeeds: nothing is stuck.
        try await item.change.make(store)
    }
}
