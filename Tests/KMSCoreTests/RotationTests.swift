import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `Rotation` {
    let rig = Rig()

    @Test func `After many rotations every old ciphertext and data key decrypts`() async throws {
        var store = try await rig.start()
        let key = try await store.newKey()
        var ciphertexts: [[UInt8]] = []
        var dataKeys: [(plaintext: [UInt8], sealed: [UInt8])] = []
        for round in 0..<6 {
            if round > 0 { #expect(try await store.rotateKeyOnDemand(key.id, by: .alice) == key.arn) }
            ciphertexts.append(try await store.encrypt("\(round)", with: key.id))
            let dataKey = try await store.generateDataKey(bytes: 32, with: key.id, context: .empty, by: .alice)
            dataKeys.append((dataKey.plaintext.exposedArray, dataKey.sealed.ciphertext))
            if round == 3 { store = try await rig.start() }
        }
        let numbers = try ciphertexts.map { try CiphertextBlob(decoding: $0).materialNumber }
        #expect(numbers == [1, 2, 3, 4, 5, 6])
        let restarted = try await rig.start()
        for (round, ciphertext) in ciphertexts.enumerated() {
            #expect(try await restarted.decrypt(ciphertext) == "\(round)")
        }
        for (plaintext, sealed) in dataKeys {
            let result = try await restarted.decrypt(sealed, with: nil, context: .empty, by: .alice)
            #expect(result.plaintext.exposedArray == plaintext)
        }
        let moved = try await restarted.reEncrypt(
            ciphertexts[0], sourceKey: nil, sourceContext: .empty, destinationKey: key.id, destinationContext: .empty,
            by: .alice)
        #expect(try CiphertextBlob(decoding: moved.ciphertext).materialNumber == 6)
        let listed = try restarted.listKeyRotations(key.id, includingAllMaterial: false, PageRequest(), by: .alice)
        #expect(listed.items.map(\.material.number) == [2, 3, 4, 5, 6])
        #expect(listed.items.allSatisfy { $0.material.rotation?.kind == .onDemand && $0.importState == nil })
        try await rig.expectAgreement()
    }

    @Test func `Rotations are listed in pages, in order`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        for _ in 0..<12 { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        var numbers: [UInt32] = []
        var marker: String?
        repeat {
            let page = try store.listKeyRotations(
                key.id, includingAllMaterial: true, PageRequest(limit: 5, marker: marker), by: .alice)
            numbers += page.items.map(\.material.number)
            marker = page.nextMarker
        } while marker != nil
        #expect(numbers == Array(1...13))
    }

    @Test func `A key is rotated on demand 25 times and no more`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        for _ in 0..<25 { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        await expect(
            .limitExceeded,
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
                + "performed for this key: \(key.arn)"
        ) { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        try await rig.expectAgreement()
    }

    @Test func `A schedule rotates when it is due, once after a long absence, and then on from there`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        try await store.enableKeyRotation(key.id, periodInDays: 90, by: .alice)
        let enabled = rig.clock.now
        #expect(try store.keyRotationStatus(key.id, by: .alice).rotation.nextDate == enabled.adding(days: 90))
        rig.clock.advance(byDays: 89)
        try await store.performDueWork()
        #expect(try await material(of: key, store) == 1)
        rig.clock.advance(byDays: 1 + 900)
        let restarted = try await rig.start()
        for _ in 0..<3 { try await restarted.performDueWork() }
        #expect(try await material(of: key, restarted) == 2)
        #expect(
            try restarted.keyRotationStatus(key.id, by: .alice).rotation.nextDate == rig.clock.now.adding(days: 90))
        rig.clock.advance(byDays: 90)
        try await restarted.performDueWork()
        #expect(try await material(of: key, restarted) == 3)
        let listed = try restarted.listKeyRotations(key.id, includingAllMaterial: false, PageRequest(), by: .alice)
        #expect(listed.items.allSatisfy { $0.material.rotation?.kind == .automatic })
        #expect(rig.events.all.filter { $0.hasPrefix("rotated") }.count == 2)
    }

    @Test func `A rotation on demand leaves the schedule as it is, and disabling ends it`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        try await store.enableKeyRotation(key.id, periodInDays: nil, by: .alice)
        let status = try store.keyRotationStatus(key.id, by: .alice)
        #expect(status.rotation.periodInDays == 365)
        rig.clock.advance(byDays: 100)
        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        try await store.enableKeyRotation(key.id, periodInDays: 365, by: .alice)
        #expect(try store.keyRotationStatus(key.id, by: .alice).rotation.nextDate == status.rotation.nextDate)
        try await store.disableKeyRotation(key.id, by: .alice)
        rig.clock.advance(byDays: 1000)
        try await store.performDueWork()
        #expect(try await material(of: key, store) == 2)
    }

    @Test func `A disabled key is rotated when it is enabled again`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        try await store.enableKeyRotation(key.id, periodInDays: 90, by: .alice)
        try await store.disableKey(key.id, by: .alice)
        rig.clock.advance(byDays: 200)
        try await store.performDueWork()
        #expect(try await material(of: key, store) == 1)
        await expect(.disabled, "\(key.arn) is disabled.") { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        try await store.enableKey(key.id, by: .alice)
        try await store.performDueWork()
        #expect(try await material(of: key, store) == 2)
    }

    @Test func `Only symmetric keys rotate, and imported ones not by themselves`() async throws {
        let store = try await rig.start()
        let pair = try await store.newKey {
            $0.spec = .p256
            $0.usage = .signVerify
        }
        for attempt in [
            { try await store.enableKeyRotation(pair.id, periodInDays: nil, by: .alice) },
            { try await store.disableKeyRotation(pair.id, by: .alice) },
            { _ = try await store.rotateKeyOnDemand(pair.id, by: .alice) },
            { _ = try store.keyRotationStatus(pair.id, by: .alice) },
            { _ = try store.listKeyRotations(pair.id, includingAllMaterial: false, PageRequest(), by: .alice) },
        ] as [() async throws -> Void] {
            await expect(.unsupported, "", from: attempt)
        }
        let imported = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: imported)
        await expect(.unsupported, "\(imported.arn) origin is EXTERNAL which is not valid for this operation.") {
            try await store.enableKeyRotation(imported.id, periodInDays: nil, by: .alice)
        }
    }

    @Test func `Material that has made nearly as many encryptions as it may is replaced by itself`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        try await rig.metadata.commit([
            .reserveEncryptions(key.key.address, material: 1, total: (1 << 32) - (1 << 28))
        ])
        let restarted = try await rig.start()
        try await restarted.performDueWork()
        #expect(try await material(of: key, restarted) == 2)
        try await restarted.performDueWork()
        #expect(try await material(of: key, restarted) == 2)
    }

    @Test func `A rotation that fails leaves nothing behind, and the next one works`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        for commit in 1...2 {
            for moment in [FakeBackend.Moment.before, .after] {
                rig.metadata.fail(commit: commit, moment)
                await expect(.internalFailure) { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
                #expect(try await store.decrypt(store.encrypt("x", with: key.id)) == "x")
                try await store.performDueWork()
                try await rig.expectAgreement()
            }
        }
        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        #expect(try await material(of: key, store) > 1)
        try await rig.expectAgreement()
    }

    @Test func `Of many rotations at once each counts or is told to wait, and no request is lost`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        let rotations = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do {
                        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
                        return 1
                    } catch let error as KMSError where error.code == .conflict {
                        return 0
                    }
                }
                group.addTask {
                    for round in 0..<50 {
                        let ciphertext = try await store.encrypt("\(round)", with: key.id)
                        #expect(try await store.decrypt(ciphertext) == "\(round)")
                    }
                    return 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(rotations >= 1)
        #expect(try await material(of: key, store) == UInt32(rotations) + 1)
        try await rig.expectAgreement()
    }

    private func material(of key: KeyDescription, _ store: KeyStore) async throws -> UInt32 {
        try await store.describeKey(key.id, by: .alice).key.currentMaterial
    }
}

