import IAMCore
import KMSCore
import KMSTesting
import Testing

@Suite struct `Whether a call to IAM is allowed` {
    let rig = Rig()

    @Test func `is up to the caller's policies, on the user's ARN`() async throws {
        let store = try await rig.startNew()
        var bob = NewUser(name: "bob")
        bob.path = "/staff/"
        _ = try await store.createUser(bob, by: .root)
        let alice = try store.context(try await store.newUser("alice", .allow("iam:GetUser", on: .user("staff/*"))))
        #expect(try store.getUser("bob", by: alice).key.name == "bob")
        await expect(
            .accessDenied,
            "User: \(String.user("alice")) is not authorized to perform: iam:GetUser on resource: user alice because "
                + "no identity-based policy allows the iam:GetUser action"
        ) { _ = try store.getUser(nil, by: alice) }
        await expect(.accessDenied) { try await store.deleteUser("bob", by: alice) }
        await expect(.accessDenied) { _ = try store.listUsers(PageRequest(), by: alice) }
    }

    /// Three who ask for a user and a policy: one with no right, one with a right to others, one who is denied them.
    @Test(arguments: [
        .allow("kms:*"), .allow("iam:*", on: .user("elsewhere/*")),
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"},"#
            + #"{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}"#,
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*","#
            + #""Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}}}"#,
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","#
            + #""Resource":"\#(String.user("x/*"))"},{"Effect":"Deny","Action":"iam:*","#
            + #""Resource":"\#(String.user("hidden/*"))"}]}"#,
    ])
    func `and a refusal tells nothing of what is there`(policy: String) async throws {
        let store = try await rig.startNew()
        let caller = try store.context(try await store.newUser("mallory", policy))
        func answers() async -> [String] {
            var answers: [String] = []
            for attempt: () async throws -> Void in [
                { _ = try store.getUser("bob", by: caller) }, { try await store.deleteUser("bob", by: caller) },
                { _ = try await store.createAccessKey(ofUser: "bob", by: caller) },
                { try await store.putInlinePolicy("p", .everything, on: .user("bob"), by: caller) },
                { try await store.attachPolicy(.policy("p"), to: .user("bob"), by: caller) },
                { _ = try store.getPolicy(.policy("p"), by: caller) }, { _ = try store.getRole("app", by: caller) },
                { try await store.tag(.role("app"), [Tag(key: "a", value: "")], by: caller) },
                { try await store.deleteVirtualDevice("arn:aws:iam::111122223333:mfa/d", by: caller) },
                {
                    let request = AssumeRoleRequest(roleARN: .role("app"), sessionName: "session")
                    _ = try await store.assumeRole(request, by: caller)
                },
            ] {
                do {
                    try await attempt()
                    Issue.record("it was allowed")
                } catch let error as KMSError {
                    #expect(error.code == .accessDenied, "\(error.message)")
                    answers.append(error.message)
                } catch {
                    Issue.record("\(error)")
                }
            }
            return answers
        }
        let before = await answers()
        var bob = NewUser(name: "bob")
        bob.path = "/hidden/"
        bob.tags = [Tag(key: "team", value: "red")]
        _ = try await store.createUser(bob, by: .root)
        var new = NewRole(name: "app", trustPolicy: .trust(.user("hidden/bob")))
        new.tags = [Tag(key: "team", value: "red")]
        _ = try await store.createRole(new, by: .root)
        _ = try await store.createPolicy(NewPolicy(name: "p", document: .everything), by: .root)
        _ = try await store.createVirtualDevice("d", by: .root)
        #expect(await answers() == before)
    }

