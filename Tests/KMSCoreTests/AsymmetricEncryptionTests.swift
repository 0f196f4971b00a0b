import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Encryption with key pairs` {
    static let algorithms = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]

    let rig = Rig()

    @Test(arguments: [
        (KeySpec.rsa2048, [214, 190]), (.rsa3072, [342, 318]), (.rsa4096, [470, 446]),
    ])
    func `takes as much as the algorithm can, and no byte more`(spec: KeySpec, sizes: [Int]) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(spec, .encryptDecrypt)
        for (algorithm, size) in zip(Self.algorithms, sizes) {
            for count in [1, size] {
                let plaintext = [UInt8].random(count)
                let ciphertext = try await store.encrypt(plaintext, with: made.id, algorithm)
                #expect(ciphertext.count == (try store.publicKey(made)).rsaModulus?.count)
                #expect(try await store.decrypt(ciphertext, with: made.arn, algorithm) == plaintext)
            }
            try await rig.expectNothingDone {
                await expect(
                    .validation,
                    "Algorithm \(algorithm) and key spec \(spec.rawValue) cannot encrypt data larger than "
                        + "\(size) bytes."
                ) { _ = try await store.encrypt(.random(size + 1), with: made.id, algorithm) }
            }
        }
    }

    @Test func `answers with the key and the algorithm, and with no material`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .encryptDecrypt)
        let encrypted = try await store.encrypt(
            SecretBytes(copying: [1]), with: made.id, context: .empty, algorithm: "RSAES_OAEP_SHA_1", by: .alice
        )
        #expect(encrypted.keyARN == made.arn)
        #expect(encrypted.algorithm == "RSAES_OAEP_SHA_1")
        let decrypted = try await store.decrypt(
            encrypted.ciphertext, with: made.id, context: .empty, algorithm: "RSAES_OAEP_SHA_1", by: .alice
        )
        #expect(decrypted.keyARN == made.arn)
        #expect(decrypted.algorithm == "RSAES_OAEP_SHA_1")
        #expect(decrypted.keyMaterialID == nil)
    }

    @Test(arguments: algorithms)
    func `decrypts what somebody encrypted with the public key alone`(algorithm: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .encryptDecrypt)
        let hash: Digest = algorithm.hasSuffix("SHA_1") ? .sha1 : .sha256
        let ciphertext = try store.publicKey(made).encryptOAEP(SecretBytes(copying: [1, 2, 3]), hash)
        #expect(try await store.decrypt(ciphertext, with: made.id, algorithm) == [1, 2, 3])
    }

    @Test func `counts no encryptions: its ciphertexts have no IVs to run out of`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .encryptDecrypt)
        for _ in 0..<10 { _ = try await store.encrypt([1], with: made.id, "RSAES_OAEP_SHA_256") }
        try await store.stop()
        #expect(try await rig.reservedEncryptions(made) == 0)
    }

    // MARK: What is refused

    @Test func `needs the algorithm to be named, and one of the key's`() async throws {
        let store = try await rig.start()
        let rsa = try await store.newKey(.rsa2048, .encryptDecrypt)
        let ciphertext = try await store.encrypt([1], with: rsa.id, "RSAES_OAEP_SHA_256")
        for name in [nil, "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_512", "RSASSA_PSS_SHA_256", "SM2PKE", ""] {
            let text = "Algorithm \(name ?? "SYMMETRIC_DEFAULT") is incompatible with key spec RSA_2048."
            try await rig.expectNothingDone {
                await expect(.invalidKeyUsage, text) { _ = try await store.encrypt([1], with: rsa.id, name) }
                await expect(.invalidKeyUsage, text) { _ = try await store.decrypt(ciphertext, with: rsa.id, name) }
            }
        }
        let symmetric = try await store.newKey()
        try await rig.expectNothingDone {
            await expect(
                .invalidKeyUsage, "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT."
            ) { _ = try await store.decrypt(ciphertext, with: symmetric.id, "RSAES_OAEP_SHA_256") }
        }
    }

    @Test func `needs the key to be named when it decrypts`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .encryptDecrypt)
        let ciphertext = try await store.encrypt([1], with: made.id, "RSAES_OAEP_SHA_256")
        try await rig.expectNothingDone {
            await expect(
                .validation,
                "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be "
                    + "null"
            ) { _ = try await store.decrypt(ciphertext, with: nil, "RSAES_OAEP_SHA_256") }
            await expect(.invalidCiphertext, "") { _ = try await store.decrypt(ciphertext, with: nil, nil) }
        }
    }

    @Test func `takes no encryption context`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .encryptDecrypt)
        let context = try EncryptionContext(["a": "b"])
        let ciphertext = try await store.encrypt([1], with: made.id, "RSAES_OAEP_SHA_256")
        let text = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
        try await rig.expectNothingDone {
            await expect(.validation, text) {
                _ = try await store.encrypt(
                    SecretBytes(copying: [1]), with: made.id, context: context, algorithm: "RSAES_OAEP_SHA_256",
                    by: .alice
                )
            }
            await expect(.validation, text) {
                _ = try await store.decrypt(
                    ciphertext, with: made.id, context: context, algorithm: "RSAES_OAEP_SHA_256", by: .alice
                )
            }
        }
    }

    @Test func `with keys for something else is refused`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .signVerify)
        let start = "\(made.arn) key usage is SIGN_VERIFY which is not valid for "
        try await rig.expectNothingDone {
            await expect(.invalidKeyUsage, start + "Encrypt.") {
                _ = try await store.encrypt([1], with: made.id, "RSAES_OAEP_SHA_256")
            }
            await expect(.invalidKeyUsage, start + "Decrypt.") {
                _ = try await store.decrypt(.random(256), with: made.id, "RSAES_OAEP_SHA_256")
            }
        }
    }

    @Test(arguments: algorithms)
    func `does not decrypt what was changed, cut, or made for another key or algorithm`(name: String) async throws {
        let store = try await rig.start()
        let (made, other) = (
            try await store.newKey(.rsa2048, .encryptDecrypt), try await store.newKey(.rsa2048, .encryptDecrypt)
        )
        let ciphertext = try await store.encrypt([1], with: made.id, name)
        for byte in stride(from: 0, to: 256, by: 15) {
            var changed = ciphertext
            changed[byte] ^= 1
            await expect(.invalidCiphertext, "") { _ = try await store.decrypt(changed, with: made.id, name) }
        }
        let otherName = Self.algorithms.first { $0 != name }
        await expect(.invalidCiphertext, "") { _ = try await store.decrypt(ciphertext, with: made.id, otherName) }
        await expect(.invalidCiphertext, "") { _ = try await store.decrypt(ciphertext, with: other.id, name) }
        let tooLarge = [UInt8](repeating: 0xff, count: 256)
        await expect(.invalidCiphertext, "") { _ = try await store.decrypt(tooLarge, with: made.id, name) }
        try await rig.expectNothingDone {
            for size in [0, 1, 255, 257, 512, 6144] {
                await expect(.invalidCiphertext, "") { _ = try await store.decrypt(.random(size), with: made.id, name) }
            }
        }
        #expect(rig.events.all.isEmpty, "a bad ciphertext is nobody's alarm")
    }

    @Test func `is not fooled by a header that names a key pair`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .encryptDecrypt)
        let forged =
            CiphertextBlob.header(keyID: made.key.address.id, materialNumber: 1, format: .aesGCM) + .random(40)
        try await rig.expectNothingDone {
            await expect(.invalidKeyUsage) { _ = try await store.decrypt(forged, with: nil, nil) }
            await expect(.invalidCiphertext, "") {
                _ = try await store.decrypt(forged, with: nil, "RSAES_OAEP_SHA_256")
            }
            await expect(.invalidCiphertext, "") {
                _ = try await store.decrypt(forged, with: made.id, "RSAES_OAEP_SHA_256")
            }
        }
    }

    @Test func `makes no data keys`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .encryptDecrypt)
        let text = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
        try await rig.expectNothingDone {
            await expect(.invalidKeyUsage, text) {
                _ = try await store.generateDataKey(bytes: 32, with: made.id, context: .empty, by: .alice)
            }
            await expect(.invalidKeyUsage, text) {
                _ = try await store.generateDataKeyWithoutPlaintext(
                    bytes: 32, with: made.id, context: .empty, by: .alice)
            }
            await expect(.invalidKeyUsage, text) {
                _ = try await store.generateDataKeyPair(
                    "ECC_NIST_P256", with: made.id, context: .empty, showingPrivateKey: true, by: .alice)
            }
        }
    }
}
