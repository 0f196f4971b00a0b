import KMSCore
import KMSTesting
import Testing

@Suite struct `A ciphertext blob` {
    private static func blob(
        _ id: KeyID = .random(), number: UInt32 = 1, size: Int = 28, _ scheme: SealingScheme = .aesGCM
    ) -> [UInt8] {
        let sealed = SealedBytes((0..<size).map { _ in .random(in: 0...255) })!
        let header = CiphertextBlob.header(keyID: id, materialNumber: number, format: CiphertextFormat(scheme))
        return CiphertextBlob.encode(header: header, .sealed(sealed))
    }

    private func isRefused(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try CiphertextBlob(decoding: bytes)
            return false
        } catch {
            return error == .invalidCiphertext
        }
    }

    @Test func `is read as it was written`() throws {
        let ids = [
            KeyID.random(), KeyID(high: 0, low: 0, isMultiRegion: false),
            KeyID(high: .max, low: .max, isMultiRegion: true), KeyID(high: 1, low: 2, isMultiRegion: true),
        ]
        for id in ids {
            for number in [1, 2, 0x0102_0304, UInt32.max] {
                for (size, scheme) in [
                    (28, .aesGCM), (29, .aesGCM), (28 + 4096, .aesGCM), (64, .encryptThenMAC), (80, .encryptThenMAC),
                    (48 + 4112, .encryptThenMAC),
                ] as [(Int, SealingScheme)] {
                    let bytes = Self.blob(id, number: number, size: size, scheme)
                    let blob = try CiphertextBlob(decoding: bytes)
                    #expect(blob.keyID == id)
                    #expect(blob.materialNumber == number)
                    #expect(blob.format == CiphertextFormat(scheme) && bytes[0] == blob.format.rawValue)
                    #expect(blob.content.bytes == Array(bytes[26...]))
                }
            }
        }
    }

    @Test func `is 54 bytes longer than its plaintext, and so always short enough for AWS's API`() {
        #expect(Self.blob(size: SealingScheme.aesGCM.sealedSize(of: 4096)).count == 4096 + 54)
        #expect(4096 + 54 <= CiphertextBlob.maximumSize)
    }

    @Test func `of version 2 has whole blocks between IV and tag, at least one`() {
        for size in 28...200 {
            let bytes = Self.blob(size: size, .encryptThenMAC)
            #expect(isRefused(bytes) == (size < 64 || !size.isMultiple(of: 16)), "\(size) bytes")
        }
    }

    @Test func `cut short is refused, or names its own key`() throws {
        let id = KeyID.random()
        let bytes = Self.blob(id, size: 28 + 40)
        for length in 0..<bytes.count {
            let cut = Array(bytes.prefix(length))
            if length < 54 {
                #expect(isRefused(cut), "\(length) bytes have no room for header, IV and tag")
            } else {
                #expect(try CiphertextBlob(decoding: cut).keyID == id)
            }
        }
    }

    @Test func `with one bit changed is refused, or names its own key and material`() throws {
        let id = KeyID.random()
        let bytes = Self.blob(id, number: 7, size: 28 + 10)
        for bit in 0..<(bytes.count * 8) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            if bit / 8 < CiphertextBlob.headerSize {
                #expect(isRefused(changed), "bit \(bit) of the header")
            } else {
                let blob = try CiphertextBlob(decoding: changed)
                #expect(blob.keyID == id)
                #expect(blob.materialNumber == 7)
            }
        }
    }

    @Test func `with any two bits of its header changed is refused`() {
        let bytes = Self.blob()
        var accepted = 0
        for first in 0..<(CiphertextBlob.headerSize * 8) {
            for second in 0..<first {
                var changed = bytes
                changed[first / 8] ^= 1 << (first % 8)
                changed[second / 8] ^= 1 << (second % 8)
                if !isRefused(changed) { accepted += 1 }
            }
        }
        #expect(accepted == 0)
    }

    @Test func `of another version or form of id is refused, even with the right checksum`() {
        for (version, form) in [(0, 0), (3, 0), (255, 0), (1, 2), (1, 255), (2, 2)] as [(UInt8, UInt8)] {
            var header: [UInt8] = [version, form] + KeyID.random().bytes + [0, 0, 0, 1]
            header += CRC32.checksum(header).bigEndianBytes
            #expect(isRefused(header + Array(repeating: 0, count: 64)), "version \(version), form \(form)")
        }
    }

    @Test func `may have 6,144 bytes, and not one more`() throws {
        #expect(try CiphertextBlob(decoding: Self.blob(size: 6144 - 26)).content.bytes.count == 6118)
        #expect(isRefused(Self.blob(size: 6145 - 26)))
    }

    @Test func `of random bytes is refused and never a trap`() {
        var generator = SplitMix64(seed: 3)
        for round in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...90, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // Half of them begin right, to come further.
            if round.isMultiple(of: 2), bytes.count >= 2 { bytes.replaceSubrange(0..<2, with: [1, 0]) }
            #expect(isRefused(bytes), "a checksum of 32 bits does not fit by chance in so few trials")
        }
        for size in [6144, 6145, 100_000] {
            #expect(isRefused(Array(repeating: 1, count: size)))
        }
    }

    @Test func `is bound to its header and its context by what is authenticated`() throws {
        let header = CiphertextBlob.header(keyID: .random(), materialNumber: 3, format: .aesGCM)
        let context = try EncryptionContext(["a": "b"])
        #expect(
            CiphertextBlob.authenticatedData(header: header, context: context) == header + context.canonicalBytes)
        #expect(CiphertextBlob.authenticatedData(header: header, context: .empty) == header)
    }
}

extension CiphertextBlob.Content {
    /// As they stand in a ciphertext.
    var bytes: [UInt8] {
        switch self {
        case .sealed(let sealed): sealed.bytes
        case .double(let sealing): sealing.bytes
        }
    }
}
