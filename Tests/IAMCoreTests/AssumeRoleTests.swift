import IAMCore
import KMSCore
import KMSPolicy
import KMSTesting
import SecureMemory
import SigV4
import Testing

@Suite struct `A role's session` {
    let rig = Rig()

    private func request(
        _ role: String = .role("app"), _ edit: (inout AssumeRoleRequest) -> Void = { _ in }
    ) -> AssumeRoleRequest {
        var request = AssumeRoleRequest(roleARN: role, sessionName: "session")
        edit(&request)
        return request
    }

    /// A store with a role `app`, which may decrypt, and alice, whom it trusts.
    private func scene(_ more: String = "") async throws -> (store: IdentityStore, alice: CallContext) {
        let store = try await rig.startNew()
        let alice = try store.context(try await store.newUser("alice"))
        try await store.newRole("app", trusting: .user("alice"), more)
        try await store.putInlinePolicy("own", .allow("kms:Decrypt", "sts:*"), on: .role("app"), by: .root)
        return (store, alice)
    }

    @Test func `has credentials and what the role may do`() async throws {
        let (store, alice) = try await scene()
        let made = try await store.assumeRole(request(), by: alice)
        let role = try store.getRole("app", by: .root)
        #expect(made.arn == .session("app", "session") && made.userID == "\(role.uniqueID):session")
        #expect(made.packedPolicySize == nil && made.sourceIdentity == nil)
        let credentials = made.credentials
        #expect(credentials.accessKeyID.wholeMatch(of: /ASIA[A-Z2-7]{16}/) != nil)
        #expect(credentials.secret.text().wholeMatch(of: /[A-Za-z0-9+\/]{40}/) != nil)
        #expect(credentials.sessionToken.text().wholeMatch(of: /[A-Za-z0-9+\/]{128}/) != nil)
        #expect(credentials.expirationDate == Timestamp(seconds: rig.clock.now.milliseconds / 1000 + 3600))
        let caller = try #require(store.caller(withAccessKey: credentials.accessKeyID))
        #expect(caller.credential.sessionToken == credentials.sessionToken.text())
        let identity = caller.identity
        #expect(identity.principal.arn == made.arn && identity.policyCaller.userID == made.userID)
        #expect(identity.policyCaller.kind == .roleSession && identity.policyCaller.issuerARN == role.arn)
        #expect(identity.policyCaller.issuerID == role.uniqueID && identity.session?.issuerName == "app")
        #expect(identity.may("kms:Decrypt") && !identity.may("kms:Encrypt"))
        #expect(store.callerIdentity(by: try store.context(credentials.accessKeyID)).arn == made.arn)
    }

    @Test func `ends at its second, and is swept afterwards`() async throws {
        let (store, alice) = try await scene()
        let id = try await store.assumeRole(request { $0.duration = 900 }, by: alice).credentials.accessKeyID
        rig.clock.advance(byMilliseconds: 899_999)
        #expect(store.caller(withAccessKey: id) != nil)
        rig.clock.advance(byMilliseconds: 1)
        #expect(store.caller(withAccessKey: id) == nil)
        #expect(try await rig.start().caller(withAccessKey: id) == nil)
        #expect(store.isExpired(accessKey: id))
        try await store.performDueWork()
        #expect(try await rig.metadata.load().sessions.count == 1, "its client is told for a while")
        rig.clock.advance(byMilliseconds: IdentityStore.memoryOfExpiry)
        try await store.performDueWork()
        #expect(!store.isExpired(accessKey: id))
        #expect(try await rig.metadata.load().sessions.isEmpty)
    }

    @Test func `dies with its role, and does not come back with another of the name`() async throws {
        let (store, alice) = try await scene()
        let id = try await store.assumeRole(request(), by: alice).credentials.accessKeyID
        try await store.deleteInlinePolicy("own", of: .role("app"), by: .root)
        try await store.deleteRole("app", by: .root)
        #expect(store.caller(withAccessKey: id) == nil)
        try await store.newRole("app", trusting: .user("alice"))
        #expect(store.caller(withAccessKey: id) == nil)
        #expect(try await rig.start().caller(withAccessKey: id) == nil)
        try await store.performDueWork()
        #expect(try await rig.metadata.load().sessions.isEmpty)
    }

    @Test func `follows what its role may do`() async throws {
        let (store, alice) = try await scene()
        let id = try await store.assumeRole(request(), by: alice).credentials.accessKeyID
        try await store.putInlinePolicy("own", .allow("kms:Encrypt"), on: .role("app"), by: .root)
        #expect(try store.context(id).caller.may("kms:Encrypt") && !store.context(id).caller.may("kms:Decrypt"))
    }

