import KMSTesting
import Testing

@testable import KMSCore

/// What a crash at any step leaves is brought to its end by the next server: the store or a token fails at each of its
/// steps in turn, before or after it has done its work, and another server starts on what there is.
@Suite struct `Multi-Region keys after a crash` {
    private static let calls: [FakeBackend.Call] = [
        .generateWrappingKey, .wrapKey, .unwrapKey, .destroyKey, .generateMovableKey, .verifyKey,
    ]

    @Test(arguments: 1...8, FakeBackend.Moment.allCases)
    func `of the store`(commit: Int, moment: FakeBackend.Moment) async throws {
        let rig = MultiRegionRig()
        let store = try await rig.start()
        let key = try await store.newMultiRegionKey()
        let ciphertext = try await store.encrypt("kept", with: key.id)
        rig.metadata.fail(commit: commit, moment)
        try? await act(on: key, in: store)
        try await recover(rig, key, ciphertext)
    }

    @Test(arguments: calls, FakeBackend.Moment.allCases)
    func `of a token`(call: FakeBackend.Call, moment: FakeBackend.Moment) async throws {
        for isFirst in [true, false] {
            let rig = MultiRegionRig()
            let store = try await rig.start()
            let key = try await store.newMultiRegionKey()
            let ciphertext = try await store.encrypt("kept", with: key.id)
            (isFirst ? rig.first : rig.second).fail(call, moment, with: KMSError(.dependencyTimeout, "it hangs"))
            try? await act(on: key, in: store)
            try await recover(rig, key, ciphertext)
        }
    }

    /// Replicates, rotates and moves the primary, as far as it goes.
    private func act(on key: KeyDescription, in store: KeyStore) async throws {
        try await store.replicate(key)
        try await store.bringMaterial(to: KeyAddress(scope: .otherRegion, id: key.key.address.id))
        _ = try await store.rotateKeyOnDemand(key.id, by: .alice)
        try await store.spreadRotation(of: key.key.address)
        try await store.updatePrimaryRegion(of: key.id, to: MultiRegionRig.east, by: .alice)
    }

    private func recover(_ rig: MultiRegionRig, _ key: KeyDescription, _ ciphertext: [UInt8]) async throws {
        // What the former server still has to do in the background is done.
        try await Task.sleep(for: .milliseconds(20))
        rig.first.heal()
        rig.second.heal()
        // A wrapping key whose end was lost goes when no move can need it any more.
        rig.clock.advance(bySeconds: Int64(KeyStore.movingMinutes) * 60)
        let store = try await rig.start()
        for _ in 0..<3 { try? await store.performDueWork() }
        try await rig.expectAgreement()
        #expect(try await store.decrypt(ciphertext) == "kept")
        let set = try await rig.metadata.load().keys
        #expect(set.count { $0.isPrimary } == 1)
        #expect(Set(set.map(\.primaryRegion)).count == 1)
        #expect(Set(set.map(\.currentMaterial)).count == 1)
        for member in set {
            #expect(member.lifecycle == .enabled)
            let context = CallContext.alice(in: member.address.scope.region)
            #expect(try await store.decrypt(ciphertext, by: context) == "kept")
            let new = try await store.encrypt("new", with: key.id, by: context)
            for other in set {
                #expect(try await store.decrypt(new, by: .alice(in: other.address.scope.region)) == "new")
            }
        }
    }
}
