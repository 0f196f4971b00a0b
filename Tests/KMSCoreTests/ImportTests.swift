import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Imported key material` {
    let rig = Rig()

    @Test func `A key of origin EXTERNAL waits for its material, and has no object`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        #expect(key.state == .pendingImport)
        #expect(try await store.state(key) == .pendingImport)
        #expect(rig.backend.objects.isEmpty)
        await expect(.invalidState, "\(key.arn) is pending import.") {
            _ = try await store.encrypt("x", with: key.id)
        }
    }

    @Test(arguments: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
    func `What was wrapped in any way is usable, also after a restart`(algorithm: String) async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let material = try await store.wrap(secret(1), for: key, algorithm: algorithm)
        let change = try await store.importKeyMaterial(material, into: key.id, by: .alice)
        #expect(change.keyARN == key.arn)
        let ciphertext = try await store.encrypt("x", with: key.id)
        let restarted = try await rig.start()
        #expect(try await restarted.decrypt(ciphertext) == "x")
        #expect(try await restarted.state(key) == .enabled)
        try await rig.expectAgreement()
    }

    @Test func `The parameters are good for a day, also after a restart`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let early = try await store.wrap(secret(1), for: key)
        let late = early
        rig.clock.advance(bySeconds: 24 * 3600 - 1)
        let restarted = try await rig.start()
        _ = try await restarted.importKeyMaterial(early, into: key.id, by: .alice)
        rig.clock.advance(bySeconds: 1)
        await expect(.expiredImportToken) {
            _ = try await restarted.importKeyMaterial(late, into: key.id, by: .alice)
        }
        try await restarted.performDueWork()
        #expect(rig.backend.objects.count == 2, "the key and what seals the tokens: the wrapping key is destroyed")
        try await rig.expectAgreement()
    }

    @Test func `A token of another key, an altered one and none at all are refused, and nothing changes`() async throws
    {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let other = try await store.newImportedKey()
        let foreign = try await store.wrap(secret(1), for: other)
        var altered = try await store.wrap(secret(1), for: key)
        altered.importToken[20] ^= 1
        var short = altered
        short.importToken = [1, 2, 3]
        let before = try await rig.metadata.load()
        let objects = rig.backend.objects
        for material in [foreign, altered, short] {
            await expect(.invalidImportToken) {
                _ = try await store.importKeyMaterial(material, into: key.id, by: .alice)
            }
        }
        #expect(try await rig.metadata.load() == before)
        #expect(rig.backend.objects == objects)
    }

    @Test func `Only the same material can be imported again`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let first = try await store.importSecret(secret(1), into: key)
        let ciphertext = try await store.encrypt("x", with: key.id)
        for isGone in [false, true] {
            if isGone { _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice) }
            await expect(.incorrectKeyMaterial) { try await store.importSecret(secret(2), into: key) }
            try await rig.expectAgreement()
            #expect(try await store.state(key) == (isGone ? .pendingImport : .enabled))
            #expect(try await store.importSecret(secret(1), into: key) == first)
            #expect(try await store.decrypt(ciphertext) == "x")
        }
    }

    @Test func `Material of the wrong size or wrapped under another key is refused, and nothing changes`() async throws
    {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        await expect(.incorrectKeyMaterial) { try await store.importSecret(secret(1, count: 16), into: key) }
        var material = try await store.wrap(secret(1), for: key)
        material.encryptedMaterial = try await store.wrap(secret(1), for: key).encryptedMaterial
        await expect(.invalidCiphertext) { _ = try await store.importKeyMaterial(material, into: key.id, by: .alice) }
        material.encryptedMaterial = [1, 2, 3]
        await expect(.invalidCiphertext) { _ = try await store.importKeyMaterial(material, into: key.id, by: .alice) }
        #expect(try await store.state(key) == .pendingImport)
        try await rig.expectAgreement()
    }

    @Test func `ValidTo has to lie in the next 365 days, and to be there just when the material expires`() async throws
    {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let now = rig.clock.now
        for (expires, validTo) in [
            (true, nil), (false, now.adding(days: 1)), (true, now), (true, now.adding(days: 366)),
        ] {
            var material = try await store.wrap(secret(1), for: key)
            (material.expires, material.validTo) = (expires, validTo)
            await expect(.validation) { _ = try await store.importKeyMaterial(material, into: key.id, by: .alice) }
        }
        try await store.importSecret(secret(1), into: key, validTo: now.adding(days: 365))
    }

    @Test func `At its ValidTo a key refuses, before anybody has destroyed anything`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key, validTo: rig.clock.now.adding(days: 1))
        let ciphertext = try await store.encrypt("x", with: key.id)
        rig.clock.advance(byDays: 1)
        for store in [store, try await rig.start()] {
            #expect(try await store.state(key) == .pendingImport)
            await expect(.invalidState, "\(key.arn) is pending import.") { _ = try await store.decrypt(ciphertext) }
        }
        #expect(rig.backend.objects.count == 3)
    }

    @Test func `Expired material is destroyed once, told of, and can be imported again`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let change = try await store.importSecret(secret(1), into: key, validTo: rig.clock.now.adding(days: 1))
        let ciphertext = try await store.encrypt("x", with: key.id)
        rig.clock.advance(byDays: 1)
        _ = rig.events.take()
        try await store.performDueWork()
        try await store.performDueWork()
        #expect(rig.events.take() == ["expired \(key.id) \(try #require(change.keyMaterialID))"])
        try await rig.expectAgreement()
        #expect(rig.backend.objects.count == 1)
        try await store.importSecret(secret(1), into: key)
        #expect(try await store.decrypt(ciphertext) == "x")
    }

    @Test func `A new ValidTo of the same material keeps it alive`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key, validTo: rig.clock.now.adding(days: 1))
        try await store.importSecret(secret(1), into: key, validTo: rig.clock.now.adding(days: 3))
        rig.clock.advance(byDays: 2)
        try await store.performDueWork()
        #expect(try await store.state(key) == .enabled)
    }

    @Test func `Nothing expires in a token that does not show the other keys`() async throws {
        let store = try await rig.start()
        let other = try await store.newKey()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key, validTo: rig.clock.now.adding(days: 1))
        rig.clock.advance(byDays: 1)
        rig.backend.lose(other.object)
        let objects = rig.backend.objects
        await expect(.keyUnavailable) { try await store.performDueWork() }
        #expect(rig.backend.objects == objects)
        #expect(try await store.state(key) == .pendingImport)
    }

    @Test func `Deleted material is gone from the token, and deleting it again is no error`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let change = try await store.importSecret(secret(1), into: key)
        for _ in 0..<2 {
            #expect(try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice) == change)
        }
        #expect(try await store.state(key) == .pendingImport)
        try await rig.expectAgreement()
        let generated = try await store.newKey()
        await expect(.unsupported, "\(generated.arn) origin is AWS_KMS which is not valid for this operation.") {
            _ = try await store.deleteImportedKeyMaterial(of: generated.id, materialID: nil, by: .alice)
        }
    }

    @Test func `Import is for keys of origin EXTERNAL that are not pending deletion`() async throws {
        let store = try await rig.start()
        let generated = try await store.newKey()
        await expect(.unsupported, "\(generated.arn) origin is AWS_KMS which is not valid for this operation.") {
            _ = try await store.wrap(secret(1), for: generated)
        }
        let key = try await store.newImportedKey()
        let material = try await store.wrap(secret(1), for: key)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        await expect(.invalidState, "\(key.arn) is pending deletion.") {
            _ = try await store.importKeyMaterial(material, into: key.id, by: .alice)
        }
        _ = try await store.cancelKeyDeletion(key.id, by: .alice)
        #expect(try await store.state(key) == .pendingImport)
    }

    @Test func `A sixth wrapping key takes the place of the first`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        var materials: [MaterialImport] = []
        for _ in 0..<6 {
            materials.append(try await store.wrap(secret(1), for: key))
            rig.clock.advance(bySeconds: 1)
        }
        try await store.performDueWork()
        #expect(rig.backend.objects.count == 6, "five wrapping keys and what seals the tokens")
        await expect(.invalidImportToken) {
            _ = try await store.importKeyMaterial(materials[0], into: key.id, by: .alice)
        }
        _ = try await store.importKeyMaterial(materials[1], into: key.id, by: .alice)
    }

    @Test(arguments: [
        ("RSAES_PKCS1_V1_5", "RSA_2048"), ("SM2PKE", "SM2"), ("RSAES_OAEP_SHA_256", "SM2"),
    ])
    func `Other ways to wrap are refused by name`(algorithm: String, spec: String) async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        await expect(.unsupported) { _ = try await store.wrap(secret(1), for: key, algorithm: algorithm, spec: spec) }
        #expect(rig.backend.objects.isEmpty)
    }

    @Test func `An RSA key does not fit into one RSA encryption, and that is said before it is tried`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey(.rsa2048, .signVerify)
        await expect(.unsupported) { _ = try await store.wrap([], for: key) }
        let curve = try await store.newImportedKey(.p521, .signVerify)
        await expect(.unsupported) { _ = try await store.wrap([], for: curve, spec: "RSA_2048") }
    }

    @Test func `A private key signs after its import, and its public key is known`() async throws {
        let store = try await rig.start()
        let pair = try PrivateKey.generate(.ec(.p256))
        let publicKey = pair.publicKey
        let key = try await store.newImportedKey(.p256, .signVerify)
        let bytes = pair.pkcs8().exposedArray
        let material = try await store.wrap(bytes, for: key, algorithm: "RSA_AES_KEY_WRAP_SHA_256")
        _ = try await store.importKeyMaterial(material, into: key.id, by: .alice)
        #expect(try store.publicKey(of: key.id, by: .alice).publicKey == publicKey.subjectPublicKeyInfo)
        let result = try await store.sign(
            SecretBytes(copying: secret(7)), .raw, algorithm: "ECDSA_SHA_256", with: key.id, dryRun: false, by: .alice)
        let digest = Digest.sha256.hash(secret(7))
        #expect(publicKey.isValidSignature(result.signature, of: digest, .ecdsa(.sha256)))
    }
}

@Suite struct `New material of an imported key` {
    let rig = Rig()

    @Test func `It waits for its rotation, and then both decrypt`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let first = try await store.importSecret(secret(1), into: key, description: "first")
        let old = try await store.encrypt("old", with: key.id)
        let second = try await store.importSecret(secret(2), into: key, asNew: true, description: "second")
        #expect(first != second)
        #expect(try await store.encrypt("x", with: key.id).count == old.count + 1 - 3)
        let waiting = try store.listKeyRotations(
            key.id, includingAllMaterial: true, PageRequest(), by: .alice
        ).items
        #expect(waiting.map(\.state) == ["CURRENT", "PENDING_ROTATION"])
        #expect(waiting.map { $0.material.imported?.description } == ["first", "second"])
        #expect(try await store.rotateKeyOnDemand(key.id, by: .alice) == key.arn)
        let new = try await store.encrypt("new", with: key.id)
        #expect(try CiphertextBlob(decoding: new).materialNumber == 2)
        let restarted = try await rig.start()
        #expect(try await restarted.decrypt(old) == "old")
        #expect(try await restarted.decrypt(new) == "new")
        let all = try restarted.listKeyRotations(key.id, includingAllMaterial: true, PageRequest(), by: .alice).items
        #expect(all.map(\.state) == ["NON_CURRENT", "CURRENT"])
        #expect(all.map(\.importState) == ["IMPORTED", "IMPORTED"])
        #expect(
            try restarted.listKeyRotations(key.id, includingAllMaterial: false, PageRequest(), by: .alice).items
                .map(\.material.rotation?.kind) == [.onDemand])
    }

    @Test func `One new material waits at a time, and what is known is not new`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key)
        await expect(.incorrectKeyMaterial) { try await store.importSecret(secret(1), into: key, asNew: true) }
        try await store.importSecret(secret(2), into: key, asNew: true)
        await expect(.invalidState) { try await store.importSecret(secret(3), into: key, asNew: true) }
        try await rig.expectAgreement()
    }

    @Test func `Without material that waits there is no rotation`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        await expect(.invalidState, "\(key.arn) is pending import.") {
            _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        }
        try await store.importSecret(secret(1), into: key)
        await expect(.invalidState, "No available key material pending rotation for the key: \(key.arn).") {
            _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        }
    }

    @Test func `A key needs all the material that it ever used, but not what waits`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let first = try await store.importSecret(secret(1), into: key)
        let second = try await store.importSecret(secret(2), into: key, asNew: true)
        _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: second.keyMaterialID, by: .alice)
        #expect(try await store.state(key) == .enabled)
        try await store.importSecret(secret(2), into: key, asNew: true)
        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: first.keyMaterialID, by: .alice)
        #expect(try await store.state(key) == .pendingImport)
        // Which one it is, the material itself tells.
        #expect(try await store.importSecret(secret(1), into: key) == first)
        #expect(try await store.state(key) == .enabled)
        try await rig.expectAgreement()
    }

    @Test func `Only symmetric keys take new material`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey(.hmac256, .generateVerifyMAC)
        try await store.importSecret(secret(1), into: key)
        await expect(.unsupported) { try await store.importSecret(secret(2), into: key, asNew: true) }
    }
}
