internal import KMSCore
internal import LibCrypto
internal import SecureMemory
internal import Testing

extension KeyBackendContract {
    static let pairFacts = [
        Fact("a signature of every spec and algorithm verifies, and for its own input only", needs: []) { contract in
            let specs = [KeySpec.rsa2048, .rsa3072, .rsa4096, .p256, .p384, .p521, .secp256k1, .edwards25519]
            for spec in try await contract.held(specs, .signVerify) {
                let (key, made) = try await contract.newKey(spec, .signVerify)
                let publicKey = try PublicKey(subjectPublicKeyInfo: made.publicKey)
                #expect(publicKey.kind == spec.publicKeyKind)
                for name in try #require(AlgorithmTable.entry(for: spec)).signingAlgorithms {
                    let algorithm = try #require(SigningAlgorithm.all[name])
                    for message in [[], [UInt8].random(64), .random(4096)] {
                        let input = algorithm.digest?.hash(message) ?? message
                        let signature = try await contract.backend.sign(input, name, with: key)
                        let comment: Comment = "\(spec.rawValue), \(name), \(message.count) bytes"
                        #expect(publicKey.isValidSignature(signature, of: input, algorithm.scheme), comment)
                        let other = algorithm.digest?.hash(message + [0]) ?? message + [0]
                        #expect(!publicKey.isValidSignature(signature, of: other, algorithm.scheme), comment)
                    }
                }
            }
        },
        Fact(
            "no two key pairs are the same, and each verifies its own signatures alone",
            needs: [.key(.p256, .signVerify)]
        ) { contract in
            let a = try await contract.newKey(.p256, .signVerify)
            let b = try await contract.newKey(.p256, .signVerify)
            #expect(a.made.publicKey != b.made.publicKey)
            #expect(a.made.checkValue != b.made.checkValue)
            let digest = Digest.sha256.hash([1])
            let signature = try await contract.backend.sign(digest, "ECDSA_SHA_256", with: a.reference)
            let others = try PublicKey(subjectPublicKeyInfo: b.made.publicKey)
            #expect(!others.isValidSignature(signature, of: digest, .ecdsa(.sha256)))
        },
        Fact(
            "a key pair is in the inventory until it is destroyed, and its id is taken",
            needs: [.key(.p384, .signVerify)]
        ) { contract in
            let backend = contract.backend
            let (key, _) = try await contract.newKey(.p384, .signVerify)
            #expect(try await backend.inventory().contains(key.object))
            try await backend.verifyKey(key)
            await #expect(throws: KMSError.self) {
                _ = try await backend.generateKey(.symmetricDefault, for: .encryptDecrypt, id: key.object)
            }
            try await backend.verifyKey(key)
            try await backend.destroyKey(key.object)
            let inventory = try await backend.inventory()
            #expect(!inventory.contains(key.object))
            await contract.expect(.materialMissing) { try await backend.verifyKey(key) }
            await contract.expect(.materialMissing) {
                _ = try await backend.sign(Digest.sha384.hash([]), "ECDSA_SHA_384", with: key)
            }
        },
        Fact("another pair's check value is missing material", needs: []) { contract in
            for spec in try await contract.held([.secp256k1, .p256, .rsa2048], .signVerify) {
                let (key, _) = try await contract.newKey(spec, .signVerify)
                let (other, _) = try await contract.newKey(spec, .signVerify)
                let wrong = MaterialReference(object: key.object, checkValue: other.checkValue)
                let algorithm = spec == .rsa2048 ? "RSASSA_PKCS1_V1_5_SHA_256" : "ECDSA_SHA_256"
                await contract.expect(.materialMissing) { try await contract.backend.verifyKey(wrong) }
                await contract.expect(.materialMissing) {
                    _ = try await contract.backend.sign(Digest.sha256.hash([]), algorithm, with: wrong)
                }
                try await contract.backend.verifyKey(key)
            }
        },
        Fact("a shared secret is the one that the other side derives, on every curve", needs: []) { contract in
            let specs = try await contract.held([.p256, .p384, .p521], .keyAgreement)
            for (spec, curve) in [(KeySpec.p256, Curve.p256), (.p384, .p384), (.p521, .p521)] where specs.contains(spec)
            {
                let (key, made) = try await contract.newKey(spec, .keyAgreement)
                let publicKey = try PublicKey(subjectPublicKeyInfo: made.publicKey)
                #expect(publicKey.kind == .ec(curve))
                for _ in 0..<10 {
                    let other = try PrivateKey.generate(.ec(curve))
                    let point = try #require(other.publicKey.point)
                    let secret = try await contract.backend.deriveSharedSecret(with: point, key: key)
                    #expect(secret.count == curve.fieldSize)
                    #expect(secret.exposedArray == (try other.sharedSecret(with: publicKey)).exposedArray)
                }
            }
        },
        Fact(
            "a key serves its usage and no other",
            needs: [
                .symmetric, .key(.p256, .signVerify), .key(.p256, .keyAgreement), .key(.rsa2048, .encryptDecrypt),
                .key(.rsa2048, .signVerify), .key(.hmac256, .generateVerifyMAC),
            ]
        ) { contract in
            let backend = contract.backend
            let (signing, _) = try await contract.newKey(.p256, .signVerify)
            let (agreeing, _) = try await contract.newKey(.p256, .keyAgreement)
            let (decrypting, made) = try await contract.newKey(.rsa2048, .encryptDecrypt)
            let (rsa, _) = try await contract.newKey(.rsa2048, .signVerify)
            let (mac, _) = try await contract.newKey(.hmac256, .generateVerifyMAC)
            let aes = try await contract.newKey()
            let digest = Digest.sha256.hash([])
            for key in [agreeing, decrypting, mac, aes] {
                for algorithm in ["ECDSA_SHA_256", "RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256"] {
                    await contract.expect(.internalFailure) { _ = try await backend.sign(digest, algorithm, with: key) }
                }
            }
            await contract.expect(.internalFailure, "RSA's algorithm with an EC key") {
                _ = try await backend.sign(digest, "RSASSA_PSS_SHA_256", with: signing)
            }
            await contract.expect(.internalFailure, "ECDSA with an RSA key") {
                _ = try await backend.sign(digest, "ECDSA_SHA_256", with: rsa)
            }
            let point = try #require(try PrivateKey.generate(.ec(.p256)).publicKey.point)
            for key in [signing, decrypting, mac, aes] {
                await contract.expect(.internalFailure) {
                    _ = try await backend.deriveSharedSecret(with: point, key: key)
                }
            }
            let publicKey = try PublicKey(subjectPublicKeyInfo: made.publicKey)
            let ciphertext = try publicKey.encryptOAEP(SecretBytes(copying: [1]), .sha256)
            for key in [signing, agreeing, rsa, mac, aes] {
                await contract.expect(.internalFailure) {
                    _ = try await backend.decryptRSA(ciphertext, "RSAES_OAEP_SHA_256", with: key)
                }
            }
            for key in [signing, agreeing, rsa, decrypting, mac] {
                await contract.expect(.internalFailure) { _ = try await contract.seal([1], with: key) }
                await contract.expect(.internalFailure) {
                    _ = try await backend.generateDataKey(32, authenticating: [], with: key)
                }
            }
            for key in [signing, agreeing, rsa, decrypting, aes] {
                await contract.expect(.internalFailure) {
                    _ = try await backend.generateMAC(of: SecretBytes(copying: [1]), "HMAC_SHA_256", with: key)
                }
            }
            #expect(
                try await backend.sign(digest, "ECDSA_SHA_256", with: signing).count > 60, "none of it broke the key")
        },
    ]
}

extension KeySpec {
    /// What LibCrypto calls the spec's key pairs; nil for secret keys.
    var publicKeyKind: PublicKey.Kind? {
        switch self {
        case .rsa2048: .rsa(bits: 2048)
        case .rsa3072: .rsa(bits: 3072)
        case .rsa4096: .rsa(bits: 4096)
        case .p256: .ec(.p256)
        case .p384: .ec(.p384)
        case .p521: .ec(.p521)
        case .secp256k1: .ec(.secp256k1)
        case .edwards25519: .ed25519
        default: nil
        }
    }
}