@Suite struct `AWS managed keys` {
    let rig = Rig()

    @Test func `The first use of alias/aws makes one key, however many come at once`() async throws {
        let store = try await rig.start()
        let arns = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await store.encrypt(
                        SecretBytes(copying: [1]), with: "alias/aws/s3", context: .empty, by: .alice
                    ).keyARN
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(arns.count == 1)
        let key = try await store.describeKey("alias/aws/s3", by: .alice).key
        #expect(key.manager == .aws)
        #expect(key.rotation.periodInDays == 365)
        let restarted = try await rig.start()
        #expect(
            try await restarted.describeKey(Scope.sample.aliasARN("alias/aws/s3"), by: .alice).key.address
                == key.address)
        try await rig.expectAgreement()
    }

    @Test func `Nobody can change one, but the years do`() async throws {
        let store = try await rig.start()
        let id = try await store.describeKey("alias/aws/ebs", by: .alice).id
        for attempt in [
            { try await store.disableKey(id, by: .alice) },
            { _ = try await store.scheduleKeyDeletion(id, pendingWindowInDays: 7, by: .alice) },
            { try await store.putKeyPolicy(.openPolicy, on: id, named: nil, by: .alice) },
            { try await store.tagResource(id, tags: [Tag(key: "a", value: "b")], by: .alice) },
            { try await store.updateKeyDescription(id, to: "mine", by: .alice) },
            { try await store.disableKeyRotation(id, by: .alice) },
            { _ = try await store.rotateKeyOnDemand(id, by: .alice) },
            { try await store.createAlias("alias/mine", target: id, by: .alice) },
        ] as [() async throws -> Void] {
            await expect(.accessDenied, from: attempt)
        }
        let ciphertext = try await store.encrypt("x", with: "alias/aws/ebs")
        rig.clock.advance(byDays: 365)
        try await store.performDueWork()
        #expect(try await store.describeKey(id, by: .alice).key.currentMaterial == 2)
        #expect(try await store.decrypt(ciphertext) == "x")
    }

    @Test(arguments: ["alias/aws/", "alias/aws/S3", "alias/aws/a/b", "alias/aws/" + String(repeating: "a", count: 33)])
    func `Other names under alias/aws are just not found`(name: String) async throws {
        let store = try await rig.start()
        await expect(.notFound) { _ = try await store.describeKey(name, by: .alice) }
        #expect(rig.backend.objects.isEmpty)
    }

    @Test func `A creation that fails is undone, and the next use makes it`() async throws {
        let store = try await rig.start()
        rig.metadata.fail(commit: 2, .before)
        await expect(.internalFailure) { _ = try await store.describeKey("alias/aws/sns", by: .alice) }
        try await store.performDueWork()
        try await rig.expectAgreement()
        _ = try await store.encrypt("x", with: "alias/aws/sns")
        try await rig.expectAgreement()
    }
}

