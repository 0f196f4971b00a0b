import LibCrypto
import SecureMemory
import Testing

@Suite struct `Operations with keys` {
    @Test(arguments: Samples.kinds)
    func `A signature verifies with its key, input and scheme, and with no other`(kind: PublicKey.Kind) throws {
        let key = try PrivateKey.sample(kind)
        let stranger = try PrivateKey.sample(kind, 1).publicKey
        let message = Array("a message".utf8)
        for scheme in Samples.schemes(of: kind) {
            let input = Samples.input(message, scheme)
            let signature = try key.sign(input, scheme)
            #expect(key.publicKey.isValidSignature(signature, of: input, scheme), "\(scheme)")
            #expect(!stranger.isValidSignature(signature, of: input, scheme), "\(scheme)")
            #expect(!key.publicKey.isValidSignature(signature, of: Samples.input([1], scheme), scheme), "\(scheme)")
            let damaged: [[UInt8]] = [
                [], Array(signature.dropLast()), signature + [0], [0] + signature,
                Array(signature.dropLast()) + [(signature.last ?? 0) ^ 1],
            ]
            for bytes in damaged {
                #expect(!key.publicKey.isValidSignature(bytes, of: input, scheme), "\(scheme)")
            }
            for other in Samples.kinds.flatMap({ Samples.schemes(of: $0) }) where other != scheme {
                // A digest of another kind has another size, too, but for ECDSA's and RSA's among each other.
                #expect(!key.publicKey.isValidSignature(signature, of: input, other), "\(scheme) \(other)")
            }
        }
    }

    @Test(arguments: Samples.kinds)
    func `Digests of another size and schemes of other keys are refused`(kind: PublicKey.Kind) throws {
        let key = try PrivateKey.sample(kind)
        for scheme in Samples.kinds.flatMap({ Samples.schemes(of: $0) }) {
            if Samples.schemes(of: kind).contains(scheme) {
                if scheme == .ed25519 { continue }
                let input = Samples.input([1], scheme)
                #expect(throws: LibCryptoError.self) { try key.sign(input + [0], scheme) }
                #expect(throws: LibCryptoError.self) { try key.sign(Array(input.dropLast()), scheme) }
                #expect(!key.publicKey.isValidSignature([1], of: input + [0], scheme))
            } else {
                #expect(throws: LibCryptoError.self) { try key.sign(Samples.input([1], scheme), scheme) }
            }
        }
    }

    @Test(arguments: Curve.allCases)
    func `Both sides of an agreement have the same secret`(curve: Curve) throws {
        let mine = try PrivateKey.generate(.ec(curve))
        let theirs = try PrivateKey.generate(.ec(curve))
        let secret = try mine.sharedSecret(with: theirs.publicKey)
        #expect(secret.count == curve.fieldSize)
        #expect(try theirs.sharedSecret(with: mine.publicKey).copy == secret.copy)
        for kind in Samples.kinds where kind != .ec(curve) {
            let stranger = try PrivateKey.sample(kind, 1).publicKey
            #expect(throws: LibCryptoError.self) { _ = try mine.sharedSecret(with: stranger) }
        }
    }

    @Test(arguments: [Digest.sha1, .sha256, .sha512])
    func `RSAES-OAEP takes as much as fits, and opens with the same hash alone`(digest: Digest) throws {
        let key = try PrivateKey.sample(.rsa(bits: 2048))
        let room = 256 - 2 * digest.size - 2
        for size in [0, 1, room] {
            let plaintext = SystemRandom.bytes(size)
            let ciphertext = try key.publicKey.encryptOAEP(plaintext, digest)
            #expect(ciphertext.count == 256)
            #expect(try key.decryptOAEP(ciphertext, digest).copy == plaintext.copy)
            for other in Digest.allCases where other != digest {
                #expect(throws: LibCryptoError.self) { _ = try key.decryptOAEP(ciphertext, other) }
            }
            for wrong in [[], Array(ciphertext.dropLast()), ciphertext + [0], [0] + ciphertext] {
                #expect(throws: LibCryptoError.self) { _ = try key.decryptOAEP(wrong, digest) }
            }
        }
        let tooMuch = SystemRandom.bytes(room + 1)
        #expect(throws: LibCryptoError.self) { try key.publicKey.encryptOAEP(tooMuch, digest) }
        let curve = try PrivateKey.generate(.ec(.p256))
        #expect(throws: LibCryptoError.self) { try curve.publicKey.encryptOAEP(SystemRandom.bytes(1), digest) }
    }

    @Test func `Raw RSA takes a block below the modulus and as long as it`() throws {
        let key = try PrivateKey.sample(.rsa(bits: 2048)).publicKey
        let one = [UInt8](repeating: 0, count: 255) + [1]
        #expect(try key.encryptRaw(one) == one)
        let modulus = try #require(key.rsaModulus)
        for wrong in [modulus, [], [1], one + [0], [UInt8](repeating: 0xff, count: 256)] {
            #expect(throws: LibCryptoError.self) { try key.encryptRaw(wrong) }
        }
        let curve = try PrivateKey.generate(.ed25519).publicKey
        #expect(throws: LibCryptoError.self) { try curve.encryptRaw(one) }
    }

    @Test func `Threads share a key`() async throws {
        let key = try PrivateKey.generate(.ec(.p256))
        let digest = Digest.sha256.hash([7])
        let signature = try key.sign(digest, .ecdsa(.sha256))
        let shared = key.publicKey
        let valid = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<100).count { _ in shared.isValidSignature(signature, of: digest, .ecdsa(.sha256)) }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(valid == 800)
    }

    @Test func `Random bytes have the size asked for and differ`() {
        #expect(SystemRandom.bytes(0).count == 0)
        let some = SystemRandom.bytes(32)
        #expect(some.count == 32)
        #expect(SystemRandom.bytes(32).copy != some.copy)
    }

    @Test func `What OpenSSL gives back of its memory is wiped`() {
        #expect(LibraryMemory.isWiped)
    }
}
