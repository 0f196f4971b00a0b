import IAMCore
import KMSCore
import KMSPolicy
import KMSTesting
import SecureMemory
import SigV4
import Testing

@Suite struct `An access key` {
    let rig = Rig()

    @Test func `is made with a secret that is told once, and lets its user call`() async throws {
        let store = try await rig.startNew()
        _ = try await store.createUser(NewUser(name: "alice"), by: .root)
        let issued = try await store.createAccessKey(ofUser: "alice", by: .root)
        #expect(issued.id.wholeMatch(of: /AKIA[A-Z2-7]{16}/) != nil)
        #expect(issued.secret.text().wholeMatch(of: /[A-Za-z0-9+\/]{40}/) != nil)
        #expect(issued.userName == "alice")
        let caller = try #require(store.caller(withAccessKey: issued.id))
        #expect(caller.identity.principal == Principal(account: Rig.account, arn: .user("alice")))
        #expect(caller.identity.accessKeyID == issued.id && caller.identity.session == nil)
        #expect(caller.identity.policyCaller.kind == .user)
        #expect(caller.credential.accessKeyID == issued.id && caller.credential.sessionToken == nil)
    }

    @Test func `is put together once, until something of its user changes`() async throws {
        let store = try await rig.startNew()
        let id = try await store.newUser("alice")
        let first = try #require(store.caller(withAccessKey: id)).identity
        #expect(store.caller(withAccessKey: id)?.identity === first)
        try await store.newUser("bob")
        #expect(store.caller(withAccessKey: id)?.identity === first)
        try await store.tag(.user("alice"), [Tag(key: "a", value: "b")], by: .root)
        #expect(store.caller(withAccessKey: id)?.identity !== first)
    }

    @Test func `is one of two at the most, so that it can be rotated`() async throws {
        let store = try await rig.startNew()
        let old = try await store.newUser("alice")
        let new = try await store.createAccessKey(ofUser: "alice", by: .root)
        await expect(.limitExceeded, "Cannot exceed quota for AccessKeysPerUser: 2") {
            _ = try await store.createAccessKey(ofUser: "alice", by: .root)
        }
        try await store.updateAccessKey(old, ofUser: "alice", isActive: false, by: .root)
        #expect(store.caller(withAccessKey: old) == nil && store.caller(withAccessKey: new.id) != nil)
        let listed = try store.listAccessKeys(ofUser: "alice", PageRequest(), by: .root).items
        #expect(Set(listed.map { "\($0.id) \($0.isActive)" }) == ["\(old) false", "\(new.id) true"])
        try await store.deleteAccessKey(old, ofUser: "alice", by: .root)
        _ = try await store.createAccessKey(ofUser: "alice", by: .root)
    }

    @Test func `that is activated again works as before, also after a restart`() async throws {
        var store = try await rig.startNew()
        let id = try await store.newUser("alice")
        try await store.updateAccessKey(id, ofUser: "alice", isActive: false, by: .root)
        store = try await rig.start()
        #expect(store.caller(withAccessKey: id) == nil)
        try await store.updateAccessKey(id, ofUser: "alice", isActive: true, by: .root)
        #expect(store.caller(withAccessKey: id) != nil)
        #expect(try await rig.start().caller(withAccessKey: id) != nil)
    }

    @Test func `belongs to one user, and is nobody else's to change`() async throws {
        let store = try await rig.startNew()
        let (alice, _) = (try await store.newUser("alice"), try await store.newUser("bob"))
        for name in ["bob", nil] {
            await expect(.notFound, "The Access Key with id \(alice) cannot be found.") {
                try await store.deleteAccessKey(alice, ofUser: name, by: .root)
            }
            await expect(.notFound) {
                try await store.updateAccessKey(alice, ofUser: name, isActive: false, by: .root)
            }
        }
    }

