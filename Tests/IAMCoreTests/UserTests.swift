import IAMCore
import KMSCore
import KMSTesting
import Testing

@Suite struct `A user` {
    let rig = Rig()

    @Test func `is made, found, listed and deleted`() async throws {
        let store = try await rig.startNew()
        var new = NewUser(name: "alice")
        new.path = "/staff/"
        new.tags = [Tag(key: "Team", value: "blue")]
        let made = try await store.createUser(new, by: .root)
        #expect(made.arn == .user("staff/alice"))
        #expect(made.uniqueID.wholeMatch(of: /AIDA[A-Z2-7]{17}/) != nil)
        #expect(made.creationDate == rig.clock.now)
        #expect(try store.getUser("alice", by: .root) == made)
        #expect(try store.listUsers(PageRequest(), by: .root).items == [made])
        #expect(try store.listUsers(pathPrefix: "/other/", PageRequest(), by: .root).items.isEmpty)
        try await store.deleteUser("alice", by: .root)
        await expect(.notFound, "The user with name alice cannot be found.") {
            _ = try store.getUser("alice", by: .root)
        }
        #expect(try await rig.metadata.load().identities.isEmpty)
    }

    @Test func `has a name of its own, in any case`() async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        await expect(.alreadyExists, "User with name Alice already exists.") {
            _ = try await store.createUser(NewUser(name: "Alice"), by: .root)
        }
        await expect(.notFound) { _ = try store.getUser("ALICE", by: .root) }
        try await store.newUser("alice", by: .otherRoot)
        try await store.newRole("alice", trusting: "111122223333")
    }

    @Test(arguments: ["", "a b", "a/b", "ä", "a\u{0}", String(repeating: "a", count: 65)])
    func `is not made with a name that is none`(name: String) async throws {
        let store = try await rig.startNew()
        await expect(.validation) { _ = try await store.createUser(NewUser(name: name), by: .root) }
    }

    @Test(arguments: ["", "staff", "/staff", "staff/", "/a b/", "/ä/", "/\(String(repeating: "a", count: 511))/"])
    func `is not made on a path that is none`(path: String) async throws {
        let store = try await rig.startNew()
        var new = NewUser(name: "alice")
        new.path = path
        await expect(.validation) { _ = try await store.createUser(new, by: .root) }
    }

    @Test func `who asks without a name is told of itself`() async throws {
        let store = try await rig.startNew()
        let alice = try await store.newUser("alice", .everything)
        #expect(try store.getUser(nil, by: store.context(alice)).key.name == "alice")
        await expect(.validation, "Must specify userName when calling with non-User credentials") {
            _ = try store.getUser(nil, by: .root)
        }
    }

    @Test func `is not deleted while something belongs to it`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice", .everything)
        try await store.attachPolicy(.administratorAccess, to: .user("alice"), by: .root)
        await expect(.deleteConflict, "Cannot delete entity, must delete access keys first.") {
            try await store.deleteUser("alice", by: .root)
        }
        try await store.deleteAccessKey(key, ofUser: "alice", by: .root)
        await expect(.deleteConflict, "Cannot delete entity, must delete policies first.") {
            try await store.deleteUser("alice", by: .root)
        }
        try await store.deleteInlinePolicy("own", of: .user("alice"), by: .root)
        await expect(.deleteConflict, "Cannot delete entity, must detach all policies first.") {
            try await store.deleteUser("alice", by: .root)
        }
        try await store.detachPolicy(.administratorAccess, from: .user("alice"), by: .root)
        try await store.deleteUser("alice", by: .root)
    }

    @Test func `that is made again under the name of one who went is somebody else`() async throws {
        let store = try await rig.startNew()
        let first = try await store.createUser(NewUser(name: "alice"), by: .root)
        try await store.deleteUser("alice", by: .root)
        let second = try await store.createUser(NewUser(name: "alice"), by: .root)
        #expect(first.uniqueID != second.uniqueID)
        #expect(store.look(up: first.arn) == .identity(uniqueID: second.uniqueID))
        #expect(store.look(up: first.uniqueID) == .unknown)
    }

    @Test func `keeps everything under a new name, and after a restart`() async throws {
        var store = try await rig.startNew()
        let key = try await store.newUser("alice", .everything)
        let before = try store.getUser("alice", by: .root)
        let session = try await store.sessionToken(duration: nil, nil, by: store.context(key))
        try await store.updateUser("alice", newPath: "/staff/", newName: "alicia", by: .root)
        for _ in 0..<2 {
            let after = try store.getUser("alicia", by: .root)
            #expect(after.uniqueID == before.uniqueID && after.inlinePolicies == before.inlinePolicies)
            #expect(after.arn == .user("staff/alicia"))
            for id in [key, session.accessKeyID] {
                let caller = try #require(store.caller(withAccessKey: id)).identity
                #expect(caller.principal.arn == .user("staff/alicia") && caller.userName == "alicia")
                #expect(caller.may("kms:CreateKey"))
            }
            await expect(.notFound) { _ = try store.getUser("alice", by: .root) }
            store = try await rig.start()
        }
        try await store.newUser("alice")
        await expect(.alreadyExists) { try await store.updateUser("alice", newName: "ALICIA", by: .root) }
        try await store.updateUser("alicia", newName: "Alicia", by: .root)
    }

    @Test func `is listed in pages`() async throws {
        let store = try await rig.startNew()
        for name in ["dan", "bob", "carol", "alice"] { _ = try await store.createUser(NewUser(name: name), by: .root) }
        let first = try store.listUsers(PageRequest(limit: 3), by: .root)
        #expect(first.items.map(\.key.name) == ["alice", "bob", "carol"])
        let second = try store.listUsers(PageRequest(limit: 3, marker: first.nextMarker), by: .root)
        #expect(second.items.map(\.key.name) == ["dan"] && second.nextMarker == nil)
        await expect(.invalidMarker) { _ = try store.listUsers(PageRequest(marker: "x"), by: .root) }
        for limit in [0, 1001, -1] {
            await expect(.validation) { _ = try store.listUsers(PageRequest(limit: limit), by: .root) }
        }
    }

    @Test func `is one of as many as there may be`() async throws {
        var limits = IdentityLimits()
        limits.users = 2
        let store = try await rig.startNew(limits)
        for name in ["alice", "bob"] { try await store.newUser(name) }
        await expect(.limitExceeded, "Cannot exceed quota for UsersPerAccount: 2") {
            _ = try await store.createUser(NewUser(name: "carol"), by: .root)
        }
        try await store.newUser("carol", by: .otherRoot)
    }

    @Test func `has tags whose keys are the same in any case`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice")
        try await store.tag(.user("alice"), [Tag(key: "Team", value: "blue"), Tag(key: "b", value: "")], by: .root)
        try await store.tag(.user("alice"), [Tag(key: "TEAM", value: "red")], by: .root)
        let tags = try store.listTags(of: .user("alice"), PageRequest(), by: .root).items
        #expect(tags == [Tag(key: "TEAM", value: "red"), Tag(key: "b", value: "")])
        #expect(try store.context(key).caller.tags == ["team": "red", "b": ""])
        try await store.untag(.user("alice"), keys: ["team"], by: .root)
        #expect(try store.context(key).caller.tags == ["b": ""])
        let many = (0..<50).map { Tag(key: "t\($0)", value: "") }
        await expect(.limitExceeded) { try await store.tag(.user("alice"), many, by: .root) }
    }

    @Test(arguments: [
        [Tag(key: "", value: "")], [Tag(key: "aws:x", value: "")], [Tag(key: "AWS:x", value: "")],
        [Tag(key: "a", value: ""), Tag(key: "A", value: "")], [Tag(key: "a*", value: "")],
        [Tag(key: "a", value: "b?")], [Tag(key: String(repeating: "a", count: 129), value: "")],
        [Tag(key: "a", value: String(repeating: "a", count: 257))],
    ])
    func `has no tags that IAM would not take`(tags: [KMSCore.Tag]) async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        await expect(.invalidInput) { try await store.tag(.user("alice"), tags, by: .root) }
    }
}
