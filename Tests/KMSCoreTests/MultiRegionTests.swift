import KMSTesting
import Synchronization
import Testing

@testable import KMSCore

@Suite struct `Multi-Region keys` {
    let rig = MultiRegionRig()

    @Test func `have an id that tells it, and are primary keys at first`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        #expect(key.id.hasPrefix("mrk-"))
        #expect(key.multiRegion?.type == .primary)
        #expect(key.multiRegion?.primary == key.key.address)
        #expect(key.multiRegion?.replicas.isEmpty == true)
        #expect(rig.first.calls.contains(.generateMovableKey), "only such keys can ever be wrapped")
        _ = try await store.newKey()
        #expect(rig.first.calls.contains(.generateKey))
    }

    @Test(arguments: [MultiRegionRig.east, MultiRegionRig.south])
    func `decrypt in a Region what was encrypted in another, by its own token`(region: Region) async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        let ciphertext = try await store.encrypt("shared", with: key.id, in: ["a": "b"])
        let replica = try await store.replicate(key, to: region)
        #expect(replica.state == .creating, "it is answered when it is stored")
        #expect(replica.multiRegion?.type == .replica)
        try await waitUntil("the replica is Enabled") { try await store.state(key, in: region) == .enabled }
        let context = CallContext.alice(in: region)
        #expect(try await store.decrypt(ciphertext, in: ["a": "b"], by: context) == "shared")
        if region == MultiRegionRig.east {
            rig.first.fail(.decrypt, with: KMSError(.keyUnavailable, "it is away"), isLasting: true)
            #expect(try await store.decrypt(ciphertext, in: ["a": "b"], by: context) == "shared")
        }
        let back = try await store.encrypt("back", with: key.id, by: context)
        rig.first.heal()
        #expect(try await store.decrypt(back) == "back")
        let shown = try await store.describeKey(key.id, by: context)
        #expect(shown.multiRegion?.primary == key.key.address)
        #expect(shown.multiRegion?.replicas == [shown.key.address])
        #expect(shown.key.materials[0].id == key.key.materials[0].id)
        #expect(shown.key.materials[0].reference.object != key.object, "each Region has an object of its own")
        try await store.performDueWork()
        try await rig.expectAgreement()
        #expect(rig.second.calls.contains(.unwrapKey) == (region == MultiRegionRig.east))
    }

    @Test func `survive a restart as they were`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        let before = try await store.describeKey(key.id, by: .aliceInEast)
        let after = try await rig.start().describeKey(key.id, by: .aliceInEast)
        #expect(after.key == before.key)
        #expect(after.multiRegion?.primary == key.key.address)
    }

    @Test func `have policies, descriptions, aliases and states of their own`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey { $0.description = "first" }
        try await store.replicateAndWait(key)
        try await store.updateKeyDescription(key.id, to: "second", by: .aliceInEast)
        try await store.disableKey(key.id, by: .aliceInEast)
        #expect(try await store.describeKey(key.id, by: .alice).key.description == "first")
        #expect(try await store.state(key) == .enabled)
        #expect(try await store.state(key, in: MultiRegionRig.east) == .disabled)
        try await store.createAlias("alias/shared", target: key.id, by: .alice)
        #expect(try store.names(by: .aliceInEast).isEmpty)
    }

    @Test func `that are none, or replicas, or there already, are not replicated`() async throws {
        let store = try await rig.start()
        let single = try await store.newKey()
        await expect(.unsupported, "\(single.arn) is not a multi-region primary key.") {
            try await store.replicate(single)
        }
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        await expect(.alreadyExists) { try await store.replicate(key) }
        let replica = try await store.describeKey(key.id, by: .aliceInEast)
        await expect(.unsupported, "\(replica.arn) is not a multi-region primary key.") {
            try await store.replicate(key, to: MultiRegionRig.south, by: .aliceInEast)
        }
        await expect(.unsupported) { try await store.replicate(key, to: CallContext.alice.region) }
        try await store.disableKey(key.id, by: .alice)
        await expect(.disabled) { try await store.replicate(key, to: MultiRegionRig.south) }
    }

    @Test func `are Creating until their Region's token is back`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        for call in [FakeBackend.Call.generateWrappingKey, .unwrapKey, .inventory, .destroyKey] {
            rig.second.fail(call, with: KMSError(.keyUnavailable, "it is away"), isLasting: true)
        }
        try await store.replicate(key)
        await expect(.keyUnavailable) { try await store.performDueWork() }
        #expect(try await store.state(key, in: MultiRegionRig.east) == .creating)
        await expect(.invalidState) { _ = try await store.encrypt("x", with: key.id, by: .aliceInEast) }
        #expect(try await store.encrypt("x", with: key.id).isEmpty == false, "the other Region goes on")
        rig.second.heal()
        try await store.performDueWork()
        #expect(try await store.state(key, in: MultiRegionRig.east) == .enabled)
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `go again where a token cannot hold them`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        rig.first.fail(.wrapKey, with: KMSError(.unsupported, "it wraps nothing"), isLasting: true)
        try await store.replicate(key)
        await expect(.unsupported) {
            try await store.bringMaterial(to: KeyAddress(scope: .otherRegion, id: key.key.address.id))
        }
        try await store.performDueWork()
        await expect(.notFound) { _ = try await store.describeKey(key.id, by: .aliceInEast) }
        #expect(rig.events.take().contains("gave up \(key.id)"))
        rig.first.heal()
        try await store.replicateAndWait(key)
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `are moved under the wrapping key that tokens were made to trust, which stays`() async throws {
        let region = MultiRegionRig.east
        let publicKey = try await SystemKeys(backend: rig.second, metadata: rig.metadata).wrappingKey(of: region)
        let again = try await SystemKeys(backend: rig.second, metadata: rig.metadata).wrappingKey(of: region)
        #expect(again == publicKey, "it is made once")
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        #expect(rig.second.calls.count { $0 == .generateWrappingKey } == 1)
        let ciphertext = try await store.encrypt("x", with: key.id)
        #expect(try await store.decrypt(ciphertext, by: .aliceInEast) == "x")
        // It is as live as any: nothing is destroyed in a token that does not show it.
        let image = try await rig.metadata.load()
        rig.second.lose(try #require(image.systemKeys[.moves(to: region)]).object)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .aliceInEast)
        rig.clock.advance(byDays: 8)
        await expect(.keyUnavailable) { try await store.performDueWork() }
        #expect(try await store.state(key, in: region) == .pendingDeletion)
        let report = try await ConsistencyReport(comparing: rig.metadata, with: rig.second, of: .regions([region]))
        #expect(report.faultySystemKeys.map(\.purpose) == [.moves(to: region)])
        let own = try await ConsistencyReport(comparing: rig.metadata, with: rig.first, of: .own(except: [region]))
        #expect(own.faultySystemKeys.isEmpty && own.orphans.isEmpty)
    }

    @Test(.timeLimit(.minutes(1)))
    func `whose source hangs hold up nothing in the Region that they are going to`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        rig.first.hang(.wrapKey)
        try await store.replicate(key)
        try await waitUntil("it is asked for the material") { rig.first.calls.contains(.wrapKey) }
        let other = try await store.newKey(by: .aliceInEast)
        _ = try await store.rotateKeyOnDemand(other.id, by: .aliceInEast)
        #expect(try await store.describeKey(other.id, by: .aliceInEast).key.currentMaterial == 2)
        #expect(try await store.state(key, in: MultiRegionRig.east) == .creating)
        rig.first.heal()
        try await waitUntil("the replica is Enabled") {
            try await store.state(key, in: MultiRegionRig.east) == .enabled
        }
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `change their primary, and then that one replicates`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        await expect(.notFound) {
            try await store.updatePrimaryRegion(of: key.id, to: MultiRegionRig.east, by: .alice)
        }
        try await store.replicateAndWait(key)
        try await store.updatePrimaryRegion(of: key.id, to: MultiRegionRig.east, by: .alice)
        let shown = try await store.describeKey(key.id, by: .alice)
        #expect(shown.state == .enabled)
        #expect(shown.multiRegion?.type == .replica)
        #expect(shown.multiRegion?.primary.scope.region == MultiRegionRig.east)
        await expect(.unsupported) { try await store.replicate(key, to: MultiRegionRig.south) }
        try await store.replicate(key, to: MultiRegionRig.south, by: .aliceInEast)
        try await waitUntil("the replica is Enabled") {
            try await store.state(key, in: MultiRegionRig.south) == .enabled
        }
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `keep their primary while it is rotated, and lose no rotation by a change`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        rig.first.hang(.generateMovableKey)
        let rotation = Task { try await store.rotateKeyOnDemand(key.id, by: .alice) }
        try await waitUntil("new material is made") { rig.first.calls.count { $0 == .generateMovableKey } == 2 }
        await expect(.invalidState, "\(key.arn) is being rotated. Try again when that has ended.") {
            try await store.updatePrimaryRegion(of: key.id, to: MultiRegionRig.east, by: .alice)
        }
        rig.first.heal()
        _ = try await rotation.value
        try await waitUntil("it is rotated") {
            try await store.describeKey(key.id, by: .aliceInEast).key.currentMaterial == 2
        }
        try await store.updatePrimaryRegion(of: key.id, to: MultiRegionRig.east, by: .alice)
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `are shown as Updating while the primary changes, and are used meanwhile`() async throws {
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        try await store.replicateAndWait(key)
        store.updating.withLock { $0 = [key.key.address] }
        #expect(try await store.state(key) == .updating)
        await expect(.invalidState, "\(key.arn) is updating.") {
            try await store.updatePrimaryRegion(of: key.id, to: MultiRegionRig.east, by: .alice)
        }
        let ciphertext = try await store.encrypt("meanwhile", with: key.id)
        #expect(try await store.decrypt(ciphertext, by: .aliceInEast) == "meanwhile")
    }
}
