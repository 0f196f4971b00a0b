import FoundationEssentials
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import Testing

@testable import HSMClient

/// Wrapped bytes come from whoever may call ImportKeyMaterial, and there is an import token for every key.
@Suite(.serialized) struct `Hostile imports` {
    private static let kinds = [
        KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt), KnownMaterial.Kind(.hmac256, .generateVerifyMAC),
        KnownMaterial.Kind(.p256, .signVerify), KnownMaterial.Kind(.edwards25519, .signVerify),
    ]

    /// Changes `bytes` in some way that a fault or an attacker would.
    private func mutation(of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        switch Int.random(in: 0..<6) {
        case 0: bytes[.random(in: bytes.indices)] ^= 1 << Int.random(in: 0..<8)
        case 1: bytes.removeLast(.random(in: 1...bytes.count))
        case 2: bytes += [UInt8].random(.random(in: 1...400))
        case 3:
            let start = Int.random(in: bytes.indices)
            bytes.replaceSubrange(
                start..<min(start + 8, bytes.count), with: [UInt8].random(min(8, bytes.count - start)))
        case 4: bytes.swapAt(.random(in: 0..<128), .random(in: 128..<bytes.count))
        default: bytes = .random(bytes.count)
        }
        return bytes
    }

    @Test(arguments: KnownMaterial.algorithms)
    func `of altered bytes all get one answer, end no worker and leave no object`(algorithm: String) async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let workers = rig.workers
        let before = try rig.token.objectFiles
        let inventory = try await rig.client.inventory()
        for kind in Self.kinds {
            let known = try KnownMaterial(kind)
            let right = try known.wrap(algorithm, under: wrappingKey.publicKey)
            for _ in 0..<75 {
                let bytes = mutation(of: right)
                guard bytes != right else { continue }
                let error = await expect(
                    .invalidCiphertext, "\(kind.testDescription): \(Data(bytes).base64EncodedString())"
                ) {
                    _ = try await rig.client.importKey(
                        wrappingKey.material(bytes, algorithm), of: kind.spec, for: kind.usage, id: .random(),
                        expecting: nil
                    )
                }
                #expect(error?.message == KMSError.invalidCiphertext.message)
                #expect(error?.cause == KMSError.invalidCiphertext.cause)
            }
        }
        #expect(rig.workers == workers, "the first worker is the last")
        #expect(try rig.token.objectFiles == before)
        #expect(try await rig.client.inventory() == inventory)
        // And a good one works still.
        let known = try KnownMaterial(Self.kinds[0])
        _ = try await rig.importKey(known, algorithm, wrappingKey)
    }

    @Test(arguments: ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
    func `of altered keys, rightly wrapped, make no object unless they are keys that work`(
        algorithm: String
    ) async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let workers = rig.workers
        var expected = try await rig.client.inventory()
        for kind in [
            KnownMaterial.Kind(.rsa2048, .signVerify), KnownMaterial.Kind(.rsa2048, .encryptDecrypt),
            KnownMaterial.Kind(.p256, .signVerify), KnownMaterial.Kind(.p521, .keyAgreement),
            KnownMaterial.Kind(.secp256k1, .signVerify), KnownMaterial.Kind(.edwards25519, .signVerify),
        ] {
            let known = try KnownMaterial(kind)
            for _ in 0..<40 {
                var bytes = known.bytes
                for _ in 0..<Int.random(in: 1...3) { bytes[.random(in: bytes.indices)] ^= 1 << Int.random(in: 0..<8) }
                let wrapped = try #require(try KnownMaterial.wrap(bytes, algorithm, under: wrappingKey.publicKey))
                let id = ObjectID.random()
                do {
                    let imported = try await rig.client.importKey(
                        wrappingKey.material(wrapped, algorithm), of: kind.spec, for: kind.usage, id: id,
                        expecting: nil
                    )
                    // Another key than the one that was bent, or the same with a number that is not used: the answer's
                    // public key is right for what the token does.
                    expected.insert(id)
                    let key = MaterialReference(object: id, checkValue: imported.key.checkValue)
                    try await rig.client.verifyKey(key)
                    let kinds = try [imported.key.publicKey, known.key.publicKey].map {
                        try PublicKey(subjectPublicKeyInfo: $0).kind
                    }
                    #expect(kinds[0] == kinds[1])
                } catch let error as KMSError {
                    #expect(
                        error.code == .incorrectKeyMaterial, "\(kind.testDescription): \(error) \(error.cause ?? "")")
                }
            }
        }
        #expect(rig.workers == workers, "the first worker is the last")
        #expect(try await rig.client.inventory() == expected)
        #expect(try rig.token.objectFiles.count == expected.count)
    }

    @Test func `of a scalar that is none are refused`() async throws {
        let rig = try await Rig.ready()
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let known = try KnownMaterial(KnownMaterial.Kind(.p256, .signVerify))
        let scalar = try #require(known.bytes.firstRange(of: [0x04, 0x20])).upperBound
        var zero = known.bytes
        zero.replaceSubrange(scalar..<(scalar + 32), with: [UInt8](repeating: 0, count: 32))
        for algorithm in KnownMaterial.algorithms {
            let wrapped = try #require(try KnownMaterial.wrap(zero, algorithm, under: wrappingKey.publicKey))
            await expect(.incorrectKeyMaterial, "\(algorithm)") {
                _ = try await rig.client.importKey(
                    wrappingKey.material(wrapped, algorithm), of: .p256, for: .signVerify, id: .random(),
                    expecting: nil
                )
            }
        }
    }

    @Test func `of large RSA keys for a key on a curve are refused before anybody computes with them`() async throws {
        let rig = try await Rig.ready()
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let key = try await OpenSSLFiles.pkcs8(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"])
        // Which the worker opens.
        let wrapped = try #require(
            try KnownMaterial.wrap(key, "RSA_AES_KEY_WRAP_SHA_256", under: wrappingKey.publicKey))
        let error = await expect(.incorrectKeyMaterial) {
            _ = try await rig.client.importKey(
                wrappingKey.material(wrapped, "RSA_AES_KEY_WRAP_SHA_256"), of: .edwards25519, for: .signVerify,
                id: .random(), expecting: nil
            )
        }
        #expect(error?.cause?.contains("it has \(key.count) bytes") == true, "\(error?.cause ?? "")")
    }

    @Test func `of RSA keys of other sizes and exponents are refused`() async throws {
        let rig = try await Rig.ready()
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        for (arguments, spec) in [
            (["rsa_keygen_bits:1024"], KeySpec.rsa2048), (["rsa_keygen_bits:2056"], .rsa2048),
            (["rsa_keygen_bits:2048", "rsa_keygen_pubexp:3"], .rsa2048), (["rsa_keygen_bits:2048"], .rsa3072),
        ] {
            let key = try await OpenSSLFiles.pkcs8(["-algorithm", "RSA"] + arguments.flatMap { ["-pkeyopt", $0] })
            for algorithm in ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"] {
                let wrapped = try #require(try KnownMaterial.wrap(key, algorithm, under: wrappingKey.publicKey))
                await expect(.incorrectKeyMaterial, "\(arguments)") {
                    _ = try await rig.client.importKey(
                        wrappingKey.material(wrapped, algorithm), of: spec, for: .signVerify, id: .random(),
                        expecting: nil
                    )
                }
            }
        }
    }

    @Test func `by many at once hurt nobody who encrypts meanwhile`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.callTimeout = 30 }
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let key = try await rig.newKey()
        let workers = rig.workers
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    for _ in 0..<20 {
                        let algorithm = KnownMaterial.algorithms[index % 4]
                        await expect(.invalidCiphertext) {
                            _ = try await rig.client.importKey(
                                wrappingKey.material(.random(296), algorithm), of: .symmetricDefault,
                                for: .encryptDecrypt, id: .random(), expecting: nil
                            )
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<200 {
                        let sealed = try await rig.seal([1], with: key)
                        #expect(try await rig.open(sealed, with: key) == [1])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(rig.workers == workers)
    }
}