    @Test func `can depend on tags and on the policy in question`() async throws {
        let store = try await rig.startNew()
        let policy = """
            {"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"iam:TagUser","Resource":"*","Condition":{
              "StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"},
              "ForAllValues:StringEquals":{"aws:TagKeys":["note"]}}},
            {"Effect":"Allow","Action":"iam:CreateUser","Resource":"*","Condition":{
              "StringEquals":{"iam:PermissionsBoundary":"\(String.administratorAccess)"}}},
            {"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{
              "ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}}]}
            """
        let key = try await store.newUser("alice", policy)
        try await store.tag(.user("alice"), [Tag(key: "team", value: "blue")], by: .root)
        try await store.newUser("bob")
        try await store.newUser("carol")
        try await store.tag(.user("bob"), [Tag(key: "Team", value: "blue")], by: .root)
        let alice = try store.context(key)
        try await store.tag(.user("bob"), [Tag(key: "note", value: "x")], by: alice)
        await expect(.accessDenied) {
            try await store.tag(.user("bob"), [Tag(key: "team", value: "red")], by: alice)
        }
        await expect(.accessDenied) {
            try await store.tag(.user("carol"), [Tag(key: "note", value: "x")], by: alice)
        }
        await expect(.accessDenied) { _ = try await store.createUser(NewUser(name: "dan"), by: alice) }
        var dan = NewUser(name: "dan")
        dan.permissionsBoundary = .administratorAccess
        _ = try await store.createUser(dan, by: alice)
        try await store.attachPolicy("arn:aws:iam::aws:policy/IAMReadOnlyAccess", to: .user("dan"), by: alice)
        await expect(.accessDenied) {
            try await store.attachPolicy(.administratorAccess, to: .user("dan"), by: alice)
        }
    }

    @Test func `ends at the account`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice", .everything)
        try await store.newUser("bob", by: .otherRoot)
        let alice = try store.context(key)
        await expect(.notFound) { _ = try store.getUser("bob", by: alice) }
        #expect(try store.listUsers(PageRequest(), by: alice).items.map(\.key.name) == ["alice"])
        await expect(.notFound) { try await store.deletePolicy("arn:aws:iam::444455556666:policy/p", by: alice) }
    }

    @Test func `is noted for the record, which is written with the change`() async throws {
        let store = try await rig.startNew()
        let alice = try store.context(try await store.newUser("alice", .allow("iam:CreateUser")))
        let before = try await rig.metadata.load().outbox.count
        await expect(.accessDenied) { try await store.deleteUser("alice", by: alice) }
        #expect(alice.draft.hasDecisions)
        #expect(try await rig.metadata.load().outbox.count == before)
        let call = CallContext(caller: alice.caller, region: Rig.region)
        call.draft.begin("CreateUser", of: "iam.amazonaws.com", isReadOnly: false, parameters: nil)
        let bob = try await store.createUser(NewUser(name: "bob"), by: call)
        let outbox = try await rig.metadata.load().outbox
        #expect(outbox.count == before + 1)
        let record = String(decoding: try #require(outbox.last).body, as: UTF8.self)
        #expect(record.contains(#""eventName":"CreateUser""#) && record.contains(bob.uniqueID))
        #expect(record.contains("iam:CreateUser"))
        #expect(call.draft.record(of: call, at: rig.clock.now) == nil, "it has been taken")
    }

    @Test func `leaves nothing behind when the change cannot be written`() async throws {
        let store = try await rig.startNew()
        // A unique id of two identities is refused by the store.
        let alice = try await store.createUser(NewUser(name: "alice"), by: .root)
        let rogue = Identity(
            key: Identity.Key(account: Rig.account, kind: .user, name: "bob"), uniqueID: "AIDAROGUE",
            creationDate: rig.clock.now)
        try await rig.metadata.commit([.saveIdentity(rogue)])
        let call = CallContext.root
        await expect(.internalFailure) { _ = try await store.createUser(NewUser(name: "BOB"), by: call) }
        await expect(.notFound) { _ = try store.getUser("BOB", by: .root) }
        #expect(call.draft.record(of: call, at: rig.clock.now) != nil, "a record of the failure can be made")
        #expect(try store.getUser("alice", by: .root) == alice)
    }
}