    @Test func `can be the root's, and another's own`() async throws {
        let store = try await rig.startNew()
        let root = try await store.createAccessKey(ofUser: nil, by: .root)
        let context = try store.context(root.id)
        #expect(context.principal.arn == "arn:aws:iam::111122223333:root")
        #expect(context.caller.policyCaller.kind == .root && context.caller.accessKeyID == root.id)
        #expect(try store.listAccessKeys(ofUser: nil, PageRequest(), by: context).items.map(\.id) == [root.id])
        let alice = try await store.newUser("alice", .allow("iam:*AccessKey*", on: .user("${aws:username}")))
        let own = try store.context(alice)
        let second = try await store.createAccessKey(ofUser: nil, by: own)
        #expect(second.userName == "alice")
        try await store.deleteAccessKey(second.id, ofUser: nil, by: own)
        let last = try store.accessKeyLastUsed(alice, by: own)
        #expect(last.userName == "alice" && last.last == nil)
        for id in [root.id, "AKIAIOSFODNN7EXAMPLE"] {
            await expect(.accessDenied) { _ = try store.accessKeyLastUsed(id, by: own) }
        }
        #expect(try store.accessKeyLastUsed(root.id, by: .root).userName == nil)
    }

    @Test func `has a last use that the server noted`() async throws {
        let store = try await rig.startNew()
        let id = try await store.newUser("alice")
        rig.clock.advance(bySeconds: 5)
        store.noteUse(of: id, service: "kms", region: Rig.region)
        store.noteUse(of: "AKIAIOSFODNN7EXAMPLE", service: "kms", region: Rig.region)
        let last = try #require(try store.accessKeyLastUsed(id, by: .root).last)
        #expect(last.date == rig.clock.now && last.service == "kms" && last.region == Rig.region)
    }

    @Test func `is not in the database in the clear, nor in the records`() async throws {
        let store = try await rig.startNew()
        _ = try await store.createUser(NewUser(name: "alice"), by: .root)
        let secret = try await store.createAccessKey(ofUser: "alice", by: .root).secret.text()
        let image = try await rig.metadata.load()
        #expect(!image.outbox.isEmpty)
        for bytes in image.outbox.map(\.body) + image.accessKeys.map(\.sealedSecret.bytes) {
            #expect(!bytes.indices.contains { bytes[$0...].starts(with: secret.utf8.prefix(8)) })
        }
    }

    @Test func `that an earlier version made opens as ever`() async throws {
        let vault = CredentialVault(backend: rig.backend, metadata: rig.metadata)
        let made = try await vault.newAccessKey(
            for: Principal(account: Rig.account, arn: .user("administrator")), at: rig.clock.now)
        let id = made.accessKey.id
        let user = Identity(
            key: Identity.Key(account: Rig.account, kind: .user, name: "administrator"), uniqueID: "AIDAEXAMPLE",
            creationDate: rig.clock.now, attachedPolicies: [.administratorAccess])
        try await rig.metadata.commit([.saveAccessKey(made.accessKey), .saveIdentity(user)])
        let store = try await rig.start()
        #expect(try store.context(id).caller.may("kms:CreateKey"))
    }

    @Test func `whose principal is not there is nobody's`() async throws {
        let vault = CredentialVault(backend: rig.backend, metadata: rig.metadata)
        let made = try await vault.newAccessKey(
            for: Principal(account: Rig.account, arn: .user("ghost")), at: rig.clock.now)
        let id = made.accessKey.id
        try await rig.metadata.commit([.saveAccessKey(made.accessKey)])
        #expect(try await rig.start().caller(withAccessKey: id) == nil)
    }

    @Test func `whose row was given to another principal keeps the server from starting`() async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        try await store.newUser("bob")
        var key = try await rig.metadata.load().accessKeys.first { $0.principal.arn == .user("bob") }!
        key.principal = Principal(account: Rig.account, arn: .user("alice"))
        try await rig.metadata.commit([.saveAccessKey(key)])
        await expect(.internalFailure) { _ = try await rig.start() }
    }

    @Test func `is not made twice over the limit, however many ask at once`() async throws {
        let store = try await rig.startNew()
        _ = try await store.createUser(NewUser(name: "alice"), by: .root)
        let made = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask { (try? await store.createAccessKey(ofUser: "alice", by: .root)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(made == 2)
        #expect(try await rig.metadata.load().accessKeys.count == 2)
        #expect(try await rig.metadata.load().systemKeys.count == 1, "the sealing key is made once")
    }
}
