import CPKCS11
import Crypto
import KMSTesting
import SecureMemory
import Testing

@testable import PKCS11

extension `PKCS#11 over SoftHSM` {
    @Suite struct `AES-GCM` {
        private let iv = [UInt8](1...12)

        @Test func `is the one that swift-crypto has`() throws {
            let session = try Fixture.session()
            let bytes = [UInt8].random(32)
            let key = try session.importAESKey(bytes)
            for (plaintext, aad) in [
                ([], []), ([], [1]), ([1], []), (.random(4096), .random(100)), (.random(31), .random(8192)),
            ] as [([UInt8], [UInt8])] {
                let sealed = try session.seal(plaintext, key, iv: iv, aad: aad)
                let box = try AES.GCM.seal(
                    plaintext, using: SymmetricKey(data: bytes), nonce: AES.GCM.Nonce(data: iv), authenticating: aad
                )
                #expect(sealed == Array(box.ciphertext + box.tag), "\(plaintext.count) bytes, AAD of \(aad.count)")
                #expect(try session.open(sealed, key, iv: iv, aad: aad) == plaintext)
            }
        }

        @Test func `of nothing leaves the session free for the next, again and again`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            for _ in 0..<3 {
                let sealed = try session.seal([], key, iv: iv, aad: [])
                #expect(sealed.count == 16)
                #expect(try session.open(sealed, key, iv: iv, aad: []) == [])
                let withAAD = try session.seal([], key, iv: iv, aad: [1])
                #expect(try session.open(withAAD, key, iv: iv, aad: [1]) == [])
            }
        }