    @Test func `goes on after a restart`() async throws {
        let (store, alice) = try await scene()
        let made = try await store.assumeRole(
            request {
                $0.tags = [Tag(key: "a", value: "b")]
                $0.policy = .allow("kms:*")
            }, by: alice)
        let caller = try #require(try await rig.start().caller(withAccessKey: made.credentials.accessKeyID))
        #expect(caller.credential.sessionToken == made.credentials.sessionToken.text())
        #expect(caller.identity.principal.arn == made.arn && caller.identity.tags == ["a": "b"])
        #expect(caller.identity.may("kms:Decrypt") && !caller.identity.may("sts:AssumeRole"))
    }

    @Test func `whose row was changed is not opened`() async throws {
        let (store, alice) = try await scene()
        try await store.newRole("other", trusting: .user("alice"))
        let id = try await store.assumeRole(request(), by: alice).credentials.accessKeyID
        let row = try await rig.metadata.load().sessions[0]
        let other = try store.getRole("other", by: .root)
        let forged = Session(
            id: id, kind: row.kind, account: row.account, issuerID: other.uniqueID, arn: row.arn, name: row.name,
            sealedSecret: row.sealedSecret, creationDate: row.creationDate, expirationDate: row.expirationDate,
            requester: row.requester)
        try await rig.metadata.commit([.saveSession(forged)])
        #expect(try await rig.start().caller(withAccessKey: id) == nil)
    }

    @Test(arguments: [String.role("app"), .role("missing"), .role("path/app"), .user("bob"), .session("app", "s")])
    func `is refused in the same words, whatever the reason`(target: String) async throws {
        let (store, _) = try await scene()
        let bob = try store.context(try await store.newUser("bob", .allow("sts:AssumeRole", on: .role("other"))))
        await expect(
            .accessDenied,
            "User: \(String.user("bob")) is not authorized to perform: sts:AssumeRole on resource: \(target)"
        ) { _ = try await store.assumeRole(request(target), by: bob) }
        #expect(bob.draft.hasDecisions)
    }

    @Test func `is up to both sides where the role trusts the account`() async throws {
        let store = try await rig.startNew()
        try await store.newRole("app", trusting: "111122223333")
        let (alice, bob, theirs) = (
            try await store.newUser("alice"), try await store.newUser("bob", .allow("sts:AssumeRole")),
            try await store.newUser("theirs", .everything, by: .otherRoot)
        )
        await expect(.accessDenied) { _ = try await store.assumeRole(request(), by: store.context(alice)) }
        _ = try await store.assumeRole(request(), by: store.context(bob))
        await expect(.accessDenied) { _ = try await store.assumeRole(request(), by: store.context(theirs)) }
        try await store.updateAssumeRolePolicy(ofRole: "app", .trust("444455556666"), by: .root)
        _ = try await store.assumeRole(request(), by: store.context(theirs))
        await expect(.accessDenied) { _ = try await store.assumeRole(request(), by: store.context(bob)) }
    }

