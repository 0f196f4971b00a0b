import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import KMSCore

@Suite struct `Keys in a custom key store` {
    let scene = CustomKeyStoreScene()
    private var token: FakeBackend { scene.keyStores.backend() }

    @Test func `are made in its token, under their own ids, and used there`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        scene.rig.backend.clearCalls()
        let key = try await store.newKey(in: id)
        #expect(key.key.origin == .awsCloudHSM && key.key.customKeyStore?.description == id)
        #expect(key.clusterID == FakeKeyStores.first && key.state == .enabled)
        #expect(token.objects == [ObjectID(high: key.key.address.id.high, low: key.key.address.id.low)])
        let ciphertext = try await store.encrypt("wages", with: key.id, in: ["a": "b"])
        #expect(try await store.decrypt(ciphertext, in: ["a": "b"]) == "wages")
        let dataKey = try await store.generateDataKey(bytes: 32, with: key.id, context: .empty, by: .alice)
        #expect(dataKey.plaintext.count == 32)
        _ = try await store.generateDataKeyWithoutPlaintext(bytes: 32, with: key.id, context: .empty, by: .alice)
        await expect(.unsupported, "\(key.arn) origin is AWS_CLOUDHSM which is not valid for this operation.") {
            _ = try await store.generateDataKeyPair(
                "ECC_NIST_P256", with: key.id, context: .empty, showingPrivateKey: true, by: .alice)
        }
        #expect(try await store.generateRandom(bytes: 8, in: id, by: .alice).count == 8)
        #expect(scene.rig.backend.calls.isEmpty, "the server's own token has no part in it")
        let described = try await store.describeKey(key.id, by: .alice)
        #expect(described.clusterID == FakeKeyStores.first)
        #expect(try await scene.rig.stored(key)?.customKeyStore?.description == id)
    }

    @Test func `are Unavailable while it is disconnected, and there again afterwards`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let key = try await store.newKey(in: id)
        let own = try await store.newKey()
        let ciphertext = try await store.encrypt("x", with: key.id)
        try await store.disconnectCustomKeyStore(id, by: .alice)
        #expect(try await store.state(key) == .unavailable)
        await expect(.invalidState) { _ = try await store.encrypt("x", with: key.id) }
        await expect(.invalidState) { _ = try await store.decrypt(ciphertext) }
        await expect(.invalidState) { _ = try await store.decrypt(ciphertext, with: key.id) }
        await expect(.invalidState) {
            _ = try await store.encrypt(
                SecretBytes(copying: [1]), with: key.id, context: .empty, dryRun: true, by: .alice)
        }
        await expect(.invalidState) {
            _ = try await store.generateDataKey(bytes: 32, with: key.id, context: .empty, by: .alice)
        }
        await expect(.customKeyStoreInvalidState) { _ = try await store.newKey(in: id) }
        await expect(.customKeyStoreInvalidState) { _ = try await store.generateRandom(bytes: 8, in: id, by: .alice) }
        _ = try await store.encrypt("x", with: own.id)
        // Management goes on.
        try await store.updateKeyDescription(key.id, to: "still here", by: .alice)
        try await store.disableKey(key.id, by: .alice)
        #expect(try await store.state(key) == .disabled)
        try await store.enableKey(key.id, by: .alice)
        #expect(try await store.state(key) == .unavailable)
        try await store.wait(for: id, "DISCONNECTED")
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "CONNECTED")
        #expect(try await store.state(key) == .enabled)
        #expect(try await store.decrypt(ciphertext) == "x")
    }

    @Test func `have a quota of their key store's, which no other key store and no other key feels`() async throws {
        let limits = try QuotaLimits.unlimited.overriding(["custom key store": .perSecond(3)])
        let store = try await scene.start(limits)
        let id = try await scene.connected(store)
        let other = try await scene.connected(store, name: "other", cluster: FakeKeyStores.second, pin: "7654321")
        let keys = [try await store.newKey(in: id), try await store.newKey(in: id)]
        let elsewhere = [try await store.newKey(in: other), try await store.newKey()]
        for use in 0..<3 { _ = try await store.encrypt("x", with: keys[use % 2].id) }
        await expect(.throttled) { _ = try await store.encrypt("x", with: keys[0].id) }
        await expect(.throttled) { _ = try await store.encrypt("x", with: keys[1].id) }
        _ = try await store.describeKey(keys[0].id, by: .alice)
        for key in elsewhere { _ = try await store.encrypt("x", with: key.id) }
        scene.rig.clock.advance(byMilliseconds: 1000)
        _ = try await store.encrypt("x", with: keys[0].id)
    }

    @Test func `are symmetric, of one Region, and neither rotated nor imported`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        await expect(.unsupported) {
            _ = try await store.newKey {
                $0.origin = .awsCloudHSM
                $0.customKeyStore = id
                $0.spec = .rsa2048
                $0.usage = .signVerify
            }
        }
        await expect(.unsupported) {
            _ = try await store.newKey {
                $0.origin = .awsCloudHSM
                $0.customKeyStore = id
                $0.isMultiRegion = true
            }
        }
        await expect(.validation) { _ = try await store.newKey { $0.customKeyStore = id } }
        await expect(.validation) { _ = try await store.newKey { $0.origin = .awsCloudHSM } }
        await expect(.validation) { _ = try await store.newKey { $0.origin = .externalKeyStore } }
        await expect(.customKeyStoreNotFound) { _ = try await store.newKey(in: "cks-00000000000000000") }
        let key = try await store.newKey(in: id)
        let refusal = "\(key.arn) origin is AWS_CLOUDHSM which is not valid for this operation."
        await expect(.unsupported, refusal) {
            try await store.enableKeyRotation(key.id, periodInDays: nil, by: .alice)
        }
        await expect(.unsupported, refusal) { try await store.disableKeyRotation(key.id, by: .alice) }
        await expect(.unsupported, refusal) { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        await expect(.unsupported, refusal) {
            _ = try await store.parametersForImport(
                of: key.id, algorithm: "RSAES_OAEP_SHA_256", wrappingKeySpec: "RSA_2048", by: .alice)
        }
        await expect(.unsupported, refusal) {
            _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice)
        }
        #expect(try store.keyRotationStatus(key.id, by: .alice).rotation.periodInDays == nil)
        #expect(token.objects.count == 1)
    }

    @Test func `and keys elsewhere take what the others encrypted, through this process`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let other = try await scene.connected(
            store, name: "other", cluster: FakeKeyStores.second, pin: "7654321")
        let keys = [try await store.newKey(in: id), try await store.newKey(in: other), try await store.newKey()]
        for source in keys {
            for destination in keys {
                let ciphertext = try await store.encrypt("moved", with: source.id)
                let moved = try await store.reEncrypt(
                    ciphertext, sourceKey: nil, sourceContext: .empty, destinationKey: destination.id,
                    destinationContext: .empty, by: .alice)
                #expect(moved.destinationKeyARN == destination.arn)
                #expect(try await store.decrypt(moved.ciphertext, with: destination.id) == "moved")
            }
        }
        let calls = scene.rig.backend.calls.filter { $0 == .reEncrypt }
        #expect(calls.count == 1, "only within one token it does not leave it")
    }

    // MARK: Faults

    @Test func `that were being made at a crash are undone when it is connected`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        token.fail(.generateKey, .after, with: KMSError(.dependencyTimeout, "no answer"))
        token.fail(.inventory, with: KMSError(.keyUnavailable, "down"), isLasting: true)
        await expect(.dependencyTimeout) { _ = try await store.newKey(in: id) }
        #expect(token.objects.count == 1)
        token.heal()
        let next = try await scene.start()
        try await next.wait {
            try await next.performDueWork()
            return token.objects.isEmpty
        }
        try await next.wait { try await scene.rig.metadata.load().keys.isEmpty }
    }

    @Test func `that could not be undone are forgotten with their key store`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        token.fail(.generateKey, .after, with: KMSError(.dependencyTimeout, "no answer"))
        token.fail(.inventory, with: KMSError(.keyUnavailable, "down"), isLasting: true)
        await expect(.dependencyTimeout) { _ = try await store.newKey(in: id) }
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        _ = scene.rig.events.take()
        try await store.deleteCustomKeyStore(id, by: .alice)
        #expect(scene.rig.events.take().first?.hasPrefix("left behind") == true)
        #expect(try await scene.rig.metadata.load().keys.isEmpty)
        #expect(token.objects.count == 1)
    }

    @Test func `whose token is down keep nobody else from making and deleting keys`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let other = try await scene.connected(
            store, name: "other", cluster: FakeKeyStores.second, pin: "7654321")
        let stuck = try await store.newKey(in: id)
        let ended = [try await store.newKey(in: other), try await store.newKey()]
        for key in ended + [stuck] {
            _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        }
        let down = KMSError(.keyUnavailable, "down")
        for call in [FakeBackend.Call.generateKey, .inventory, .destroyKey, .encrypt] {
            token.fail(call, with: down, isLasting: true)
        }
        for _ in 0..<KeyStore.maximumAbandoned {
            await expect(.keyUnavailable) { _ = try await store.newKey(in: id) }
        }
        await expect(.throttled) { _ = try await store.newKey(in: id) }
        scene.rig.clock.advance(byDays: 7)
        try await store.performDueWork()
        try await store.wait { scene.keyStores.backend(FakeKeyStores.second).objects.isEmpty }
        await expect(.notFound) { _ = try await store.describeKey(ended[1].id, by: .alice) }
        #expect(try await store.state(stuck) == .pendingDeletion)
        _ = try await store.newKey()
        _ = try await store.newKey(in: other)
        token.heal()
        try await store.wait {
            try await store.performDueWork()
            return token.objects.isEmpty
        }
        _ = try await store.newKey(in: id)
    }

    @Test func `are not destroyed while its token does not show every live one`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let (due, live) = (try await store.newKey(in: id), try await store.newKey(in: id))
        let own = try await store.newKey()
        for key in [due, own] {
            _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        }
        token.hide([live.object])
        scene.rig.clock.advance(byDays: 7)
        _ = scene.rig.events.take()
        try await store.performDueWork()
        try await store.wait { scene.rig.events.all.contains("refused \(live.arn)") }
        #expect(token.objects == [due.object, live.object])
        await expect(.notFound) { _ = try await store.describeKey(own.id, by: .alice) }
        token.heal()
        try await store.wait {
            try await store.performDueWork()
            return token.objects == [live.object]
        }
    }

    @Test func `that its token does not show are Unavailable, and an alarm`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let key = try await store.newKey(in: id)
        _ = scene.rig.events.take()
        token.hide([key.object])
        await expect(.keyUnavailable) { _ = try await store.encrypt("x", with: key.id) }
        #expect(scene.rig.events.take() == ["missing \(key.id)"])
        #expect(try await store.state(key) == .unavailable)
        token.heal()
        _ = try await store.encrypt("x", with: key.id)
        #expect(scene.rig.events.take() == ["found \(key.id)"])
    }

    @Test func `are compared with its own token by doctor`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let key = try await store.newKey(in: id)
        _ = try await store.newKey()
        let own = try await ConsistencyReport(comparing: scene.rig.metadata, with: scene.rig.backend)
        #expect(own.verifiedKeys == 1 && own.faultyKeys.isEmpty && own.orphans.isEmpty)
        let stray = ObjectID.random()
        token.plant([UInt8](repeating: 1, count: 32), as: stray)
        let theirs = try await ConsistencyReport(
            comparing: scene.rig.metadata, with: token, of: .keyStore(try #require(key.key.customKeyStore)))
        #expect(theirs.verifiedKeys == 1 && theirs.faultyKeys.isEmpty && theirs.orphans == [stray])
        token.lose(key.object)
        let lost = try await ConsistencyReport(
            comparing: scene.rig.metadata, with: token, of: .keyStore(try #require(key.key.customKeyStore)))
        #expect(lost.faultyKeys.map(\.address) == [key.key.address])
    }
}
