import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Testing

/// How the count is kept is proved in KMSCoreTests/EncryptionBudgetTests; here it is on a token, with 1,000 left.
@Suite(.serialized) struct `R19: a key is not used for more than 2^32 encryptions` {
    private static let bound: UInt64 = 1 << 32

    // S
    @Test func `when they are spent it refuses, says what to do, and a rotation helps`() async throws {
        let rig = try await Rig.ready()
        let metadata = InMemoryMetadataStore()
        let clock = TestClock()
        let first = KeyStore(backend: rig.client, metadata: metadata, clock: clock, events: NoKeyEvents())
        try await first.start(reading: metadata)
        let key = try await first.createKey(NewKey(), by: .operator).key
        try await first.stop()
        let left = 1000
        try await metadata.commit([
            .reserveEncryptions(key.address, material: 1, total: Self.bound - UInt64(left))
        ])

        let store = KeyStore(backend: rig.client, metadata: metadata, clock: clock, events: NoKeyEvents())
        try await store.start(reading: metadata)
        let id = key.address.id.description
        var ciphertext: [UInt8] = []
        for _ in 0..<left {
            let plaintext = SecretBytes(copying: [1])
            ciphertext = try await store.encrypt(plaintext, with: id, context: .empty, by: .operator).ciphertext
        }
        let error = await expect(.limitExceeded) {
            _ = try await store.encrypt(SecretBytes(copying: [1]), with: id, context: .empty, by: .operator)
        }
        #expect(error?.message.contains("Rotate the key") == true)
        // What it encrypted it decrypts for ever.
        let opened = try await store.decrypt(ciphertext, with: nil, context: .empty, by: .operator)
        #expect(opened.plaintext.exposedArray == [1])
        _ = try await store.rotateKeyOnDemand(id, by: .operator)
        _ = try await store.encrypt(SecretBytes(copying: [1]), with: id, context: .empty, by: .operator)
        try await store.stop()
    }
}
