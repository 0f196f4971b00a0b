import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

/// What holds alike for all operations with key pairs and HMAC keys.
@Suite struct `Key pairs and HMAC keys` {
    /// One operation, which works with keys of one kind.
    struct Use: Sendable, CustomTestStringConvertible {
        let operation: String
        let spec: KeySpec
        let usage: KeyUsage
        /// What GetKeyLastUsage calls it; nil for what is no cryptographic operation.
        let noted: String?
        /// What the backend is asked.
        let calls: [FakeBackend.Call]
        let body: @Sendable (KeyStore, KeyDescription, Bool) async throws -> Void

        var testDescription: String { operation }
    }

    static let message = [UInt8]("message".utf8)
    static let digest = [UInt8](repeating: 1, count: 32)
    static let peer = Result { try PrivateKey.generate(.ec(.p256)).publicKey.subjectPublicKeyInfo }

    static let uses = [
        Use(
            operation: "Sign", spec: .p256, usage: .signVerify, noted: "Sign", calls: [.sign]
        ) { store, key, dryRun in _ = try await store.sign(message, "ECDSA_SHA_256", with: key.id, dryRun: dryRun) },
        Use(
            operation: "GenerateMac", spec: .hmac256, usage: .generateVerifyMAC, noted: "GenerateMac",
            calls: [.generateMAC]
        ) { store, key, dryRun in
            _ = try await store.generateMAC(of: message, "HMAC_SHA_256", with: key.id, dryRun: dryRun)
        },
        Use(
            operation: "DeriveSharedSecret", spec: .p256, usage: .keyAgreement, noted: "DeriveSharedSecret",
            calls: [.deriveSharedSecret]
        ) { store, key, dryRun in _ = try await store.sharedSecret(with: peer.get(), key: key.id, dryRun: dryRun) },
        Use(
            operation: "Encrypt", spec: .rsa2048, usage: .encryptDecrypt, noted: "Encrypt", calls: []
        ) { store, key, dryRun in
            _ = try await store.encrypt(
                SecretBytes(copying: message), with: key.id, context: .empty, algorithm: "RSAES_OAEP_SHA_256",
                dryRun: dryRun, by: .alice
            )
        },
        Use(
            operation: "GetPublicKey", spec: .p256, usage: .signVerify, noted: nil, calls: []
        ) { store, key, _ in _ = try store.publicKey(of: key.id, by: .alice) },
        Use(
            operation: "GenerateDataKeyPair", spec: .symmetricDefault, usage: .encryptDecrypt,
            noted: "GenerateDataKeyPair", calls: [.generateDataKeyPair]
        ) { store, key, dryRun in
            _ = try await store.generateDataKeyPair(
                "ECC_NIST_P256", with: key.id, context: .empty, showingPrivateKey: true, dryRun: dryRun, by: .alice
            )
        },
        Use(
            operation: "GenerateDataKeyPairWithoutPlaintext", spec: .symmetricDefault, usage: .encryptDecrypt,
            noted: "GenerateDataKeyPairWithoutPlaintext", calls: [.generateDataKeyPair]
        ) { store, key, dryRun in
            _ = try await store.generateDataKeyPair(
                "ECC_NIST_P256", with: key.id, context: .empty, showingPrivateKey: false, dryRun: dryRun, by: .alice
            )
        },
    ]

    let rig = Rig()

