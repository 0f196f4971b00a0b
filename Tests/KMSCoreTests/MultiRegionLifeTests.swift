import KMSTesting
import Testing

@testable import KMSCore

@Suite struct `Multi-Region keys, rotated and deleted` {
    let rig = MultiRegionRig()

    private func rotate(_ key: KeyDescription, in store: KeyStore) async throws {
        let before = try await store.describeKey(key.id, by: .alice).key.currentMaterial
        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        try await waitUntil("the new material is current") {
            try await store.describeKey(key.id, by: .alice).key.currentMaterial > before
        }
    }

    @Test func `have the same materials everywhere after a rotation`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        try await store.replicateAndWait(key, to: MultiRegionRig.south)
        let old = try await store.encrypt("old", with: key.id)
        try await rotate(key, in: store)
        let new = try await store.encrypt("new", with: key.id)
        for region in [MultiRegionRig.east, MultiRegionRig.south] {
            let context = CallContext.alice(in: region)
            #expect(try await store.decrypt(old, by: context) == "old")
            #expect(try await store.decrypt(new, by: context) == "new")
            let rotations = try store.listKeyRotations(
                key.id, includingAllMaterial: true, PageRequest(limit: 10), by: context)
            #expect(rotations.items.map(\.state) == ["NON_CURRENT", "CURRENT"])
        }
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `are rotated without a Region whose token is away, which follows`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        rig.second.fail(.generateWrappingKey, with: KMSError(.keyUnavailable, "it is away"), isLasting: true)
        rig.second.fail(.inventory, with: KMSError(.keyUnavailable, "it is away"), isLasting: true)
        try await rotate(key, in: store)
        let behind = try await store.describeKey(key.id, by: .aliceInEast)
        #expect(behind.key.currentMaterial == 1, "it goes on with the material that all have")
        let new = try await store.encrypt("new", with: key.id)
        await expect(.keyUnavailable) { _ = try await store.decrypt(new, by: .aliceInEast) }
        let meanwhile = try await store.encrypt("meanwhile", with: key.id, by: .aliceInEast)
        #expect(try await store.decrypt(meanwhile) == "meanwhile")
        rig.second.heal()
        try await store.performDueWork()
        #expect(try await store.decrypt(new, by: .aliceInEast) == "new")
        #expect(try await store.describeKey(key.id, by: .aliceInEast).key.currentMaterial == 2)
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `share their schedule, which the primary alone sets`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        try await store.enableKeyRotation(key.id, periodInDays: 90, by: .alice)
        #expect(try store.keyRotationStatus(key.id, by: .aliceInEast).rotation.periodInDays == 90)
        await expect(.unsupported) { try await store.disableKeyRotation(key.id, by: .aliceInEast) }
        await expect(.unsupported) { _ = try await store.rotateKeyOnDemand(key.id, by: .aliceInEast) }
        rig.clock.advance(byDays: 91)
        try await store.performDueWork()
        let both = [CallContext.alice, .aliceInEast]
        for context in both {
            #expect(try await store.describeKey(key.id, by: context).key.currentMaterial == 2)
        }
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `are destroyed in one token when their day comes, whatever the other token does`() async throws {
        let store = try await rig.start()
        let (here, there) = (try await store.newKey(), try await store.newKey(by: .aliceInEast))
        _ = try await store.scheduleKeyDeletion(here.id, pendingWindowInDays: 7, by: .alice)
        _ = try await store.scheduleKeyDeletion(there.id, pendingWindowInDays: 7, by: .aliceInEast)
        rig.clock.advance(byDays: 8)
        rig.second.fail(.inventory, with: KMSError(.keyUnavailable, "it is away"), isLasting: true)
        await expect(.keyUnavailable) { try await store.performDueWork() }
        await expect(.notFound) { _ = try await store.describeKey(here.id, by: .alice) }
        #expect(rig.first.objects.isEmpty && !rig.second.objects.isEmpty)
        rig.second.heal()
        try await store.performDueWork()
        #expect(rig.second.objects.isEmpty, "it catches up")
    }

