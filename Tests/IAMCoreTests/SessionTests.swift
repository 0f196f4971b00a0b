import IAMCore
import KMSCore
import KMSPolicy
import KMSTesting
import SecureMemory
import Testing

@Suite struct `A user's session` {
    let rig = Rig()

    @Test func `can do what the user can, but call IAM only with a code`() async throws {
        let store = try await rig.startNew()
        let alice = try store.context(try await store.newUser("alice", .everything))
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 30)
        let plain = try await store.sessionToken(duration: nil, nil, by: alice)
        #expect(plain.expirationDate.milliseconds - rig.clock.now.milliseconds == 43_200_000)
        let context = try store.context(plain.accessKeyID)
        #expect(context.principal.arn == .user("alice") && context.caller.userName == "alice")
        #expect(context.caller.policyCaller.kind == .user && context.caller.policyCaller.issuerARN == .user("alice"))
        #expect(context.caller.session?.multiFactorDate == nil && context.caller.session?.issuerName == "alice")
        #expect(context.caller.may("kms:Decrypt"))
        await expect(.unfitCredentials) { _ = try store.getUser(nil, by: context) }
        #expect(store.callerIdentity(by: context).arn == .user("alice"))
        let given = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device))
        let strong = try await store.sessionToken(duration: 900, given, by: alice)
        #expect(try store.getUser(nil, by: store.context(strong.accessKeyID)).key.name == "alice")
        await expect(.accessDenied, "Cannot call GetSessionToken with session credentials") {
            _ = try await store.sessionToken(duration: nil, nil, by: context)
        }
    }

    @Test func `can assume a role that asks for a code`() async throws {
        let store = try await rig.startNew()
        let alice = try store.context(try await store.newUser("alice"))
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 30)
        try await store.newRole(
            "app", trusting: .user("alice"), #","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"300"}}"#)
        let request = AssumeRoleRequest(roleARN: .role("app"), sessionName: "session")
        await expect(.accessDenied) { _ = try await store.assumeRole(request, by: alice) }
        let given = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device))
        let session = try await store.sessionToken(duration: 900, given, by: alice)
        let context = try store.context(session.accessKeyID)
        rig.clock.advance(bySeconds: 299)
        let made = try await store.assumeRole(request, by: context)
        #expect(try store.context(made.credentials.accessKeyID).caller.session?.multiFactorDate == nil)
        rig.clock.advance(bySeconds: 1)
        await expect(.accessDenied) { _ = try await store.assumeRole(request, by: context) }
    }

    @Test(arguments: [899, 129_601, 0, -1])
    func `lasts from a quarter of an hour to a day and a half`(duration: Int) async throws {
        let store = try await rig.startNew()
        let alice = try store.context(try await store.newUser("alice"))
        await expect(.validation) { _ = try await store.sessionToken(duration: duration, nil, by: alice) }
    }

    @Test func `of the root lasts an hour at the most`() async throws {
        let store = try await rig.startNew()
        let root = try store.context(try await store.createAccessKey(ofUser: nil, by: .root).id)
        for duration in [nil, 129_600] {
            let session = try await store.sessionToken(duration: duration, nil, by: root)
            #expect(session.expirationDate.milliseconds - rig.clock.now.milliseconds == 3_600_000)
            let context = try store.context(session.accessKeyID)
            #expect(context.caller.policyCaller.kind == .root && context.caller.session != nil)
            await expect(.unfitCredentials) { _ = try store.listUsers(PageRequest(), by: context) }
        }
        #expect(try await rig.start().caller(withAccessKey: root.caller.accessKeyID) != nil)
    }

    @Test func `needs no permission, and can be forbidden`() async throws {
        let store = try await rig.startNew()
        let alice = try store.context(
            try await store.newUser(
                "alice",
                #"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:GetSessionToken","Resource":"*"}}"#
            ))
        await expect(.accessDenied) { _ = try await store.sessionToken(duration: nil, nil, by: alice) }
        let bob = try store.context(try await store.newUser("bob"))
        _ = try await store.sessionToken(duration: nil, nil, by: bob)
    }

    @Test func `dies with its user`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice")
        let id = try await store.sessionToken(duration: nil, nil, by: store.context(key)).accessKeyID
        try await store.deleteAccessKey(key, ofUser: "alice", by: .root)
        #expect(store.caller(withAccessKey: id) != nil)
        try await store.deleteUser("alice", by: .root)
        #expect(store.caller(withAccessKey: id) == nil)
    }
}
