import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Published vectors of encryption, wrapping, agreement and codes` {
    @Test(arguments: [
        ("rsa_oaep_2048_sha1_mgf1sha1_test.json", Digest.sha1), ("rsa_oaep_2048_sha256_mgf1sha256_test.json", .sha256),
        ("rsa_oaep_3072_sha256_mgf1sha256_test.json", .sha256), ("rsa_oaep_4096_sha256_mgf1sha256_test.json", .sha256),
        ("rsa_oaep_4096_sha512_mgf1sha512_test.json", .sha512),
    ])
    func `RSAES-OAEP: what has an empty label and is valid opens, and nothing else`(file: String, digest: Digest) throws
    {
        var opened = 0
        for group in try Wycheproof.groups(file) {
            let key = try PrivateKey.parsed(pkcs8: try group.fields.bytes("privateKeyPkcs8"))
            for test in group.tests where test.verdict != .acceptable {
                let plaintext = try? key.decryptOAEP(try test.fields.bytes("ct"), digest).copy
                let label = try test.fields.text("label")
                let isOurs = test.verdict == .valid && label.isEmpty
                #expect(plaintext == (isOurs ? try test.fields.bytes("msg") : nil), "\(file) \(test.number)")
                if plaintext != nil { opened += 1 }
            }
        }
        #expect(opened > 3)
    }

    private func unwrap(_ wrapped: [UInt8], _ key: [UInt8]) -> [UInt8]? {
        unsafe AESKeyWrapPadded.unwrap(wrapped.span.bytes, with: key.span.bytes)?.copy
    }

    private func wrap(_ secret: [UInt8], _ key: [UInt8]) throws -> [UInt8] {
        try unsafe AESKeyWrapPadded.wrap(secret.span.bytes, with: key.span.bytes)
    }

    @Test func `AES key wrap with padding: Wycheproof`() throws {
        var count = 0
        for test in try Wycheproof.groups("aes_kwp_test.json").flatMap(\.tests) {
            let key = try test.fields.bytes("key")
            let secret = try test.fields.bytes("msg")
            let wrapped = try test.fields.bytes("ct")
            count += 1
            switch test.verdict {
            case .valid:
                #expect(unwrap(wrapped, key) == secret, "\(test.number): \(test.comment)")
                #expect(try wrap(secret, key) == wrapped, "\(test.number): \(test.comment)")
            case .invalid: #expect(unwrap(wrapped, key) == nil, "\(test.number): \(test.comment)")
            case .acceptable: break
            }
        }
        #expect(count == 254)
    }

    @Test(arguments: [128, 192, 256])
    func `AES key wrap with padding: NIST's own`(bits: Int) throws {
        let encryptions = try NISTVectors.vectors("KWP_AE_\(bits).txt").filter { (try? $0.fields.bytes("P")) != nil }
        for vector in encryptions {
            let wrapped = try wrap(try vector.fields.bytes("P"), try vector.fields.bytes("K"))
            #expect(wrapped == (try vector.fields.bytes("C")))
        }
        let decryptions = try NISTVectors.vectors("KWP_AD_\(bits).txt").filter { (try? $0.fields.bytes("C")) != nil }
        for vector in decryptions {
            let secret = unwrap(try vector.fields.bytes("C"), try vector.fields.bytes("K"))
            #expect(secret == (vector.mustFail ? nil : try vector.fields.bytes("P")))
        }
        #expect(encryptions.count == 500 && decryptions.count == 500)
        #expect(decryptions.contains { $0.mustFail })
    }

    @Test func `AES key wrap with padding: the examples of RFC 5649 and others`() throws {
        let vectors = try NISTVectors.vectors("kwp_botan.txt").filter { (try? $0.fields.bytes("Input")) != nil }
        #expect(vectors.count > 20)
        for vector in vectors {
            let key = try vector.fields.bytes("Key")
            #expect(try wrap(try vector.fields.bytes("Input"), key) == (try vector.fields.bytes("Output")))
            #expect(unwrap(try vector.fields.bytes("Output"), key) == (try vector.fields.bytes("Input")))
        }
    }

    @Test(arguments: [
        ("ecdh_secp256r1_test.json", Curve.p256), ("ecdh_secp384r1_test.json", .p384),
        ("ecdh_secp521r1_test.json", .p521),
    ])
    func `ECDH with SubjectPublicKeyInfo: what is invalid is refused`(file: String, curve: Curve) throws {
        try checkAgreement(file, curve) { try PublicKey(subjectPublicKeyInfo: $0) }
    }

    @Test(arguments: [
        ("ecdh_secp256r1_ecpoint_test.json", Curve.p256), ("ecdh_secp384r1_ecpoint_test.json", .p384),
        ("ecdh_secp521r1_ecpoint_test.json", .p521),
    ])
    func `ECDH with points: what is invalid is refused`(file: String, curve: Curve) throws {
        try checkAgreement(file, curve) { try PublicKey(curve: curve, point: $0) }
    }

    private func checkAgreement(_ file: String, _ curve: Curve, _ parse: ([UInt8]) throws -> PublicKey) throws {
        var agreed = 0
        for test in try Wycheproof.groups(file).flatMap(\.tests) {
            let scalar = try test.fields.integer("private", size: curve.fieldSize)
            let key = try PrivateKey.parsed(curve: curve, scalar: scalar)
            let peer = try? parse(try test.fields.bytes("public"))
            let secret = try? peer.map { try key.sharedSecret(with: $0).copy }
            let expected = try test.fields.bytes("shared")
            let comment = "\(file) \(test.number): \(test.comment)"
            switch test.verdict {
            case .valid: #expect(secret == expected, "\(comment)")
            case .invalid: #expect(secret == nil, "\(comment)")
            case .acceptable: #expect(secret == nil || secret == expected, "\(comment)")
            }
            if secret != nil { agreed += 1 }
        }
        #expect(agreed > 100)
    }

    @Test(arguments: [
        ("rfc-4231-sha224.txt", Digest.sha224), ("rfc-4231-sha256.txt", .sha256), ("rfc-4231-sha384.txt", .sha384),
        ("rfc-4231-sha512.txt", .sha512),
    ])
    func `HMAC as in RFC 4231`(file: String, digest: Digest) throws {
        let vectors = try NISTVectors.vectors(file)
        #expect(vectors.count == 6)
        for vector in vectors {
            let key = try vector.fields.bytes("Key")
            let message = try vector.fields.bytes("Msg")
            let code = unsafe HMAC.authenticationCode(digest, key: key.span.bytes, message: message.span.bytes)
            #expect(code == (try vector.fields.bytes("MD")))
        }
    }

    @Test(arguments: [
        (Digest.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        ),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ])
    func `Digests of abc as in FIPS 180`(digest: Digest, expected: String) throws {
        let hash = digest.hash(Array("abc".utf8))
        #expect(hash == (try TestVectors.bytes(expected)))
        #expect(hash.count == digest.size)
        #expect(digest.hash([]).count == digest.size)
    }
}
