import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

enum WrappingChecks {
    static var all: [Check] {
        [2048, 3072, 4096].map { bits in
            Check(
                "wrapping.wrapping-key-\(bits)",
                "The worker makes an RSA pair of \(bits) bits under which material is wrapped.",
                concerns: bits == 2048 ? [ConformanceCapability(origin: "EXTERNAL")] : [],
                otherwise: bits == 2048
                    ? "No key material can be imported." : "WrappingKeySpec RSA_\(bits) cannot be offered for imports.",
                needs: [.rsaKeyPairGeneration]
            ) { try wrappingKey(bits, $0) }
        } + [
            Check(
                "wrapping.rfc3394", "\(MechanismType.aesKeyWrap) is RFC 3394 by its known answers.",
                otherwise: "The sizes of imported secrets are told by the token or measured in another way.",
                needs: [.aesKeyWrap], rfc3394),
            Check(
                "wrapping.rfc5649", "One of the token's mechanisms is RFC 5649 by its known answers.",
                otherwise:
                    "Material that is wrapped by RSA_AES_KEY_WRAP is opened by the worker, in its locked memory, "
                    + "and RSA private keys cannot be imported.", rfc5649),
        ]
            + imports.map { spec, usage in
                Check(
                    "wrapping.import-\(name(spec, usage))",
                    "Material for \(spec) (\(usage)) is imported and is the same key.",
                    concerns: .spec(spec, usage, origin: "EXTERNAL"),
                    otherwise: "No \(spec) keys can be imported for \(usage).", needs: [.rsaKeyPairGeneration]
                ) { try importing(spec, usage, $0) }
            }
    }

