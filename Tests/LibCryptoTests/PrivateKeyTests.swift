import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Private keys` {
    @Test(arguments: Samples.kinds)
    func `PKCS#8 comes back as the same key`(kind: PublicKey.Kind) throws {
        let key = try PrivateKey.generate(kind)
        #expect(key.publicKey.kind == kind)
        let pkcs8 = key.pkcs8().copy
        let again = try PrivateKey.parsed(pkcs8: pkcs8)
        #expect(again.publicKey == key.publicKey)
        #expect(again.pkcs8().copy == pkcs8)
    }

    @Test(arguments: Samples.kinds)
    func `What the openssl command writes is read, in every form, and it reads ours`(kind: PublicKey.Kind) throws {
        let place = try Workspace()
        try place.openssl(arguments: ["genpkey", "-out", place.path("pem")] + Samples.generation(of: kind))
        try place.openssl("pkey", "-in", place.path("pem"), "-pubout", "-outform", "DER", "-out", place.path("spki"))
        try place.openssl(
            "pkcs8", "-topk8", "-nocrypt", "-in", place.path("pem"), "-outform", "DER", "-out", place.path("pkcs8"))
        // PKCS#1 or SEC 1; Ed25519 has no form of its own.
        let hasOwnForm = kind != .ed25519
        try place.openssl(
            arguments: ["pkey", "-in", place.path("pem"), "-out", place.path("own")]
                + (hasOwnForm ? ["-traditional"] : []))
        #expect(String(decoding: try place.bytes("own"), as: UTF8.self).contains("BEGIN PRIVATE KEY") != hasOwnForm)
        let spki = try place.bytes("spki")
        let key = try PrivateKey.parsed(pem: try place.bytes("pem"))
        #expect(key.publicKey.subjectPublicKeyInfo == spki)
        #expect(try PrivateKey.parsed(pkcs8: try place.bytes("pkcs8")).pkcs8().copy == key.pkcs8().copy)
        #expect(try PrivateKey.parsed(pem: try place.bytes("own")).pkcs8().copy == key.pkcs8().copy)
        try place.write(key.pkcs8().copy, "ours")
        try place.openssl(
            "pkey", "-inform", "DER", "-in", place.path("ours"), "-pubout", "-outform", "DER", "-out",
            place.path("public"))
        #expect(try place.bytes("public") == spki)
    }

    @Test func `A PEM text may begin with the curve's parameters`() throws {
        let place = try Workspace()
        try place.openssl("ecparam", "-name", "secp256k1", "-genkey", "-out", place.path("pem"))
        let text = try place.bytes("pem")
        #expect(String(decoding: text, as: UTF8.self).hasPrefix("-----BEGIN EC PARAMETERS"))
        #expect(try PrivateKey.parsed(pem: text).publicKey.kind == .ec(.secp256k1))
    }

    @Test func `Encrypted keys are refused, and no one is asked for a password`() throws {
        let place = try Workspace()
        try place.openssl(arguments: ["genpkey", "-out", place.path("pem")] + Samples.generation(of: .rsa(bits: 2048)))
        try place.openssl(
            "pkcs8", "-topk8", "-in", place.path("pem"), "-passout", "pass:secret", "-out", place.path("pkcs8"))
        try place.openssl(
            "rsa", "-in", place.path("pem"), "-aes128", "-traditional", "-passout", "pass:secret", "-out",
            place.path("pkcs1"))
        try place.openssl(
            "pkcs8", "-topk8", "-in", place.path("pem"), "-passout", "pass:secret", "-outform", "DER", "-out",
            place.path("der"))
        for name in ["pkcs8", "pkcs1"] {
            let text = try place.bytes(name)
            #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pem: text) }
        }
        let der = try place.bytes("der")
        #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pkcs8: der) }
    }

    @Test(arguments: Samples.kinds)
    func `PKCS#8 that is shortened or lengthened is refused`(kind: PublicKey.Kind) throws {
        let pkcs8 = try PrivateKey.sample(kind).pkcs8().copy
        for size in stride(from: 0, to: pkcs8.count, by: max(1, pkcs8.count / 100)) {
            #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pkcs8: Array(pkcs8[..<size])) }
        }
        #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pkcs8: pkcs8 + [0]) }
        #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pem: pkcs8) }
        #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pem: []) }
    }

    @Test func `An elliptic curve key with another one's public key is refused`() throws {
        let mine = try PrivateKey.generate(.ec(.p256))
        let point = try #require(mine.publicKey.point)
        let other = try #require(try PrivateKey.generate(.ec(.p256)).publicKey.point)
        let pkcs8 = mine.pkcs8().copy
        let mixed = Array(pkcs8.dropLast(point.count)) + other
        #expect(Array(pkcs8.suffix(point.count)) == point)
        #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pkcs8: mixed) }
    }

    /// n, e, d, p, q, d mod (p-1), d mod (q-1), 1/q mod p of an RSA key.
    private func numbers(of key: borrowing PrivateKey) throws -> [[UInt8]] {
        // PrivateKeyInfo: version, algorithm, and an OCTET STRING with RSAPrivateKey, which begins with a version too.
        let info = DER.contents(try #require(DER.contents(key.pkcs8().copy).first))
        let inner = DER.contents(try #require(DER.contents(info[2]).first))
        return inner.dropFirst().map { $0 }
    }

    private func made(of numbers: [[UInt8]]) throws(LibCryptoError) -> PrivateKey {
        let components = RSAComponents(
            modulus: numbers[0], publicExponent: numbers[1], privateExponent: SecretBytes(copying: numbers[2]),
            prime1: SecretBytes(copying: numbers[3]), prime2: SecretBytes(copying: numbers[4]),
            exponent1: SecretBytes(copying: numbers[5]), exponent2: SecretBytes(copying: numbers[6]),
            coefficient: SecretBytes(copying: numbers[7]))
        return try PrivateKey(rsa: components)
    }

    @Test func `An RSA key is made of its numbers, if every one of them is right`() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let numbers = try numbers(of: key)
        #expect(numbers.count == 8)
        #expect(try made(of: numbers).pkcs8().copy == key.pkcs8().copy)
        for index in numbers.indices {
            for replacement in [
                [], [0], [1], Array(numbers[index].dropLast()) + [numbers[index].last.map { $0 ^ 4 } ?? 0],
            ] {
                var wrong = numbers
                wrong[index] = replacement
                #expect(throws: LibCryptoError.self) { _ = try made(of: wrong) }
            }
        }
    }

    @Test(arguments: Curve.allCases)
    func `A scalar is the value of its key, and lies between 1 and the order`(curve: Curve) throws {
        let key = try PrivateKey.generate(.ec(curve))
        let scalar = try key.secretValue().copy
        #expect(scalar.count == curve.fieldSize)
        #expect(try PrivateKey.parsed(curve: curve, scalar: scalar).publicKey == key.publicKey)
        let one = try PrivateKey.parsed(curve: curve, scalar: [1])
        #expect(try one.secretValue().copy == [UInt8](repeating: 0, count: curve.fieldSize - 1) + [1])
        let large = [UInt8](repeating: 0xff, count: curve.fieldSize)
        for wrong: [UInt8] in [[], [0], large, [0] + scalar] {
            #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(curve: curve, scalar: wrong) }
        }
    }

    @Test func `An Ed25519 seed is the value of its key: the first example of RFC 8032`() throws {
        let seed = try TestVectors.bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        let key = try PrivateKey.parsed(ed25519Seed: seed)
        let point = try TestVectors.bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        #expect(key.publicKey.point == point)
        #expect(try key.secretValue().copy == seed)
        let signature = try key.sign([], .ed25519)
        #expect(
            signature
                == (try TestVectors.bytes(
                    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                        + "d25bf5f0595bbe24655141438e7a100b")))
        for size in [0, 31, 33] {
            #expect(throws: LibCryptoError.self) {
                _ = try PrivateKey.parsed(ed25519Seed: [UInt8](repeating: 1, count: size))
            }
        }
    }

    @Test func `An RSA key has no single value`() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        #expect(throws: LibCryptoError.self) { _ = try key.secretValue() }
    }

    @Test(arguments: [0, 512, 1024, 8193, .max, -1])
    func `RSA keys of other sizes are not made`(bits: Int) {
        #expect(throws: LibCryptoError.self) { _ = try PrivateKey.generate(.rsa(bits: bits)) }
    }

    @Test func `No error's text has anything of what was given`() throws {
        let marker = Array("MARKER".utf8)
        var texts: [String] = []
        func note(_ body: () throws -> Void) {
            do { try body() } catch { texts.append("\(error)") }
        }
        let pem = Array("-----BEGIN PRIVATE KEY-----\nTUFSS0VS\n-----END PRIVATE KEY-----\n".utf8)
        note { _ = try PrivateKey.parsed(pkcs8: marker) }
        note { _ = try PrivateKey.parsed(pem: marker) }
        note { _ = try PrivateKey.parsed(pem: pem) }
        note { _ = try PrivateKey.parsed(ed25519Seed: marker) }
        note { _ = try PublicKey(subjectPublicKeyInfo: marker) }
        note { _ = try PublicKey(ed25519: marker) }
        note { _ = try PublicKey(curve: .p256, point: marker) }
        note { _ = try PublicKey(rsaModulus: marker, publicExponent: marker) }
        note { _ = try ECDSASignature.raw(fromDER: marker, .p256) }
        note { _ = try unsafe AESKeyWrapPadded.wrap(marker.span.bytes, with: marker.span.bytes) }
        #expect(texts.count == 10)
        for text in texts {
            #expect(!text.contains("MARKER") && !text.lowercased().contains("4d41524b4552"))
            #expect(!text.contains("TUFS") && !text.contains("77, 65") && !text.isEmpty)
        }
    }
}
