import IAMCore
import KMSCore
import KMSPolicy
import KMSTesting
import Testing

@Suite struct `A session by which a service calls for somebody` {
    let rig = Rig()

    private func service(_ store: IdentityStore) async throws -> CallContext {
        _ = try await store.createService("ec2.amazonaws.com", by: .root)
        return try store.context(try await store.createAccessKey(ofService: "ec2.amazonaws.com", by: .root).id)
    }

    @Test func `is that of a user, through the service`() async throws {
        let store = try await rig.startNew()
        let ec2 = try await service(store)
        #expect(ec2.caller.policyCaller.kind == .service("ec2.amazonaws.com"))
        #expect(ec2.principal.arn == "ec2.amazonaws.com" && ec2.caller.userName == nil)
        try await store.newUser("alice", .allow("kms:Decrypt"))
        let request = AssumeRoleRequest(roleARN: .user("alice"), sessionName: "any")
        let made = try await store.assumeRole(request, by: ec2)
        #expect(made.arn == .user("alice"))
        for store in [store, try await rig.start()] {
            let caller = try store.context(made.credentials.accessKeyID).caller
            #expect(caller.principal.arn == .user("alice") && caller.policyCaller.kind == .user)
            #expect(caller.session?.viaService == "ec2.amazonaws.com" && caller.userName == "alice")
            #expect(caller.may("kms:Decrypt") && !caller.may("kms:Encrypt"))
        }
        let forward = try store.context(made.credentials.accessKeyID)
        await expect(.accessDenied) { _ = try await store.sessionToken(duration: nil, nil, by: forward) }
        await expect(.accessDenied) {
            _ = try await store.assumeRole(
                AssumeRoleRequest(roleARN: .role("app"), sessionName: "session"), by: forward)
        }
    }

    @Test func `is not for IAM, whatever the one may do for whom it is`() async throws {
        let store = try await rig.startNew()
        let ec2 = try await service(store)
        try await store.newUser("admin", .everything)
        let made = try await store.assumeRole(
            AssumeRoleRequest(roleARN: .user("admin"), sessionName: "any"), by: ec2)
        let forward = try store.context(made.credentials.accessKeyID)
        await expect(.unfitCredentials) { _ = try await store.createAccessKey(ofUser: "admin", by: forward) }
        await expect(.unfitCredentials) { _ = try store.listUsers(PageRequest(), by: forward) }
        await expect(.unfitCredentials) { _ = try await store.createService("s3.amazonaws.com", by: forward) }
    }

    @Test func `is that of a role's session, with its policies, tags and end`() async throws {
        let store = try await rig.startNew()
        let ec2 = try await service(store)
        let alice = try store.context(try await store.newUser("alice"))
        try await store.newRole("app", trusting: .user("alice"))
        try await store.putInlinePolicy("own", .allow("kms:*"), on: .role("app"), by: .root)
        var request = AssumeRoleRequest(roleARN: .role("app"), sessionName: "session")
        request.duration = 1800
        request.policy = .allow("kms:Decrypt")
        request.tags = [Tag(key: "team", value: "blue")]
        request.sourceIdentity = "alice"
        let original = try await store.assumeRole(request, by: alice)
        let made = try await store.assumeRole(
            AssumeRoleRequest(roleARN: .session("app", "session"), sessionName: "any"), by: ec2)
        #expect(made.arn == original.arn && made.userID == original.userID)
        #expect(made.credentials.expirationDate == original.credentials.expirationDate)
        let caller = try store.context(made.credentials.accessKeyID).caller
        #expect(caller.principal.arn == original.arn && caller.policyCaller.kind == .roleSession)
        #expect(caller.policyCaller.issuerARN == .role("app") && caller.session?.viaService == "ec2.amazonaws.com")
        #expect(caller.may("kms:Decrypt") && !caller.may("kms:Encrypt"))
        #expect(caller.tags == ["team": "blue"] && caller.session?.sourceIdentity == "alice")
        rig.clock.advance(bySeconds: 1800)
        await expect(.accessDenied) {
            _ = try await store.assumeRole(
                AssumeRoleRequest(roleARN: .session("app", "session"), sessionName: "any"), by: ec2)
        }
    }