    private static let imports: [(String, String)] =
        [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")]
        + [224, 256, 384, 512].map { ("HMAC_\($0)", "GENERATE_VERIFY_MAC") }
        + [2048, 3072, 4096].flatMap { [("RSA_\($0)", "SIGN_VERIFY"), ("RSA_\($0)", "ENCRYPT_DECRYPT")] }
        + ["P256", "P384", "P521"].flatMap { [("ECC_NIST_\($0)", "SIGN_VERIFY"), ("ECC_NIST_\($0)", "KEY_AGREEMENT")] }
        + [("ECC_SECG_P256K1", "SIGN_VERIFY"), ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")]

    /// As `rsa-2048-decrypt`.
    private static func name(_ spec: String, _ usage: String) -> String {
        let uses = ["SIGN_VERIFY": "-sign", "ENCRYPT_DECRYPT": "-decrypt", "KEY_AGREEMENT": "-agree"]
        let suffix = spec == "SYMMETRIC_DEFAULT" ? "" : uses[usage] ?? ""
        return spec.lowercased().split(separator: "_").joined(separator: "-") + suffix
    }

    private static func wrappingKey(_ bits: Int, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let (key, milliseconds) = try Bench.timed { try product.generateKey("RSA_\(bits)", "UNWRAP") }
        try product.verify(key)
        try product.destroy(key)
        return .pass("in \(Int(milliseconds)) ms")
    }

    // MARK: AES key wrap

    /// A known secret that comes into the token wrapped by OAEP, for tokens that take none in the clear.
    static func unwrapped(
        _ secret: [UInt8], _ type: KeyType, uses: [AttributeType], _ bench: Bench, in session: borrowing Session
    ) throws -> ObjectHandle? {
        guard bench.has(.rsaOAEP), bench.has(.rsaKeyPairGeneration),
            let pair = try? bench.makePair("RSA_2048", "UNWRAP", in: session),
            let publicKey = try? RSAChecks.publicKey(pair.publicKey, in: session)
        else { return nil }
        let wrapped = try publicKey.encryptOAEP(SecretBytes(copying: secret), .sha1)
        return try? unsafe session.unwrapKey(
            wrapped.span.bytes, with: pair.privateKey, Mechanism(.rsaOAEP, .oaep(hash: .sha1)),
            [
                Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.keyType, type.rawValue),
                Attribute(.token, false), Attribute(.private, true), Attribute(.sensitive, true),
                Attribute(.extractable, false),
            ] + uses.map { Attribute($0, true) })
    }

    /// What a mechanism made of a known answer, in both directions.
    private static func tries(
        _ mechanism: MechanismType, key: [UInt8], secret: [UInt8], wrapped: [UInt8], _ bench: Bench
    ) throws -> (wraps: Bool, unwraps: Bool, detail: String) {
        var details: [String] = []
        var wraps = false
        var unwraps = false
        let session = try bench.session()
        let wrappingKey = try bench.knownKey(key, .aes, uses: [.wrap, .unwrap], in: session)
        do throws(PKCS11Error) {
            let known = try bench.knownKey(secret, .genericSecret, uses: [], extractable: true, in: session)
            wraps = try session.wrap(known, with: wrappingKey, Mechanism(mechanism)) == wrapped
            if !wraps { details.append("it wraps otherwise") }
        } catch {
            details.append("\(error)")
        }
        let fresh = try bench.session()
        do throws(PKCS11Error) {
            let key = try bench.knownKey(key, .aes, uses: [.wrap, .unwrap], in: fresh)
            let opened = try unsafe fresh.unwrapKey(
                wrapped.span.bytes, with: key, Mechanism(mechanism),
                [
                    Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                    Attribute(.keyType, KeyType.genericSecret.rawValue), Attribute(.token, false),
                    Attribute(.private, true), Attribute(.sensitive, false), Attribute(.extractable, true),
                ])
            unwraps = try fresh.secretAttribute(.value, of: opened)?.isEqual(to: SecretBytes(copying: secret)) ?? false
            if !unwraps { details.append("it unwraps to something else") }
        } catch {
            details.append("\(error)")
        }
        return (wraps, unwraps, details.joined(separator: ", "))
    }

    private static func rfc3394(_ bench: Bench) throws -> Outcome {
        // RFC 3394, section 4.6.
        let seen = try tries(
            .aesKeyWrap, key: bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
            secret: bytes("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"),
            wrapped: bytes("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"), bench)
        if seen.wraps, seen.unwraps { return .pass("section 4.6, both ways") }
        return seen.wraps || seen.unwraps
            ? .quirk("\(seen.wraps ? "wraps" : "unwraps") only: \(seen.detail)") : .missing(seen.detail)
    }

    private static func rfc5649(_ bench: Bench) throws -> Outcome {
        let candidates = [MechanismType.aesKeyWrapPad, .aesKeyWrapKWP].filter(bench.has)
        guard !candidates.isEmpty else {
            return .missing("the token has neither \(MechanismType.aesKeyWrapPad) nor \(MechanismType.aesKeyWrapKWP)")
        }
        let key = bytes("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
        // RFC 5649, section 6.
        let answers = [
            (
                bytes("c37b7e6492584340bed12207808941155068f738"),
                bytes("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")
            ),
            (bytes("466f7250617369"), bytes("afbeb0f07dfbf5419200f2ccb50bb24f")),
        ]
        var details: [String] = []
        for mechanism in candidates {
            let seen = try answers.map { try tries(mechanism, key: key, secret: $0.0, wrapped: $0.1, bench) }
            let reasons = Set(seen.map(\.detail)).subtracting([""]).sorted().joined(separator: ", ")
            let words =
                switch (seen.allSatisfy(\.wraps), seen.allSatisfy(\.unwraps)) {
                case (true, true): "wraps and unwraps the known answers"
                case (false, true): "unwraps the known answers, and wraps otherwise (\(reasons))"
                case (true, false): "wraps the known answers, and unwraps otherwise (\(reasons))"
                case (false, false): "does not know the known answers (\(reasons))"
                }
            details.append("\(mechanism) \(words)")
        }
        let used = try bench.worker.lane().keyWrapMechanism()
        let detail = details.joined(separator: "; ")
        guard let used else { return .missing("\(detail); none unwraps a known AES key") }
        return .pass("\(detail); the worker unwraps by \(used)")
    }

    // MARK: Imports

    private static func importing(_ spec: String, _ usage: String, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let wrappingKey = try product.generateKey("RSA_2048", "UNWRAP")
        let wrappingPublicKey = try PublicKey(subjectPublicKeyInfo: wrappingKey.publicKey)
        var inToken: [String] = []
        var byWorker: [String] = []
        var refused: [(algorithm: String, reason: String)] = []
        let material = try Material(spec)
        for algorithm in WrappingAlgorithm.all {
            // RSA's own size keeps a private RSA key out of OAEP: nobody can wrap it so.
            guard let wrapped = try? algorithm.wrap(material.secret, under: wrappingPublicKey) else { continue }
            do {
                let key = try product.importKey(spec, usage, under: wrappingKey, algorithm.name, wrapped)
                try material.expectSame(key, usage, product)
                if key.isWorkersToOpen { byWorker.append(algorithm.name) } else { inToken.append(algorithm.name) }
                try product.destroy(key)
            } catch let failure as WorkerLaneFailure {
                refused.append((algorithm.name, failure.text))
            }
        }
        try product.destroy(wrappingKey)
        var parts: [String] = []
        if !inToken.isEmpty { parts.append("opened in the token: \(inToken.joined(separator: ", "))") }
        if !byWorker.isEmpty { parts.append("opened by the worker: \(byWorker.joined(separator: ", "))") }
        for (reason, names) in Dictionary(grouping: refused, by: \.reason).sorted(by: { $0.key < $1.key }) {
            parts.append("refused by \(names.map(\.algorithm).joined(separator: ", ")): \(reason)")
        }
        let detail = parts.joined(separator: "; ")
        guard !inToken.isEmpty || !byWorker.isEmpty else { return .missing(detail) }
        if !byWorker.isEmpty { return .quirk(detail, settings: ["workerOpensImports": "true"]) }
        return refused.isEmpty ? .pass(detail) : .quirk(detail)
    }

    /// Material that was made just now, and what shows that a key is of it.
    private final class Material {
        let secret: SecretBytes
        private let publicKey: PublicKey?
        private let spec: String

        init(_ spec: String) throws {
            self.spec = spec
            let kind: PublicKey.Kind
            switch spec {
            case "SYMMETRIC_DEFAULT":
                secret = SystemRandom.bytes(32)
                publicKey = nil
                return
            case "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512":
                secret = SystemRandom.bytes((Int(spec.suffix(3)) ?? 0) / 8)
                publicKey = nil
                return
            case "RSA_2048", "RSA_3072", "RSA_4096": kind = .rsa(bits: Int(spec.suffix(4)) ?? 0)
            case "ECC_NIST_P256": kind = .ec(.p256)
            case "ECC_NIST_P384": kind = .ec(.p384)
            case "ECC_NIST_P521": kind = .ec(.p521)
            case "ECC_SECG_P256K1": kind = .ec(.secp256k1)
            default: kind = .ed25519
            }
            let pair = try PrivateKey.generate(kind)
            publicKey = pair.publicKey
            secret = pair.pkcs8()
        }

        func expectSame(_ key: Product.Key, _ usage: String, _ product: Product) throws {
            if let publicKey {
                // The worker has had the private key confirm it.
                guard key.publicKey == publicKey.subjectPublicKeyInfo else {
                    throw Wrong("its public key is another one")
                }
                return
            }
            if spec == "SYMMETRIC_DEFAULT" {
                let sealed = try product.encrypt([1, 2, 3], aad: [4], key)
                guard try product.decrypt(sealed, aad: [4], key) == [1, 2, 3] else { throw Wrong("it does not work") }
                return
            }
            let digests: [String: Digest] = ["HMAC_224": .sha224, "HMAC_256": .sha256, "HMAC_384": .sha384]
            let message: [UInt8] = [1, 2, 3]
            let right = secret.withExposedBytes {
                unsafe HMAC.authenticationCode(digests[spec] ?? .sha512, key: $0, message: message.span.bytes)
            }
            guard try product.authenticationCode(message, "HMAC_SHA_\(spec.suffix(3))", key) == right else {
                throw Wrong("it makes other codes")
            }
        }
    }
}
