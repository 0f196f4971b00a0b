import KMSPolicy
import KMSTesting
import Testing

@testable import KMSCore

@Suite struct `Grants that end` {
    let scene = GrantScene()

    private func made(
        _ store: KeyStore, _ operations: Set<String> = ["DescribeKey"], retiring: Actor? = nil, by actor: Actor = .alice
    ) async throws -> (key: KeyDescription, grant: CreatedGrant) {
        let key = try await store.newKey(by: Actor.alice.call)
        let request = NewGrant.to(.bob, operations) { $0.retiring = retiring.map { .principal($0.arn) } }
        return (key, try await store.grant(request, on: key, by: actor))
    }

    @Test func `are gone at once, and after a start`() async throws {
        let store = try await scene.start()
        let (key, grant) = try await made(store)
        _ = try await store.describeKey(key.arn, by: Actor.bob.call)
        try await store.revokeGrant(grant.id, on: key.arn, by: Actor.alice.call)
        await expect(.accessDenied) { _ = try await store.describeKey(key.arn, by: Actor.bob.call) }
        #expect(try store.grants(on: key).items.isEmpty)
        #expect(try await scene.start().grants(on: key).items.isEmpty)
        await expect(.notFound, "Grant ID \(grant.id) not found") {
            try await store.revokeGrant(grant.id, on: key.arn, by: Actor.alice.call)
        }
    }

    @Test(arguments: [true, false])
    func `are retired by the retiring principal, by token or by id`(byToken: Bool) async throws {
        let store = try await scene.start()
        let (key, grant) = try await made(store, retiring: .carol)
        let name = byToken ? GrantName.token(grant.token) : .id(grant.id, key: key.arn)
        await expect(.accessDenied) { try await store.retireGrant(name, by: Actor.bob.call) }
        await expect(.accessDenied) { try await store.retireGrant(name, by: Actor.mallory.call) }
        await expect(.dryRun) { try await store.retireGrant(name, dryRun: true, by: Actor.carol.call) }
        #expect(try store.grants(on: key).items.count == 1)
        try await store.retireGrant(name, by: Actor.carol.call)
        #expect(try store.grants(on: key).items.isEmpty)
    }

    @Test func `are retired by their grantee if they say so`() async throws {
        let store = try await scene.start()
        let (_, grant) = try await made(store, ["DescribeKey", "RetireGrant"])
        try await store.retireGrant(.token(grant.token), by: Actor.bob.call)
        let (_, other) = try await made(store, ["DescribeKey"])
        await expect(.accessDenied) { try await store.retireGrant(.token(other.token), by: Actor.bob.call) }
    }

    @Test func `are retired by the account that made them, and by whom it lets`() async throws {
        let store = try await scene.start()
        for actor in [Actor.root(), .carol.having(.allow("kms:RetireGrant")), .alice] {
            let (_, grant) = try await made(store)
            try await store.retireGrant(.token(grant.token), by: actor.call)
        }
        // Of another account nobody, whatever its own policies say.
        let (_, grant) = try await made(store)
        for actor in [Actor.root(Actor.other), .mallory.having(.everything)] {
            await expect(.accessDenied) { try await store.retireGrant(.token(grant.token), by: actor.call) }
        }
    }

    @Test func `of an account's are passed on by that account`() async throws {
        let store = try await scene.start()
        let (_, grant) = try await made(store, retiring: .root(Actor.other))
        await expect(.accessDenied) { try await store.retireGrant(.token(grant.token), by: Actor.mallory.call) }
        try await store.retireGrant(
            .token(grant.token), by: Actor.mallory.having(.allow("kms:RetireGrant")).call)
    }

    @Test func `are not retired by those who are denied it`() async throws {
        let store = try await scene.start()
        let (_, grant) = try await made(store, retiring: .carol)
        await expect(.accessDenied) {
            try await store.retireGrant(.token(grant.token), by: Actor.carol.having(.deny("kms:RetireGrant")).call)
        }
    }

    @Test func `take no notice of what the key policy says of RetireGrant`() async throws {
        let store = try await scene.start()
        let policy = """
            {"Version":"2012-10-17","Statement":[
              {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
              {"Effect":"Allow","Principal":{"AWS":"\(Actor.bob.arn)"},"Action":"kms:RetireGrant","Resource":"*"},
              {"Effect":"Deny","Principal":{"AWS":"\(Actor.carol.arn)"},"Action":"kms:RetireGrant","Resource":"*"}]}
            """
        let key = try await store.newKey(by: Actor.alice.call) { $0.policy = policy }
        let grant = try await store.grant(
            .to(.mallory, ["DescribeKey"]) { $0.retiring = .principal(Actor.carol.arn) }, on: key)
        await expect(.accessDenied) { try await store.retireGrant(.token(grant.token), by: Actor.bob.call) }
        try await store.retireGrant(.token(grant.token), by: Actor.carol.call)
    }

