import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `Re-encryption between kinds of keys` {
    /// A key, and the algorithm that its ciphertexts need to be named with.
    struct Side: Sendable, CustomTestStringConvertible {
        let spec: KeySpec
        let algorithm: String?

        var testDescription: String { algorithm ?? spec.rawValue }
        var isSymmetric: Bool { spec == .symmetricDefault }
    }

    static let sides = [
        Side(spec: .symmetricDefault, algorithm: nil), Side(spec: .rsa2048, algorithm: "RSAES_OAEP_SHA_1"),
        Side(spec: .rsa2048, algorithm: "RSAES_OAEP_SHA_256"),
    ]

    let rig = Rig()

    private func reEncrypt(
        _ ciphertext: [UInt8], on store: KeyStore, from source: KeyDescription?, _ sourceSide: Side,
        to destination: KeyDescription, _ destinationSide: Side, dryRun: Bool = false
    ) async throws -> ReEncryptResult {
        try await store.reEncrypt(
            ciphertext, sourceKey: source?.id, sourceContext: .empty, sourceAlgorithm: sourceSide.algorithm,
            destinationKey: destination.id, destinationContext: .empty,
            destinationAlgorithm: destinationSide.algorithm, dryRun: dryRun, by: .alice
        )
    }

    @Test(arguments: sides, sides)
    func `keeps the plaintext, and uses private keys in the backend alone`(from: Side, to: Side) async throws {
        let store = try await rig.start()
        let source = try await store.newKey(from.spec, .encryptDecrypt)
        let destination = try await store.newKey(to.spec, .encryptDecrypt)
        let ciphertext = try await store.encrypt([1, 2, 3], with: source.id, from.algorithm)
        rig.backend.clearCalls()
        let result = try await reEncrypt(ciphertext, on: store, from: source, from, to: destination, to)
        let calls: [FakeBackend.Call] =
            switch (from.isSymmetric, to.isSymmetric) {
            case (true, true): [.reEncrypt]
            case (true, false): [.decrypt]
            case (false, true): [.decryptRSA, .encrypt]
            case (false, false): [.decryptRSA]
            }
        #expect(rig.backend.calls == calls)
        #expect(result.sourceKeyARN == source.arn)
        #expect(result.destinationKeyARN == destination.arn)
        #expect(result.sourceAlgorithm == from.algorithm ?? "SYMMETRIC_DEFAULT")
        #expect(result.destinationAlgorithm == to.algorithm ?? "SYMMETRIC_DEFAULT")
        #expect(result.sourceKeyMaterialID == (from.isSymmetric ? source.key.materials[0].idText : nil))
        #expect(result.destinationKeyMaterialID == (to.isSymmetric ? destination.key.materials[0].idText : nil))
        #expect(try await store.decrypt(result.ciphertext, with: destination.id, to.algorithm) == [1, 2, 3])
        #expect(try store.lastOperation(source) == "ReEncrypt")
        try await store.stop()
        let spent: UInt64 = to.isSymmetric ? 1 : 0
        #expect(try await rig.reservedEncryptions(destination) == spent)
    }

    @Test func `of more than the destination takes is refused, before anything is decrypted where that can be told`()
        async throws
    {
        let store = try await rig.start()
        let symmetric = try await store.newKey()
        let (small, large) = (
            try await store.newKey(.rsa2048, .encryptDecrypt), try await store.newKey(.rsa3072, .encryptDecrypt)
        )
        let oaep = Self.sides[2]
        let text = "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes."
        let sealed = try await store.encrypt(.random(191), with: symmetric.id, nil)
        for dryRun in [false, true] {
            try await rig.expectNothingDone {
                await expect(.validation, text) {
                    _ = try await reEncrypt(
                        sealed, on: store, from: nil, Self.sides[0], to: small, oaep, dryRun: dryRun)
                }
            }
        }
        let encrypted = try await store.encrypt(.random(191), with: large.id, oaep.algorithm)
        await expect(.validation, text) {
            _ = try await reEncrypt(encrypted, on: store, from: large, oaep, to: small, oaep)
        }
        #expect(try store.lastOperation(small) == nil)
    }

    @Test func `to a key for something else names the action`() async throws {
        let store = try await rig.start()
        let source = try await store.newKey()
        let signing = try await store.newKey(.rsa2048, .signVerify)
        let ciphertext = try await store.encrypt([1], with: source.id, nil)
        try await rig.expectNothingDone {
            await expect(
                .invalidKeyUsage, "\(signing.arn) key usage is SIGN_VERIFY which is not valid for ReEncryptTo."
            ) { _ = try await reEncrypt(ciphertext, on: store, from: nil, Self.sides[0], to: signing, Self.sides[2]) }
        }
    }

    @Test func `with a key pair takes no encryption context`() async throws {
        let store = try await rig.start()
        let (symmetric, rsa) = (try await store.newKey(), try await store.newKey(.rsa2048, .encryptDecrypt))
        let context = try EncryptionContext(["a": "b"])
        let sealed = try await store.encrypt([1], with: symmetric.id, nil)
        let encrypted = try await store.encrypt([1], with: rsa.id, "RSAES_OAEP_SHA_1")
        let text = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
        try await rig.expectNothingDone {
            await expect(.validation, text) {
                _ = try await store.reEncrypt(
                    sealed, sourceKey: nil, sourceContext: .empty, destinationKey: rsa.id, destinationContext: context,
                    destinationAlgorithm: "RSAES_OAEP_SHA_1", by: .alice
                )
            }
            await expect(.validation, text) {
                _ = try await store.reEncrypt(
                    encrypted, sourceKey: rsa.id, sourceContext: context, sourceAlgorithm: "RSAES_OAEP_SHA_1",
                    destinationKey: symmetric.id, destinationContext: .empty, by: .alice
                )
            }
        }
    }

    @Test func `says which of the two keys is missing where it can`() async throws {
        let store = try await rig.start()
        let (symmetric, rsa) = (try await store.newKey(), try await store.newKey(.rsa2048, .encryptDecrypt))
        let encrypted = try await store.encrypt([1], with: rsa.id, "RSAES_OAEP_SHA_1")
        rig.backend.hide([symmetric.object])
        await expect(.keyUnavailable) {
            _ = try await reEncrypt(encrypted, on: store, from: rsa, Self.sides[1], to: symmetric, Self.sides[0])
        }
        #expect(rig.events.take() == ["missing \(symmetric.id)"])
        #expect(try await store.state(symmetric) == .unavailable)
        #expect(try await store.state(rsa) == .enabled)
        rig.backend.heal()
        rig.backend.hide([rsa.object])
        await expect(.keyUnavailable) {
            _ = try await reEncrypt(encrypted, on: store, from: rsa, Self.sides[1], to: symmetric, Self.sides[0])
        }
        #expect(rig.events.take() == ["missing \(rsa.id)"])
    }
}