    @Test(arguments: uses)
    func `ask the backend for what needs the secret, and their use is noted`(use: Use) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(use.spec, use.usage)
        #expect(try store.lastOperation(made) == nil)
        rig.backend.clearCalls()
        try await use.body(store, made, false)
        #expect(rig.backend.calls == use.calls)
        #expect(try store.lastOperation(made) == use.noted)
    }

    @Test(arguments: uses.filter { $0.noted != nil })
    func `in a dry run do nothing, and tell that they would have`(use: Use) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(use.spec, use.usage)
        try await rig.expectNothingDone {
            await expect(.dryRun, "The request would have succeeded, but the DryRun option is set.") {
                try await use.body(store, made, true)
            }
        }
        #expect(try store.lastOperation(made) == nil)
    }

    @Test(arguments: uses, [false, true])
    func `serve only while they are enabled`(use: Use, dryRun: Bool) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(use.spec, use.usage)
        try await store.disableKey(made.id, by: .alice)
        try await rig.expectNothingDone {
            await expect(.disabled, "\(made.arn) is disabled.") { try await use.body(store, made, dryRun) }
        }
        _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        try await rig.expectNothingDone {
            await expect(.invalidState, "\(made.arn) is pending deletion.") {
                try await use.body(store, made, dryRun)
            }
        }
        let external = try await store.newKey {
            $0.spec = use.spec
            $0.usage = use.usage
            $0.origin = .external
        }
        try await rig.expectNothingDone {
            await expect(.invalidState, "\(external.arn) is pending import.") {
                try await use.body(store, external, dryRun)
            }
        }
    }

    @Test(arguments: uses.filter { !$0.calls.isEmpty })
    func `whose material the token does not show are unavailable until it does`(use: Use) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(use.spec, use.usage)
        rig.backend.hide([made.object])
        await expect(.keyUnavailable, "The key material of \(made.arn) is not available.") {
            try await use.body(store, made, false)
        }
        #expect(try await store.state(made) == .unavailable)
        #expect(try store.lastOperation(made) == nil)
        rig.backend.heal()
        try await use.body(store, made, false)
        #expect(try await store.state(made) == .enabled)
        #expect(rig.events.take() == ["missing \(made.id)", "found \(made.id)"])
    }

    @Test(arguments: uses.filter { !$0.calls.isEmpty }, [KMSError.Code.keyUnavailable, .dependencyTimeout, .throttled])
    func `pass the backend's own error on, and raise no alarm`(use: Use, code: KMSError.Code) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(use.spec, use.usage)
        rig.backend.fail(use.calls[0], with: KMSError(code, "in trouble", cause: "for the log"))
        await expect(code, "in trouble") { try await use.body(store, made, false) }
        #expect(rig.events.all.isEmpty)
        try await use.body(store, made, false)
    }

    // MARK: Public keys

    @Test func `verify, encrypt and show their public key while there is no token`() async throws {
        let store = try await rig.start()
        let ec = try await store.newKey(.p256, .signVerify)
        let rsa = try await store.newKey(.rsa2048, .encryptDecrypt)
        let signature = try await store.sign(Self.message, "ECDSA_SHA_256", with: ec.id)
        for call in FakeBackend.Call.allCases {
            rig.backend.fail(call, with: KMSError(.keyUnavailable, "down"), isLasting: true)
        }
        rig.backend.hide([ec.object, rsa.object])
        rig.backend.clearCalls()
        for store in [store, try await rig.start()] {
            try store.verify(signature, of: Self.message, "ECDSA_SHA_256", with: ec.id)
            await expect(.invalidSignature) { try store.verify([1], of: Self.message, "ECDSA_SHA_256", with: ec.id) }
            _ = try await store.encrypt(Self.message, with: rsa.id, "RSAES_OAEP_SHA_256")
            _ = try store.publicKey(rsa)
        }
        #expect(rig.backend.calls.isEmpty)
    }

    @Test func `whose material is missing still verify, which is no sign of it`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.p256, .signVerify)
        let signature = try await store.sign(Self.message, "ECDSA_SHA_256", with: made.id)
        rig.backend.hide([made.object])
        await expect(.keyUnavailable) { _ = try await store.sign(Self.message, "ECDSA_SHA_256", with: made.id) }
        try store.verify(signature, of: Self.message, "ECDSA_SHA_256", with: made.id)
        #expect(try store.lastOperation(made) == "Verify")
        #expect(try await store.state(made) == .unavailable)
    }

    @Test func `in a dry run do not look at what is to be verified`() async throws {
        let store = try await rig.start()
        let (ec, hmac) = (
            try await store.newKey(.p256, .signVerify), try await store.newKey(.hmac256, .generateVerifyMAC)
        )
        try await rig.expectNothingDone {
            await expect(.dryRun) {
                try store.verify([1], of: Self.message, "ECDSA_SHA_256", with: ec.id, dryRun: true)
            }
            await expect(.dryRun) {
                try await store.verifyMAC([1], of: Self.message, "HMAC_SHA_256", with: hmac.id, dryRun: true)
            }
        }
    }

    @Test func `tell their public key with what it is for`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .signVerify)
        try await store.createAlias("alias/seal", target: made.id, by: .alice)
        let told = try store.publicKey(of: "alias/seal", by: .alice)
        #expect(told.key.address == made.key.address)
        #expect(told.key.usage == .signVerify)
        #expect(told.publicKey == made.key.materials[0].publicKey)
        #expect(told.algorithm.signingAlgorithms.count == 6)
        #expect(try PublicKey(subjectPublicKeyInfo: told.publicKey).kind == .rsa(bits: 2048))
    }

    @Test(arguments: [(KeySpec.symmetricDefault, KeyUsage.encryptDecrypt), (.hmac256, .generateVerifyMAC)])
    func `without a public part have none to tell`(spec: KeySpec, usage: KeyUsage) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(spec, usage)
        await expect(.unsupported, "") { _ = try store.publicKey(of: made.id, by: .alice) }
    }

    @Test func `note each use by the name that AWS has for it`() async throws {
        let store = try await rig.start()
        let symmetric = try await store.newKey()
        let hmac = try await store.newKey(.hmac256, .generateVerifyMAC)
        let ciphertext = try await store.encrypt("x", with: symmetric.id)
        #expect(try store.lastOperation(symmetric) == "Encrypt")
        _ = try await store.decrypt(ciphertext)
        #expect(try store.lastOperation(symmetric) == "Decrypt")
        _ = try await store.generateDataKey(bytes: 32, with: symmetric.id, context: .empty, by: .alice)
        #expect(try store.lastOperation(symmetric) == "GenerateDataKey")
        _ = try await store.generateDataKeyWithoutPlaintext(
            bytes: 32, with: symmetric.id, context: .empty, by: .alice)
        #expect(try store.lastOperation(symmetric) == "GenerateDataKeyWithoutPlaintext")
        let mac = try await store.generateMAC(of: Self.message, "HMAC_SHA_256", with: hmac.id)
        try await store.verifyMAC(mac, of: Self.message, "HMAC_SHA_256", with: hmac.id)
        #expect(try store.lastOperation(hmac) == "VerifyMac")
    }
}
