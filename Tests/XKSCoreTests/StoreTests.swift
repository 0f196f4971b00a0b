import KMSCore
import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import XKSCore

@Suite struct `A store of the XKS proxy` {
    @Test func `comes with a credential as the specification wants it`() async throws {
        let rig = try await Rig()
        let made = try await rig.stores.createStore("acme/payments", requestsPerSecond: nil, by: rig.context())
        #expect(made.store.uriPath == "/acme/payments/kms/xks/v1")
        #expect(made.store.requestsPerSecond == 1800)
        #expect((20...30).contains(made.credential.id.utf8.count))
        let isBase32 = made.credential.id.utf8.allSatisfy { "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8.contains($0) }
        #expect(isBase32)
        // Six bits a character.
        #expect((43...64).contains(made.credential.secret.count))
        let caller = try #require(rig.stores.caller(withAccessKey: made.credential.id))
        #expect(caller.store.store == made.store)
    }

    @Test(arguments: ["", "/", "a/", "/a", "a//b", "a b", "ä", "a.b", String(repeating: "a", count: 117)])
    func `has no prefix that is no path`(prefix: String) async throws {
        let rig = try await Rig()
        await expect(.validation) { try await rig.store(prefix) }
        #expect(try await rig.metadata.load().xksStores.isEmpty)
    }

    @Test func `has a prefix to itself, whosever it is`() async throws {
        let rig = try await Rig()
        try await rig.store("a")
        await expect(.alreadyExists) { try await rig.store("a") }
        let other = rig.context(account: "444455556666")
        await expect(.alreadyExists) {
            _ = try await rig.stores.createStore("a", requestsPerSecond: nil, by: other)
        }
    }

    @Test func `is there again after a restart, with credentials that open`() async throws {
        let rig = try await Rig()
        let id = try await rig.store("a")
        let second = try await rig.stores.createCredential(of: "a", by: rig.context()).id
        _ = try await rig.stores.updateStore(
            "a", XKSStoreUpdate(isEnabled: false, requestsPerSecond: 5), by: rig.context())
        try await rig.key(of: "a")
        let (_, stores) = try await rig.restarted()
        for id in [id, second] {
            let caller = try #require(stores.caller(withAccessKey: id))
            #expect(caller.store.store.prefix == "a" && !caller.store.store.isEnabled)
            #expect(caller.store.store.requestsPerSecond == 5)
        }
        #expect(try stores.listKeys(of: "a", by: rig.context()).map(\.exposure.name.id) == ["one"])
    }

    @Test func `whose credential's row was given to another store does not start`() async throws {
        let rig = try await Rig()
        let id = try await rig.store("a")
        try await rig.store("b")
        let stored = try #require(try await rig.metadata.load().xksCredentials.first { $0.id == id })
        try await rig.metadata.commit([
            .saveXKSCredential(
                XKSCredential(
                    id: id, prefix: "b", sealedSecret: stored.sealedSecret, creationDate: stored.creationDate))
        ])
        await expect(.internalFailure) { _ = try await rig.restarted() }
    }

    @Test func `knows several credentials at once, and a removed one no more`() async throws {
        let rig = try await Rig()
        let first = try await rig.store("a")
        let second = try await rig.stores.createCredential(of: "a", by: rig.context()).id
        #expect(rig.stores.caller(withAccessKey: first) != nil && rig.stores.caller(withAccessKey: second) != nil)
        try await rig.stores.deleteCredential(first, of: "a", by: rig.context())
        #expect(rig.stores.caller(withAccessKey: first) == nil && rig.stores.caller(withAccessKey: second) != nil)
        await expect(.notFound) { try await rig.stores.deleteCredential(first, of: "a", by: rig.context()) }
        try await rig.store("b")
        await expect(.notFound) { try await rig.stores.deleteCredential(second, of: "b", by: rig.context()) }
    }

    @Test func `has at most ten credentials`() async throws {
        let rig = try await Rig()
        try await rig.store("a")
        for _ in 1..<10 { _ = try await rig.stores.createCredential(of: "a", by: rig.context()) }
        await expect(.limitExceeded) { _ = try await rig.stores.createCredential(of: "a", by: rig.context()) }
    }

    @Test func `is another account's for nobody`() async throws {
        let rig = try await Rig()
        try await rig.store("a")
        let other = rig.context(account: "444455556666")
        #expect(try rig.stores.listStores(by: other).isEmpty)
        await expect(.notFound) { _ = try rig.stores.listKeys(of: "a", by: other) }
        await expect(.notFound) { _ = try await rig.stores.createCredential(of: "a", by: other) }
        await expect(.notFound) { try await rig.stores.deleteStore("a", by: other) }
    }

    @Test func `is dealt with by those alone whom their policies allow it`() async throws {
        let rig = try await Rig()
        let principal = Principal(account: rig.scope.account, arn: "arn:aws:iam::111122223333:user/bob")
        let policy = """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"strongroom:ListXKS*","Resource":"*"}}
            """
        let context = CallContext(caller: .user(principal, allowedBy: policy), region: rig.scope.region)
        #expect(try rig.stores.listStores(by: context).isEmpty)
        await expect(.accessDenied) {
            _ = try await rig.stores.createStore("a", requestsPerSecond: nil, by: context)
        }
    }

    @Test func `goes only when it has no keys`() async throws {
        let rig = try await Rig()
        let credential = try await rig.store("a")
        let key = try await rig.key(of: "a")
        await expect(.conflict) { try await rig.stores.deleteStore("a", by: rig.context()) }
        _ = try await rig.keys.scheduleKeyDeletion(
            key.address.id.description, pendingWindowInDays: 7, by: rig.context())
        rig.clock.advance(byDays: 8)
        try await rig.keys.performDueWork()
        try await rig.stores.deleteStore("a", by: rig.context())
        #expect(rig.stores.caller(withAccessKey: credential) == nil)
        let image = try await rig.metadata.load()
        #expect(image.xksStores.isEmpty && image.xksCredentials.isEmpty)
    }

    @Test func `takes as many requests a second as it may, and more again a second later`() async throws {
        let rig = try await Rig()
        try await rig.store("a")
        _ = try await rig.stores.updateStore("a", XKSStoreUpdate(requestsPerSecond: 3), by: rig.context())
        let entry = try #require(rig.stores.table.withLock { $0.stores["a"] })
        for _ in 0..<3 { try entry.spend(at: rig.clock.now) }
        await expect(.throttled) { try entry.spend(at: rig.clock.now) }
        rig.clock.advance(byMilliseconds: 1000)
        for _ in 0..<3 { try entry.spend(at: rig.clock.now) }
        // A change does not refill it.
        _ = try await rig.stores.updateStore("a", XKSStoreUpdate(isEnabled: false), by: rig.context())
        let changed = try #require(rig.stores.table.withLock { $0.stores["a"] })
        await expect(.throttled) { try changed.spend(at: rig.clock.now) }
    }

    @Test func `tells nobody a secret: not the record, not the image`() async throws {
        let rig = try await Rig()
        let made = try await rig.stores.createStore("a", requestsPerSecond: nil, by: rig.context())
        let secret = made.credential.secret.withExposedBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
        #expect(!"\(try await rig.metadata.load())".contains(secret))
        for text in rig.audit.texts { #expect(!text.contains(secret)) }
    }
}