    @Test func `with imported material are rotated when every Region has the new material`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey { $0.origin = .external }
        try await store.importSecret(secret(1), into: key)
        try await store.replicate(key)
        _ = try await store.importKeyMaterial(
            try await store.wrap(secret(1), for: key, by: .aliceInEast), into: key.id, by: .aliceInEast)
        let old = try await store.encrypt("old", with: key.id)
        var new = try await store.wrap(secret(2), for: key, by: .aliceInEast)
        new.isNew = true
        await expect(.invalidState) { _ = try await store.importKeyMaterial(new, into: key.id, by: .aliceInEast) }
        var first = try await store.wrap(secret(2), for: key)
        first.isNew = true
        _ = try await store.importKeyMaterial(first, into: key.id, by: .alice)
        await expect(.invalidState) { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        _ = try await store.importKeyMaterial(
            try await store.wrap(secret(2), for: key, by: .aliceInEast), into: key.id, by: .aliceInEast)
        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        let ciphertext = try await store.encrypt("new", with: key.id)
        for context in [CallContext.alice, .aliceInEast] {
            #expect(try await store.describeKey(key.id, by: context).key.currentMaterial == 2)
            #expect(try await store.decrypt(ciphertext, by: context) == "new")
            #expect(try await store.decrypt(old, by: context) == "old")
        }
        try await rig.expectAgreement()
    }

    @Test func `have what their primary has, also when their beginning was lost`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        // The replica is stored, and nobody in this server knows it.
        rig.metadata.fail(commit: 1, .after)
        await expect(.internalFailure) { try await store.replicate(key) }
        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        let ciphertext = try await store.encrypt("new", with: key.id)
        let next = try await rig.start()
        for _ in 0..<2 { try await next.performDueWork() }
        #expect(try await next.decrypt(ciphertext, by: .aliceInEast) == "new")
        #expect(try await next.describeKey(key.id, by: .aliceInEast).key.currentMaterial == 2)
        try await rig.expectAgreement()
    }

    @Test func `end with the primary, when its last replica is gone`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        let waiting = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        #expect(waiting.state == .pendingReplicaDeletion)
        #expect(waiting.key.deletionDate == nil && waiting.key.pendingWindowInDays == 7)
        rig.clock.advance(byDays: 100)
        try await store.performDueWork()
        #expect(try await store.state(key) == .pendingReplicaDeletion, "it waits as long as it takes")
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .aliceInEast)
        rig.clock.advance(byDays: 8)
        try await store.performDueWork()
        await expect(.notFound) { _ = try await store.describeKey(key.id, by: .aliceInEast) }
        #expect(try await store.state(key) == .pendingDeletion)
        rig.clock.advance(byDays: 8)
        try await store.performDueWork()
        await expect(.notFound) { _ = try await store.describeKey(key.id, by: .alice) }
        try await rig.expectAgreement()
        #expect(rig.first.objects.isEmpty && rig.second.objects.isEmpty)
    }

    @Test func `are kept by a cancelled deletion, and replicated again after one`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        _ = try await store.cancelKeyDeletion(key.id, by: .alice)
        #expect(try await store.state(key) == .disabled)
        try await store.enableKey(key.id, by: .alice)
        let ciphertext = try await store.encrypt("kept", with: key.id)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .aliceInEast)
        rig.clock.advance(byDays: 8)
        try await store.performDueWork()
        await expect(.notFound) { _ = try await store.describeKey(key.id, by: .aliceInEast) }
        #expect(try await store.decrypt(ciphertext) == "kept", "its object is its own")
        try await store.replicateAndWait(key)
        #expect(try await store.decrypt(ciphertext, by: .aliceInEast) == "kept")
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `with imported material take the same in every Region, and no other`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey { $0.origin = .external }
        try await store.importSecret(secret(1), into: key)
        let ciphertext = try await store.encrypt("imported", with: key.id)
        let replica = try await store.replicate(key)
        #expect(replica.state == .pendingImport)
        let wrong = try await store.wrap(secret(2), for: key, by: .aliceInEast)
        await expect(.incorrectKeyMaterial) {
            _ = try await store.importKeyMaterial(wrong, into: key.id, by: .aliceInEast)
        }
        let right = try await store.wrap(secret(1), for: key, by: .aliceInEast)
        let change = try await store.importKeyMaterial(right, into: key.id, by: .aliceInEast)
        #expect(change.keyMaterialID == (try await store.describeKey(key.id, by: .alice)).key.materials[0].idText)
        #expect(try await store.decrypt(ciphertext, by: .aliceInEast) == "imported")
        _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .aliceInEast)
        #expect(try await store.state(key) == .enabled, "each Region deletes its own")
        try await rig.expectAgreement()
    }
}
