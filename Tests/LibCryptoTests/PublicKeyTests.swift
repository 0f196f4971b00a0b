import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@Suite struct `Public keys` {
    @Test(arguments: Samples.kinds)
    func `What the openssl command writes is read, and written the same`(kind: PublicKey.Kind) throws {
        let place = try Workspace()
        try place.openssl(arguments: ["genpkey", "-out", place.path("key.pem")] + Samples.generation(of: kind))
        try place.openssl(
            "pkey", "-in", place.path("key.pem"), "-pubout", "-outform", "DER", "-out", place.path("spki"))
        let spki = try place.bytes("spki")
        let key = try PublicKey(subjectPublicKeyInfo: spki)
        #expect(key.subjectPublicKeyInfo == spki)
        #expect(key.kind == kind)
        #expect(try PublicKey(subjectPublicKeyInfo: key.subjectPublicKeyInfo) == key)
        switch kind {
        case .rsa:
            let modulus = try #require(key.rsaModulus)
            let exponent = try #require(key.rsaPublicExponent)
            #expect(modulus.count == 256 && exponent == [1, 0, 1] && key.point == nil)
            #expect(try PublicKey(rsaModulus: [0] + modulus, publicExponent: [0] + exponent) == key)
        case .ec(let curve):
            let point = try #require(key.point)
            #expect(point.count == 1 + 2 * curve.fieldSize && point.first == 4 && key.rsaModulus == nil)
            let x = Array(point[1...curve.fieldSize])
            let isOdd = (point.last ?? 0) & 1
            #expect(try PublicKey(curve: curve, point: point) == key)
            #expect(try PublicKey(curve: curve, point: [2 + isOdd] + x) == key)
        case .ed25519:
            let point = try #require(key.point)
            #expect(point.count == 32)
            #expect(try PublicKey(ed25519: point) == key)
        }
    }

    @Test func `A compressed point of the openssl command becomes the same key`() throws {
        let place = try Workspace()
        try place.openssl(
            arguments: ["genpkey", "-out", place.path("key.pem")] + Samples.generation(of: .ec(.p521)))
        for form in ["compressed", "uncompressed", "hybrid"] {
            try place.openssl(
                "ec", "-in", place.path("key.pem"), "-pubout", "-conv_form", form, "-outform", "DER", "-out",
                place.path(form))
        }
        let key = try PublicKey(subjectPublicKeyInfo: try place.bytes("uncompressed"))
        #expect(try PublicKey(subjectPublicKeyInfo: try place.bytes("compressed")) == key)
        let hybrid = try place.bytes("hybrid")
        #expect(hybrid != key.subjectPublicKeyInfo)
        #expect(throws: LibCryptoError.self) { try PublicKey(subjectPublicKeyInfo: hybrid) }
    }

    @Test(arguments: Samples.kinds)
    func `DER that is shortened, lengthened or changed is refused or another key`(kind: PublicKey.Kind) throws {
        let key = try PrivateKey.sample(kind).publicKey
        let spki = key.subjectPublicKeyInfo
        for size in 0..<spki.count {
            #expect(throws: LibCryptoError.self) { try PublicKey(subjectPublicKeyInfo: Array(spki[..<size])) }
        }
        for extra: [UInt8] in [[0], [5, 0], spki] {
            #expect(throws: LibCryptoError.self) { try PublicKey(subjectPublicKeyInfo: spki + extra) }
        }
        for index in spki.indices {
            var changed = spki
            changed[index] ^= 0x41
            let other = try? PublicKey(subjectPublicKeyInfo: changed)
            #expect(other == nil || (other != key && other?.subjectPublicKeyInfo == changed))
        }
    }

    @Test func `Lengths that are not minimal, as BER allows them, are refused`() throws {
        let spki = try PrivateKey.generate(.ec(.p256)).publicKey.subjectPublicKeyInfo
        let long = [spki[0], 0x81, spki[1]] + spki[2...]
        let indefinite = [spki[0], 0x80] + spki[2...] + [0, 0]
        for bytes in [long, indefinite] {
            #expect(throws: LibCryptoError.self) { try PublicKey(subjectPublicKeyInfo: bytes) }
        }
    }

    @Test(arguments: Curve.allCases)
    func `A point that is not on the curve, infinity and hybrid forms are refused`(curve: Curve) throws {
        let point = try #require(try PrivateKey.generate(.ec(curve)).publicKey.point)
        var besides = point
        besides[point.count - 1] ^= 1
        let last = (point.last ?? 0) & 1
        let wrong: [[UInt8]] = [
            besides, [0], [], [4], Array(point.dropLast()), point + [0], [6 + last] + point.dropFirst(),
            [7 - last] + point.dropFirst(), [5] + point.dropFirst(),
            [4] + [UInt8](repeating: 0, count: point.count - 1),
            [4] + [UInt8](repeating: 0xff, count: point.count - 1),
            [2] + [UInt8](repeating: 0xff, count: curve.fieldSize),
        ]
        for point in wrong {
            #expect(throws: LibCryptoError.self) { try PublicKey(curve: curve, point: point) }
            let algorithm = DER.value(
                0x30, [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] + curve.parameters)
            let spki = DER.value(0x30, algorithm + DER.value(0x03, [0] + point))
            #expect(throws: LibCryptoError.self) { try PublicKey(subjectPublicKeyInfo: spki) }
        }
        // The same way of building it gives a key with the right point: the above fails for the points alone.
        let algorithm = DER.value(0x30, [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] + curve.parameters)
        let key = try PublicKey(subjectPublicKeyInfo: DER.value(0x30, algorithm + DER.value(0x03, [0] + point)))
        #expect(key.point == point)
    }

    @Test func `A point of one curve is refused on another`() throws {
        let point = try #require(try PrivateKey.generate(.ec(.p256)).publicKey.point)
        #expect(throws: LibCryptoError.self) { try PublicKey(curve: .secp256k1, point: point) }
        #expect(throws: LibCryptoError.self) { try PublicKey(curve: .p384, point: point) }
    }

    @Test(arguments: [
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
        ["-algorithm", "X25519"], ["-algorithm", "ED448"],
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ["-algorithm", "RSA-PSS"],
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"],
    ])
    func `Other algorithms, curves and sizes are refused`(arguments: [String]) throws {
        let place = try Workspace()
        try place.openssl(arguments: ["genpkey", "-out", place.path("key.pem")] + arguments)
        try place.openssl(
            "pkey", "-in", place.path("key.pem"), "-pubout", "-outform", "DER", "-out", place.path("spki"))
        let spki = try place.bytes("spki")
        #expect(throws: LibCryptoError.self) { try PublicKey(subjectPublicKeyInfo: spki) }
        let pem = try place.bytes("key.pem")
        #expect(throws: LibCryptoError.self) { _ = try PrivateKey.parsed(pem: pem) }
    }

    @Test func `Bits that are not used must be zero`() throws {
        let spki = try TestVectors.file("ed25519-pub-non-zero-unused-bits.der")
        #expect(throws: LibCryptoError.self) { try PublicKey(subjectPublicKeyInfo: spki) }
    }

    @Test func `An RSA modulus has 2,048 to 8,192 bits, and the exponent is odd and no 1`() throws {
        func modulus(_ bits: Int) -> [UInt8] {
            [0x80] + [UInt8](repeating: 0, count: bits / 8 - 2) + [1]
        }
        for bits in [2048, 3072, 4096, 8192] {
            let key = try PublicKey(rsaModulus: modulus(bits), publicExponent: [3])
            #expect(key.kind == .rsa(bits: bits))
        }
        for bits in [512, 1024, 2040, 8200] {
            #expect(throws: LibCryptoError.self) {
                try PublicKey(rsaModulus: modulus(bits), publicExponent: [1, 0, 1])
            }
        }
        let even = Array(modulus(2048).dropLast()) + [2]
        #expect(throws: LibCryptoError.self) { try PublicKey(rsaModulus: even, publicExponent: [3]) }
        for exponent: [UInt8] in [[], [0], [1], [2], [1, 0, 0]] {
            #expect(throws: LibCryptoError.self) {
                try PublicKey(rsaModulus: modulus(2048), publicExponent: exponent)
            }
        }
        #expect(throws: LibCryptoError.self) { try PublicKey(rsaModulus: [], publicExponent: [3]) }
    }

    @Test func `An Ed25519 key has 32 bytes`() {
        for size in [0, 31, 33, 64] {
            #expect(throws: LibCryptoError.self) { try PublicKey(ed25519: [UInt8](repeating: 9, count: size)) }
        }
    }
}