@Suite struct `The last use of a key` {
    let rig = Rig()

    @Test func `It is told at once, and written in batches`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        #expect(try store.keyLastUsage(key.id, by: .alice).lastUsage == nil)
        let context = CallContext(
            principal: CallContext.alice.principal, region: CallContext.alice.region, requestID: "r-1")
        let ciphertext = try await store.encrypt("x", with: key.id, by: context)
        let encrypted = KeyLastUsage(operation: "Encrypt", date: rig.clock.now, requestID: "r-1")
        #expect(try store.keyLastUsage(key.id, by: .alice).lastUsage == encrypted)
        #expect(try await rig.metadata.load().lastUsages.isEmpty, "the hot path writes nothing")
        try await store.performDueWork()
        #expect(try await rig.metadata.load().lastUsages == [key.key.address: encrypted])
        rig.clock.advance(bySeconds: 1)
        _ = try await store.decrypt(ciphertext)
        try await store.stop()
        let restarted = try await rig.start()
        #expect(try restarted.keyLastUsage(key.id, by: .alice).lastUsage?.operation == "Decrypt")
    }

    @Test func `What failed is no use, and what could not be written is written later`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        await expect(.invalidCiphertext) { _ = try await store.decrypt([1, 2, 3], with: key.id) }
        #expect(try store.keyLastUsage(key.id, by: .alice).lastUsage == nil)
        _ = try await store.encrypt("x", with: key.id)
        rig.metadata.fail(commit: 2, .before)
        _ = try? await store.performDueWork()
        try await store.performDueWork()
        #expect(try await rig.metadata.load().lastUsages.count == 1)
    }
}
