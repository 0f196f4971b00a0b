import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import HSMClient

/// Published vectors, computed by the token with keys that were imported into it.
@Suite(.serialized) struct `Published vectors through imported keys` {
    @Test func `Wycheproof's AES-GCM`() async throws {
        let scene = try await VectorScene()
        let vectors = try Wycheproof.aesGCM()
        try #require(vectors.count > 60)
        for vector in vectors {
            let key = try await scene.key(vector.key, .symmetricDefault, .encryptDecrypt)
            let sealed = try #require(SealedBytes(vector.iv + vector.sealed))
            if vector.isValid {
                #expect(try await scene.rig.open(sealed, vector.aad, with: key) == vector.plaintext, "\(vector.number)")
            } else {
                await expect(.invalidCiphertext, "\(vector.number): \(vector.comment)") {
                    _ = try await scene.rig.open(sealed, vector.aad, with: key)
                }
            }
        }
    }

    /// HMAC fills a key that is shorter than a block with zeros, and hashes one that is longer (FIPS 198-1, section 4):
    /// so every key of the vectors has the same MACs as one of the size that is imported.
    @Test(arguments: [(224, Digest.sha224), (256, .sha256), (384, .sha384), (512, .sha512)])
    func `RFC 4231's HMAC`(bits: Int, digest: Digest) async throws {
        let scene = try await VectorScene()
        let vectors = try NISTVectors.vectors("rfc-4231-sha\(bits).txt")
        try #require(vectors.count >= 6)
        for vector in vectors {
            let given = try vector.fields.bytes("Key")
            let isLong = given.count > digest.size
            let blockSize = bits > 256 ? 128 : 64
            guard !isLong || given.count > blockSize else { continue }
            let bytes = isLong ? digest.hash(given) : given + [UInt8](repeating: 0, count: digest.size - given.count)
            let key = try await scene.key(bytes, KeySpec(rawValue: "HMAC_\(bits)"), .generateVerifyMAC)
            let message = SecretBytes(copying: try vector.fields.bytes("Msg"))
            let code = try await scene.rig.client.generateMAC(of: message, "HMAC_SHA_\(bits)", with: key)
            let right = try vector.fields.bytes("MD")
            #expect(Array(code.prefix(right.count)) == right)
        }
    }

