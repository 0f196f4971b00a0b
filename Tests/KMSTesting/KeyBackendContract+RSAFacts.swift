internal import KMSCore
internal import LibCrypto
internal import SecureMemory
internal import Testing

extension KeyBackendContract {
    private static let hashes = [("RSAES_OAEP_SHA_1", Digest.sha1), ("RSAES_OAEP_SHA_256", .sha256)]

    static let rsaFacts = [
        Fact("what is encrypted with the public key by OAEP decrypts, with either hash and of every size", needs: []) {
            contract in
            let specs = try await contract.held([.rsa2048, .rsa3072], .encryptDecrypt)
            for (spec, size) in [(KeySpec.rsa2048, 256), (.rsa3072, 384)] where specs.contains(spec) {
                let (key, made) = try await contract.newKey(spec, .encryptDecrypt)
                let publicKey = try PublicKey(subjectPublicKeyInfo: made.publicKey)
                for (algorithm, hash) in hashes {
                    for count in [0, 1, 32, size - 2 * hash.size - 2] {
                        let plaintext = [UInt8].random(count)
                        let ciphertext = try publicKey.encryptOAEP(SecretBytes(copying: plaintext), hash)
                        let opened = try await contract.backend.decryptRSA(ciphertext, algorithm, with: key)
                        #expect(opened.exposedArray == plaintext, "\(spec.rawValue), \(algorithm), \(count) bytes")
                    }
                }
            }
        },
        Fact(
            "what is no OAEP ciphertext of the key is invalid, and says no more, whatever is wrong with it",
            needs: [.key(.rsa2048, .encryptDecrypt)]
        ) { contract in
            let (key, made) = try await contract.newKey(.rsa2048, .encryptDecrypt)
            let publicKey = try PublicKey(subjectPublicKeyInfo: made.publicKey)
            let modulus = try #require(publicKey.rsaModulus)
            for (algorithm, hash) in hashes {
                let good = try publicKey.encryptOAEP(SecretBytes(copying: [1, 2, 3]), hash)
                var wrong: [(String, [UInt8])] = [
                    ("cut short", Array(good.dropLast())), ("made longer", good + [0]), ("a zero in front", [0] + good),
                    ("nothing", []), ("zero", [UInt8](repeating: 0, count: 256)), ("the modulus", modulus),
                    ("one", [UInt8](repeating: 0, count: 255) + [1]),
                    ("above the modulus", [UInt8](repeating: 255, count: 256)),
                    ("no padding", try publicKey.encryptRaw([0] + [UInt8](repeating: 7, count: 255))),
                    (
                        "a first byte that is not zero",
                        try publicKey.encryptRaw([1] + [UInt8](repeating: 7, count: 255))
                    ),
                ]
                for bit in [0, 7, 1000, 2047] {
                    var changed = good
                    changed[bit / 8] ^= 1 << (bit % 8)
                    wrong.append(("bit \(bit)", changed))
                }
                for (name, other) in hashes where name != algorithm {
                    wrong.append(("the other hash", try publicKey.encryptOAEP(SecretBytes(copying: [1]), other)))
                }
                for (what, ciphertext) in wrong {
                    let error = await #expect(throws: KMSError.self, "\(algorithm): \(what)") {
                        _ = try await contract.backend.decryptRSA(ciphertext, algorithm, with: key)
                    }
                    #expect(error == .invalidCiphertext, "\(algorithm): \(what)")
                }
                let opened = try await contract.backend.decryptRSA(good, algorithm, with: key)
                #expect(opened.exposedArray == [1, 2, 3], "errors leave the key usable")
            }
        },
        Fact(
            "another RSA key's ciphertext is invalid, and an unknown algorithm no answer",
            needs: [.key(.rsa2048, .encryptDecrypt)]
        ) { contract in
            let (key, _) = try await contract.newKey(.rsa2048, .encryptDecrypt)
            let (_, other) = try await contract.newKey(.rsa2048, .encryptDecrypt)
            let publicKey = try PublicKey(subjectPublicKeyInfo: other.publicKey)
            for (algorithm, hash) in hashes {
                let ciphertext = try publicKey.encryptOAEP(SecretBytes(copying: [1]), hash)
                await contract.expect(.invalidCiphertext) {
                    _ = try await contract.backend.decryptRSA(ciphertext, algorithm, with: key)
                }
                await contract.expect(.internalFailure) {
                    _ = try await contract.backend.decryptRSA(ciphertext, "RSAES_PKCS1_V1_5", with: key)
                }
            }
        },
        Fact(
            "a wrapping key has a public part, and neither signs nor decrypts for anybody",
            needs: [.wrappingKey(.rsa2048), .wrappingKey(.rsa3072)]
        ) { contract in
            let backend = contract.backend
            for spec in [KeySpec.rsa2048, .rsa3072] {
                let id = ObjectID.random()
                let made = try await backend.generateWrappingKey(spec, id: id)
                let key = MaterialReference(object: id, checkValue: made.checkValue)
                let publicKey = try PublicKey(subjectPublicKeyInfo: made.publicKey)
                #expect(publicKey.kind == spec.publicKeyKind)
                #expect(try await backend.inventory().contains(id))
                try await backend.verifyKey(key)
                let ciphertext = try publicKey.encryptOAEP(SecretBytes(copying: [1]), .sha1)
                await contract.expect(.internalFailure) {
                    _ = try await backend.decryptRSA(ciphertext, "RSAES_OAEP_SHA_1", with: key)
                }
                await contract.expect(.internalFailure) {
                    _ = try await backend.sign(Digest.sha256.hash([]), "RSASSA_PKCS1_V1_5_SHA_256", with: key)
                }
                try await backend.destroyKey(id)
            }
            await contract.expect(.unsupported) { _ = try await backend.generateWrappingKey(.p256, id: .random()) }
        },
    ]
}