    @Test func `can ask for an external id`() async throws {
        let (store, alice) = try await scene(#","Condition":{"StringEquals":{"sts:ExternalId":"secret-42"}}"#)
        await expect(.accessDenied) { _ = try await store.assumeRole(request(), by: alice) }
        await expect(.accessDenied) {
            _ = try await store.assumeRole(request { $0.externalID = "other" }, by: alice)
        }
        _ = try await store.assumeRole(request { $0.externalID = "secret-42" }, by: alice)
        await expect(.validation) { _ = try await store.assumeRole(request { $0.externalID = "a b" }, by: alice) }
    }

    @Test func `can ask for a session's name, and for a code`() async throws {
        let (store, alice) = try await scene(
            #","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:username}"},"#
                + #""Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}"#)
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 30)
        func named(_ name: String, _ code: String?) async throws -> AssumedRole {
            var request = AssumeRoleRequest(roleARN: .role("app"), sessionName: name)
            request.multiFactor = code.map { MultiFactorCode(serialNumber: device.serialNumber, code: $0) }
            return try await store.assumeRole(request, by: alice)
        }
        await expect(.accessDenied) { _ = try await named("alice", nil) }
        await expect(.accessDenied) { _ = try await named("bob", rig.code(of: device)) }
        rig.clock.advance(bySeconds: 30)
        let made = try await named("alice", rig.code(of: device))
        let session = try store.context(made.credentials.accessKeyID).caller.session
        #expect(session?.multiFactorDate == rig.clock.now)
    }

    @Test func `has at the most what its own policies allow`() async throws {
        let (store, alice) = try await scene()
        let arn = try await store.createPolicy(NewPolicy(name: "p", document: .allow("kms:Decrypt")), by: .root).arn
        func caller(_ edit: (inout AssumeRoleRequest) -> Void) async throws -> CallerIdentity {
            let made = try await store.assumeRole(request(.role("app"), edit), by: alice)
            #expect(made.packedPolicySize ?? 0 > 0)
            return try store.context(made.credentials.accessKeyID).caller
        }
        let inline = try await caller { $0.policy = .allow("sts:*", "kms:Encrypt") }
        #expect(inline.may("sts:AssumeRole") && !inline.may("kms:Encrypt") && !inline.may("kms:Decrypt"))
        let managed = try await caller { $0.policyARNs = [arn] }
        #expect(managed.may("kms:Decrypt") && !managed.may("sts:AssumeRole"))
        let both = try await caller {
            $0.policy = .allow("sts:*")
            $0.policyARNs = [arn]
        }
        #expect(both.may("kms:Decrypt") && both.may("sts:AssumeRole"))
        await expect(.malformedPolicy) { _ = try await caller { $0.policy = "{}" } }
        await expect(.validation) { _ = try await caller { $0.policyARNs = [.policy("missing")] } }
        await expect(.validation) { _ = try await caller { $0.policyARNs = Array(repeating: arn, count: 11) } }
        await expect(.packedPolicyTooLarge) {
            _ = try await caller { $0.policy = .allow("kms:*", on: String(repeating: "a", count: 2048)) }
        }
    }

    @Test func `has the role's tags, and over them its own`() async throws {
        let (store, alice) = try await scene()
        try await store.tag(
            .role("app"), [Tag(key: "Team", value: "blue"), Tag(key: "b", value: "c")], by: .root)
        let made = try await store.assumeRole(request { $0.tags = [Tag(key: "team", value: "red")] }, by: alice)
        #expect(try store.context(made.credentials.accessKeyID).caller.tags == ["team": "red", "b": "c"])
    }

    @Test func `is tagged, and named for somebody, only where the trust policy allows it`() async throws {
        let store = try await rig.startNew()
        let alice = try store.context(try await store.newUser("alice", .everything))
        let trust =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"\#(String.user("alice"))"},"#
            + #""Action":"sts:AssumeRole"},{"Effect":"Allow","Principal":{"AWS":"\#(String.user("alice"))"},"#
            + #""Action":["sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"#
            + #""aws:RequestTag/team":"blue","sts:SourceIdentity":"alice"}}}]}"#
        _ = try await store.createRole(NewRole(name: "app", trustPolicy: trust), by: .root)
        _ = try await store.assumeRole(request(), by: alice)
        await expect(
            .accessDenied,
            "User: \(String.user("alice")) is not authorized to perform: sts:TagSession on resource: "
                + .role("app")
        ) { _ = try await store.assumeRole(request { $0.tags = [Tag(key: "team", value: "red")] }, by: alice) }
        await expect(.accessDenied) {
            _ = try await store.assumeRole(request { $0.sourceIdentity = "alice" }, by: alice)
        }
        let made = try await store.assumeRole(
            request {
                $0.tags = [Tag(key: "team", value: "blue")]
                $0.sourceIdentity = "alice"
            }, by: alice)
        #expect(made.sourceIdentity == "alice")
        #expect(try store.context(made.credentials.accessKeyID).caller.session?.sourceIdentity == "alice")
    }

    @Test func `hands on transitive tags and its source identity to the next, for an hour at the most`() async throws {
        let (store, alice) = try await scene()
        var next = NewRole(name: "next", trustPolicy: .trust(.role("app")))
        next.maximumSessionDuration = 7200
        _ = try await store.createRole(next, by: .root)
        let first = try await store.assumeRole(
            request {
                $0.tags = [Tag(key: "Team", value: "blue"), Tag(key: "note", value: "x")]
                $0.transitiveTagKeys = ["team"]
                $0.sourceIdentity = "alice"
            }, by: alice)
        for store in [store, try await rig.start()] {
            let context = try store.context(first.credentials.accessKeyID)
            let second = try await store.assumeRole(
                request(.role("next")) { $0.tags = [Tag(key: "own", value: "y")] }, by: context)
            #expect(second.sourceIdentity == "alice")
            let caller = try store.context(second.credentials.accessKeyID).caller
            #expect(caller.tags == ["team": "blue", "own": "y"])
            await expect(.validation) {
                _ = try await store.assumeRole(
                    request(.role("next")) { $0.tags = [Tag(key: "TEAM", value: "red")] }, by: context)
            }
            await expect(.validation) {
                _ = try await store.assumeRole(request(.role("next")) { $0.sourceIdentity = "bob" }, by: context)
            }
            await expect(.validation) {
                _ = try await store.assumeRole(request(.role("next")) { $0.duration = 3601 }, by: context)
            }
        }
    }

