import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

enum ECChecks {
    private static let curves: [(spec: String, curve: Curve, digest: Digest)] = [
        ("ECC_NIST_P256", .p256, .sha256), ("ECC_NIST_P384", .p384, .sha384), ("ECC_NIST_P521", .p521, .sha512),
        ("ECC_SECG_P256K1", .secp256k1, .sha256),
    ]

    static var all: [Check] {
        curves.map { spec, curve, digest in
            Check(
                "ec.sign-\(curve.rawValue)",
                "The worker makes a pair on \(curve.rawValue), whose signatures are valid.",
                concerns: .spec(spec, "SIGN_VERIFY", origin: "AWS_KMS"),
                otherwise: "There are no \(spec) keys that sign.",
                needs: [.ecKeyPairGeneration, .ecdsa]
            ) { try sign(spec, curve, digest, $0) }
        }
            + curves.dropLast().map { spec, curve, _ in
                Check(
                    "ec.agree-\(curve.rawValue)", "ECDH on \(curve.rawValue) gives the secret that the other side has.",
                    concerns: .spec(spec, "KEY_AGREEMENT", origin: "AWS_KMS"),
                    otherwise: "There are no \(spec) keys for key agreement.",
                    needs: [.ecKeyPairGeneration, .ecdh1Derive]
                ) { try agree(spec, curve, $0) }
            } + [
                Check(
                    "ec.sign-ed25519", "The worker makes an Ed25519 pair, whose signatures are valid.",
                    concerns: .spec("ECC_NIST_EDWARDS25519", "SIGN_VERIFY", origin: "AWS_KMS"),
                    otherwise: "There are no ECC_NIST_EDWARDS25519 keys.", needs: [.edwardsKeyPairGeneration, .eddsa],
                    ed25519),
                Check(
                    "ec.point-form", "The form in which public points are told is known.",
                    needs: [.ecKeyPairGeneration],
                    pointForm),
                Check(
                    "ec.bad-point", "A point that is not on the curve is refused by key agreement.",
                    otherwise: "The worker looks at the point itself.",
                    needs: [.ecKeyPairGeneration, .ecdh1Derive], absence: "", badPoint),
                Check(
                    "ec.type-confusion", "A mechanism does not begin with a key of another type.",
                    otherwise: "The worker looks at a key's type itself.", typeConfusion),
            ]
    }

    static func publicKey(_ object: ObjectHandle, _ curve: Curve, in session: borrowing Session) throws -> PublicKey {
        guard let told = try session.attributes([.ecPoint], of: object)[.ecPoint]?.bytes else {
            throw Wrong("the token does not tell the public point")
        }
        return try PublicKey(curve: curve, point: Array(told.suffix(1 + 2 * curve.fieldSize)))
    }

    static func digest(_ number: UInt64) -> [UInt8] {
        Digest.sha256.hash(Array("\(number)".utf8))
    }

    /// Of a signature as tokens write it.
    static func isValid(_ signature: [UInt8], of digest: [UInt8], _ publicKey: PublicKey) -> Bool {
        if case .rsa = publicKey.kind { return publicKey.isValidSignature(signature, of: digest, .rsaPKCS1(.sha256)) }
        guard let der = try? ECDSASignature.der(fromRaw: signature) else { return false }
        return publicKey.isValidSignature(der, of: digest, .ecdsa(.sha256))
    }

    private static func sign(_ spec: String, _ curve: Curve, _ digest: Digest, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let (key, milliseconds) = try Bench.timed { try product.generateKey(spec, "SIGN_VERIFY") }
        let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
        guard publicKey.kind == .ec(curve) else { return .fail("it is another kind of key") }
        for round in 0..<20 {
            let input = digest.hash(Array("\(round)".utf8))
            let signature = try product.sign(input, "ECDSA_SHA_\(digest.size * 8)", key)
            guard publicKey.isValidSignature(signature, of: input, .ecdsa(digest)) else {
                return .fail("signature \(round) is not valid")
            }
        }
        try product.verify(key)
        try product.destroy(key)
        return .pass(
            "20 signatures, which another library finds valid",
            measurements: [ConformanceMeasurement("generate \(curve.rawValue)", milliseconds, "ms")])
    }

    private static func agree(_ spec: String, _ curve: Curve, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let key = try product.generateKey(spec, "KEY_AGREEMENT")
        let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
        for _ in 0..<5 {
            let other = try PrivateKey.generate(.ec(curve))
            guard let point = other.publicKey.point else { return .fail("no point") }
            let secret = try product.sharedSecret(point, key)
            let expected = try other.sharedSecret(with: publicKey)
            guard SecretBytes(copying: secret).isEqual(to: expected) else {
                return .fail("the two sides have two secrets")
            }
        }
        try product.destroy(key)
        return .pass("5 secrets")
    }

