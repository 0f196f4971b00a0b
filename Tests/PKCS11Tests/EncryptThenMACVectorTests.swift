import KMSTesting
import SecureMemory
import Testing

@testable import PKCS11

extension `PKCS#11 over SoftHSM` {
    /// The published vectors of what stands in for AES-GCM, through the token.
    @Suite struct `AES-CBC and HMAC in the token` {
        private func bytes(_ text: String) -> [UInt8] {
            let digits = Array(text.filter(\.isHexDigit))
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0 }
        }

        private func encrypt(
            _ input: [UInt8], _ key: ObjectHandle, iv: [UInt8], in session: borrowing Session
        ) throws -> [UInt8] {
            try array(input.count) { (output: inout MutableRawSpan) throws in
                try unsafe session.encrypt(input.span.bytes, with: key, Mechanism(.aesCBC, .bytes(iv)), into: &output)
            }
        }

        private func decrypt(
            _ input: [UInt8], _ key: ObjectHandle, iv: [UInt8], in session: borrowing Session
        ) throws -> [UInt8] {
            try array(input.count) { (output: inout MutableRawSpan) throws in
                try unsafe session.decrypt(input.span.bytes, with: key, Mechanism(.aesCBC, .bytes(iv)), into: &output)
            }
        }

        /// CBC-AES256.Encrypt and .Decrypt (NIST SP 800-38A, appendices F.2.5 and F.2.6).
        @Test func `encrypt as NIST SP 800-38A has it, as does the reference of the other tests`() throws {
            let session = try Fixture.session()
            let secret = bytes("603deb1015ca71be2b73aef0857d7781 1f352c073b6108d72d9810a30914dff4")
            let key = try session.importAESKey(secret)
            let iv = bytes("000102030405060708090a0b0c0d0e0f")
            let plaintext = bytes(
                """
                6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
                30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710
                """)
            let ciphertext = bytes(
                """
                f58c4c04d6e5f1ba779eabfb5f7bfbd6 9cfc4e967edb808d679f777bc6702c7d
                39f23369a9d9bacfa530e26304231461 b2eb05e2c39be9fcda6c19078c6a9d1b
                """)
            #expect(plaintext.count == 64 && ciphertext.count == 64)
            #expect(try encrypt(plaintext, key, iv: iv, in: session) == ciphertext)
            #expect(try decrypt(ciphertext, key, iv: iv, in: session) == plaintext)
            let reference = ReferenceAES(key: secret)
            #expect(reference.encryptCBC(plaintext, iv: iv) == ciphertext)
            #expect(reference.decryptCBC(ciphertext, iv: iv) == plaintext)
        }

        @Test func `encrypt as the reference does, whatever the key, IV and size`() throws {
            let session = try Fixture.session()
            for size in [16, 32, 256, 4112] {
                let (secret, iv, plaintext) = ([UInt8].random(32), [UInt8].random(16), [UInt8].random(size))
                let key = try session.importAESKey(secret)
                let ciphertext = try encrypt(plaintext, key, iv: iv, in: session)
                #expect(ciphertext == ReferenceAES(key: secret).encryptCBC(plaintext, iv: iv))
                #expect(ReferenceAES(key: secret).decryptCBC(ciphertext, iv: iv) == plaintext)
            }
        }

        /// RFC 4231, section 4, with keys of at least as many bytes as the token wants: test cases 6 and 7; and of test
        /// case 1's message under a key of 32 bytes, which is what a key of ours has.
        @Test func `authenticate as RFC 4231 has it`() throws {
            let session = try Fixture.session()
            let long = [UInt8](repeating: 0xaa, count: 131)
            let vectors: [([UInt8], String, String)] = [
                (
                    long, "Test Using Larger Than Block-Size Key - Hash Key First",
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
                ),
                (
                    long,
                    "This is a test using a larger than block-size key and a larger than block-size data. The key needs "
                        + "to be hashed before being used by the HMAC algorithm.",
                    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
                ),
                (
                    [UInt8](repeating: 0x0b, count: 32), "Hi There",
                    "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7"
                ),
            ]
            for (secret, message, code) in vectors {
                let key = try session.createObject(
                    [
                        Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                        Attribute(.keyType, KeyType.genericSecret.rawValue), Attribute(.token, false),
                        Attribute(.sign, true), Attribute(.sensitive, true), Attribute(.extractable, false),
                    ], secretValue: SecretBytes(copying: secret))
                let made = try session.sign(Array(message.utf8), key, Mechanism(.sha256HMAC))
                #expect(made == bytes(code), "\(message)")
            }
        }
    }
}
