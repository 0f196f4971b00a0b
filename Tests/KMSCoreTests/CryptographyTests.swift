import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct Cryptography {
    let rig = Rig()

    private static let wrongKey =
        "The key ID in the request does not identify a CMK that can perform this operation."

    // MARK: Encrypt and decrypt

    @Test func `what was encrypted is decrypted, with or without the key's name`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.createAlias("alias/payroll", target: made.id, by: .alice)
        for name in [made.id, made.arn, "alias/payroll", Scope.sample.aliasARN("alias/payroll")] {
            let ciphertext = try await store.encrypt("secret", with: name, in: ["a": "b"])
            #expect(try await store.decrypt(ciphertext, in: ["a": "b"]) == "secret")
            #expect(try await store.decrypt(ciphertext, with: name, in: ["a": "b"]) == "secret")
            #expect(try await rig.start().decrypt(ciphertext, in: ["a": "b"]) == "secret", "and after a restart")
        }
    }

    @Test func `one plaintext has another ciphertext each time`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        var ciphertexts: Set<[UInt8]> = []
        for _ in 0..<100 { ciphertexts.insert(try await store.encrypt("secret", with: made.id)) }
        #expect(ciphertexts.count == 100)
    }

    @Test func `answers name the key and its material`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let materialID = made.key.materials[0].idText
        #expect(materialID.count == 64)
        let encrypted = try await store.encrypt(
            SecretBytes(copying: [1]), with: made.id, context: .empty, by: .alice
        )
        #expect(encrypted.keyARN == made.arn)
        #expect(encrypted.algorithm == "SYMMETRIC_DEFAULT")
        let decrypted = try await store.decrypt(encrypted.ciphertext, with: nil, context: .empty, by: .alice)
        #expect(decrypted.keyARN == made.arn)
        #expect(decrypted.keyMaterialID == materialID)
        #expect(decrypted.algorithm == "SYMMETRIC_DEFAULT")
    }

    @Test func `another context, none, or one too many does not decrypt`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id, in: ["a": "b"])
        for pairs in [[:], ["a": "B"], ["A": "b"], ["a": "b", "c": ""], ["ab": ""], ["b": "a"]] {
            await expect(.invalidCiphertext, "") { _ = try await store.decrypt(ciphertext, in: pairs) }
        }
    }

    @Test func `a ciphertext with any bit changed, or cut short, does not decrypt`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id, in: ["a": "b"])
        for bit in 0..<(ciphertext.count * 8) {
            var changed = ciphertext
            changed[bit / 8] ^= 1 << (bit % 8)
            await expect(.invalidCiphertext, "") { _ = try await store.decrypt(changed, in: ["a": "b"]) }
        }
        for length in 0..<ciphertext.count {
            let cut = Array(ciphertext.prefix(length))
            await expect(.invalidCiphertext, "") { _ = try await store.decrypt(cut, in: ["a": "b"]) }
        }
        await expect(.invalidCiphertext, "") { _ = try await store.decrypt(ciphertext + [0], in: ["a": "b"]) }
        #expect(rig.events.all.isEmpty, "a bad ciphertext is nobody's alarm")
    }

    @Test func `a header of one key on what another key sealed does not decrypt`() async throws {
        let store = try await rig.start()
        let (one, other) = (try await store.newKey(), try await store.newKey())
        let ofOne = try await store.encrypt("secret", with: one.id)
        let ofOther = try await store.encrypt("secret", with: other.id)
        let spliced = ofOne.prefix(CiphertextBlob.headerSize) + ofOther.dropFirst(CiphertextBlob.headerSize)
        await expect(.invalidCiphertext, "") { _ = try await store.decrypt(Array(spliced)) }
    }

    @Test func `a material that the key never had does not decrypt`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        let header = CiphertextBlob.header(keyID: made.key.address.id, materialNumber: 2, format: .aesGCM)
        await expect(.invalidCiphertext, "") {
            _ = try await store.decrypt(header + ciphertext.dropFirst(CiphertextBlob.headerSize))
        }
    }

    @Test func `naming another key than the one that encrypted is an error of its own`() async throws {
        let store = try await rig.start()
        let (one, other) = (try await store.newKey(), try await store.newKey())
        let ciphertext = try await store.encrypt("secret", with: one.id)
        await expect(.incorrectKey, Self.wrongKey) { _ = try await store.decrypt(ciphertext, with: other.id) }
        await expect(.notFound) { _ = try await store.decrypt(ciphertext, with: "\(KeyID.random())") }
    }

    @Test func `a ciphertext of another Region or account says nothing about its key`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        let message =
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you "
            + "are not allowed to access."
        for context in [CallContext.aliceElsewhere, .mallory] {
            await expect(.accessDenied, message) { _ = try await store.decrypt(ciphertext, by: context) }
        }
        let unknown = CiphertextBlob.header(keyID: .random(), materialNumber: 1, format: .aesGCM)
        await expect(.accessDenied, message) {
            _ = try await store.decrypt(unknown + Array(repeating: 0, count: 40))
        }
    }

    @Test func `a plaintext has 4,096 bytes at the most`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let longest = String(repeating: "x", count: 4096)
        let ciphertext = try await store.encrypt(longest, with: made.id)
        #expect(ciphertext.count == 4096 + 54)
        #expect(try await store.decrypt(ciphertext) == longest)
        await expect(
            .validation,
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length "
                + "less than or equal to 4096"
        ) { _ = try await store.encrypt(longest + "x", with: made.id) }
    }

    @Test func `an algorithm of other keys is refused`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let message = "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT."
        await expect(.invalidKeyUsage, message) {
            _ = try await store.encrypt(
                SecretBytes(copying: [1]), with: made.id, context: .empty, algorithm: "RSAES_OAEP_SHA_256", by: .alice
            )
        }
        let ciphertext = try await store.encrypt("secret", with: made.id)
        await expect(.invalidKeyUsage, message) {
            _ = try await store.decrypt(
                ciphertext, with: nil, context: .empty, algorithm: "RSAES_OAEP_SHA_256", by: .alice
            )
        }
    }

    // MARK: Data keys, random bytes

    @Test(arguments: [1, 16, 32, 64, 1024])
    func `a data key comes in the clear and sealed, and both are the same`(size: Int) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let context = try EncryptionContext(["a": "b"])
        let dataKey = try await store.generateDataKey(bytes: size, with: made.id, context: context, by: .alice)
        #expect(dataKey.plaintext.count == size)
        #expect(dataKey.sealed.keyARN == made.arn)
        let opened = try await store.decrypt(dataKey.sealed.ciphertext, with: nil, context: context, by: .alice)
        #expect(opened.plaintext.exposedArray == dataKey.plaintext.exposedArray)
        let sealed = try await store.generateDataKeyWithoutPlaintext(
            bytes: size, with: made.id, context: context, by: .alice
        )
        let later = try await store.decrypt(sealed.ciphertext, with: nil, context: context, by: .alice)
        #expect(later.plaintext.count == size)
    }

    @Test(arguments: [-1, 0, 1025, Int.max])
    func `sizes beyond 1 to 1,024 bytes are refused`(size: Int) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.validation) {
            _ = try await store.generateDataKey(bytes: size, with: made.id, context: .empty, by: .alice)
        }
        await expect(.validation) {
            _ = try await store.generateDataKeyWithoutPlaintext(bytes: size, with: made.id, context: .empty, by: .alice)
        }
        await expect(.validation) { _ = try await store.generateRandom(bytes: size, by: .alice) }
    }

    @Test func `random bytes are the token's`() async throws {
        let store = try await rig.start()
        #expect(try await store.generateRandom(bytes: 1024, by: .alice).count == 1024)
        #expect(rig.backend.calls == [.generateRandom])
    }

    // MARK: ReEncrypt

    @Test func `re-encryption changes key and context, and the plaintext stays in the backend`() async throws {
        let store = try await rig.start()
        let (source, destination) = (try await store.newKey(), try await store.newKey())
        let ciphertext = try await store.encrypt("secret", with: source.id, in: ["a": "b"])
        rig.backend.clearCalls()
        let result = try await store.reEncrypt(
            ciphertext, sourceKey: source.id, sourceContext: EncryptionContext(["a": "b"]),
            destinationKey: destination.arn, destinationContext: EncryptionContext(["c": "d"]), by: .alice
        )
        #expect(rig.backend.calls == [.reEncrypt], "neither decrypted nor encrypted on its own")
        #expect(result.sourceKeyARN == source.arn)
        #expect(result.destinationKeyARN == destination.arn)
        #expect(result.sourceKeyMaterialID == source.key.materials[0].idText)
        #expect(result.destinationKeyMaterialID == destination.key.materials[0].idText)
        #expect(try await store.decrypt(result.ciphertext, with: destination.id, in: ["c": "d"]) == "secret")
        await expect(.invalidCiphertext) { _ = try await store.decrypt(result.ciphertext, in: ["a": "b"]) }
    }

    @Test func `re-encryption to the same key only changes the context`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id, in: ["a": "b"])
        let result = try await store.reEncrypt(
            ciphertext, sourceKey: nil, sourceContext: EncryptionContext(["a": "b"]), destinationKey: made.id,
            destinationContext: .empty, by: .alice
        )
        #expect(try await store.decrypt(result.ciphertext) == "secret")
    }

    @Test func `re-encryption is refused as decryption and encryption would be`() async throws {
        let store = try await rig.start()
        let (source, destination) = (try await store.newKey(), try await store.newKey())
        let ciphertext = try await store.encrypt("secret", with: source.id)
        func reEncrypt(_ ciphertext: [UInt8], from name: String? = nil, to key: String) async throws {
            _ = try await store.reEncrypt(
                ciphertext, sourceKey: name, sourceContext: .empty, destinationKey: key, destinationContext: .empty,
                by: .alice
            )
        }
        await expect(.incorrectKey, Self.wrongKey) {
            try await reEncrypt(ciphertext, from: destination.id, to: source.id)
        }
        await expect(.invalidCiphertext) { try await reEncrypt(Array(ciphertext.dropLast()), to: destination.id) }
        await expect(.notFound) { try await reEncrypt(ciphertext, to: "\(KeyID.random())") }
        try await store.disableKey(destination.id, by: .alice)
        await expect(.disabled, "\(destination.arn) is disabled.") {
            try await reEncrypt(ciphertext, to: destination.id)
        }
        try await store.enableKey(destination.id, by: .alice)
        try await store.disableKey(source.id, by: .alice)
        await expect(.disabled, "\(source.arn) is disabled.") { try await reEncrypt(ciphertext, to: destination.id) }
    }

    // MARK: Dry run

    @Test func `a dry run tells that it would have worked, and asks the backend for nothing`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        let reserved = try await rig.reservedEncryptions(made)
        rig.backend.clearCalls()
        let message = "The request would have succeeded, but the DryRun option is set."
        for run in Self.dryRuns {
            await expect(.dryRun, message) { try await run(store, made.id, ciphertext) }
        }
        await expect(.dryRun, message) {
            _ = try await store.decrypt(nil, with: made.id, context: .empty, dryRun: true, by: .alice)
        }
        #expect(rig.backend.calls.isEmpty)
        #expect(try await rig.reservedEncryptions(made) == reserved)
    }

    @Test func `a dry run of what would fail fails in the same way`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        try await store.disableKey(made.id, by: .alice)
        for run in Self.dryRuns {
            await expect(.disabled, "\(made.arn) is disabled.") { try await run(store, made.id, ciphertext) }
        }
    }

    @Test func `without a dry run, or without a key, there has to be a ciphertext`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.validation) { _ = try await store.decrypt(nil, with: made.id, context: .empty, by: .alice) }
        await expect(.validation) {
            _ = try await store.decrypt(nil, with: nil, context: .empty, dryRun: true, by: .alice)
        }
    }

    private static let dryRuns: [@Sendable (KeyStore, String, [UInt8]) async throws -> Void] = [
        { store, key, _ in
            _ = try await store.encrypt(
                SecretBytes(copying: [1]), with: key, context: .empty, dryRun: true, by: .alice)
        },
        { store, key, ciphertext in
            _ = try await store.decrypt(ciphertext, with: key, context: .empty, dryRun: true, by: .alice)
        },
        { store, key, _ in
            _ = try await store.generateDataKey(bytes: 32, with: key, context: .empty, dryRun: true, by: .alice)
        },
        { store, key, _ in
            _ = try await store.generateDataKeyWithoutPlaintext(
                bytes: 32, with: key, context: .empty, dryRun: true, by: .alice)
        },
        { store, key, ciphertext in
            _ = try await store.reEncrypt(
                ciphertext, sourceKey: nil, sourceContext: .empty, destinationKey: key, destinationContext: .empty,
                dryRun: true, by: .alice
            )
        },
    ]

    // MARK: A backend in trouble

    @Test(arguments: [KMSError.Code.keyUnavailable, .dependencyTimeout, .throttled, .internalFailure])
    func `the backend's own error reaches the caller, and is no alarm about the key`(code: KMSError.Code) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let error = KMSError(code, "in trouble", cause: "for the log")
        rig.backend.fail(.encrypt, with: error)
        do {
            _ = try await store.encrypt("x", with: made.id)
            Issue.record("expected \(code)")
        } catch let seen as KMSError {
            #expect(seen == error)
        }
        #expect(rig.events.all.isEmpty)
        #expect(try await store.state(made) == .enabled)
        #expect(try await !store.encrypt("x", with: made.id).isEmpty, "the next one works")
    }
}
