import KMSCore
import KMSTesting
import Testing

@Suite struct `A consistency report` {
    let rig = Rig()

    private func report() async throws -> ConsistencyReport {
        try await ConsistencyReport(comparing: rig.metadata, with: rig.backend)
    }

    @Test func `finds nothing where token and metadata agree`() async throws {
        let store = try await rig.start()
        let vault = CredentialVault(backend: rig.backend, metadata: rig.metadata)
        _ = try await rig.newAccessKey(vault)
        for _ in 0..<3 { _ = try await store.newKey() }
        let report = try await report()
        #expect(report.verifiedKeys == 3)
        #expect(report.faultyKeys.isEmpty)
        #expect(report.faultySystemKeys.isEmpty)
        #expect(report.orphans.isEmpty)
        #expect(report.intents.isEmpty)
    }

    @Test func `names what is missing, what was swapped, what nobody names, and what was interrupted`() async throws {
        let store = try await rig.start()
        let vault = CredentialVault(backend: rig.backend, metadata: rig.metadata)
        _ = try await rig.newAccessKey(vault)
        let systemKey = try #require(try await rig.metadata.load().systemKeys[.credentials])
        let (missing, swapped) = (try await store.newKey(), try await store.newKey())
        _ = try await store.newKey()
        var interrupted = Key.sample()
        interrupted.lifecycle = .creating
        try await rig.metadata.commit([.saveKey(interrupted)])
        let orphan = ObjectID.random()
        rig.backend.plant([1], as: orphan)
        rig.backend.plant([2], as: swapped.object)
        rig.backend.hide([missing.object, systemKey.object])

        let before = rig.backend.objects
        let report = try await report()
        #expect(Set(report.faultyKeys.map(\.address)) == [missing.key.address, swapped.key.address])
        #expect(report.faultyKeys.allSatisfy { !$0.reason.isEmpty })
        #expect(report.faultySystemKeys.map(\.purpose) == [.credentials])
        #expect(report.orphans == [orphan])
        #expect(report.intents == [interrupted.address])
        #expect(report.verifiedKeys == 1)
        #expect(rig.backend.objects == before, "a report changes nothing")
        #expect(!rig.backend.calls.suffix(10).contains(.destroyKey))
    }

    @Test func `is none when the token cannot be asked`() async throws {
        _ = try await rig.start().newKey()
        rig.backend.fail(.verifyKey, with: KMSError(.keyUnavailable, "down"))
        await expect(.keyUnavailable, "down") { _ = try await report() }
    }
}
