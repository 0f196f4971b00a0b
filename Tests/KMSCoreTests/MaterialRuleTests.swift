import KMSTesting
import SecureMemory
import Testing

@testable import KMSCore

/// What AWS KMS documents of keys with imported material, and of schedules, beyond the way of one import.
@Suite struct `The rules of key material` {
    let rig = Rig()

    @Test func `Material of a key pending deletion can be deleted, and the state stays`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice)
        #expect(try await store.state(key) == .pendingDeletion)
        _ = try await store.cancelKeyDeletion(key.id, by: .alice)
        #expect(try await store.state(key) == .pendingImport)
        try await rig.expectAgreement()
    }

    @Test func `A key pending deletion shows no schedule, until the deletion is cancelled`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        try await store.enableKeyRotation(key.id, periodInDays: 100, by: .alice)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        #expect(try store.keyRotationStatus(key.id, by: .alice).rotation == KeyRotation())
        _ = try await store.cancelKeyDeletion(key.id, by: .alice)
        #expect(try store.keyRotationStatus(key.id, by: .alice).rotation.periodInDays == 100)
    }

    @Test func `A schedule for a key pending import is refused for the key's origin`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let message = "\(key.arn) origin is EXTERNAL which is not valid for this operation."
        await expect(.unsupported, message) {
            try await store.enableKeyRotation(key.id, periodInDays: nil, by: .alice)
        }
        await expect(.unsupported, message) { try await store.disableKeyRotation(key.id, by: .alice) }
    }

    @Test func `Only material of symmetric keys has an id, a description and successors`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey(.hmac256, .generateVerifyMAC)
        let material = try await store.wrap(secret(1), for: key)
        for edit in [{ $0.description = "mine" }, { $0.materialID = key.key.materials[0].idText }, { $0.isNew = true }]
            as [(inout MaterialImport) -> Void]
        {
            var misplaced = material
            edit(&misplaced)
            let request = misplaced
            await expect(.unsupported) { _ = try await store.importKeyMaterial(request, into: key.id, by: .alice) }
        }
        #expect(try await store.importKeyMaterial(material, into: key.id, by: .alice).keyMaterialID == nil)
        #expect(
            try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice)
                == MaterialChange(keyARN: key.arn, keyMaterialID: nil))
    }

    @Test(arguments: [false, true])
    func `An import enables a key that was disabled when its material expired`(isNoticed: Bool) async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key, validTo: rig.clock.now.adding(days: 1))
        try await store.disableKey(key.id, by: .alice)
        rig.clock.advance(byDays: 1)
        if isNoticed { try await store.performDueWork() }
        #expect(try await store.state(key) == .pendingImport)
        try await store.importSecret(secret(1), into: key)
        #expect(try await store.state(key) == .enabled)
    }

    @Test func `Every import is told of, also one that only changes the expiry`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        for _ in 0..<2 {
            let change = try await store.importSecret(secret(1), into: key)
            #expect(rig.events.take() == ["imported \(key.id) \(try #require(change.keyMaterialID)) in the token"])
        }
    }

    @Test func `A use counts as the last one also after a clock that was wrong was set back`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        let right = rig.clock.now
        rig.clock.advance(byDays: 1000)
        _ = try await store.encrypt("x", with: key.id)
        rig.clock.set(right)
        _ = try await store.generateDataKey(bytes: 32, with: key.id, context: .empty, by: .alice)
        #expect(try store.keyLastUsage(key.id, by: .alice).lastUsage?.date == right)
    }
}

@Suite struct `A key of alias/aws that is not there yet` {
    let rig = Rig()
    private static let name = "alias/aws/s3"

    @Test func `is not made by what a key for encryption never does, or a new one cannot`() async throws {
        let store = try await rig.start()
        await expect(.notFound) {
            _ = try await store.sign(
                SecretBytes(copying: [1]), .raw, algorithm: "ECDSA_SHA_256", with: Self.name, by: .alice)
        }
        await expect(.notFound) {
            _ = try store.verify(
                [1], of: SecretBytes(copying: [1]), .raw, algorithm: "ECDSA_SHA_256", with: Self.name, by: .alice)
        }
        await expect(.notFound) { _ = try store.publicKey(of: Self.name, by: .alice) }
        await expect(.notFound) {
            _ = try await store.generateMAC(
                of: SecretBytes(copying: [1]), algorithm: "HMAC_SHA_256", with: Self.name, by: .alice)
        }
        await expect(.notFound) {
            _ = try await store.deriveSharedSecret(withPublicKey: [1], algorithm: "ECDH", key: Self.name, by: .alice)
        }
        await expect(.notFound) { _ = try await store.decrypt([1], with: Self.name) }
        #expect(rig.backend.objects.isEmpty)
        #expect(rig.metadata.commits.isEmpty)
    }

    @Test func `is not made for who may not use it`() async throws {
        let store = try await rig.start()
        let bob = CallContext(
            caller: .user(Principal(account: Scope.sample.account, arn: "arn:aws:iam::111122223333:user/bob")),
            region: Scope.sample.region)
        await expect(.accessDenied) { _ = try await store.encrypt("x", with: Self.name, by: bob) }
        #expect(rig.backend.objects.isEmpty)
        #expect(rig.metadata.commits.isEmpty)
    }

    @Test(arguments: ["alias/aws/s3", "arn:aws:kms:us-east-1:111122223333:alias/aws/s3"])
    func `is made under its name and its ARN`(name: String) async throws {
        let store = try await rig.start()
        let arn = name.hasPrefix("arn:") ? Scope.sample.aliasARN("alias/aws/s3") : name
        #expect(try await store.describeKey(arn, by: .alice).key.manager == .aws)
    }
}

@Suite struct `A stored public key` {
    let rig = Rig()

    @Test func `that cannot be read hinders only what needs it`() async throws {
        let made = try await rig.start().newKey {
            $0.spec = .p256
            $0.usage = .signVerify
        }
        var key = made.key
        key.materials[0].publicKey = [0x30, 0]
        try await rig.metadata.commit([.saveKey(key)])
        let store = try await rig.start()
        #expect(rig.events.take().isEmpty)
        let signed = try await store.sign(
            SecretBytes(copying: [1]), .raw, algorithm: "ECDSA_SHA_256", with: made.id, by: .alice)
        await expect(.internalFailure) {
            _ = try store.verify(
                signed.signature, of: SecretBytes(copying: [1]), .raw, algorithm: "ECDSA_SHA_256", with: made.id,
                by: .alice)
        }
        try await store.disableKey(made.id, by: .alice)
        #expect(try await store.state(made) == .disabled)
    }

    @Test func `is looked at before it is stored`() async throws {
        await expect(.internalFailure) { try GeneratedKey(checkValue: [1]).checkPublicKey(of: .rsa2048) }
        await expect(.internalFailure) {
            try GeneratedKey(checkValue: [1], publicKey: [0x30, 0]).checkPublicKey(of: .p256)
        }
        try GeneratedKey(checkValue: [1]).checkPublicKey(of: .hmac256)
    }

    @Test func `serves many first requests at once`() async throws {
        let made = try await rig.start().newKey {
            $0.spec = .p256
            $0.usage = .signVerify
        }
        let store = try await rig.start()
        let signed = try await store.sign(
            SecretBytes(copying: [1]), .raw, algorithm: "ECDSA_SHA_256", with: made.id, by: .alice)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    _ = try store.verify(
                        signed.signature, of: SecretBytes(copying: [1]), .raw, algorithm: "ECDSA_SHA_256",
                        with: made.id, by: .alice)
                }
            }
            try await group.waitForAll()
        }
    }
}
