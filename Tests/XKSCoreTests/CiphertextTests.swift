import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import XKSCore

@Suite struct `What Encrypt gives` {
    @Test func `has the integrity value of the specification's example (appendix C)`() throws {
        let ciphertext = XKSCiphertext(
            metadata: Array("key_version=1".utf8), initializationVector: bytes("1ccae5470f39700254779031"),
            ciphertext: bytes("821c642b5b71783367deaf18"),
            authenticationTag: bytes("bc1c4dda7707d6812447c5955e99b261"))
        // qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc= in base64
        #expect(
            ciphertext.integrityValue(Array("project=nile,department=marketing".utf8))
                == bytes("a8703f2260bd8791ec2d15ea0b23e65a0631eedcf2a13a65cc82db3f47cf5ec7"))
    }

    @Test func `authenticates additional data and metadata, each behind its length`() {
        #expect(XKSCiphertext.authenticatedData([], []) == [0, 0, 0])
        #expect(XKSCiphertext.authenticatedData([1, 2], [3]) == [0, 2, 1, 2, 1, 3])
        let long = [UInt8](repeating: 7, count: 8192)
        #expect(XKSCiphertext.authenticatedData(long, []) == [0x20, 0] + long + [0])
    }

    @Test func `is as long as the plaintext, with IV, tag and five bytes of metadata`() async throws {
        let rig = try await Rig()
        try await rig.store()
        try await rig.key()
        let made = try await rig.encrypt("hello", under: try rig.exposed()).ciphertext
        #expect(made.ciphertext.count == 5)
        #expect(made.initializationVector.count == 12)
        #expect(made.authenticationTag.count == 16)
        #expect(made.metadata == [1, 0, 0, 0, 1], "the format, and the material's number")
    }

    @Test func `is decrypted with its own additional data alone`() async throws {
        let rig = try await Rig()
        try await rig.store()
        try await rig.key()
        let key = try rig.exposed()
        let made = try await rig.encrypt("hello", under: key, aad: [1, 2, 3]).ciphertext
        #expect(try await rig.decrypt(made, under: key, aad: [1, 2, 3]) == "hello")
        for aad: [UInt8] in [[], [1, 2], [1, 2, 3, 0], [1, 2, 4]] {
            await expect(.invalidCiphertext) { _ = try await rig.decrypt(made, under: key, aad: aad) }
        }
    }

    @Test func `does not decrypt with anything of it changed`() async throws {
        let rig = try await Rig()
        try await rig.store()
        try await rig.key()
        let key = try rig.exposed()
        let made = try await rig.encrypt("hello", under: key).ciphertext
        func changed(
            _ metadata: [UInt8]? = nil, iv: [UInt8]? = nil, text: [UInt8]? = nil, tag: [UInt8]? = nil
        ) -> XKSCiphertext {
            XKSCiphertext(
                metadata: metadata ?? made.metadata, initializationVector: iv ?? made.initializationVector,
                ciphertext: text ?? made.ciphertext, authenticationTag: tag ?? made.authenticationTag)
        }
        for wrong in [
            changed([]), changed([2, 0, 0, 0, 1]), changed([1, 0, 0, 0, 2]), changed([1, 0, 0, 0, 1, 0]),
            changed([1, 0, 0, 0]), changed(iv: made.initializationVector.flipped),
            changed(iv: [UInt8](repeating: 0, count: 16)),
            changed(iv: []), changed(text: made.ciphertext.flipped), changed(text: []),
            changed(text: made.ciphertext + [0]),
            changed(tag: made.authenticationTag.flipped), changed(tag: Array(made.authenticationTag.dropLast())),
        ] {
            await expect(.invalidCiphertext) { _ = try await rig.decrypt(wrong, under: key) }
        }
        #expect(try await rig.decrypt(changed(), under: key) == "hello")
    }

    @Test func `comes with an integrity value only where it is asked for, and then was decrypted`() async throws {
        let rig = try await Rig()
        try await rig.store()
        try await rig.key()
        let key = try rig.exposed()
        #expect(try await rig.encrypt("a", under: key).integrityValue == nil)
        #expect(rig.backend.calls(of: .decrypt) == 0)
        let made = try await rig.encrypt("a", under: key, aad: [9], withIntegrityValue: true)
        #expect(made.integrityValue == made.ciphertext.integrityValue([9]))
        #expect(rig.backend.calls(of: .decrypt) == 1)
    }

    @Test func `is tried once more if it does not decrypt, and is then an internal failure`() async throws {
        let rig = try await Rig()
        try await rig.store()
        try await rig.key()
        let key = try rig.exposed()
        rig.backend.setFault { $0 == .decrypt ? .invalidCiphertext : nil }
        let before = rig.backend.calls(of: .encrypt)
        await expect(.internalFailure) { _ = try await rig.encrypt("a", under: key, withIntegrityValue: true) }
        #expect(rig.backend.calls(of: .encrypt) == before + 2)
    }

    @Test func `after a rotation carries the new material, and the old still decrypts`() async throws {
        let rig = try await Rig()
        try await rig.store()
        let made = try await rig.key()
        let old = try await rig.encrypt("before", under: try rig.exposed()).ciphertext
        _ = try await rig.keys.rotateKeyOnDemand(made.address.id.description, by: rig.context())
        let key = try rig.exposed()
        let new = try await rig.encrypt("after", under: key).ciphertext
        #expect(new.metadata == [1, 0, 0, 0, 2])
        #expect(try await rig.decrypt(old, under: key) == "before")
        #expect(try await rig.decrypt(new, under: key) == "after")
    }

    private func bytes(_ text: String) -> [UInt8] {
        stride(from: 0, to: text.utf8.count, by: 2).compactMap { UInt8(text.dropFirst($0).prefix(2), radix: 16) }
    }
}

extension XKSCiphertext {
    /// As the specification has it, over the parts as they are given out.
    fileprivate func integrityValue(_ aad: [UInt8]) -> [UInt8] {
        Digest.sha256.hash(
            Self.digestedPrefix(aad, metadata) + initializationVector + ciphertext + authenticationTag)
    }
}

extension [UInt8] {
    fileprivate var flipped: [UInt8] { [self[0] ^ 1] + dropFirst() }
}
