import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

/// One key of every kind, and how it is used.
private struct KeyKind: CustomTestStringConvertible {
    let spec: KeySpec
    let usage: KeyUsage

    var testDescription: String { "\(spec.rawValue) \(usage.rawValue)" }

    static let all = [
        KeyKind(spec: .symmetricDefault, usage: .encryptDecrypt), KeyKind(spec: .hmac224, usage: .generateVerifyMAC),
        KeyKind(spec: .hmac512, usage: .generateVerifyMAC), KeyKind(spec: .rsa2048, usage: .signVerify),
        KeyKind(spec: .rsa2048, usage: .encryptDecrypt), KeyKind(spec: .p256, usage: .signVerify),
        KeyKind(spec: .p521, usage: .keyAgreement), KeyKind(spec: .secp256k1, usage: .signVerify),
        KeyKind(spec: .edwards25519, usage: .signVerify),
    ]

    /// Something that the key does; the same each time where the key's work is.
    func use(_ key: MaterialReference, _ rig: Rig) async throws {
        switch usage {
        case .generateVerifyMAC:
            let algorithm = spec == .hmac224 ? "HMAC_SHA_224" : "HMAC_SHA_512"
            _ = try await rig.client.generateMAC(of: SecretBytes(copying: [1]), algorithm, with: key)
        case .keyAgreement:
            let other = try PrivateKey.generate(.ec(.p521))
            let point = try #require(other.publicKey.point)
            _ = try await rig.client.deriveSharedSecret(with: point, key: key)
        case .encryptDecrypt where spec == .symmetricDefault:
            _ = try await rig.seal([1], with: key)
        case .encryptDecrypt:
            // No ciphertext of the key: to say so, the worker has to have found it.
            await expect(.invalidCiphertext) {
                _ = try await rig.client.decryptRSA(.random(256), "RSAES_OAEP_SHA_256", with: key)
            }
        case .signVerify:
            let name = try #require(AlgorithmTable.entry(for: spec)?.signingAlgorithms.first)
            let input = SigningAlgorithm.all[name]?.digest?.hash([1]) ?? [1]
            _ = try await rig.client.sign(input, name, with: key)
        }
    }
}

@Suite(.serialized) struct `Keys of every kind` {
    @Test func `outlive the worker that made them, by their check values`() async throws {
        let rig = try await Rig.ready()
        var keys: [(KeyKind, MaterialReference)] = []
        for kind in KeyKind.all { keys.append((kind, try await rig.newKey(kind.spec, kind.usage))) }
        let old = rig.workers
        Rig.kill(old)
        try await waitUntil("a new generation") { rig.workers.count == 2 && Set(rig.workers).isDisjoint(with: old) }
        try await waitUntil("it serves") { await rig.serves() }
        for (kind, key) in keys {
            try await kind.use(key, rig)
            try await rig.client.verifyKey(key)
        }
        #expect(try await rig.client.inventory() == Set(keys.map(\.1.object)))
        #expect(try rig.token.objectFiles.count == keys.count, "no public key and no session object stays")
    }

    @Test func `say what they are in their check values, but for those that version 1 made`() async throws {
        let rig = try await Rig.ready()
        #expect(try await rig.newKey().checkValue.count == 52, "as ever")
        let (key, publicKey) = try await rig.newPair(.p384, .keyAgreement)
        let name = Array("ECC_NIST_P384/KEY_AGREEMENT".utf8)
        #expect(key.checkValue == [2, UInt8(name.count)] + name + publicKey.subjectPublicKeyInfo)
        let mac = try await rig.newKey(.hmac384, .generateVerifyMAC)
        #expect(mac.checkValue.starts(with: [2, 28] + Array("HMAC_384/GENERATE_VERIFY_MAC".utf8)))
        #expect(mac.checkValue.count == 2 + 28 + 48)
    }

    @Test func `are not taken for another kind, whatever their check value says`() async throws {
        let rig = try await Rig.ready()
        let (key, publicKey) = try await rig.newPair(.p256)
        let (rsa, _) = try await rig.newPair(.rsa2048, .encryptDecrypt)
        func named(_ name: String, _ payload: [UInt8]) -> [UInt8] {
            [2, UInt8(name.utf8.count)] + Array(name.utf8) + payload
        }
        let spki = publicKey.subjectPublicKeyInfo
        let aes = try await rig.newKey()
        for checkValue in [
            named("ECC_NIST_P256/KEY_AGREEMENT", spki), named("ECC_SECG_P256K1/SIGN_VERIFY", spki),
            named("RSA_2048/SIGN_VERIFY", spki), named("ECC_NIST_P256", spki), named("", spki), [2], [2, 255, 0],
            named("ECC_NIST_P256/SIGN_VERIFY/OTHER", spki), named("ECC_NIST_P256/SIGN_VERIFY", []),
            named("ECC_NIST_P256/SIGN_VERIFY", Array(spki.dropLast())), aes.checkValue, rsa.checkValue,
        ] {
            let wrong = MaterialReference(object: key.object, checkValue: checkValue)
            await expect(.materialMissing) { try await rig.client.verifyKey(wrong) }
        }
        try await rig.client.verifyKey(key)
    }