    @Test func `can be limited by their constraint`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let carol = Actor.carol.having(
            .allow("kms:RetireGrant", #"{"StringEquals":{"kms:EncryptionContext:tenant":"a"}}"#))
        for tenant in ["b", "a"] {
            let constraint = Grant.Constraint.encryptionContextSubset(["tenant": tenant])
            let grant = try await store.grant(.to(.bob, ["Encrypt"], constraint), on: key)
            if tenant == "a" {
                try await store.retireGrant(.token(grant.token), by: carol.call)
            } else {
                await expect(.accessDenied) { try await store.retireGrant(.token(grant.token), by: carol.call) }
            }
        }
    }

    @Test func `leave nobody who may not know a way to find out`() async throws {
        let store = try await scene.start()
        let (key, grant) = try await made(store)
        let missingKey = Scope.sample.keyARN(.random())
        let missingGrant = String(repeating: "ab", count: 32)
        var messages: Set<String> = []
        for (id, arn) in [(grant.id, key.arn), (missingGrant, key.arn), (missingGrant, missingKey)] {
            do {
                try await store.retireGrant(.id(id, key: arn), by: Actor.bob.call)
                Issue.record("it was retired")
            } catch {
                #expect(error.code == .accessDenied)
                messages.insert(error.message.replacing(arn, with: "ARN"))
            }
        }
        #expect(messages.count == 1)
        // Those who may are told.
        await expect(.notFound) { try await store.retireGrant(.id(missingGrant, key: key.arn), by: Actor.alice.call) }
    }

    @Test func `once retired are named by no token`() async throws {
        let store = try await scene.start()
        let (key, grant) = try await made(store)
        try await store.retireGrant(.token(grant.token), by: Actor.alice.call)
        await expect(.notFound, "Grant ID \(grant.id) not found") {
            try await store.retireGrant(.token(grant.token), by: Actor.alice.call)
        }
        let other = try await store.grant(.to(.bob, ["DescribeKey"]), on: key)
        await expect(.notFound) {
            try await store.retireGrant(.token(other.token), by: Actor.alice.call(in: Scope.otherRegion.region))
        }
    }

    @Test(arguments: ["", "x", String(repeating: "0", count: 63), String(repeating: "G", count: 64)])
    func `have ids of 64 digits`(id: String) async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        await expect(.invalidGrantID) { try await store.revokeGrant(id, on: key.arn, by: Actor.alice.call) }
        await expect(.invalidGrantID) { try await store.retireGrant(.id(id, key: key.arn), by: Actor.alice.call) }
        await expect(.invalidGrantID) { _ = try store.grants(on: key, GrantFilter(id: id)) }
    }

    @Test func `are revoked by whom policies allow it`() async throws {
        let store = try await scene.start()
        let (key, grant) = try await made(store, ["DescribeKey", "RetireGrant"], retiring: .carol)
        for actor in [Actor.bob, .carol, .mallory.having(.everything)] {
            await expect(.accessDenied) { try await store.revokeGrant(grant.id, on: key.arn, by: actor.call) }
        }
        let forServices = Actor.carol.having(
            .allow("kms:RevokeGrant", #"{"Bool":{"kms:GrantIsForAWSResource":"true"}}"#))
        await expect(.accessDenied) { try await store.revokeGrant(grant.id, on: key.arn, by: forServices.call) }
        await expect(.dryRun) {
            try await store.revokeGrant(
                grant.id, on: key.arn, dryRun: true, by: forServices.via("rds.amazonaws.com").call)
        }
        try await store.revokeGrant(grant.id, on: key.arn, by: forServices.via("rds.amazonaws.com").call)
    }

    @Test func `end while their key is disabled or waits for its deletion`() async throws {
        let store = try await scene.start()
        let (key, first) = try await made(store)
        let second = try await store.grant(.to(.bob, ["Decrypt"]), on: key)
        try await store.disableKey(key.id, by: Actor.alice.call)
        try await store.revokeGrant(first.id, on: key.arn, by: Actor.alice.call)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: Actor.alice.call)
        try await store.retireGrant(.token(second.token), by: Actor.alice.call)
        #expect(try store.grants(on: key).items.isEmpty)
    }

    @Test func `stay in force when their end could not be stored`() async throws {
        let store = try await scene.start()
        let (key, grant) = try await made(store)
        scene.metadata.fail(commit: 1, .before)
        await expect(.internalFailure) { try await store.revokeGrant(grant.id, on: key.arn, by: Actor.alice.call) }
        _ = try await store.describeKey(key.arn, by: Actor.bob.call)
    }
}
