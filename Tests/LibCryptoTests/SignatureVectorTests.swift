import KMSTesting
import LibCrypto
import Testing

@Suite struct `Published vectors of signatures` {
    /// Every vector of a file whose groups have a key each; answers how many there were.
    private func check(
        _ file: String, isRaw: Curve? = nil, _ scheme: SignatureScheme
    ) throws -> Int {
        var count = 0
        for group in try Wycheproof.groups(file) {
            let key = try PublicKey(subjectPublicKeyInfo: try group.fields.bytes("publicKeyDer"))
            for test in group.tests {
                var signature = try test.fields.bytes("sig")
                let input = Samples.input(try test.fields.bytes("msg"), scheme)
                if let curve = isRaw {
                    // As the worker does with what a token gives: two numbers of the field's size, or it is none.
                    let isWhole = signature.count == 2 * curve.fieldSize
                    signature = isWhole ? try ECDSASignature.der(fromRaw: signature) : []
                }
                let isValid = key.isValidSignature(signature, of: input, scheme)
                count += 1
                if test.verdict == .acceptable { continue }
                #expect(isValid == (test.verdict == .valid), "\(file) \(test.number): \(test.comment)")
            }
        }
        return count
    }

    @Test(arguments: [
        ("ecdsa_secp256r1_sha256_test.json", Digest.sha256), ("ecdsa_secp384r1_sha384_test.json", .sha384),
        ("ecdsa_secp521r1_sha512_test.json", .sha512),
    ])
    func `ECDSA in DER: valid ones verify, and no other`(file: String, digest: Digest) throws {
        #expect(try check(file, .ecdsa(digest)) > 400)
    }

    @Test(arguments: [
        ("ecdsa_secp256r1_sha256_p1363_test.json", Curve.p256, Digest.sha256),
        ("ecdsa_secp384r1_sha384_p1363_test.json", .p384, .sha384),
        ("ecdsa_secp521r1_sha512_p1363_test.json", .p521, .sha512),
    ])
    func `ECDSA as two numbers: valid ones verify, and no other`(file: String, curve: Curve, digest: Digest) throws {
        #expect(try check(file, isRaw: curve, .ecdsa(digest)) > 200)
    }

    @Test func `Ed25519: valid ones verify, and no other`() throws {
        #expect(try check("ed25519_test.json", .ed25519) == 210)
    }

    @Test(arguments: [
        ("rsa_signature_2048_sha256_test.json", Digest.sha256), ("rsa_signature_2048_sha384_test.json", .sha384),
        ("rsa_signature_2048_sha512_test.json", .sha512), ("rsa_signature_3072_sha256_test.json", .sha256),
        ("rsa_signature_4096_sha512_test.json", .sha512),
    ])
    func `RSASSA-PKCS1-v1_5: valid ones verify, and no other`(file: String, digest: Digest) throws {
        #expect(try check(file, .rsaPKCS1(digest)) > 200)
    }

    @Test(arguments: [
        ("rsa_pss_2048_sha256_mgf1_32_test.json", Digest.sha256), ("rsa_pss_2048_sha384_mgf1_48_test.json", .sha384),
        ("rsa_pss_3072_sha256_mgf1_32_test.json", .sha256), ("rsa_pss_4096_sha384_mgf1_48_test.json", .sha384),
        ("rsa_pss_4096_sha512_mgf1_64_test.json", .sha512),
    ])
    func `RSASSA-PSS: valid ones verify, and no other`(file: String, digest: Digest) throws {
        #expect(try check(file, .rsaPSS(digest)) > 60)
    }

    @Test func `RSASSA-PSS with a salt of another size than the digest never verifies`() throws {
        var valid = 0
        for group in try Wycheproof.groups("rsa_pss_2048_sha256_mgf1_0_test.json") {
            let key = try PublicKey(subjectPublicKeyInfo: try group.fields.bytes("publicKeyDer"))
            for test in group.tests where test.verdict == .valid {
                let digest = Digest.sha256.hash(try test.fields.bytes("msg"))
                #expect(!key.isValidSignature(try test.fields.bytes("sig"), of: digest, .rsaPSS(.sha256)))
                valid += 1
            }
        }
        #expect(valid > 10)
    }

    @Test(arguments: [
        "rsa_pkcs1_2048_sig_gen_test.json", "rsa_pkcs1_3072_sig_gen_test.json", "rsa_pkcs1_4096_sig_gen_test.json",
    ])
    func `RSASSA-PKCS1-v1_5 signs as published`(file: String) throws {
        let digests: [String: Digest] = [
            "SHA-1": .sha1, "SHA-224": .sha224, "SHA-256": .sha256, "SHA-384": .sha384, "SHA-512": .sha512,
        ]
        var count = 0
        for group in try Wycheproof.groups(file) {
            guard let digest = digests[try group.fields.text("sha")] else { continue }
            let key = try PrivateKey.parsed(pkcs8: try group.fields.bytes("privateKeyPkcs8"))
            for test in group.tests {
                let input = digest.hash(try test.fields.bytes("msg"))
                let signature = try key.sign(input, .rsaPKCS1(digest))
                #expect(signature == (try test.fields.bytes("sig")), "\(file) \(test.number)")
                count += 1
            }
        }
        #expect(count > 10)
    }

    @Test func `ECDSA on secp256k1: NIST's form of vectors verifies`() throws {
        let digests: [String: Digest] = [
            "K-256,SHA-1": .sha1, "K-256,SHA-224": .sha224, "K-256,SHA-256": .sha256, "K-256,SHA-384": .sha384,
            "K-256,SHA-512": .sha512,
        ]
        let vectors = try NISTVectors.vectors("ecdsa_secp256k1_siggen.txt")
        #expect(vectors.count > 100)
        for vector in vectors {
            let digest = try #require(digests[vector.section])
            let fields = vector.fields
            func number(_ name: String) throws -> [UInt8] {
                try fields.integer(name, size: Curve.secp256k1.fieldSize)
            }
            let key = try PublicKey(curve: .secp256k1, point: [4] + number("Qx") + number("Qy"))
            let signature = try ECDSASignature.der(fromRaw: number("R") + number("S"))
            let input = digest.hash(try fields.bytes("Msg"))
            #expect(key.isValidSignature(signature, of: input, .ecdsa(digest)))
            #expect(!key.isValidSignature(signature, of: digest.hash([0]), .ecdsa(digest)))
            let owner = try PrivateKey.parsed(curve: .secp256k1, scalar: try number("d"))
            #expect(owner.publicKey == key)
        }
    }
}
