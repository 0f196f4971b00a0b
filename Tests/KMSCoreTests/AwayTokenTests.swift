import KMSTesting
import SecureMemory
import Testing

@testable import KMSCore

/// A token that is not there may answer "no objects" to everything, and then come back.
@Suite struct `A token that is away` {
    let rig = Rig()
    private static let down = KMSError(.keyUnavailable, "down")

    @Test func `does not make deleted material survive: it goes when the token is back`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let change = try await store.importSecret(secret(1), into: key)
        let ciphertext = try await store.encrypt("x", with: key.id)
        _ = rig.events.take()
        rig.backend.hide(rig.backend.objects)
        await expect(.keyUnavailable) {
            _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice)
        }
        #expect(try await store.state(key) == .pendingImport)
        await expect(.invalidState) { _ = try await store.decrypt(ciphertext) }
        await expect(.keyUnavailable) { try await store.performDueWork() }
        rig.backend.heal()
        _ = rig.events.take()
        try await store.performDueWork()
        #expect(!rig.backend.objects.contains(key.object))
        #expect(rig.events.take() == ["deleted \(key.id) \(try #require(change.keyMaterialID))"])
        try await rig.expectAgreement()
        try await store.importSecret(secret(1), into: key)
        #expect(try await store.decrypt(ciphertext) == "x")
    }

    @Test func `is not what has lost another key only: the material that it shows can be deleted`() async throws {
        let store = try await rig.start()
        let lost = try await store.newKey()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key)
        rig.backend.lose(lost.object)
        _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice)
        #expect(!rig.backend.objects.contains(key.object))
        #expect(try await rig.stored(key)?.materials.first?.stage == .absent)
    }

    @Test func `leaves the intent of a rotation whose object may be in it`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        rig.backend.fail(.generateKey, .after, with: KMSError(.dependencyTimeout, "no answer"))
        rig.backend.hide([key.object])
        await expect(.dependencyTimeout) { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        rig.backend.hide(rig.backend.objects)
        _ = try? await store.performDueWork()
        rig.backend.heal()
        try await store.performDueWork()
        try await rig.expectAgreement()
    }

    @Test func `gets wrong material without being asked for all of its objects`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let material = try await store.wrap(secret(1, count: 31), for: key)
        rig.backend.clearCalls()
        await expect(.incorrectKeyMaterial) {
            _ = try await store.importKeyMaterial(material, into: key.id, by: .alice)
        }
        #expect(!rig.backend.calls.contains(.inventory))
        try await rig.expectAgreement()
    }

    @Test func `lets no more creations begin than can be undone`() async throws {
        let store = try await rig.start()
        rig.backend.fail(.generateKey, with: Self.down, isLasting: true)
        rig.backend.fail(.inventory, with: Self.down, isLasting: true)
        for _ in 0..<(KeyStore.maximumAbandoned + 20) {
            _ = try? await store.encrypt("x", with: "alias/aws/s3")
        }
        await expect(.throttled) { _ = try await store.encrypt("x", with: "alias/aws/s3") }
        #expect(try await rig.metadata.load().keys.count == KeyStore.maximumAbandoned)
        rig.backend.heal()
        try await store.performDueWork()
        _ = try await store.encrypt("x", with: "alias/aws/s3")
        try await rig.expectAgreement()
    }

    @Test func `lets no more wrapping keys be made than can be destroyed`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        _ = try await store.wrap(secret(1), for: key)
        rig.backend.fail(.generateWrappingKey, with: Self.down, isLasting: true)
        for _ in 0..<(KeyStore.maximumAbandoned + 20) { _ = try? await store.wrap(secret(1), for: key) }
        await expect(.throttled) { _ = try await store.wrap(secret(1), for: key) }
        #expect(try await rig.metadata.load().wrappingKeys.count == KeyStore.maximumAbandoned + 1)
        rig.backend.heal()
        try await store.performDueWork()
        _ = try await store.wrap(secret(1), for: key)
        try await rig.expectAgreement()
    }
}

