import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

/// The key store over a token that encrypts, then authenticates, or that did, or will.
@Suite struct `Encrypt-then-MAC in the key store` {
    let rig = Rig()

    private func start(_ scheme: SealingScheme = .encryptThenMAC) async throws -> KeyStore {
        rig.backend.setNewScheme(scheme)
        return try await rig.start()
    }

    /// The same sealed bytes, said to be of another version, with the checksum that fits.
    private func relabel(_ ciphertext: [UInt8], _ version: UInt8) -> [UInt8] {
        let start = [version] + ciphertext[1..<22]
        return start + CRC32.checksum(start).bigEndianBytes + ciphertext[26...]
    }

    @Test func `writes format 2, from an empty plaintext to the largest, and reads it after a restart`() async throws {
        let store = try await start()
        let key = try await store.newKey()
        let context = try EncryptionContext(["purpose": "payroll"])
        for size in [0, 1, 15, 16, 17, 4095, 4096] {
            let plaintext = [UInt8].random(size)
            let result = try await store.encrypt(
                SecretBytes(copying: plaintext), with: key.id, context: context, by: .alice)
            #expect(result.ciphertext[0] == 2)
            #expect(result.ciphertext.count == 26 + SealingScheme.encryptThenMAC.sealedSize(of: size))
            #expect((75...90).contains(result.ciphertext.count - size))
            #expect(result.ciphertext.count <= CiphertextBlob.maximumSize)
            for reader in [store, try await rig.start()] {
                let opened = try await reader.decrypt(result.ciphertext, with: nil, context: context, by: .alice)
                #expect(opened.plaintext.exposedArray == plaintext)
                await expect(.invalidCiphertext) {
                    _ = try await reader.decrypt(result.ciphertext, in: ["purpose": "pension"])
                }
            }
        }
        await expect(.validation) {
            _ = try await store.encrypt(SecretBytes(copying: .random(4097)), with: key.id, context: .empty, by: .alice)
        }
    }

