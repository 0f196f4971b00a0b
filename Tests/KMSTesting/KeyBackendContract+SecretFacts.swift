internal import KMSCore
internal import LibCrypto
internal import SecureMemory
internal import Testing

extension KeyBackendContract {
    private static let macs = [
        (KeySpec.hmac224, "HMAC_SHA_224", 28), (.hmac256, "HMAC_SHA_256", 32), (.hmac384, "HMAC_SHA_384", 48),
        (.hmac512, "HMAC_SHA_512", 64),
    ]

    /// HMAC keys and data key pairs.
    static let secretFacts = [
        Fact("a MAC is whole, the same each time, and another for another message or key", needs: []) { contract in
            let specs = try await contract.held(macs.map(\.0), .generateVerifyMAC)
            for (spec, algorithm, size) in macs where specs.contains(spec) {
                let (key, made) = try await contract.newKey(spec, .generateVerifyMAC)
                #expect(made.publicKey.isEmpty)
                let (other, _) = try await contract.newKey(spec, .generateVerifyMAC)
                func code(_ message: [UInt8], _ key: MaterialReference) async throws -> [UInt8] {
                    try await contract.backend.generateMAC(of: SecretBytes(copying: message), algorithm, with: key)
                }
                for count in [0, 1, 64, 200, 4096] {
                    let message = [UInt8].random(count)
                    let first = try await code(message, key)
                    #expect(first.count == size, "\(algorithm)")
                    #expect(try await code(message, key) == first)
                    #expect(try await code(message + [0], key) != first)
                    #expect(try await code(message, other) != first)
                }
            }
        },
        Fact("an HMAC key works with its own hash, and is found again by its check value alone", needs: []) {
            contract in
            let backend = contract.backend
            let specs = try await contract.held(macs.map(\.0), .generateVerifyMAC)
            for (spec, algorithm, _) in macs where specs.contains(spec) {
                let (key, _) = try await contract.newKey(spec, .generateVerifyMAC)
                let (other, _) = try await contract.newKey(spec, .generateVerifyMAC)
                for (_, wrong, _) in macs where wrong != algorithm {
                    await contract.expect(.internalFailure) {
                        _ = try await backend.generateMAC(of: SecretBytes(copying: [1]), wrong, with: key)
                    }
                }
                try await backend.verifyKey(key)
                let swapped = MaterialReference(object: key.object, checkValue: other.checkValue)
                await contract.expect(.materialMissing) { try await backend.verifyKey(swapped) }
                try await backend.destroyKey(key.object)
                await contract.expect(.materialMissing) {
                    _ = try await backend.generateMAC(of: SecretBytes(copying: [1]), algorithm, with: key)
                }
            }
        },
        Fact("a data key pair of every spec opens to the private key of the public key that came with it") { contract in
            let key = try await contract.newKey()
            let specs = [KeySpec.rsa2048, .rsa4096, .p256, .p384, .p521, .secp256k1, .edwards25519]
            let held = try await contract.held(specs.map { .dataKeyPair($0) })
            for spec in specs where held.contains(.dataKeyPair(spec)) {
                let pair = try await contract.backend.generateDataKeyPair(
                    spec, authenticating: [5], with: key, showingPrivateKey: true)
                #expect(try PublicKey(subjectPublicKeyInfo: pair.publicKey).kind == spec.publicKeyKind)
                let opened = try await contract.open(pair.sealedPrivateKey, [5], with: key)
                let privateKey = try unsafe PrivateKey(pkcs8: opened.span.bytes)
                #expect(privateKey.publicKey.subjectPublicKeyInfo == pair.publicKey, "\(spec.rawValue)")
                let shown = pair.privateKey.exposedArray
                #expect(shown == opened, "\(spec.rawValue)")
                let sealed = pair.sealedPrivateKey
                await contract.expect(.invalidCiphertext, "the AAD is bound") {
                    _ = try await contract.open(sealed, with: key)
                }
            }
        },
        Fact(
            "a data key pair is another each time, and its private key need not be shown",
            needs: [.symmetric, .dataKeyPair(.p256)]
        ) { contract in
            let key = try await contract.newKey()
            var publicKeys: Set<[UInt8]> = []
            for _ in 0..<10 {
                let pair = try await contract.backend.generateDataKeyPair(
                    .p256, authenticating: [], with: key, showingPrivateKey: false)
                publicKeys.insert(pair.publicKey)
                #expect(pair.privateKey.exposedArray == nil)
                let opened = try await contract.open(pair.sealedPrivateKey, with: key)
                let privateKey = try unsafe PrivateKey(pkcs8: opened.span.bytes)
                #expect(privateKey.publicKey.subjectPublicKeyInfo == pair.publicKey)
            }
            #expect(publicKeys.count == 10)
        },
        Fact(
            "a data key pair leaves no object, and of what is no such pair there is none",
            needs: [.symmetric, .key(.p256, .signVerify)]
        ) { contract in
            let key = try await contract.newKey()
            let (signing, _) = try await contract.newKey(.p256, .signVerify)
            for spec in [KeySpec.symmetricDefault, .hmac256, .sm2, KeySpec(rawValue: "ROT_13")] {
                await contract.expect(.unsupported, "\(spec.rawValue)") {
                    _ = try await contract.backend.generateDataKeyPair(
                        spec, authenticating: [], with: key, showingPrivateKey: true)
                }
            }
            await contract.expect(.internalFailure, "a key that does not seal") {
                _ = try await contract.backend.generateDataKeyPair(
                    .p256, authenticating: [], with: signing, showingPrivateKey: true)
            }
            let gone = MaterialReference(object: .random(), checkValue: key.checkValue)
            await contract.expect(.materialMissing) {
                _ = try await contract.backend.generateDataKeyPair(
                    .p256, authenticating: [], with: gone, showingPrivateKey: true)
            }
        },
    ]
}

extension SecretBytes? {
    /// As ``SecretBytes/exposedArray``.
    fileprivate var exposedArray: [UInt8]? {
        switch self {
        case .some(let secret): secret.exposedArray
        case .none: nil
        }
    }
}
