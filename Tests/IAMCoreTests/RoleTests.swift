import IAMCore
import KMSCore
import KMSTesting
import Testing

@Suite struct `A role` {
    let rig = Rig()

    @Test func `is made, found, listed, changed and deleted`() async throws {
        let store = try await rig.startNew()
        var new = NewRole(name: "app", trustPolicy: .trust("111122223333"))
        new.path = "/apps/"
        new.description = "An application's."
        new.maximumSessionDuration = 7200
        new.tags = [Tag(key: "a", value: "b")]
        let made = try await store.createRole(new, by: .root)
        #expect(made.arn == .role("apps/app") && made.uniqueID.wholeMatch(of: /AROA[A-Z2-7]{17}/) != nil)
        #expect(try store.getRole("app", by: .root) == made)
        #expect(try store.listRoles(pathPrefix: "/apps/", PageRequest(), by: .root).items == [made])
        try await store.updateRole("app", description: nil, maximumSessionDuration: 3600, by: .root)
        try await store.updateRole("app", description: "Another.", maximumSessionDuration: nil, by: .root)
        let changed = try store.getRole("app", by: .root)
        #expect(changed.description == "Another." && changed.maximumSessionDuration == 3600)
        try await store.putInlinePolicy("p", .everything, on: .role("app"), by: .root)
        await expect(.deleteConflict) { try await store.deleteRole("app", by: .root) }
        try await store.deleteInlinePolicy("p", of: .role("app"), by: .root)
        try await store.deleteRole("app", by: .root)
        await expect(.notFound, "The role with name app cannot be found.") { _ = try store.getRole("app", by: .root) }
    }

    @Test(arguments: [3599, 43_201, 0, -1])
    func `has sessions of an hour to twelve`(duration: Int) async throws {
        let store = try await rig.startNew()
        var new = NewRole(name: "app", trustPolicy: .trust("111122223333"))
        new.maximumSessionDuration = duration
        await expect(.validation) { _ = try await store.createRole(new, by: .root) }
    }

    @Test(arguments: [
        "nonsense", .everything,
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"#
            + #""Action":"sts:AssumeRole","Resource":"*"}}"#,
    ])
    func `has a trust policy that is one`(policy: String) async throws {
        let store = try await rig.startNew()
        await expect(.malformedPolicy) {
            _ = try await store.createRole(NewRole(name: "app", trustPolicy: policy), by: .root)
        }
        try await store.newRole("app", trusting: "111122223333")
        await expect(.malformedPolicy) {
            try await store.updateAssumeRolePolicy(ofRole: "app", policy, by: .root)
        }
    }

    @Test(arguments: [
        String.user("nobody"), .role("nobody"), "555555555555", "arn:aws:iam::555555555555:root",
        .session("nobody", "s"),
    ])
    func `trusts nobody who is not there`(principal: String) async throws {
        let store = try await rig.startNew()
        await expect(.malformedPolicy) { try await store.newRole("app", trusting: principal) }
        #expect(try store.listRoles(PageRequest(), by: .root).items.isEmpty)
    }

    @Test func `trusts whom it did, and not one of the same name who comes after`() async throws {
        var store = try await rig.startNew()
        let id = try await store.createUser(NewUser(name: "alice"), by: .root).uniqueID
        try await store.newRole("app", trusting: .user("alice"))
        #expect(try store.getRole("app", by: .root).trustPolicy == .trust(.user("alice")))
        try await store.deleteUser("alice", by: .root)
        let key = try await store.newUser("alice", .everything)
        for _ in 0..<2 {
            #expect(try store.getRole("app", by: .root).trustPolicy == .trust(id))
            await expect(.accessDenied) {
                let request = AssumeRoleRequest(roleARN: .role("app"), sessionName: "session")
                _ = try await store.assumeRole(request, by: store.context(key))
            }
            store = try await rig.start()
        }
        try await store.updateAssumeRolePolicy(ofRole: "app", .trust(.user("alice")), by: .root)
        let request = AssumeRoleRequest(roleARN: .role("app"), sessionName: "session")
        _ = try await store.assumeRole(request, by: store.context(key))
    }

    @Test func `has a trust policy of 2,048 characters at the most`() async throws {
        let store = try await rig.startNew()
        let long = String.trust("111122223333", #","Sid":"\#(String(repeating: "a", count: 2048))""#)
        await expect(.limitExceeded, "Cannot exceed quota for ACLSizePerRole: 2048") {
            _ = try await store.createRole(NewRole(name: "app", trustPolicy: long), by: .root)
        }
    }
}
