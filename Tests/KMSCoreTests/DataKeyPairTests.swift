import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Data key pairs` {
    static let specs: [(spec: String, kind: PublicKey.Kind)] = [
        ("RSA_2048", .rsa(bits: 2048)), ("RSA_3072", .rsa(bits: 3072)), ("RSA_4096", .rsa(bits: 4096)),
        ("ECC_NIST_P256", .ec(.p256)), ("ECC_NIST_P384", .ec(.p384)), ("ECC_NIST_P521", .ec(.p521)),
        ("ECC_SECG_P256K1", .ec(.secp256k1)), ("ECC_NIST_EDWARDS25519", .ed25519),
    ]

    let rig = Rig()

    /// The private key that a ciphertext is of.
    private func open(
        _ ciphertext: [UInt8], _ pairs: [String: String], on store: KeyStore
    ) async throws -> PrivateKey {
        let opened = try await store.decrypt(ciphertext, with: nil, context: EncryptionContext(pairs), by: .alice)
        return try opened.plaintext.withExposedBytes { try PrivateKey(pkcs8: $0) }
    }

    @Test(arguments: specs)
    func `come with a private key in the clear and sealed, and both are of the public key`(
        spec: String, kind: PublicKey.Kind
    ) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let pair = try await store.generateDataKeyPair(
            spec, with: made.id, context: EncryptionContext(["a": "b"]), showingPrivateKey: true, by: .alice
        )
        #expect(pair.keyARN == made.arn)
        #expect(pair.keyMaterialID == made.key.materials[0].idText)
        #expect(pair.spec == spec)
        #expect(pair.ciphertext.count <= CiphertextBlob.maximumSize)
        let publicKey = try PublicKey(subjectPublicKeyInfo: pair.publicKey)
        #expect(publicKey.kind == kind)
        let opened = try await open(pair.ciphertext, ["a": "b"], on: store)
        #expect(opened.publicKey == publicKey)
        let isSame = pair.privateKey?.isEqual(to: opened.pkcs8())
        #expect(isSame == true)
        #expect(try store.lastOperation(made) == "Decrypt")
    }

    @Test func `without plaintext show none, and open all the same`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let pair = try await store.generateDataKeyPair(
            "ECC_NIST_P256", with: made.id, context: .empty, showingPrivateKey: false, by: .alice
        )
        let showsNone = pair.privateKey == nil
        #expect(showsNone)
        #expect(try store.lastOperation(made) == "GenerateDataKeyPairWithoutPlaintext")
        #expect(try await open(pair.ciphertext, [:], on: store).publicKey.subjectPublicKeyInfo == pair.publicKey)
    }

    @Test func `are bound to their context`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let context = try EncryptionContext(["a": "b"])
        for isShown in [true, false] {
            let pair = try await store.generateDataKeyPair(
                "ECC_NIST_P256", with: made.id, context: context, showingPrivateKey: isShown, by: .alice
            )
            let ciphertext = pair.ciphertext
            await expect(.invalidCiphertext, "") { _ = try await store.decrypt(ciphertext) }
        }
        #expect(try store.lastOperation(made) == "GenerateDataKeyPairWithoutPlaintext")
    }

    @Test func `are others each time, and are kept by nobody`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let objects = rig.backend.objects
        var seen: Set<[UInt8]> = []
        for _ in 0..<20 {
            let pair = try await store.generateDataKeyPair(
                "ECC_NIST_EDWARDS25519", with: made.id, context: .empty, showingPrivateKey: true, by: .alice
            )
            seen.insert(pair.publicKey)
        }
        #expect(seen.count == 20)
        #expect(rig.backend.objects == objects)
    }

    @Test func `count as one encryption each`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        for isShown in [true, false, true] {
            _ = try await store.generateDataKeyPair(
                "ECC_NIST_P256", with: made.id, context: .empty, showingPrivateKey: isShown, by: .alice
            )
        }
        try await store.stop()
        #expect(try await rig.reservedEncryptions(made) == 3)
    }

    @Test(arguments: ["SM2", "ML_DSA_65", "HMAC_256", "SYMMETRIC_DEFAULT", "RSA_1024", ""])
    func `of another spec are unsupported`(spec: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await rig.expectNothingDone {
            for dryRun in [false, true] {
                await expect(.unsupported) {
                    _ = try await store.generateDataKeyPair(
                        spec, with: made.id, context: .empty, showingPrivateKey: true, dryRun: dryRun, by: .alice
                    )
                }
            }
        }
    }

    @Test func `under a key for something else are refused`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.p256, .signVerify)
        for (isShown, operation) in [(true, "GenerateDataKeyPair"), (false, "GenerateDataKeyPairWithoutPlaintext")] {
            try await rig.expectNothingDone {
                await expect(
                    .invalidKeyUsage, "\(made.arn) key usage is SIGN_VERIFY which is not valid for \(operation)."
                ) {
                    _ = try await store.generateDataKeyPair(
                        "ECC_NIST_P256", with: made.id, context: .empty, showingPrivateKey: isShown, by: .alice
                    )
                }
            }
        }
    }
}
