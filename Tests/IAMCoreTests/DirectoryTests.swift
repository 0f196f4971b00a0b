import IAMCore
import KMSCore
import KMSPolicy
import KMSTesting
import Testing

@Suite struct `The directory of principals` {
    let rig = Rig()

    @Test func `knows accounts, users, roles, their sessions and unique ids`() async throws {
        let store = try await rig.startNew()
        var new = NewUser(name: "alice")
        new.path = "/staff/"
        let alice = try await store.createUser(new, by: .root)
        let app = try await store.newRole("app", trusting: "111122223333")
        #expect(store.look(up: "111122223333") == .account)
        #expect(store.look(up: "arn:aws:iam::444455556666:root") == .account)
        #expect(store.look(up: .user("staff/alice")) == .identity(uniqueID: alice.uniqueID))
        #expect(store.look(up: .role("app")) == .identity(uniqueID: app.uniqueID))
        #expect(store.look(up: .session("app", "any")) == .identity(uniqueID: app.uniqueID))
        #expect(store.look(up: alice.uniqueID) == .identity(uniqueID: alice.uniqueID))
    }

    @Test(arguments: [
        "", "555555555555", "arn:aws:iam::555555555555:root", "arn:aws:iam::111122223333:user/alice", "*",
        "arn:aws:iam::111122223333:user/staff/ALICE", "arn:aws:iam::111122223333:user/", "AIDANOBODY",
        "arn:aws:iam::111122223333:group/staff", "arn:aws:iam::111122223333:role/alice",
        "arn:aws:sts::111122223333:assumed-role/none/s", "arn:aws:iam:us-east-1:111122223333:user/staff/alice",
        "arn:aws:iam::111122223333:rootx", "arn:aws:iam::111122223333:root/x",
    ])
    func `does not know others`(name: String) async throws {
        let store = try await rig.startNew()
        var new = NewUser(name: "alice")
        new.path = "/staff/"
        _ = try await store.createUser(new, by: .root)
        #expect(store.look(up: name) == .unknown)
    }

    @Test func `puts callers together as if they called`() async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice", .allow("kms:Decrypt"))
        try await store.newRole("app", trusting: .user("alice"))
        try await store.putInlinePolicy("own", .allow("kms:Encrypt"), on: .role("app"), by: .root)
        _ = try await store.createService("ec2.amazonaws.com", by: .root)
        let alice = try store.caller(asIf: .user("alice"))
        #expect(alice.policyCaller.kind == .user && alice.may("kms:Decrypt") && !alice.may("kms:Encrypt"))
        let app = try store.caller(asIf: .role("app"))
        #expect(app.policyCaller.kind == .roleSession && app.may("kms:Encrypt"))
        #expect(app.policyCaller.principalARN == .role("app"))
        #expect(try store.caller(asIf: .session("app", "x")).principal.arn == .session("app", "x"))
        #expect(try store.caller(asIf: "111122223333").policyCaller.kind == .root)
        #expect(try store.caller(asIf: "ec2.amazonaws.com").policyCaller.kind == .service("ec2.amazonaws.com"))
        for nobody in [String.user("bob"), "x", "555555555555", .session("none", "x")] {
            await expect(.notFound) { _ = try store.caller(asIf: nobody) }
        }
    }

    @Test func `takes the policies of a live session for the session's name`() async throws {
        let store = try await rig.startNew()
        let alice = try store.context(try await store.newUser("alice"))
        try await store.newRole("app", trusting: .user("alice"))
        try await store.putInlinePolicy("own", .allow("kms:*"), on: .role("app"), by: .root)
        var request = AssumeRoleRequest(roleARN: .role("app"), sessionName: "session")
        request.policy = .allow("kms:Decrypt")
        _ = try await store.assumeRole(request, by: alice)
        #expect(try !store.caller(asIf: .session("app", "session")).may("kms:Encrypt"))
        rig.clock.advance(bySeconds: 3600)
        #expect(try store.caller(asIf: .session("app", "session")).may("kms:Encrypt"))
    }
}

@Suite struct `An identity store` {
    let rig = Rig()

    @Test func `reads everything back after a restart`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice", .allow("kms:Decrypt"))
        try await store.newRole("app", trusting: .user("alice"))
        let policy = try await store.createPolicy(NewPolicy(name: "p", document: .allow("kms:Encrypt")), by: .root)
        try await store.attachPolicy(policy.arn, to: .user("alice"), by: .root)
        let device = try await rig.enabledDevice(store, of: "alice")
        let again = try await rig.start()
        let accounts = try again.listAccounts(PageRequest(), by: .root).items
        #expect(try accounts == store.listAccounts(PageRequest(), by: .root).items && accounts.count == 2)
        #expect(try again.getUser("alice", by: .root) == store.getUser("alice", by: .root))
        #expect(try again.getRole("app", by: .root) == store.getRole("app", by: .root))
        #expect(try again.getPolicy(policy.arn, by: .root) == store.getPolicy(policy.arn, by: .root))
        #expect(
            try again.listDevices(ofUser: "alice", PageRequest(), by: .root).items.map(\.serialNumber)
                == [device.serialNumber])
        let caller = try again.context(key).caller
        #expect(caller.may("kms:Decrypt") && caller.may("kms:Encrypt"))
        #expect(try again.accountSummary(by: .root) == store.accountSummary(by: .root))
        #expect(try again.accountSummary(by: .root)["Users"] == 1)
    }

    @Test func `does not start while the token is away, if it has something to open`() async throws {
        _ = try await rig.startNew()
        rig.backend.setFault { _ in KMSError(.keyUnavailable, "down") }
        let store = try await rig.start()
        rig.backend.setFault(nil)
        try await store.newUser("alice")
        rig.backend.setFault { _ in KMSError(.keyUnavailable, "down") }
        await expect(.keyUnavailable) { _ = try await rig.start() }
    }

    @Test func `opens many access keys and sessions at its start`() async throws {
        let store = try await rig.startNew()
        var ids: [String] = []
        for number in 0..<30 {
            let key = try await store.newUser("user-\(number)")
            ids += [key, try await store.sessionToken(duration: nil, nil, by: store.context(key)).accessKeyID]
        }
        let again = try await rig.start()
        for id in ids { #expect(again.caller(withAccessKey: id) != nil) }
    }

    @Test func `makes changes one at a time, so that none is lost`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice")
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try? await store.tag(.user("alice"), [Tag(key: "t\(number)", value: "")], by: .root)
                }
                group.addTask { _ = try? await store.createUser(NewUser(name: "same"), by: .root) }
                group.addTask { _ = store.caller(withAccessKey: key) }
            }
        }
        #expect(try store.getUser("alice", by: .root).tags.count == 20)
        #expect(try store.listUsers(PageRequest(), by: .root).items.count == 2)
        #expect(try await rig.metadata.load().identities.count == 2)
        #expect(try store.context(key).caller.tags.count == 20)
    }
}