    @Test func `lasts as long as the role lets it`() async throws {
        let (store, alice) = try await scene()
        for duration in [899, 43_201, -1] {
            await expect(.validation) {
                _ = try await store.assumeRole(request { $0.duration = duration }, by: alice)
            }
        }
        await expect(
            .validation, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        ) { _ = try await store.assumeRole(request { $0.duration = 3601 }, by: alice) }
        try await store.updateRole("app", description: nil, maximumSessionDuration: 7200, by: .root)
        let made = try await store.assumeRole(request { $0.duration = 7200 }, by: alice)
        #expect(made.credentials.expirationDate.milliseconds - rig.clock.now.milliseconds == 7_200_000)
    }

    @Test(arguments: ["", "a", "a b", "a/b", String(repeating: "a", count: 65)])
    func `has a name that is one`(name: String) async throws {
        let (store, alice) = try await scene()
        await expect(.validation) {
            _ = try await store.assumeRole(AssumeRoleRequest(roleARN: .role("app"), sessionName: name), by: alice)
        }
    }

    @Test(arguments: ["", "app", "arn:aws:iam::1:role/app", "arn:aws:s3:::bucket", "arn:aws:iam::111122223333:group/g"])
    func `is of a role's ARN`(arn: String) async throws {
        let (store, alice) = try await scene()
        await expect(.validation) { _ = try await store.assumeRole(request(arn), by: alice) }
    }

    @Test func `is not for an account's root`() async throws {
        let (store, _) = try await scene()
        await expect(.accessDenied, "Roles may not be assumed by root accounts.") {
            _ = try await store.assumeRole(request(), by: .root)
        }
    }

    @Test func `is one of as many as there may be, where expired ones make room`() async throws {
        var limits = IdentityLimits()
        limits.sessionsPerIdentity = 2
        limits.sessions = 3
        let store = try await rig.startNew(limits)
        let alice = try store.context(try await store.newUser("alice"))
        for name in ["app", "other"] { try await store.newRole(name, trusting: .user("alice")) }
        _ = try await store.assumeRole(request { $0.duration = 900 }, by: alice)
        _ = try await store.assumeRole(request(), by: alice)
        await expect(.limitExceeded) { _ = try await store.assumeRole(request(), by: alice) }
        _ = try await store.assumeRole(request(.role("other")), by: alice)
        await expect(.limitExceeded) { _ = try await store.assumeRole(request(.role("other")), by: alice) }
        rig.clock.advance(bySeconds: 900)
        _ = try await store.assumeRole(request(), by: alice)
        #expect(try await rig.metadata.load().sessions.count == 3)
    }

    @Test func `of one account does not take the places of another's`() async throws {
        var limits = IdentityLimits()
        limits.sessionsPerAccount = 2
        let store = try await rig.startNew(limits)
        let alice = try store.context(try await store.newUser("alice"))
        let bob = try store.context(try await store.newUser("bob", by: .otherRoot))
        for _ in 0..<2 { _ = try await store.sessionToken(duration: 900, nil, by: alice) }
        await expect(.limitExceeded) { _ = try await store.sessionToken(duration: 900, nil, by: alice) }
        _ = try await store.sessionToken(duration: 900, nil, by: bob)
        rig.clock.advance(bySeconds: 900)
        _ = try await store.sessionToken(duration: 900, nil, by: alice)
    }

    @Test func `is written down with what allowed it, and without its secrets`() async throws {
        let (store, alice) = try await scene()
        alice.draft.begin("AssumeRole", of: "sts.amazonaws.com", isReadOnly: true, parameters: nil)
        let made = try await store.assumeRole(request(), by: alice)
        let image = try await rig.metadata.load()
        let record = String(decoding: try #require(image.outbox.last).body, as: UTF8.self)
        #expect(record.contains(made.credentials.accessKeyID) && record.contains("sts:AssumeRole"))
        #expect(record.contains("AWS::IAM::Role"))
        for secret in [made.credentials.secret.text(), made.credentials.sessionToken.text()] {
            for bytes in image.outbox.map(\.body) + image.sessions.map(\.sealedSecret.bytes) {
                #expect(!bytes.indices.contains { bytes[$0...].starts(with: secret.utf8.prefix(8)) })
            }
        }
    }
}
