import LibCrypto
import SecureMemory
import Testing

@Suite struct `Paddings and encodings` {
    /// EME-OAEP encoding (RFC 8017, section 7.1.1, step 2) with an empty label: what a token's raw RSA gives back.
    private func encoded(_ message: [UInt8], _ digest: Digest, seed: [UInt8]? = nil, size: Int = 256) -> [UInt8] {
        let room = size - digest.size - 1
        let zeros = [UInt8](repeating: 0, count: room - digest.size - 1 - message.count)
        return masked(digest.hash([]) + zeros + [1] + message, digest, seed: seed)
    }

    /// The second half of it, for data blocks that no one should make.
    private func masked(_ block: [UInt8], _ digest: Digest, seed: [UInt8]? = nil, first: UInt8 = 0) -> [UInt8] {
        let seed = seed ?? SystemRandom.bytes(digest.size).copy
        let maskedBlock = zip(block, mask(seed, block.count, digest)).map { $0 ^ $1 }
        let maskedSeed = zip(seed, mask(maskedBlock, digest.size, digest)).map { $0 ^ $1 }
        return [first] + maskedSeed + maskedBlock
    }

    /// MGF1 (RFC 8017, appendix B.2.1).
    private func mask(_ seed: [UInt8], _ size: Int, _ digest: Digest) -> [UInt8] {
        var bytes: [UInt8] = []
        var counter: UInt8 = 0
        while bytes.count < size {
            bytes += digest.hash(seed + [0, 0, 0, counter])
            counter += 1
        }
        return Array(bytes.prefix(size))
    }

    private func unpad(_ block: [UInt8], _ digest: Digest) -> [UInt8]? {
        unsafe OAEP.unpad(block.span.bytes, digest)?.copy
    }

    @Test(arguments: Digest.allCases)
    func `OAEP: what was padded comes back, and the library's decryption agrees`(digest: Digest) throws {
        let key = try PrivateKey.sample(.rsa(bits: 2048))
        for size in [0, 1, 16, 32, 256 - 2 * digest.size - 2] {
            let message = SystemRandom.bytes(size).copy
            let block = encoded(message, digest)
            #expect(unpad(block, digest) == message)
            #expect(try key.decryptOAEP(try key.publicKey.encryptRaw(block), digest).copy == message)
        }
        for size in [384, 512] {
            #expect(unpad(encoded([1, 2, 3], digest, size: size), digest) == [1, 2, 3])
        }
    }

    @Test(arguments: [Digest.sha1, .sha256])
    func `OAEP: a block with any byte changed is refused`(digest: Digest) {
        let block = encoded(Array("thirty-two bytes of key material".utf8), digest)
        for index in block.indices {
            for bit: UInt8 in [1, 0x80] {
                var damaged = block
                damaged[index] ^= bit
                #expect(unpad(damaged, digest) == nil)
            }
        }
    }

    @Test(arguments: [Digest.sha1, .sha256])
    func `OAEP: a wrong label, separator, zero or size is refused`(digest: Digest) {
        let hash = digest.hash([])
        let room = 256 - digest.size - 1
        let zeros = [UInt8](repeating: 0, count: room - digest.size)
        #expect(unpad(masked(hash + zeros, digest), digest) == nil, "no separator")
        #expect(unpad(masked(hash + [2] + zeros.dropFirst(), digest), digest) == nil, "another separator")
        #expect(
            unpad(masked(hash + [0, 0xff, 1] + zeros.dropFirst(3), digest), digest) == nil, "padding that is not 0")
        let label = digest.hash(Array("label".utf8))
        #expect(unpad(masked(label + [1] + zeros.dropFirst(), digest), digest) == nil, "another label")
        #expect(unpad(masked(hash + [1] + zeros.dropFirst(), digest, first: 1), digest) == nil, "no zero in front")
        #expect(unpad(masked(hash + [1] + zeros.dropFirst(), digest), digest) != nil, "the same without a fault")
        let block = encoded([1, 2, 3], digest)
        for wrong in [[], [0], Array(block.dropFirst()), block + [0], Array(block.dropLast()), [0] + block] {
            #expect(unpad(wrong, digest) == nil, "\(wrong.count) bytes")
        }
        for other in Digest.allCases where other != digest {
            #expect(unpad(block, other) == nil, "\(other)")
        }
    }

    @Test func `Key wrapping refuses keys and secrets of other sizes, and what was changed`() throws {
        let key = SystemRandom.bytes(32).copy
        let secret = SystemRandom.bytes(33).copy
        for size in [0, 8, 15, 31, 33, 64] {
            let wrong = [UInt8](repeating: 1, count: size)
            #expect(throws: LibCryptoError.self) {
                try unsafe AESKeyWrapPadded.wrap(secret.span.bytes, with: wrong.span.bytes)
            }
        }
        let nothing: [UInt8] = []
        #expect(throws: LibCryptoError.self) {
            try unsafe AESKeyWrapPadded.wrap(nothing.span.bytes, with: key.span.bytes)
        }
        let wrapped = try unsafe AESKeyWrapPadded.wrap(secret.span.bytes, with: key.span.bytes)
        func unwrap(_ bytes: [UInt8]) -> [UInt8]? {
            unsafe AESKeyWrapPadded.unwrap(bytes.span.bytes, with: key.span.bytes)?.copy
        }
        #expect(unwrap(wrapped) == secret)
        for index in wrapped.indices {
            var damaged = wrapped
            damaged[index] ^= 1
            #expect(unwrap(damaged) == nil)
        }
        for wrong in [[], Array(wrapped.dropLast()), Array(wrapped.dropLast(8)), wrapped + wrapped, wrapped + [0]] {
            #expect(unwrap(wrong) == nil)
        }
    }

    @Test(arguments: Curve.allCases)
    func `ECDSA signatures go from one form to the other and back`(curve: Curve) throws {
        let key = try PrivateKey.generate(.ec(curve))
        for number in UInt8(0)..<20 {
            let der = try key.sign(Digest.sha256.hash([number]), .ecdsa(.sha256))
            let raw = try ECDSASignature.raw(fromDER: der, curve)
            #expect(raw.count == 2 * curve.fieldSize)
            #expect(try ECDSASignature.der(fromRaw: raw) == der)
        }
    }

    @Test func `ECDSA signatures in DER are strict`() throws {
        let good: [UInt8] = [0x30, 6, 2, 1, 1, 2, 1, 2]
        let raw = try ECDSASignature.raw(fromDER: good, .p256)
        #expect(raw == [UInt8](repeating: 0, count: 31) + [1] + [UInt8](repeating: 0, count: 31) + [2])
        let large = DER.value(0x02, [1] + [UInt8](repeating: 0, count: 32))
        let wrong: [[UInt8]] = [
            [], Array(good.dropLast()), good + [0], [0x30, 0x81, 6, 2, 1, 1, 2, 1, 2],
            [0x30, 7, 2, 2, 0, 1, 2, 1, 2], [0x30, 6, 2, 1, 0xff, 2, 1, 2], [0x30, 3, 2, 1, 1],
            [0x30, 9, 2, 1, 1, 2, 1, 2, 2, 1, 3], [0x31, 6, 2, 1, 1, 2, 1, 2], DER.value(0x30, large + [2, 1, 2]),
        ]
        for der in wrong {
            #expect(throws: LibCryptoError.self) { try ECDSASignature.raw(fromDER: der, .p256) }
        }
        for raw: [UInt8] in [[], [1], [1, 2, 3], [UInt8](repeating: 1, count: 258)] {
            #expect(throws: LibCryptoError.self) { try ECDSASignature.der(fromRaw: raw) }
        }
    }
}