@Suite struct `Imported material that the token has lost` {
    let rig = Rig()

    @Test func `is there again after it was imported again`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key)
        let ciphertext = try await store.encrypt("x", with: key.id)
        rig.backend.lose(key.object)
        await expect(.keyUnavailable) { _ = try await store.decrypt(ciphertext) }
        #expect(try await store.state(key) == .unavailable)
        await expect(.incorrectKeyMaterial) { try await store.importSecret(secret(2), into: key) }
        try await store.importSecret(secret(1), into: key)
        #expect(try await store.state(key) == .enabled)
        #expect(try await store.decrypt(ciphertext) == "x")
        try await rig.expectAgreement()
    }

    @Test func `is not imported into a token that lacks other keys too`() async throws {
        let store = try await rig.start()
        let other = try await store.newKey()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key)
        let material = try await store.wrap(secret(1), for: key)
        let before = try await rig.stored(key)
        rig.backend.hide([key.object, other.object])
        await expect(.keyUnavailable) { _ = try await store.importKeyMaterial(material, into: key.id, by: .alice) }
        #expect(try await rig.stored(key) == before)
    }

    @Test func `is told from what was deleted while a request was under way`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key)
        let entry = try store.resolve(key.id, for: .encrypt, by: .alice)
        _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice)
        _ = rig.events.take()
        let error = store.note(KMSError(.materialMissing, "not shown"), entry.current, of: entry)
        #expect(error == KMSError(.invalidState, "\(key.arn) is pending import."))
        #expect(rig.events.take().isEmpty, "no alarm")
    }

    @Test func `is an orphan for the doctor where it should be gone and is not`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        try await store.importSecret(secret(1), into: key)
        _ = try await store.deleteImportedKeyMaterial(of: key.id, materialID: nil, by: .alice)
        rig.backend.plant(secret(1), as: key.object)
        let report = try await ConsistencyReport(comparing: rig.metadata, with: rig.backend)
        #expect(report.orphans == [key.object])
    }
}

@Suite struct `Due work` {
    let rig = Rig()

    @Test func `goes on after a part that fails`() async throws {
        var abandoned = Key.sample()
        abandoned.lifecycle = .creating
        try await rig.metadata.commit([.saveKey(abandoned)])
        let store = try await rig.start()
        let (dying, expiring) = (try await store.newKey(), try await store.newImportedKey())
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        try await store.importSecret(secret(1), into: expiring, validTo: rig.clock.now.adding(days: 1))
        rig.clock.advance(byDays: 7)
        rig.backend.fail(.destroyKey, with: KMSError(.dependencyTimeout, "no answer"))
        await expect(.dependencyTimeout) { try await store.performDueWork() }
        #expect(try await rig.stored(dying) == nil)
        #expect(try await rig.stored(expiring)?.materials.first?.stage == .absent)
        #expect(try await rig.metadata.load().wrappingKeys.isEmpty)
        try await store.performDueWork()
        try await rig.expectAgreement()
        #expect(try await rig.metadata.load().keys.map(\.address) == [expiring.key.address])
    }

    private typealias Work = (Task<Void, any Error>, Bool)

    @Test func `destroys no key in the middle of a rotation`() async throws {
        let store = try await rig.start()
        let dying = try await store.newKey()
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        let (backend, object) = (rig.backend, dying.object)
        let (work, wasThere) = try await store.gates(of: .own).materialWork.run { () async throws(KMSError) -> Work in
            let work = Task<Void, any Error> { try await store.performDueWork() }
            for _ in 0..<1000 { await Task.yield() }
            return (work, backend.objects.contains(object))
        }
        #expect(wasThere)
        try await work.value
        #expect(rig.backend.objects.isEmpty)
    }

    @Test func `is told of the last uses at the end, whatever else cannot be written`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        _ = try await store.encrypt("x", with: key.id)
        rig.metadata.fail(commit: 1, .before)
        await expect(.internalFailure) { try await store.stop() }
        #expect(try await rig.metadata.load().lastUsages.count == 1)
    }
}
