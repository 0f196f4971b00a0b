import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Signatures` {
    static let specs: [KeySpec] = [
        .rsa2048, .rsa3072, .rsa4096, .p256, .p384, .p521, .secp256k1, .edwards25519,
    ]

    let rig = Rig()
    let message = Array("Take no thought for the morrow".utf8)

    // MARK: Sign and Verify

    @Test(arguments: specs)
    func `of every spec and algorithm verify, here and with the public key alone`(spec: KeySpec) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(spec, .signVerify)
        let publicKey = try store.publicKey(made)
        for name in try store.publicKey(of: made.id, by: .alice).algorithm.signingAlgorithms {
            let algorithm = try #require(SigningAlgorithm.all[name])
            let input = algorithm.digest?.hash(message) ?? message
            let signature = try await store.sign(message, name, with: made.id)
            #expect(publicKey.isValidSignature(signature, of: input, algorithm.scheme), "\(name)")
            #expect(try store.verify(signature, of: message, name, with: made.arn) == made.arn)
            guard algorithm.digest != nil else { continue }
            #expect(try store.verify(signature, of: input, name, .digest, with: made.id) == made.arn, "as a digest")
            let ofDigest = try await store.sign(input, name, .digest, with: made.id)
            #expect(try store.verify(ofDigest, of: message, name, with: made.id) == made.arn, "and the other way round")
        }
    }

    @Test func `come with the key's ARN and the algorithm`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.p256, .signVerify)
        try await store.createAlias("alias/seal", target: made.id, by: .alice)
        let result = try await store.sign(
            SecretBytes(copying: message), .raw, algorithm: "ECDSA_SHA_256", with: "alias/seal", by: .alice
        )
        #expect(result.keyARN == made.arn)
        #expect(result.algorithm == "ECDSA_SHA_256")
        #expect(try store.verify(result.signature, of: message, "ECDSA_SHA_256", with: "alias/seal") == made.arn)
    }

    @Test func `of ECDSA are DER, of RSA as long as the modulus, of Ed25519 64 bytes`() async throws {
        let store = try await rig.start()
        let (ec, rsa) = (try await store.newKey(.p256, .signVerify), try await store.newKey(.rsa2048, .signVerify))
        let ed25519 = try await store.newKey(.edwards25519, .signVerify)
        let der = try await store.sign(message, "ECDSA_SHA_256", with: ec.id)
        #expect(der.first == 0x30)
        #expect(try ECDSASignature.raw(fromDER: der, .p256).count == 64)
        #expect(try await store.sign(message, "RSASSA_PSS_SHA_512", with: rsa.id).count == 256)
        #expect(try await store.sign(message, "ED25519_SHA_512", with: ed25519.id).count == 64)
    }

    @Test func `still verify after a restart`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.p384, .signVerify)
        let signature = try await store.sign(message, "ECDSA_SHA_384", with: made.id)
        #expect(try await rig.start().verify(signature, of: message, "ECDSA_SHA_384", with: made.id) == made.arn)
    }

    @Test func `are of messages from 1 to 4,096 bytes`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.edwards25519, .signVerify)
        for size in [1, 4096] {
            let message = [UInt8](repeating: 7, count: size)
            let signature = try await store.sign(message, "ED25519_SHA_512", with: made.id)
            try store.verify(signature, of: message, "ED25519_SHA_512", with: made.id)
        }
        let start = "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have "
        for (size, end) in [(0, "length greater than or equal to 1"), (4097, "length less than or equal to 4096")] {
            let message = [UInt8](repeating: 7, count: size)
            try await rig.expectNothingDone {
                await expect(.validation, start + end) {
                    _ = try await store.sign(message, "ED25519_SHA_512", with: made.id)
                }
                await expect(.validation, start + end) {
                    try store.verify([1], of: message, "ED25519_SHA_512", with: made.id)
                }
            }
        }
    }

    // MARK: What does not verify

    @Test(arguments: [KeySpec.rsa2048, .p256, .edwards25519])
    func `that were changed in any byte, cut or lengthened are invalid, and nothing else`(spec: KeySpec) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(spec, .signVerify)
        let name = try #require(store.publicKey(of: made.id, by: .alice).algorithm.signingAlgorithms.last)
        let signature = try await store.sign(message, name, with: made.id)
        var wrong: [[UInt8]] = [[], [0], [0x30, 0x80], signature + [0], .random(6144), .random(signature.count)]
        wrong += (0..<signature.count).map { Array(signature.prefix($0)) }
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1 << UInt8(index % 8)
            wrong.append(changed)
        }
        for signature in wrong {
            await expect(.invalidSignature, "") { try store.verify(signature, of: message, name, with: made.id) }
        }
        #expect(try store.lastOperation(made) == "Sign", "a verification that fails is no use of the key")
    }

    @Test func `of another message, digest, key or algorithm are invalid`() async throws {
        let store = try await rig.start()
        let (made, other) = (
            try await store.newKey(.rsa2048, .signVerify), try await store.newKey(.rsa2048, .signVerify)
        )
        let name = "RSASSA_PSS_SHA_256"
        let signature = try await store.sign(message, name, with: made.id)
        await expect(.invalidSignature, "") { try store.verify(signature, of: message + [0], name, with: made.id) }
        await expect(.invalidSignature, "") { try store.verify(signature, of: message, name, with: other.id) }
        await expect(.invalidSignature, "") {
            try store.verify(signature, of: Digest.sha256.hash([1]), name, .digest, with: made.id)
        }
        for other in ["RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256"] {
            await expect(.invalidSignature, "") { try store.verify(signature, of: message, other, with: made.id) }
        }
    }

    // MARK: What is refused

    @Test(arguments: ["RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256"])
    func `of digests of another length are refused`(name: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.rsa2048, .signVerify)
        let right = try #require(SigningAlgorithm.all[name]?.digest?.size)
        let text = "Digest is invalid length for algorithm \(name)."
        try await rig.expectNothingDone {
            for size in [0, 1, 20, 28, 32, 48, 64, 4096] where size != right {
                let digest = [UInt8](repeating: 1, count: size)
                await expect(.validation, text) { _ = try await store.sign(digest, name, .digest, with: made.id) }
                await expect(.validation, text) { try store.verify([1], of: digest, name, .digest, with: made.id) }
            }
        }
    }

    @Test func `of ECDSA want the digest of their curve`() async throws {
        let store = try await rig.start()
        for (spec, name) in [
            (KeySpec.p256, "ECDSA_SHA_256"), (.p384, "ECDSA_SHA_384"), (.p521, "ECDSA_SHA_512"),
            (.secp256k1, "ECDSA_SHA_256"),
        ] {
            let made = try await store.newKey(spec, .signVerify)
            await expect(.validation, "Digest is invalid length for algorithm \(name).") {
                _ = try await store.sign([1, 2, 3], name, .digest, with: made.id)
            }
        }
    }

    @Test func `with an algorithm of other keys are refused`() async throws {
        let store = try await rig.start()
        let cases: [(KeySpec, [String])] = [
            (.p256, ["ECDSA_SHA_384", "RSASSA_PSS_SHA_256", "ED25519_SHA_512", "HMAC_SHA_256", "SM2DSA", "none"]),
            (.rsa2048, ["ECDSA_SHA_256", "RSAES_OAEP_SHA_256", "ML_DSA_SHAKE_256", ""]),
            (.edwards25519, ["ECDSA_SHA_256", "ED25519_PH_SHA_512"]),
        ]
        for (spec, names) in cases {
            let made = try await store.newKey(spec, .signVerify)
            for name in names {
                let text = "Algorithm \(name) is incompatible with key spec \(spec.rawValue)."
                try await rig.expectNothingDone {
                    await expect(.invalidKeyUsage, text) { _ = try await store.sign(message, name, with: made.id) }
                    await expect(.invalidKeyUsage, text) { try store.verify([1], of: message, name, with: made.id) }
                }
            }
        }
    }

    @Test func `with keys for something else are refused`() async throws {
        let store = try await rig.start()
        let keys: [(KeySpec, KeyUsage, String)] = [
            (.symmetricDefault, .encryptDecrypt, "ECDSA_SHA_256"), (.rsa2048, .encryptDecrypt, "RSASSA_PSS_SHA_256"),
            (.hmac256, .generateVerifyMAC, "HMAC_SHA_256"), (.p256, .keyAgreement, "ECDSA_SHA_256"),
        ]
        for (spec, usage, name) in keys {
            let made = try await store.newKey(spec, usage)
            let start = "\(made.arn) key usage is \(usage.rawValue) which is not valid for "
            try await rig.expectNothingDone {
                await expect(.invalidKeyUsage, start + "Sign.") {
                    _ = try await store.sign(message, name, with: made.id)
                }
                await expect(.invalidKeyUsage, start + "Verify.") {
                    try store.verify([1], of: message, name, with: made.id)
                }
            }
        }
    }

    @Test func `of a message type that the algorithm does not take are refused`() async throws {
        let store = try await rig.start()
        let ed25519 = try await store.newKey(.edwards25519, .signVerify)
        let ec = try await store.newKey(.p256, .signVerify)
        let digest = [UInt8](repeating: 1, count: 64)
        let cases: [(KeyDescription, MessageType, String)] = [
            (ed25519, .digest, "ED25519_SHA_512"), (ed25519, .externalMU, "ED25519_SHA_512"),
            (ec, .externalMU, "ECDSA_SHA_256"),
        ]
        for (key, type, name) in cases {
            try await rig.expectNothingDone {
                await expect(.validation) { _ = try await store.sign(digest, name, type, with: key.id) }
                await expect(.validation) { try store.verify([1], of: digest, name, type, with: key.id) }
            }
        }
    }

    @Test func `with nobody's key, or from elsewhere, are refused`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.p256, .signVerify)
        await expect(.notFound) { _ = try await store.sign(message, "ECDSA_SHA_256", with: "\(KeyID.random())") }
        await expect(.accessDenied) {
            _ = try await store.sign(message, "ECDSA_SHA_256", with: made.arn, by: .mallory)
        }
    }
}
