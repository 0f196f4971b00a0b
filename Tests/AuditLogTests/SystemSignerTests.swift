import AuditLog
import KMSCore
import KMSTesting
import LibCrypto
import Testing

@Suite struct `The server's signer` {
    let backend = InMemoryKeyBackend()
    let metadata = InMemoryMetadataStore()

    private func signer() async throws -> SystemSigner {
        try await SystemSigner(for: .auditDigests, backend: backend, metadata: metadata)
    }

    @Test func `has one key pair on P-256, whose public part is in the database`() async throws {
        #expect(try await !SystemSigner.exists(for: .auditDigests, in: metadata))
        let signer = try await signer()
        #expect(try await SystemSigner.exists(for: .auditDigests, in: metadata))
        #expect(try PublicKey(subjectPublicKeyInfo: signer.publicKey).kind == .ec(.p256))
        #expect(try await metadata.load().systemPublicKeys == [.auditDigests: signer.publicKey])
        #expect(try await self.signer().publicKey == signer.publicKey)
    }

    @Test func `signs so that anybody can verify it`() async throws {
        let signer = try await signer()
        let text = Array("a digest".utf8)
        let signature = try await signer.sign(text)
        let key = try PublicKey(subjectPublicKeyInfo: signer.publicKey)
        #expect(key.isValidSignature(signature, of: Digest.sha256.hash(text), .ecdsa(.sha256)))
        #expect(!key.isValidSignature(signature, of: Digest.sha256.hash(text + [0]), .ecdsa(.sha256)))
    }

    @Test func `finishes what a crash left of making the key`() async throws {
        let object = ObjectID.random()
        _ = try await backend.generateKey(.p256, for: .signVerify, id: object)
        try await metadata.commit([
            .saveSystemKey(.auditDigests, MaterialReference(object: object, checkValue: []))
        ])
        #expect(try await !SystemSigner.exists(for: .auditDigests, in: metadata))
        let signer = try await signer()
        let text: [UInt8] = [1, 2, 3]
        let key = try PublicKey(subjectPublicKeyInfo: signer.publicKey)
        #expect(key.isValidSignature(try await signer.sign(text), of: Digest.sha256.hash(text), .ecdsa(.sha256)))
    }

    @Test func `signs a log`() async throws {
        let rig = try Rig()
        try FileAuditLog.begin(in: rig.path)
        let signer = try await signer()
        let log = try await FileAuditLog.open(rig.settings, signer, clock: rig.clock) { _ in }
        try log.append(rig.record("A"))
        await log.close()
        let key = try PublicKey(subjectPublicKeyInfo: signer.publicKey)
        #expect(try AuditVerifier(rig.folder, signedBy: key).verify().records == 3)
    }
}