    @Test(arguments: [KeyUsage.signVerify, .encryptDecrypt])
    func `of RSA with their ids exchanged never do the other's work`(usage: KeyUsage) async throws {
        let rig = try await Rig.ready()
        let (a, _) = try await rig.newPair(.rsa2048, usage)
        let (b, _) = try await rig.newPair(.rsa2048, usage)
        try await Program.offPool {
            let spare = ObjectID.random()
            for (from, to) in [(a.object, spare), (b.object, a.object), (spare, b.object)] {
                try rig.token.pkcs11Tool("--type", "privkey", "--id", "\(from)", "--set-id", "\(to)")
            }
        }
        for key in [a, b] {
            try await rig.forget(key)
            let error = await expect(.materialMissing) {
                if usage == .signVerify {
                    _ = try await rig.client.sign(Digest.sha256.hash([]), "RSASSA_PSS_SHA_256", with: key)
                } else {
                    _ = try await rig.client.decryptRSA(.random(256), "RSAES_OAEP_SHA_1", with: key)
                }
            }
            #expect(error?.cause?.contains("does not fit its check value") == true, "\(error?.cause ?? "")")
            await expect(.materialMissing) { try await rig.client.verifyKey(key) }
        }
        #expect(try await rig.client.inventory() == [a.object, b.object])
    }

    @Test func `that are extractable under our id are refused`() async throws {
        let rig = try await Rig.ready()
        let (known, _) = try await rig.newPair(.p256)
        let planted = MaterialReference(object: .random(), checkValue: known.checkValue)
        try await Program.offPool {
            _ = try rig.token.pkcs11Tool(
                "--keypairgen", "--key-type", "EC:prime256v1", "--id", "\(planted.object)", "--label", "strongroom",
                "--usage-sign", "--sensitive", "--private", "--extractable"
            )
        }
        let error = await expect(.materialMissing) {
            _ = try await rig.client.sign(Digest.sha256.hash([]), "ECDSA_SHA_256", with: planted)
        }
        #expect(error?.cause?.contains("did not keep extractable") == true, "\(error?.cause ?? "")")
    }

    @Test func `of ours have one usage, and are sensitive and never extractable, also for others' eyes`() async throws {
        let rig = try await Rig.ready()
        // pkcs11-tool does not print that a secret key signs.
        let listings = [
            (KeySpec.rsa2048, KeyUsage.signVerify, "privkey", "sign"),
            (.rsa2048, .encryptDecrypt, "privkey", "decrypt"),
            (.p256, .signVerify, "privkey", "sign"), (.p256, .keyAgreement, "privkey", "derive"),
            (.edwards25519, .signVerify, "privkey", "sign"), (.hmac256, .generateVerifyMAC, "secrkey", "verify"),
        ]
        for (spec, usage, type, uses) in listings {
            let key = try await rig.newKey(spec, usage)
            let listing = try await Program.offPool {
                try rig.token.pkcs11Tool("--list-objects", "--type", type, "--id", "\(key.object)")
            }
            #expect(listing.contains("Access:     sensitive, always sensitive, never extractable, local"), "\(listing)")
            #expect(listing.contains("Usage:      \(uses)\n"), "\(listing)")
            try await rig.client.destroyKey(key.object)
        }
        let wrapping = ObjectID.random()
        _ = try await rig.client.generateWrappingKey(.rsa2048, id: wrapping)
        let listing = try await Program.offPool { try rig.token.pkcs11Tool("--list-objects", "--type", "privkey") }
        #expect(listing.contains("Usage:      decrypt, unwrap\n"), "\(listing)")
        #expect(listing.contains("sensitive, always sensitive, never extractable, local"), "\(listing)")
        let publicKeys = try await Program.offPool { try rig.token.pkcs11Tool("--list-objects", "--type", "pubkey") }
        #expect(!publicKeys.contains("Public Key Object"), "the public half is in the metadata, not in the token")
    }

    @Test(arguments: [
        ("CKM_ECDSA", KeySpec.p256, KeyUsage.signVerify), ("CKM_EC_KEY_PAIR_GEN", .p256, .keyAgreement),
        ("CKM_EDDSA", .edwards25519, .signVerify), ("CKM_SHA384_HMAC", .hmac384, .generateVerifyMAC),
        ("CKM_RSA_PKCS_KEY_PAIR_GEN", .rsa4096, .signVerify),
    ])
    func `for which the token has no mechanism are refused by its name`(
        mechanism: String, spec: KeySpec, usage: KeyUsage
    ) async throws {
        let rig = try await Rig.ready(edit: { $0.settings.profile.workers = 1 }, without: [mechanism])
        let error = await expect(.unsupported) { _ = try await rig.newKey(spec, usage) }
        #expect(error?.message.contains("the token has no \(mechanism)") == true, "\(error?.message ?? "")")
        #expect(try rig.token.objectFiles.isEmpty)
    }