    @Test func `refuses every change of a bit, of whatever part, and every cut`() async throws {
        let store = try await start()
        let key = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: key.id, in: ["a": "b"])
        for bit in 0..<(ciphertext.count * 8) {
            var changed = ciphertext
            changed[bit / 8] ^= 1 << (bit % 8)
            await expect(.invalidCiphertext) { _ = try await store.decrypt(changed, in: ["a": "b"]) }
        }
        for size in 0..<ciphertext.count {
            await expect(.invalidCiphertext) {
                _ = try await store.decrypt(Array(ciphertext.prefix(size)), in: ["a": "b"])
            }
        }
        for more in [1, 16, 32] {
            await expect(.invalidCiphertext) { _ = try await store.decrypt(ciphertext + .random(more), in: ["a": "b"]) }
        }
        #expect(try await store.decrypt(ciphertext, in: ["a": "b"]) == "secret")
        #expect(rig.events.all.isEmpty, "a bad ciphertext is nobody's alarm")
    }

    @Test(arguments: SealingScheme.allCases)
    func `gives no ciphertext to the other scheme, whatever its header says`(scheme: SealingScheme) async throws {
        let other = try #require(SealingScheme.allCases.first { $0 != scheme })
        let store = try await start(scheme)
        let key = try await store.newKey()
        rig.backend.setNewScheme(other)
        let another = try await store.newKey()
        // Of a size that both formats have.
        let ciphertext = try await store.encrypt(
            scheme == .aesGCM ? String(repeating: "x", count: 36) : "x", with: key.id)
        let relabelled = relabel(ciphertext, CiphertextFormat(other).rawValue)
        #expect(
            try CiphertextBlob(decoding: relabelled).format == CiphertextFormat(other),
            "in itself it is one of the other")
        rig.backend.clearCalls()
        await expect(.invalidCiphertext, "") { _ = try await store.decrypt(relabelled) }
        #expect(rig.backend.calls.isEmpty, "the token is not asked")
        // The key of the other scheme does not open it either, under its own header.
        let header = CiphertextBlob.header(
            keyID: another.key.address.id, materialNumber: 1, format: CiphertextFormat(other))
        await expect(.invalidCiphertext, "") { _ = try await store.decrypt(header + ciphertext.dropFirst(26)) }
        #expect(try await store.decrypt(relabel(relabelled, CiphertextFormat(scheme).rawValue)).hasPrefix("x"))
    }

    @Test(arguments: SealingScheme.allCases, SealingScheme.allCases)
    func `re-encrypts between the schemes inside the backend`(from: SealingScheme, to: SealingScheme) async throws {
        let store = try await start(from)
        let source = try await store.newKey()
        rig.backend.setNewScheme(to)
        let destination = try await store.newKey()
        for size in [0, 1, 16, 4096] {
            let plaintext = [UInt8].random(size)
            let ciphertext = try await store.encrypt(
                SecretBytes(copying: plaintext), with: source.id, context: EncryptionContext(["a": "1"]), by: .alice
            ).ciphertext
            rig.backend.clearCalls()
            let moved = try await store.reEncrypt(
                ciphertext, sourceKey: nil, sourceContext: EncryptionContext(["a": "1"]),
                destinationKey: destination.id, destinationContext: EncryptionContext(["b": "2"]), by: .alice)
            #expect(rig.backend.calls == [.reEncrypt])
            #expect(moved.ciphertext[0] == CiphertextFormat(to).rawValue)
            let opened = try await store.decrypt(
                moved.ciphertext, with: destination.id, context: EncryptionContext(["b": "2"]), by: .alice)
            #expect(opened.plaintext.exposedArray == plaintext)
        }
    }

    @Test func `re-encrypts to and from RSA`() async throws {
        let store = try await start()
        let key = try await store.newKey()
        let pair = try await store.newKey(.rsa2048, .encryptDecrypt)
        let algorithm = "RSAES_OAEP_SHA_256"
        // 190 bytes are the most for OAEP with SHA-256 in 2,048 bits; the padded size alone does not tell.
        let largest = String(repeating: "x", count: 190)
        let there = try await store.reEncrypt(
            store.encrypt(largest, with: key.id), sourceKey: nil, sourceContext: .empty, destinationKey: pair.id,
            destinationContext: .empty, destinationAlgorithm: algorithm, by: .alice)
        let back = try await store.reEncrypt(
            there.ciphertext, sourceKey: pair.id, sourceContext: .empty, sourceAlgorithm: algorithm,
            destinationKey: key.id, destinationContext: .empty, by: .alice)
        #expect(back.ciphertext[0] == 2)
        #expect(try await store.decrypt(back.ciphertext) == largest)
        let tooLarge = try await store.encrypt(largest + "x", with: key.id)
        await expect(.validation) {
            _ = try await store.reEncrypt(
                tooLarge, sourceKey: nil, sourceContext: .empty, destinationKey: pair.id, destinationContext: .empty,
                destinationAlgorithm: algorithm, by: .alice)
        }
    }

    @Test func `rotates from one scheme to the other and back, and every ciphertext stays readable`() async throws {
        var store = try await start(.aesGCM)
        let key = try await store.newKey()
        var ciphertexts: [[UInt8]] = []
        for (round, scheme) in [SealingScheme.aesGCM, .encryptThenMAC, .aesGCM].enumerated() {
            rig.backend.setNewScheme(scheme)
            if round > 0 { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
            ciphertexts.append(try await store.encrypt("\(round)", with: key.id))
            store = try await rig.start()
        }
        #expect(ciphertexts.map(\.first) == [1, 2, 1])
        for (round, ciphertext) in ciphertexts.enumerated() {
            #expect(try await store.decrypt(ciphertext) == "\(round)")
            let swapped = relabel(ciphertext, 3 - ciphertext[0])
            await expect(.invalidCiphertext) { _ = try await store.decrypt(swapped) }
        }
        try await rig.expectAgreement()
    }

    @Test func `seals data keys, data key pairs, access keys and import tokens`() async throws {
        let store = try await start()
        let key = try await store.newKey()
        let dataKey = try await store.generateDataKey(bytes: 32, with: key.id, context: .empty, by: .alice)
        let opened = try await store.decrypt(dataKey.sealed.ciphertext, with: nil, context: .empty, by: .alice)
        #expect(opened.plaintext.exposedArray == dataKey.plaintext.exposedArray)
        let hidden = try await store.generateDataKeyWithoutPlaintext(
            bytes: 64, with: key.id, context: .empty, by: .alice)
        #expect(
            try await store.decrypt(hidden.ciphertext, with: nil, context: .empty, by: .alice).plaintext.count == 64)
        let pair = try await store.generateDataKeyPair(
            "RSA_4096", with: key.id, context: .empty, showingPrivateKey: false, by: .alice)
        #expect(pair.ciphertext[0] == 2 && pair.ciphertext.count <= CiphertextBlob.maximumSize)
        let pkcs8 = try await store.decrypt(pair.ciphertext, with: nil, context: .empty, by: .alice)
        let privateKey = try pkcs8.plaintext.withExposedBytes { try PrivateKey(pkcs8: $0) }
        #expect(privateKey.publicKey.subjectPublicKeyInfo == pair.publicKey)

        let vault = CredentialVault(backend: rig.backend, metadata: rig.metadata)
        let made = try await rig.newAccessKey(vault)
        let stored = try await rig.metadata.load().accessKeys[0]
        #expect(stored.sealedSecret.bytes.count == SealingScheme.encryptThenMAC.sealedSize(of: made.secret.count))
        // As after a restart: with what the database says alone.
        let restarted = CredentialVault(backend: rig.backend, metadata: rig.metadata)
        #expect(try await restarted.open(stored).exposedArray == made.secret.exposedArray)

        let external = try await store.newImportedKey(.hmac256, .generateVerifyMAC)
        try await store.importSecret(.random(32), into: external)
        #expect(try await store.state(external) == .enabled)
    }

    @Test func `imports no symmetric material, and says so before there is a key`() async throws {
        let store = try await start()
        await expect(.unsupported) { _ = try await store.newImportedKey() }
        #expect(try await rig.metadata.load().keys.isEmpty)
        rig.backend.setNewScheme(.aesGCM)
        _ = try await store.newImportedKey()
    }

    @Test func `counts encryptions as ever`() async throws {
        let store = try await start()
        let key = try await store.newKey()
        for _ in 0..<3 { _ = try await store.encrypt("x", with: key.id) }
        try await store.stop()
        #expect(try await rig.reservedEncryptions(key) == 3)
    }

    @Test func `destroys its material when the time has come`() async throws {
        let store = try await start()
        let key = try await store.newKey()
        let ciphertext = try await store.encrypt("x", with: key.id)
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        try await store.performDueWork()
        #expect(rig.backend.objects.isEmpty)
        await expect(.accessDenied) { _ = try await store.decrypt(ciphertext) }
        try await rig.expectAgreement()
    }
}

@Suite struct `The size of a sealing` {
    @Test func `is that of its plaintext, and of no other`() {
        for scheme in SealingScheme.allCases {
            for size in 0...100 {
                let sealed = scheme.sealedSize(of: size)
                #expect(scheme.plaintextSizes(of: sealed)?.contains(size) == true)
                #expect(sealed >= SealedBytes.minimumSize)
            }
            for sealed in 0...200 {
                let fitting = (0...200).filter { scheme.sealedSize(of: $0) == sealed }
                #expect(
                    scheme.plaintextSizes(of: sealed).map(Array.init) ?? [] == fitting, "\(scheme), \(sealed) bytes")
            }
        }
    }
}
