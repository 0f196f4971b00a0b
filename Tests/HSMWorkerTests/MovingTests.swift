import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `Keys that move between tokens` {
    @Test func `of every kind are the same in both, and are in the clear in neither worker`() async throws {
        let (first, second) = (try Rig(), try Rig())
        let kinds: [(KeySpec, KeyUsage, String)] = [
            (.symmetricDefault, .encryptDecrypt, "RSAES_OAEP_SHA_1"),
            (.hmac512, .generateVerifyMAC, "RSAES_OAEP_SHA_1"),
            (.rsa2048, .signVerify, "RSA_AES_KEY_WRAP_SHA_1"), (.p256, .signVerify, "RSA_AES_KEY_WRAP_SHA_1"),
        ]
        let id = ObjectID.random()
        let wrapping = try await second.client.generateWrappingKey(.rsa3072, id: id)
        let wrappingKey = MaterialReference(object: id, checkValue: wrapping.checkValue)
        for (spec, usage, algorithm) in kinds {
            let (source, copy) = (ObjectID.random(), ObjectID.random())
            let made = try await first.client.generateMovableKey(spec, for: usage, id: source)
            let reference = MaterialReference(object: source, checkValue: made.checkValue)
            let wrapped = try await first.client.wrapKey(reference, under: wrapping.publicKey, algorithm)
            let moved = try await second.client.unwrapKey(
                WrappedMaterial(wrappingKey: wrappingKey, algorithm: algorithm, bytes: wrapped), as: copy,
                matching: reference, of: spec, for: usage)
            #expect(moved.publicKey == made.publicKey, "\(spec)")
            try await second.client.verifyKey(MaterialReference(object: copy, checkValue: moved.checkValue))
        }
    }

    @Test func `need a token that wraps and unwraps by itself`() async throws {
        let (first, second) = (try Rig(), try Rig())
        let (id, source) = (ObjectID.random(), ObjectID.random())
        let wrapping = try await second.client.generateWrappingKey(.rsa2048, id: id)
        let made = try await first.client.generateMovableKey(.symmetricDefault, for: .encryptDecrypt, id: source)
        let reference = MaterialReference(object: source, checkValue: made.checkValue)
        // SoftHSM's OAEP knows SHA-1 alone; the rest would have to be done in a worker.
        let error = await #expect(throws: KMSError.self) {
            _ = try await first.client.wrapKey(reference, under: wrapping.publicKey, "RSAES_OAEP_SHA_256")
        }
        #expect(error?.code == .unsupported)
    }

    @Test func `are wrapped by trusted keys alone where the profile says so`() async throws {
        let rig = try Rig { $0.settings.profile.wrapWithTrusted = true }
        let (id, source) = (ObjectID.random(), ObjectID.random())
        let wrapping = try await rig.client.generateWrappingKey(.rsa2048, id: id)
        let made = try await rig.client.generateMovableKey(.symmetricDefault, for: .encryptDecrypt, id: source)
        let reference = MaterialReference(object: source, checkValue: made.checkValue)
        try await rig.client.verifyKey(reference)
        // The SO alone says which key is trusted: see Tests/clients/test_multi_region_trusted.py.
        let error = await #expect(throws: KMSError.self) {
            _ = try await rig.client.wrapKey(reference, under: wrapping.publicKey, "RSAES_OAEP_SHA_1")
        }
        #expect(error?.code == .unsupported)
        let told = "\(error?.message ?? "") \(error?.cause ?? "")"
        #expect(told.contains("does not trust the wrapping key"), "\(told)")
    }
}