    private static func ed25519(_ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let key = try product.generateKey("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
        let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
        guard publicKey.kind == .ed25519 else { return .fail("it is another kind of key") }
        for size in [0, 1, 4096] {
            let message = [UInt8](repeating: 0x31, count: size)
            let signature = try product.sign(message, "ED25519_SHA_512", key)
            guard publicKey.isValidSignature(signature, of: message, .ed25519) else {
                return .fail("the signature of \(size) bytes is not valid")
            }
        }
        try product.destroy(key)
        return .pass("3 signatures, which another library finds valid")
    }

    private static func pointForm(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let pair = try bench.makePair("ECC_NIST_P256", "SIGN_VERIFY", in: session)
        let found = try session.attributes([.ecPoint], of: pair.publicKey)[.ecPoint]?.bytes ?? []
        let isTold = try session.attributes([.ecPoint], of: pair.privateKey)[.ecPoint]?.bytes?.isEmpty == false
        let told = isTold ? "the private key tells it too" : "the private key does not tell it"
        switch (found.count, found.first) {
        case (67, 4): return .pass("a DER octet string, as the standard has it; \(told)")
        case (65, 4): return .quirk("the bare point, which the worker takes too; \(told)")
        default:
            guard (try? publicKey(pair.publicKey, .p256, in: session)) != nil else {
                return .fail(
                    "\(found.count) bytes that are no point",
                    consequence: "Public keys of elliptic curves cannot be read.")
            }
            return .quirk("\(found.count) bytes that end in the bare point, which is what the worker takes; \(told)")
        }
    }

    private static func badPoint(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let pair = try bench.makePair("ECC_NIST_P256", "KEY_AGREEMENT", in: session)
        let point: [UInt8] = [4] + [UInt8](repeating: 1, count: 64)
        do throws(PKCS11Error) {
            _ = try session.deriveKey(
                pair.privateKey, Mechanism(.ecdh1Derive, .ecdh(publicPoint: point)),
                [
                    Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                    Attribute(.keyType, KeyType.genericSecret.rawValue), Attribute(.token, false),
                    Attribute(.sensitive, false), Attribute(.extractable, true), Attribute(.valueLength, 32 as UInt),
                ])
            return .quirk("it is taken; the worker looks at every point before the token does")
        } catch {
            return .pass("C_DeriveKey answers \(error.returnValue)")
        }
    }

    private static func typeConfusion(_ bench: Bench) throws -> Outcome {
        var accepted: [String] = []
        var refused: [String] = []
        func note(_ what: String, _ answer: ReturnValue) {
            if answer == .ok { accepted.append(what) } else { refused.append("\(what): \(answer)") }
        }
        if bench.has(.rsaKeyPairGeneration), bench.has(.ecdsa) {
            let session = try bench.session()
            let key = try bench.makePair("RSA_2048", "SIGN_VERIFY", in: session).privateKey
            note("\(MechanismType.ecdsa) with an RSA key", session.beginSignature(with: key, Mechanism(.ecdsa)))
        }
        if bench.has(.ecKeyPairGeneration), bench.has(.rsaPKCS1) {
            let session = try bench.session()
            let key = try bench.makePair("ECC_NIST_P256", "SIGN_VERIFY", in: session).privateKey
            note("\(MechanismType.rsaPKCS1) with an EC key", session.beginSignature(with: key, Mechanism(.rsaPKCS1)))
        }
        if bench.has(.sha256HMAC), bench.has(.aesKeyGeneration) {
            let session = try bench.session()
            let key = try bench.makeKey(changing: [Attribute(.sign, true)], in: session)
            note(
                "\(MechanismType.sha256HMAC) with an AES key", session.beginSignature(with: key, Mechanism(.sha256HMAC))
            )
        }
        if bench.has(.aesGCM), bench.has(.genericSecretKeyGeneration) {
            let session = try bench.session()
            let key = try bench.makeKey("HMAC_256", changing: [Attribute(.encrypt, true)], in: session)
            note(
                "\(MechanismType.aesGCM) with an HMAC key",
                session.beginEncryption(with: key, Mechanism(.aesGCM, .gcm(iv: Array(1...12), aad: [1]))))
        }
        guard accepted.isEmpty else {
            return .quirk("taken: \(accepted.joined(separator: ", ")); the worker looks at a key's type itself")
        }
        return .pass(
            refused.isEmpty ? "the token has nothing to try it with" : "refused: " + refused.joined(separator: ", "))
    }
}
