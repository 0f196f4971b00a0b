import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Key agreement` {
    static let curves: [(spec: KeySpec, curve: Curve)] = [(.p256, .p256), (.p384, .p384), (.p521, .p521)]

    let rig = Rig()

    @Test(arguments: curves)
    func `gives both sides the same secret, as long as the field`(spec: KeySpec, curve: Curve) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(spec, .keyAgreement)
        let peer = try PrivateKey.generate(.ec(curve))
        let result = try await store.deriveSharedSecret(
            withPublicKey: peer.publicKey.subjectPublicKeyInfo, algorithm: "ECDH", key: made.arn, by: .alice
        )
        #expect(result.secret.count == curve.fieldSize)
        #expect(result.keyARN == made.arn)
        #expect(result.algorithm == "ECDH")
        #expect(result.origin == .awsKMS)
        let theirs = try peer.sharedSecret(with: store.publicKey(made))
        let isSame = result.secret.isEqual(to: theirs)
        #expect(isSame)
    }

    @Test func `between two keys of the store is the same from either`() async throws {
        let store = try await rig.start()
        let (one, other) = (try await store.newKey(.p256, .keyAgreement), try await store.newKey(.p256, .keyAgreement))
        let a = try await store.sharedSecret(with: store.publicKey(other).subjectPublicKeyInfo, key: one.id)
        let b = try await store.sharedSecret(with: store.publicKey(one).subjectPublicKeyInfo, key: other.id)
        #expect(a == b)
        #expect(try store.lastOperation(one) == "DeriveSharedSecret")
    }

    @Test func `with what is no public key of the same curve is refused without a text, and asks no token`()
        async throws
    {
        let store = try await rig.start()
        let made = try await store.newKey(.p256, .keyAgreement)
        let peer = try PrivateKey.generate(.ec(.p256)).publicKey.subjectPublicKeyInfo
        var wrong: [[UInt8]] = [[], [0x30], peer + [0], .random(91), .random(8192)]
        wrong += (0..<peer.count).map { Array(peer.prefix($0)) }
        for kind in [PublicKey.Kind.ec(.p384), .ec(.p521), .ec(.secp256k1), .ed25519, .rsa(bits: 2048)] {
            wrong.append(try PrivateKey.generate(kind).publicKey.subjectPublicKeyInfo)
        }
        // Any one bit of a coordinate takes the point off the curve.
        for byte in (peer.count - 64)..<peer.count {
            var changed = peer
            changed[byte] ^= 1
            wrong.append(changed)
        }
        // The point at infinity, in its one-byte form.
        let inputs = wrong + [peer.prefix(peer.count - 66) + [2, 0, 0]]
        try await rig.expectNothingDone {
            for input in inputs {
                await expect(.validation, "") { _ = try await store.sharedSecret(with: input, key: made.id) }
            }
        }
        #expect(try store.lastOperation(made) == nil)
    }

    @Test func `with keys for something else, or another algorithm, is refused`() async throws {
        let store = try await rig.start()
        let peer = try PrivateKey.generate(.ec(.p256)).publicKey.subjectPublicKeyInfo
        for (spec, usage) in [(KeySpec.p256, KeyUsage.signVerify), (.symmetricDefault, .encryptDecrypt)] {
            let made = try await store.newKey(spec, usage)
            try await rig.expectNothingDone {
                await expect(
                    .invalidKeyUsage,
                    "\(made.arn) key usage is \(usage.rawValue) which is not valid for DeriveSharedSecret."
                ) { _ = try await store.sharedSecret(with: peer, key: made.id) }
            }
        }
        let made = try await store.newKey(.p256, .keyAgreement)
        await expect(.invalidKeyUsage, "Algorithm SM2KEP is incompatible with key spec ECC_NIST_P256.") {
            _ = try await store.deriveSharedSecret(
                withPublicKey: peer, algorithm: "SM2KEP", key: made.id, by: .alice)
        }
    }
}