    @Test func `that no token of PKCS#11 v2.40 holds are refused before any is made, and say why`() async throws {
        let rig = try await Rig.ready()
        for spec in [KeySpec.mlDSA44, .mlDSA65, .mlDSA87] {
            let error = await expect(.unsupported) {
                try await rig.client.checkSupport(of: spec, for: .signVerify, imported: false)
            }
            #expect(
                error?.message
                    == "The HSM does not support the operation: the token has no CKM_ML_DSA_KEY_PAIR_GEN.")
        }
        for usage in [KeyUsage.signVerify, .encryptDecrypt, .keyAgreement] {
            let error = await expect(.unsupported) {
                try await rig.client.checkSupport(of: .sm2, for: usage, imported: false)
            }
            #expect(
                error?.message
                    == "The HSM does not support the operation: this worker makes no keys of spec SM2 for "
                    + "\(usage.rawValue).")
        }
        for kind in KeyKind.all {
            try await rig.client.checkSupport(of: kind.spec, for: kind.usage, imported: false)
        }
        #expect(try rig.token.objectFiles.isEmpty)
    }

    @Test func `of RSA sign by PKCS#1 where the token has no PSS, which is refused by its name`() async throws {
        let rig = try await Rig.ready(edit: { $0.settings.profile.workers = 1 }, without: ["CKM_RSA_PKCS_PSS"])
        let (key, publicKey) = try await rig.newPair(.rsa2048)
        let digest = Digest.sha512.hash([1])
        let signature = try await rig.client.sign(digest, "RSASSA_PKCS1_V1_5_SHA_512", with: key)
        #expect(publicKey.isValidSignature(signature, of: digest, .rsaPKCS1(.sha512)))
        let error = await expect(.unsupported) {
            _ = try await rig.client.sign(digest, "RSASSA_PSS_SHA_512", with: key)
        }
        #expect(error?.message.contains("CKM_RSA_PKCS_PSS") == true)
    }

    @Test(arguments: [
        [HSMProfile.OAEPHash.sha1], [], [.sha1, .sha256],
    ])
    func `decrypt by OAEP wherever the padding is looked at`(hashes: [HSMProfile.OAEPHash]) async throws {
        // The last of these lies: SoftHSM has no OAEP with SHA-256, and says so by another error than for a ciphertext.
        let isTrue = !hashes.contains(.sha256)
        let rig = try await Rig.ready {
            $0.settings.profile.workers = 1
            $0.settings.profile.oaepHashes = hashes
        }
        let (key, publicKey) = try await rig.newPair(.rsa2048, .encryptDecrypt)
        for (algorithm, hash) in [("RSAES_OAEP_SHA_1", Digest.sha1), ("RSAES_OAEP_SHA_256", .sha256)] {
            let plaintext = [UInt8].random(100)
            let good = try publicKey.encryptOAEP(SecretBytes(copying: plaintext), hash)
            guard isTrue || hash == .sha1 else {
                await expect(.internalFailure) { _ = try await rig.client.decryptRSA(good, algorithm, with: key) }
                continue
            }
            #expect(try await rig.client.decryptRSA(good, algorithm, with: key).exposedArray == plaintext)
            for _ in 0..<20 {
                var bad = good
                bad[.random(in: 0..<256)] ^= .random(in: 1...255)
                await expect(.invalidCiphertext) { _ = try await rig.client.decryptRSA(bad, algorithm, with: key) }
            }
            #expect(try await rig.client.decryptRSA(good, algorithm, with: key).exposedArray == plaintext)
        }
        #expect(rig.workers.count == 1)
    }

    @Test func `that a client named in a frame of its own making end in an error, not in a crash`() async throws {
        let rig = try await Rig.ready()
        let workers = rig.workers
        let (key, _) = try await rig.newPair(.p256, .keyAgreement)
        for point in [[], [4], [UInt8](repeating: 4, count: 65), .random(65), .random(200)] as [[UInt8]] {
            await expect(.internalFailure) { _ = try await rig.client.deriveSharedSecret(with: point, key: key) }
        }
        let (signing, _) = try await rig.newPair(.p256)
        for input in [[], .random(31), .random(33), .random(4096)] as [[UInt8]] {
            await expect(.internalFailure) { _ = try await rig.client.sign(input, "ECDSA_SHA_256", with: signing) }
        }
        try await rig.client.verifyKey(key)
        #expect(rig.workers == workers)
    }
}