        @Test func `leaves no plaintext in the output when the tag is wrong`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let plaintext = [UInt8](repeating: 0x5a, count: 64)
            var sealed = try session.seal(plaintext, key, iv: iv, aad: [])
            sealed[79] ^= 1
            var output = [UInt8](repeating: 0x77, count: 80)
            let nothing: [UInt8] = []
            do {
                var span = output.mutableSpan
                var room = unsafe span.mutableBytes
                let error = #expect(throws: PKCS11Error.self) {
                    _ = try unsafe session.decryptAESGCM(
                        sealed.span.bytes, with: key, iv: iv.span.bytes, aad: nothing.span.bytes, into: &room
                    )
                }
                // 2.6.1 answers as if it were broken, 2.7 says what it is.
                #expect([.generalError, .encryptedDataInvalid].contains(error?.returnValue))
            }
            #expect(output == [UInt8](repeating: 0, count: 80), "wiped, whatever the module wrote there")
        }

        @Test func `into too little room is an error, not an overflow`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let block = [UInt8](repeating: 1, count: 16)
            let nothing: [UInt8] = []
            expect(.bufferTooSmall) {
                _ = try array(31) { (output: inout MutableRawSpan) throws in
                    var iv = iv
                    var ivSpan = iv.mutableSpan
                    var ivBytes = unsafe ivSpan.mutableBytes
                    return try unsafe session.encryptAESGCM(
                        block.span.bytes, with: key, iv: &ivBytes, aad: nothing.span.bytes, into: &output
                    )
                }
            }
        }

        @Test func `believes no module that wrote more than there was room for`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let boast: CK_C_Encrypt = { _, _, _, _, size in
                unsafe size?.pointee = 1 << 20
                return CKR_OK
            }
            try unsafe withEntry(\.C_Encrypt, boast) {
                expect(.bufferTooSmall, from: "C_Encrypt") { _ = try session.seal([1], key, iv: iv, aad: []) }
            }
        }

        @Test func `keeps what an HSM writes for an IV of its own`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let write: CK_C_EncryptInit = { _, mechanism, _ in
                let parameters = unsafe mechanism?.pointee.pParameter.assumingMemoryBound(to: CK_GCM_PARAMS.self)
                guard let parameters = unsafe parameters, unsafe parameters.pointee.ulIvBits == 96,
                    unsafe parameters.pointee.ulTagBits == 128, unsafe parameters.pointee.pAAD != nil
                else { return CKR_MECHANISM_PARAM_INVALID }
                for index in 0..<12 { unsafe parameters.pointee.pIv[index] = UInt8(0xc0 + index) }
                return CKR_OK
            }
            let seal: CK_C_Encrypt = { _, input, size, _, written in
                unsafe written?.pointee = input == nil ? 0 : size + 16
                return CKR_OK
            }
            var zeros = [UInt8](repeating: 0, count: 12)
            try unsafe withEntry(\.C_EncryptInit, write) {
                try unsafe withEntry(\.C_Encrypt, seal) {
                    _ = try array(32) { (output: inout MutableRawSpan) throws in
                        var span = zeros.mutableSpan
                        var bytes = unsafe span.mutableBytes
                        let nothing = [UInt8]()
                        return try unsafe session.encryptAESGCM(
                            nothing.span.bytes, with: key, iv: &bytes, aad: nothing.span.bytes, into: &output
                        )
                    }
                }
            }
            #expect(zeros == [UInt8](0xc0..<0xcc))
        }

        @Test func `with a handle that is none is an error`() throws {
            let session = try Fixture.session()
            let error = #expect(throws: PKCS11Error.self) {
                _ = try session.seal([1], ObjectHandle(rawValue: 999_999), iv: iv, aad: [])
            }
            #expect([.keyHandleInvalid, .objectHandleInvalid].contains(error?.returnValue))
        }
    }

    @Suite struct `The Wycheproof vectors of AES-GCM` {
        @Test func `hold in the token`() throws {
            let vectors = try Wycheproof.aesGCM()
            #expect(vectors.count == 66, "39 valid and 27 not: as many as version 1.0.28 has")
            for vector in vectors {
                // A new session for each: an error may leave one stuck.
                let session = try Fixture.session()
                let key = try session.importAESKey(vector.key)
                let name: Comment = "vector \(vector.number): \(vector.comment)"
                if vector.isValid {
                    #expect(
                        try session.seal(vector.plaintext, key, iv: vector.iv, aad: vector.aad) == vector.sealed, name
                    )
                    #expect(
                        try session.open(vector.sealed, key, iv: vector.iv, aad: vector.aad) == vector.plaintext, name
                    )
                } else {
                    #expect(throws: PKCS11Error.self, name) {
                        _ = try session.open(vector.sealed, key, iv: vector.iv, aad: vector.aad)
                    }
                }
            }
        }
    }

    @Suite struct `HMAC` {
        @Test(arguments: [MechanismType.sha256HMAC, .sha384HMAC, .sha512HMAC])
        func `is the one that swift-crypto has, and verifies`(mechanism: MechanismType) throws {
            let session = try Fixture.session()
            let bytes = [UInt8].random(64)
            let key = try session.createObject(
                [
                    Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                    Attribute(.keyType, KeyType.genericSecret.rawValue), Attribute(.token, false),
                    Attribute(.sign, true), Attribute(.verify, true),
                ],
                secretValue: SecretBytes(copying: bytes)
            )
            for message in [[], [1], .random(10_000)] as [[UInt8]] {
                let mac = try session.sign(message, key, Mechanism(mechanism))
                let secret = SymmetricKey(data: bytes)
                switch mechanism {
                case .sha384HMAC:
                    #expect(mac == Array(Crypto.HMAC<SHA384>.authenticationCode(for: message, using: secret)))
                case .sha512HMAC:
                    #expect(mac == Array(Crypto.HMAC<SHA512>.authenticationCode(for: message, using: secret)))
                default: #expect(mac == Array(Crypto.HMAC<SHA256>.authenticationCode(for: message, using: secret)))
                }
                #expect(try session.verify(mac, message, key, Mechanism(mechanism)))
                #expect(try session.verify(mac, message + [0], key, Mechanism(mechanism)) == false)
                #expect(try session.verify(Array(mac.dropLast()), message, key, Mechanism(mechanism)) == false)
                #expect(try session.verify([], message, key, Mechanism(mechanism)) == false)
            }
        }
    }

    @Suite struct `Other ciphers` {
        @Test func `encrypt and decrypt, and wipe what failed`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let block = [UInt8].random(32)
            let ciphertext = try session.transform(block, key, Mechanism(.aesECB))
            #expect(ciphertext.count == 32 && ciphertext != block)
            #expect(try session.transform(ciphertext, key, Mechanism(.aesECB), decrypting: true) == block)
            expect(.encryptedDataLenRange, from: "C_Decrypt") {
                _ = try session.transform([1, 2, 3], key, Mechanism(.aesECB), decrypting: true)
            }
        }
    }
}

extension Session {
    borrowing func transform(
        _ bytes: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, decrypting: Bool = false
    ) throws -> [UInt8] {
        try array(bytes.count + 512) { (output: inout MutableRawSpan) throws in
            try unsafe decrypting
                ? decrypt(bytes.span.bytes, with: key, mechanism, into: &output)
                : encrypt(bytes.span.bytes, with: key, mechanism, into: &output)
        }
    }
}