    @Test(arguments: [("secp256r1", Curve.p256), ("secp384r1", .p384), ("secp521r1", .p521)])
    func `Wycheproof's ECDH`(name: String, curve: Curve) async throws {
        let scene = try await VectorScene()
        let specs = [Curve.p256: KeySpec.p256, .p384: .p384, .p521: .p521]
        var agreed = 0
        for vector in try Wycheproof.groups("ecdh_\(name)_ecpoint_test.json").flatMap(\.tests) {
            guard let other = try? PublicKey(curve: curve, point: vector.fields.bytes("public")) else {
                #expect(vector.verdict != .valid, "\(vector.number): \(vector.comment)")
                continue
            }
            // What is invalid in the encoding alone never comes here; the point is then another's affair.
            guard vector.verdict != .invalid else { continue }
            let scalar = try vector.fields.integer("private", size: curve.fieldSize)
            let pair = try unsafe PrivateKey(curve: curve, scalar: scalar.span.bytes)
            let key = try await scene.key(pair.pkcs8().exposedArray, try #require(specs[curve]), .keyAgreement)
            let secret = try await scene.rig.client.deriveSharedSecret(with: try #require(other.point), key: key)
            #expect(try secret.exposedArray == vector.fields.bytes("shared"), "\(vector.number): \(vector.comment)")
            agreed += 1
        }
        try #require(agreed > 50)
    }

    @Test(arguments: [(2048, 1), (2048, 256), (3072, 256), (4096, 256)])
    func `Wycheproof's RSA-OAEP`(bits: Int, hash: Int) async throws {
        let scene = try await VectorScene()
        var decrypted = 0
        for group in try Wycheproof.groups("rsa_oaep_\(bits)_sha\(hash)_mgf1sha\(hash)_test.json") {
            let spec = KeySpec(rawValue: "RSA_\(bits)")
            let key = try await scene.key(try group.fields.bytes("privateKeyPkcs8"), spec, .encryptDecrypt)
            for vector in group.tests where try vector.fields.text("label").isEmpty {
                let ciphertext = try vector.fields.bytes("ct")
                if vector.verdict == .valid {
                    let opened = try await scene.rig.client.decryptRSA(ciphertext, "RSAES_OAEP_SHA_\(hash)", with: key)
                    #expect(try opened.exposedArray == vector.fields.bytes("msg"), "\(vector.number)")
                    decrypted += 1
                } else if vector.verdict == .invalid {
                    await expect(.invalidCiphertext, "\(vector.number): \(vector.comment)") {
                        _ = try await scene.rig.client.decryptRSA(ciphertext, "RSAES_OAEP_SHA_\(hash)", with: key)
                    }
                }
            }
        }
        try #require(decrypted > 5)
    }

    @Test(arguments: [2048, 3072, 4096])
    func `Wycheproof's PKCS #1 signatures`(bits: Int) async throws {
        let scene = try await VectorScene()
        let hashes = ["SHA-256": Digest.sha256, "SHA-384": .sha384, "SHA-512": .sha512]
        var signed = 0
        for group in try Wycheproof.groups("rsa_pkcs1_\(bits)_sig_gen_test.json") {
            let name = try group.fields.text("sha")
            guard let digest = hashes[name] else { continue }
            let bytes = try group.fields.bytes("privateKeyPkcs8")
            let spec = KeySpec(rawValue: "RSA_\(bits)")
            let pair = try unsafe PrivateKey(pkcs8: bytes.span.bytes)
            guard pair.publicKey.rsaPublicExponent == [1, 0, 1] else {
                await expect(.incorrectKeyMaterial) { _ = try await scene.key(bytes, spec, .signVerify) }
                continue
            }
            let key = try await scene.key(bytes, spec, .signVerify)
            for vector in group.tests where vector.verdict == .valid {
                let algorithm = "RSASSA_PKCS1_V1_5_SHA_" + name.suffix(3)
                let input = digest.hash(try vector.fields.bytes("msg"))
                let signature = try await scene.rig.client.sign(input, algorithm, with: key)
                #expect(try signature == vector.fields.bytes("sig"), "\(vector.number): \(vector.comment)")
                signed += 1
            }
        }
        try #require(signed > 5)
    }

    /// Their nonces are not the token's, so their keys sign, and their public keys verify.
    @Test func `NIST's ECDSA keys on secp256k1`() async throws {
        let scene = try await VectorScene()
        let vectors = try NISTVectors.vectors("ecdsa_secp256k1_siggen.txt").filter { $0.section == "K-256,SHA-256" }
        try #require(vectors.count > 10)
        for vector in vectors.prefix(40) {
            let fields = vector.fields
            let scalar = try fields.integer("d", size: 32)
            let point = try [4] + fields.integer("Qx", size: 32) + fields.integer("Qy", size: 32)
            let publicKey = try PublicKey(curve: .secp256k1, point: point)
            let pair = try unsafe PrivateKey(curve: .secp256k1, scalar: scalar.span.bytes)
            let key = try await scene.key(pair.pkcs8().exposedArray, .secp256k1, .signVerify)
            #expect(await scene.publicKey(of: key) == publicKey.subjectPublicKeyInfo)
            let digest = Digest.sha256.hash(try fields.bytes("Msg"))
            let signature = try await scene.rig.client.sign(digest, "ECDSA_SHA_256", with: key)
            #expect(publicKey.isValidSignature(signature, of: digest, .ecdsa(.sha256)))
        }
    }
}

/// A token to which vectors' keys are brought, each once.
private actor VectorScene {
    nonisolated let rig: Rig
    private let wrappingKey: BackendWrappingKey
    private var keys: [[UInt8]: MaterialReference] = [:]
    private var publicKeys: [ObjectID: [UInt8]] = [:]

    init() async throws {
        rig = try await Rig.ready {
            $0.settings.profile.workers = 1
            $0.settings.profile.callTimeout = 60
        }
        wrappingKey = try await BackendWrappingKey(in: rig.client)
    }

    func key(_ bytes: [UInt8], _ spec: KeySpec, _ usage: KeyUsage) async throws -> MaterialReference {
        if let known = keys[bytes] { return known }
        let algorithm = KnownMaterial.algorithms[2 + keys.count % 2]
        let wrapped = try #require(try KnownMaterial.wrap(bytes, algorithm, under: wrappingKey.publicKey))
        let id = ObjectID.random()
        let imported = try await rig.client.importKey(
            wrappingKey.material(wrapped, algorithm), of: spec, for: usage, id: id, expecting: nil)
        let key = MaterialReference(object: id, checkValue: imported.key.checkValue)
        keys[bytes] = key
        publicKeys[id] = imported.key.publicKey
        return key
    }

    func publicKey(of key: MaterialReference) -> [UInt8]? {
        publicKeys[key.object]
    }
}
