import KMSPolicy
import KMSTesting
import Synchronization
import Testing

@testable import KMSCore

@Suite struct `Grants` {
    let scene = GrantScene()

    @Test func `let their grantee do their operations at once, and no others`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let ciphertext = try await store.seal(key, by: .alice)
        await expect(.accessDenied) { _ = try await store.open(ciphertext, by: .bob) }
        try await store.grant(.to(.bob, ["Decrypt"]), on: key)
        #expect(try await store.open(ciphertext, by: .bob) == "text")
        await expect(.accessDenied) { _ = try await store.seal(key, by: .bob) }
        await expect(.accessDenied) { _ = try await store.open(ciphertext, by: .carol) }
        let other = try await store.newKey(by: Actor.alice.call)
        let elsewhere = try await store.seal(other, by: .alice)
        await expect(.accessDenied) { _ = try await store.open(elsewhere, by: .bob) }
    }

    @Test func `are there after a start, and go with their key`() async throws {
        var store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let ciphertext = try await store.seal(key, by: .alice)
        let made = try await store.grant(.to(.bob, ["Decrypt"]), on: key)
        store = try await scene.start()
        #expect(try store.grants(on: key).items.map(\.id) == [made.id])
        #expect(try await store.open(ciphertext, by: .bob) == "text")
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: Actor.alice.call)
        scene.clock.advance(byDays: 8)
        _ = try await store.performDueWork()
        #expect(try await scene.metadata.load().grants.isEmpty)
    }

    @Test func `stay when their key is changed`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(.to(.bob, ["DescribeKey"]), on: key)
        try await store.updateKeyDescription(key.id, to: "changed", by: Actor.alice.call)
        #expect(try await store.describeKey(key.arn, by: Actor.bob.call).key.description == "changed")
    }

    @Test func `reach the sessions of a role, and not those of another`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let (session, other) = (Actor.session("one", of: "app"), Actor.session("one", of: "web"))
        let request = NewGrant(to: .principal(session.issuerARN ?? ""), ["DescribeKey"])
        try await store.grant(request, on: key)
        _ = try await store.describeKey(key.arn, by: session.call)
        await expect(.accessDenied) { _ = try await store.describeKey(key.arn, by: other.call) }
    }

    @Test func `to one session are for that one`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let session = Actor.session("one", of: "app")
        try await store.grant(.to(session, ["DescribeKey"]), on: key)
        _ = try await store.describeKey(key.arn, by: session.call)
        await expect(.accessDenied) {
            _ = try await store.describeKey(key.arn, by: Actor.session("two", of: "app").call)
        }
    }

    @Test func `to an account leave it to the account`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let ciphertext = try await store.seal(key, by: .alice)
        try await store.grant(.to(.root(Actor.other), ["Decrypt"]), on: key)
        await expect(.accessDenied) { _ = try await store.open(ciphertext, by: .mallory) }
        #expect(try await store.open(ciphertext, by: .mallory.having(.allow("kms:Decrypt"))) == "text")
        #expect(try await store.open(ciphertext, by: .root(Actor.other)) == "text")
    }

    @Test func `work across accounts, and give way to a deny`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let ciphertext = try await store.seal(key, by: .alice)
        try await store.grant(.to(.mallory, ["Decrypt"]), on: key)
        #expect(try await store.open(ciphertext, by: .mallory) == "text")
        await expect(.accessDenied) {
            _ = try await store.open(ciphertext, by: .mallory.having(.deny("kms:Decrypt")))
        }
    }

    @Test func `are no use to who takes over a name`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(.to(.bob, ["DescribeKey"]), on: key)
        scene.directory.set(Actor.bob.arn, to: "AIDANEWBOB00000000")
        let newBob = Actor.user("bob", id: "AIDANEWBOB00000000")
        await expect(.accessDenied) { _ = try await store.describeKey(key.arn, by: newBob.call) }
        #expect(try store.grants(on: key).items.first?.granteePrincipal == Actor.bob.userID)
        #expect(try store.grants(on: key, GrantFilter(grantee: .principal(Actor.bob.userID))).items.count == 1)
    }

    // MARK: Constraints

    @Test func `with EncryptionContextEquals want exactly the pairs`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let pairs = ["tenant": "a", "purpose": "test"]
        try await store.grant(.to(.bob, ["Encrypt", "DescribeKey"], .encryptionContextEquals(pairs)), on: key)
        _ = try await store.seal(key, in: pairs, by: .bob)
        for others in [[:], ["tenant": "a"], pairs.merging(["more": "1"]) { $1 }, ["Tenant": "a", "purpose": "test"]] {
            await expect(.accessDenied) { _ = try await store.seal(key, in: others, by: .bob) }
        }
        _ = try await store.describeKey(key.arn, by: Actor.bob.call)
    }

    @Test func `with EncryptionContextSubset want the pairs among others`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(.to(.bob, ["Encrypt"], .encryptionContextSubset(["tenant": "a"])), on: key)
        _ = try await store.seal(key, in: ["tenant": "a"], by: .bob)
        _ = try await store.seal(key, in: ["tenant": "a", "more": "1"], by: .bob)
        for others in [[:], ["tenant": "b"], ["more": "1"]] {
            await expect(.accessDenied) { _ = try await store.seal(key, in: others, by: .bob) }
        }
    }

    @Test func `have constraints of a few short pairs, on symmetric keys`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let eight = Dictionary(uniqueKeysWithValues: (0..<8).map { ("k\($0)", String(repeating: "é", count: 384)) })
        try await store.grant(.to(.bob, ["Encrypt"], .encryptionContextSubset(eight)), on: key)
        for pairs in [[:], eight.merging(["k8": ""]) { $1 }, ["k": String(repeating: "v", count: 385)]] {
            await expect(.validation) {
                try await store.grant(.to(.bob, ["Encrypt"], .encryptionContextEquals(pairs)), on: key)
            }
        }
        let signing = try await store.newKey(by: Actor.alice.call) {
            $0.spec = .p256
            $0.usage = .signVerify
        }
        await expect(.validation) {
            try await store.grant(.to(.bob, ["Sign"], .encryptionContextEquals(["a": "b"])), on: signing)
        }
        try await store.grant(.to(.bob, ["Sign"]), on: signing)
    }

    // MARK: What is refused

    @Test(arguments: [
        (KeySpec.symmetricDefault, KeyUsage.encryptDecrypt, ["GenerateDataKeyPair", "ReEncryptFrom", "CreateGrant"]),
        (.hmac256, .generateVerifyMAC, ["GenerateMac", "VerifyMac", "DescribeKey"]),
        (.p256, .signVerify, ["Sign", "Verify", "GetPublicKey"]),
        (.p384, .keyAgreement, ["DeriveSharedSecret", "GetPublicKey"]),
        (.rsa2048, .encryptDecrypt, ["Encrypt", "Decrypt", "ReEncryptTo", "GetPublicKey", "RetireGrant"]),
    ])
    func `are for operations that suit the key`(spec: KeySpec, usage: KeyUsage, suitable: [String]) async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call) {
            $0.spec = spec
            $0.usage = usage
        }
        try await store.grant(.to(.bob, Set(suitable)), on: key)
        let all: Set = [
            "GenerateDataKey", "GenerateMac", "Sign", "DeriveSharedSecret", "GetPublicKey", "Encapsulate", "Decrypt",
        ]
        let entry = try #require(store.table.withLock { $0.key(key.key.address) })
        for operation in all.subtracting(entry.grantOperations) {
            await expect(.validation) { try await store.grant(.to(.bob, [operation, "DescribeKey"]), on: key) }
        }
    }

    @Test func `need an operation besides CreateGrant`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        await expect(.validation, "Grants must not contain only the CreateGrant operation.") {
            try await store.grant(.to(.bob, ["CreateGrant"]), on: key)
        }
        await expect(.validation) { try await store.grant(.to(.bob, []), on: key) }
    }

    @Test(arguments: [
        "arn:aws:iam::111122223333:user/nobody", "arn:aws:iam::111122223333:group/admins", "ec2.amazonaws.com",
        "111122223333", "AIDABOB00000000000", "arn:aws:iam::111122223333:user/*", "*",
    ])
    func `are for somebody who is there`(arn: String) async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let text = "ARN does not refer to a valid principal: \(arn)"
        await expect(.invalidARN, text) {
            try await store.grant(NewGrant(to: .principal(arn), ["Decrypt"]), on: key)
        }
        await expect(.invalidARN, text) {
            try await store.grant(.to(.bob, ["Decrypt"]) { $0.retiring = .principal(arn) }, on: key)
        }
    }

    @Test func `are made on keys that are enabled, named by id or ARN`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.createAlias("alias/granted", target: key.id, by: Actor.alice.call)
        for alias in ["alias/granted", "arn:aws:kms:eu-central-1:111122223333:alias/granted"] {
            await expect(.invalidARN, "Key Aliases are not supported for this operation.") {
                _ = try await store.createGrant(.to(.bob, ["Decrypt"]), on: alias, by: Actor.alice.call)
            }
        }
        await expect(.notFound) {
            _ = try await store.createGrant(.to(.bob, ["Decrypt"]), on: "invalid", by: Actor.alice.call)
        }
        try await store.disableKey(key.id, by: Actor.alice.call)
        await expect(.disabled) { try await store.grant(.to(.bob, ["Decrypt"]), on: key) }
        // Who may not make one is not told of the key's state.
        await expect(.accessDenied) { try await store.grant(.to(.bob, ["Decrypt"]), on: key, by: .bob) }
    }

    @Test func `number 50,000 on a key at the most`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let entry = try #require(store.table.withLock { $0.key(key.key.address) })
        for number in 1...UInt64(KeyStore.maximumGrantsPerKey) {
            let id = String(repeating: "0", count: 48) + Hexadecimal.encode(number.bigEndianBytes)
            entry.grants.save(
                Grant(
                    id: id, key: key.key.address, name: "", creationDate: scene.clock.now,
                    granteePrincipal: Actor.bob.arn, granteeID: Actor.bob.userID,
                    issuingAccount: Actor.own.rootARN, operations: ["DescribeKey"]))
        }
        await expect(.limitExceeded) { try await store.grant(.to(.carol, ["Decrypt"]), on: key) }
        entry.grants.remove(String(repeating: "0", count: 63) + "1")
        try await store.grant(.to(.carol, ["Decrypt"]), on: key)
        _ = try await store.describeKey(key.arn, by: Actor.bob.call)
        #expect(try store.grants(on: key, GrantFilter(grantee: .principal(Actor.carol.arn))).items.count == 1)
    }

    // MARK: Names, tokens, dry runs, records

    @Test func `with the same name and parameters are one`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        func make(_ edit: (inout NewGrant) -> Void = { _ in }) async throws -> CreatedGrant {
            let request = NewGrant.to(.bob, ["Encrypt", "Decrypt"], .encryptionContextSubset(["a": "b"])) {
                $0.name = "name"
                edit(&$0)
            }
            return try await store.grant(request, on: key)
        }
        let first = try await make()
        let again = try await make()
        #expect(again.id == first.id && again.token != first.token, "every answer has a token of its own")
        var ids: Set = [first.id]
        for edit: (inout NewGrant) -> Void in [
            { $0.name = "Name" }, { $0.name = nil }, { $0.constraint = .encryptionContextEquals(["a": "b"]) },
            { $0.constraint = .encryptionContextSubset(["a": "c"]) }, { $0.retiring = .principal(Actor.carol.arn) },
            { $0.retiring = .service("ec2.amazonaws.com") },
            { $0.sourceARN = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1" },
        ] {
            #expect(ids.insert(try await make(edit).id).inserted, "it differs")
        }
        #expect(ids.insert(try await make { $0.name = nil }.id).inserted, "without a name each is another")
        #expect(try await make().id == first.id)
        let restarted = try await scene.start()
        let request = NewGrant.to(.bob, ["Encrypt", "Decrypt"], .encryptionContextSubset(["a": "b"])) {
            $0.name = "name"
        }
        #expect(try await restarted.grant(request, on: key).id == first.id)
        #expect(try await scene.metadata.load().grants.count == ids.count)
    }

    @Test func `that are asked for at the same time under one name are one`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let request = NewGrant.to(.bob, ["Decrypt"]) { $0.name = "name" }
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await store.grant(request, on: key).id } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test func `are not made by a dry run, which checks all the same`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        await expect(.dryRun) {
            _ = try await store.createGrant(.to(.bob, ["Decrypt"]), on: key.arn, dryRun: true, by: Actor.alice.call)
        }
        await expect(.accessDenied) {
            _ = try await store.createGrant(.to(.bob, ["Decrypt"]), on: key.arn, dryRun: true, by: Actor.carol.call)
        }
        await expect(.validation) {
            _ = try await store.createGrant(.to(.bob, ["Sign"]), on: key.arn, dryRun: true, by: Actor.alice.call)
        }
        #expect(try store.grants(on: key).items.isEmpty)
    }

    @Test func `that could not be stored are not in force`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        scene.metadata.fail(commit: 1, .before)
        await expect(.internalFailure) { try await store.grant(.to(.bob, ["DescribeKey"]), on: key) }
        await expect(.accessDenied) { _ = try await store.describeKey(key.arn, by: Actor.bob.call) }
    }

    @Test func `are recorded in the transaction that makes them, without their tokens`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let made = try await store.grant(.to(.bob, ["Decrypt"]), on: key)
        let commit = try #require(scene.metadata.commits.last)
        guard case .saveGrant(let grant) = commit.first, case .saveOutboxItem(let item) = commit.last else {
            Issue.record("the grant and its record are not in one commit")
            return
        }
        #expect(grant.id == made.id && commit.count == 2 && grant.issuingAccount == Actor.own.rootARN)
        let text = String(decoding: item.body, as: UTF8.self)
        #expect(text.contains(made.id) && text.contains(key.arn))
    }
}
