import Foundation
import Glibc
import KMSCore
import KMSTesting
import SQLiteStore
import SecureMemory
import Testing

// What a full disk does to the audit log is in AuditLogTests/FailureTests, and a read-only one in
// Tests/clients/test_outage.py.
@Suite(.serialized, .timeLimit(.minutes(2))) struct `When the database's disk fails` {
    @Test(.enabled(if: SmallDisk.isPossible, "only root may mount a small disk"))
    func `no key is made that nobody knows of, keys go on to serve, and all is well when there is room`() async throws {
        let disk = try #require(SmallDisk(kilobytes: 2048))
        let rig = try await Rig.ready()
        let metadata = try SQLiteStore(path: disk.path + "/metadata.sqlite")
        let clock = TestClock()
        let store = KeyStore(backend: rig.client, metadata: metadata, clock: clock, events: NoKeyEvents())
        try await store.start(reading: metadata)
        let key = try await store.createKey(NewKey(), by: .operator).key.address.id.description
        let plaintext = SecretBytes(copying: [1])
        let ciphertext = try await store.encrypt(plaintext, with: key, context: .empty, by: .operator).ciphertext
        disk.fill()
        // What SQLite has room for in its files yet is still written.
        var failed = 0
        for _ in 0..<200 where failed < 5 {
            do throws(KMSError) {
                _ = try await store.createKey(NewKey(), by: .operator)
            } catch {
                #expect(error.code.isRetryable, "\(error)")
                failed += 1
            }
        }
        #expect(failed == 5)
        let opened = try await store.decrypt(ciphertext, with: nil, context: .empty, by: .operator)
        #expect(opened.plaintext.exposedArray == [1], "what needs no write is served")
        try disk.empty()
        _ = try await store.createKey(NewKey(), by: .operator)
        // Far ahead and back again: due work neither destroys what is not due nor stops.
        clock.advance(byDays: 4000)
        try await store.performDueWork()
        clock.advance(byDays: -4000)
        try await store.performDueWork()
        let report = try await ConsistencyReport(comparing: metadata, with: rig.client)
        #expect(report.orphans.isEmpty && report.intents.isEmpty && report.faultyKeys.isEmpty)
        let keys = try await metadata.load().keys.count
        #expect(try rig.token.objectFiles.count == keys)
        try await store.stop()
    }
}
