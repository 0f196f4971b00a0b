import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `Use cases of keys` {
    let rig = Rig()

    // MARK: Creation

    @Test func `a new key is enabled, with the default policy, and with one object in the token`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey {
            $0.description = "payroll"
            $0.tags = [Tag(key: "team", value: "blue")]
        }
        #expect(made.state == .enabled)
        #expect(made.key.description == "payroll")
        #expect(made.key.tags == ["team": "blue"])
        #expect(made.key.creationDate == rig.clock.now)
        #expect(made.key.policy == KeyPolicy.standard(for: Scope.sample.account))
        #expect(made.key.policy.contains("arn:aws:iam::111122223333:root"))
        #expect(made.key.address.scope == .sample)
        #expect(made.key.materials.count == 1)
        #expect(made.key.materials[0].id.count == 32)
        #expect(rig.backend.objects == [made.object])
        #expect(try await rig.stored(made) == made.key, "what the caller sees is what is stored")
        #expect(try await store.describeKey(made.id, by: .alice).key == made.key)
    }

    @Test func `an object's id is in the database before the token is asked to make the object`() async throws {
        let store = try await rig.start()
        rig.backend.fail(.generateKey, with: KMSError(.keyUnavailable, "down"))
        await expect(.keyUnavailable, "down") { _ = try await store.newKey() }
        guard case .saveKey(let intent)? = rig.metadata.commits.first?.first else {
            Issue.record("the first commit saves the intent")
            return
        }
        #expect(intent.lifecycle == .creating)
        #expect(intent.materials.map(\.number) == [1])
        #expect(intent.materials[0].reference.checkValue.isEmpty, "nothing is known of the object yet")
    }

    @Test func `two keys share neither id, material nor object`() async throws {
        let store = try await rig.start()
        let keys = [try await store.newKey(), try await store.newKey()]
        #expect(Set(keys.map(\.id)).count == 2)
        #expect(Set(keys.map(\.object)).count == 2)
        #expect(Set(keys.map(\.key.materials[0].id)).count == 2)
    }

    @Test func `what cannot be made yet is said to be so, and leaves nothing`() async throws {
        let store = try await rig.start()
        await expect(.validation) { _ = try await store.newKey { $0.origin = .externalKeyStore } }
        for spec in [KeySpec.mlDSA44, .sm2, KeySpec(rawValue: "ROT13")] {
            await expect(.unsupported) {
                _ = try await store.newKey {
                    $0.spec = spec
                    $0.usage = .signVerify
                }
            }
        }
        await expect(.validation, "KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT") {
            _ = try await store.newKey { $0.usage = .signVerify }
        }
        #expect(rig.metadata.commits.isEmpty)
        #expect(rig.backend.calls.isEmpty)
    }

    @Test func `a key survives a restart as it was`() async throws {
        let made = try await rig.start().newKey { $0.description = "payroll" }
        #expect(try await rig.start().describeKey(made.id, by: .alice).key == made.key)
    }

    // MARK: Who sees it

    @Test func `a key is seen in its own account and Region only`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.notFound, "Key '\(Scope.otherRegion.keyARN(made.key.address.id))' does not exist") {
            _ = try await store.describeKey(made.id, by: .aliceElsewhere)
        }
        await expect(.notFound, "Invalid arn eu-central-1") {
            _ = try await store.describeKey(made.arn, by: .aliceElsewhere)
        }
        await expect(.notFound) { _ = try await store.describeKey(made.id, by: .mallory) }
        await expect(.accessDenied) { _ = try await store.describeKey(made.arn, by: .mallory) }
        #expect(try store.listKeys(PageRequest(), by: .aliceElsewhere).items.isEmpty)
        #expect(try store.listKeys(PageRequest(), by: .mallory).items.isEmpty)
        #expect(try store.listKeys(PageRequest(), by: .alice).items == [made.key.address])
    }

    @Test func `an unknown key is not found, and the message has its ARN`() async throws {
        let store = try await rig.start()
        let id = KeyID.random()
        await expect(.notFound, "Key '\(Scope.sample.keyARN(id))' does not exist") {
            _ = try await store.describeKey("\(id)", by: .alice)
        }
        await expect(.notFound, "Alias arn:aws:kms:eu-central-1:111122223333:alias/none is not found.") {
            _ = try await store.describeKey("alias/none", by: .alice)
        }
    }

    @Test func `keys are listed in pages, in the order of their ids`() async throws {
        let store = try await rig.start()
        var ids: [KeyID] = []
        for _ in 0..<7 { ids.append(try await store.newKey().key.address.id) }
        var seen: [KeyID] = []
        var marker: String?
        repeat {
            let page = try store.listKeys(PageRequest(limit: 3, marker: marker), by: .alice)
            seen += page.items.map(\.id)
            marker = page.nextMarker
        } while marker != nil
        #expect(seen == ids.sorted())
    }

    // MARK: States

    @Test func `a disabled key is not used, and enabled again it is`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        try await store.disableKey(made.id, by: .alice)
        #expect(try await store.state(made) == .disabled)
        await expect(.disabled, "\(made.arn) is disabled.") { _ = try await store.encrypt("x", with: made.id) }
        await expect(.disabled, "\(made.arn) is disabled.") { _ = try await store.decrypt(ciphertext) }
        await expect(.disabled) {
            _ = try await store.generateDataKey(bytes: 32, with: made.id, context: .empty, by: .alice)
        }
        #expect(try await rig.start().state(made) == .disabled, "a restart does not enable it")
        try await store.enableKey(made.id, by: .alice)
        #expect(try await store.decrypt(ciphertext) == "secret")
    }

    @Test func `the backend forgets a key that is disabled or scheduled for deletion`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.disableKey(made.id, by: .alice)
        #expect(rig.backend.forgotten == [made.object])
        try await store.enableKey(made.id, by: .alice)
        _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        #expect(rig.backend.forgotten == [made.object, made.object])
    }

    @Test func `a key is disabled even when the backend cannot forget it`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        rig.backend.fail(.forgetKey, with: KMSError(.keyUnavailable, "down"))
        try await store.disableKey(made.id, by: .alice)
        #expect(try await store.state(made) == .disabled)
    }

    @Test func `enabling and disabling twice is no error, and no second commit`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.enableKey(made.id, by: .alice)
        try await store.disableKey(made.id, by: .alice)
        let commits = rig.metadata.commits.count
        try await store.disableKey(made.id, by: .alice)
        #expect(rig.metadata.commits.count == commits)
        #expect(try await store.state(made) == .disabled)
    }

    @Test func `a key of another usage does not encrypt`() async throws {
        let made = try await rig.start().newKey()
        // No such key can be made yet; a later version's database holds some.
        var key = made.key
        key.usage = .signVerify
        try await rig.metadata.commit([.saveKey(key)])
        let store = try await rig.start()
        await expect(.invalidKeyUsage, "\(made.arn) key usage is SIGN_VERIFY which is not valid for Encrypt.") {
            _ = try await store.encrypt("x", with: made.id)
        }
        await expect(.invalidKeyUsage, "\(made.arn) key usage is SIGN_VERIFY which is not valid for GenerateDataKey.") {
            _ = try await store.generateDataKey(bytes: 32, with: made.id, context: .empty, by: .alice)
        }
    }

    @Test func `a key that only a newer version understands is kept, reported and not served`() async throws {
        let made = try await rig.start().newKey()
        var key = made.key
        key.spec = KeySpec(rawValue: "KYBER_1024")
        try await rig.metadata.commit([.saveKey(key)])
        let store = try await rig.start()
        #expect(rig.events.take() == ["not understood \(made.id)"])
        await expect(.notFound) { _ = try await store.describeKey(made.id, by: .alice) }
        try await store.performDueWork()
        #expect(rig.backend.objects == [made.object])
        #expect(try await rig.stored(made) == key)
    }

    // MARK: Operations that take no alias

    @Test func `management takes an id or a key ARN, and no alias`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.createAlias("alias/payroll", target: made.id, by: .alice)
        await expect(.notFound, "Invalid keyId 'alias/payroll'") {
            try await store.disableKey("alias/payroll", by: .alice)
        }
        await expect(.invalidARN) {
            try await store.disableKey("arn:aws:kms:eu-central-1:111122223333:alias/payroll", by: .alice)
        }
        try await store.disableKey(made.arn, by: .alice)
        #expect(
            try await store.describeKey("alias/payroll", by: .alice).state == .disabled, "describing takes every form")
        let described = try await store.describeKey(Scope.sample.aliasARN("alias/payroll"), by: .alice)
        #expect(described.key.address == made.key.address)
    }

    // MARK: Description, tags, policy

    @Test func `a description is changed`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.updateKeyDescription(made.id, to: "new", by: .alice)
        #expect(try await rig.start().describeKey(made.id, by: .alice).key.description == "new")
    }

    @Test func `tags are added, changed and taken away`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey { $0.tags = [Tag(key: "a", value: "1"), Tag(key: "b", value: "2")] }
        try await store.tagResource(made.id, tags: [Tag(key: "b", value: "3"), Tag(key: "c", value: "")], by: .alice)
        try await store.untagResource(made.id, keys: ["a", "never there"], by: .alice)
        let tags = try await rig.start().listResourceTags(made.id, PageRequest(), by: .alice)
        #expect(tags.items == [Tag(key: "b", value: "3"), Tag(key: "c", value: "")])
    }

    @Test func `a key has 50 tags at the most`() async throws {
        let store = try await rig.start()
        let fifty = (0..<50).map { Tag(key: "tag \($0)", value: "") }
        let more = [Tag(key: "one more", value: "")]
        await expect(.tag, "Too many tags") { _ = try await store.newKey { $0.tags = fifty + more } }
        #expect(rig.backend.objects.isEmpty)
        let made = try await store.newKey { $0.tags = fifty }
        await expect(.tag, "Too many tags") { try await store.tagResource(made.id, tags: more, by: .alice) }
        try await store.tagResource(made.id, tags: [Tag(key: "tag 7", value: "changed")], by: .alice)
        try await store.untagResource(made.id, keys: ["tag 0"], by: .alice)
        try await store.tagResource(made.id, tags: more, by: .alice)
        #expect(try await store.describeKey(made.id, by: .alice).key.tags.count == 50)
    }

    @Test(arguments: ["aws:", "aws:team", "AWS:team", "Aws:x"])
    func `tags beginning with aws are refused`(name: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let tags = [Tag(key: "fine", value: ""), Tag(key: name, value: "")]
        await expect(.tag, "Tags beginning with aws: are reserved") {
            try await store.tagResource(made.id, tags: tags, by: .alice)
        }
        await expect(.tag, "Tags beginning with aws: are reserved") { _ = try await store.newKey { $0.tags = tags } }
        #expect(try await store.describeKey(made.id, by: .alice).key.tags.isEmpty, "all tags of a request or none")
    }

    @Test func `the same tag twice in one request is refused`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.tag, "Duplicate tag keys") {
            let tag = Tag(key: "a", value: "1")
            try await store.tagResource(made.id, tags: [tag, tag], by: .alice)
        }
    }

    @Test func `a policy is stored word for word, under the one name that there is`() async throws {
        let store = try await rig.start()
        let policy =
            #"{ "Version":"2012-10-17",  "Id": "ü", "Statement": {"Effect":"Allow", "Principal":"*", "Action":"*", "Resource":"*"}}"#
        let made = try await store.newKey()
        try await store.putKeyPolicy(policy, on: made.id, named: "default", by: .alice)
        #expect(try await rig.start().keyPolicy(of: made.id, named: nil, by: .alice) == policy)
        #expect(try store.listKeyPolicies(of: made.id, PageRequest(), by: .alice).items == ["default"])
        await expect(.notFound, "No such policy exists") {
            _ = try store.keyPolicy(of: made.id, named: "other", by: .alice)
        }
        await expect(.notFound, "No such policy exists") {
            try await store.putKeyPolicy(policy, on: made.id, named: "other", by: .alice)
        }
        let given = try await store.newKey { $0.policy = policy }
        #expect(try store.keyPolicy(of: given.id, named: "default", by: .alice) == policy)
    }
}