    @Test func `is for nobody of another account, and nobody who is not there`() async throws {
        let store = try await rig.startNew()
        let ec2 = try await service(store)
        try await store.newUser("theirs", by: .otherRoot)
        try await store.newRole("app", trusting: "111122223333")
        for target in [
            .user("nobody"), "arn:aws:iam::444455556666:user/theirs", .session("app", "none"), .role("app"),
        ] {
            await expect(
                .accessDenied,
                "User: ec2.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: \(target)"
            ) {
                _ = try await store.assumeRole(AssumeRoleRequest(roleARN: target, sessionName: "any"), by: ec2)
            }
        }
    }

    @Test func `cannot be given more than the one has for whom it is`() async throws {
        let store = try await rig.startNew()
        let ec2 = try await service(store)
        try await store.newUser("alice")
        for edit: @Sendable (inout AssumeRoleRequest) -> Void in [
            { $0.tags = [Tag(key: "a", value: "b")] }, { $0.sourceIdentity = "bob" }, { $0.duration = 3601 },
            { $0.policy = .everything }, { $0.duration = 899 },
        ] {
            var request = AssumeRoleRequest(roleARN: .user("alice"), sessionName: "any")
            edit(&request)
            await expect(.validation) { _ = try await store.assumeRole(request, by: ec2) }
        }
    }

    @Test func `ends with the service`() async throws {
        let store = try await rig.startNew()
        let ec2 = try await service(store)
        try await store.newUser("alice")
        let made = try await store.assumeRole(
            AssumeRoleRequest(roleARN: .user("alice"), sessionName: "any"), by: ec2)
        try await store.deleteService("ec2.amazonaws.com", by: .root)
        for id in [made.credentials.accessKeyID, ec2.caller.accessKeyID] {
            #expect(store.caller(withAccessKey: id) == nil)
        }
        #expect(try await rig.metadata.load().sessions.isEmpty)
    }
}

@Suite struct `A service` {
    let rig = Rig()

    @Test func `can assume a role that trusts it in its own name`() async throws {
        let store = try await rig.startNew()
        _ = try await store.createService("ec2.amazonaws.com", by: .root)
        let key = try await store.createAccessKey(ofService: "ec2.amazonaws.com", by: .root)
        #expect(key.userName == nil)
        let trust =
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"#
            + #""Action":"sts:AssumeRole"}}"#
        _ = try await store.createRole(NewRole(name: "app", trustPolicy: trust), by: .root)
        let made = try await store.assumeRole(
            AssumeRoleRequest(roleARN: .role("app"), sessionName: "i-123"), by: store.context(key.id))
        #expect(try store.context(made.credentials.accessKeyID).caller.session?.viaService == nil)
    }

    @Test(arguments: ["", "ec2", "EC2.amazonaws.com", "ec2..com", "ec2.amazonaws.com/x", "arn:aws:iam::1:root"])
    func `has a host's name`(name: String) async throws {
        let store = try await rig.startNew()
        await expect(.validation) { _ = try await store.createService(name, by: .root) }
    }

    @Test func `is made once, listed, and has its own access keys`() async throws {
        let store = try await rig.startNew()
        let made = try await store.createService("ec2.amazonaws.com", by: .root)
        #expect(made.arn == "ec2.amazonaws.com")
        #expect(try store.listServices(PageRequest(), by: .root).items == [made])
        await expect(.alreadyExists) { _ = try await store.createService("ec2.amazonaws.com", by: .root) }
        let id = try await store.createAccessKey(ofService: "ec2.amazonaws.com", by: .root).id
        #expect(
            try store.listAccessKeys(ofService: "ec2.amazonaws.com", PageRequest(), by: .root).items.map(\.id) == [id])
        try await store.deleteAccessKey(id, ofService: "ec2.amazonaws.com", by: .root)
        #expect(store.caller(withAccessKey: id) == nil)
        await expect(.notFound) {
            _ = try await store.createAccessKey(ofService: "s3.amazonaws.com", by: .root)
        }
        #expect(try store.listUsers(PageRequest(), by: .root).items.isEmpty)
    }
}
