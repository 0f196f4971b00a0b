import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

enum RSAChecks {
    private static let sizes = [2048, 3072, 4096]

    static var all: [Check] {
        sizes.map { bits in
            Check(
                "rsa.generate-\(bits)",
                "The worker makes an RSA pair of \(bits) bits, whose attributes and public key are right.",
                concerns: .spec("RSA_\(bits)", origin: "AWS_KMS"), otherwise: "There are no RSA_\(bits) keys.",
                needs: [.rsaKeyPairGeneration, .rsaPKCS1]
            ) { try generate(bits, $0) }
        }
            + sizes.map { bits in
                Check(
                    "rsa.sign-\(bits)",
                    "Signatures by PKCS #1 v1.5 and PSS with SHA-256, 384 and 512 of a \(bits)-bit key are valid.",
                    concerns: .spec("RSA_\(bits)", "SIGN_VERIFY"),
                    otherwise: "There are no RSA_\(bits) keys that sign.",
                    needs: [.rsaKeyPairGeneration, .rsaPKCS1, .rsaPSS]
                ) { try sign(bits, $0) }
            }
            + sizes.map { bits in
                Check(
                    "rsa.decrypt-\(bits)",
                    "A \(bits)-bit key decrypts by OAEP with SHA-1 and SHA-256, and refuses what is changed.",
                    concerns: .spec("RSA_\(bits)", "ENCRYPT_DECRYPT"),
                    otherwise: "There are no RSA_\(bits) keys that decrypt.", needs: [.rsaKeyPairGeneration]
                ) { try decrypt(bits, $0) }
            } + [
                Check(
                    "rsa.oaep-hashes", "The token does OAEP with SHA-1 and SHA-256 itself.",
                    concerns: sizes.flatMap { [ConformanceCapability].spec("RSA_\($0)", "ENCRYPT_DECRYPT") },
                    otherwise: "RSA keys cannot decrypt by OAEP.", needs: [.rsaKeyPairGeneration], oaepHashes),
                Check(
                    "rsa.raw",
                    "The token does bare RSA, so that the worker can look at a padding that the token does not know.",
                    otherwise: "OAEP has to be all the token's.", needs: [.rsaKeyPairGeneration, .rsaRaw], raw),
                Check(
                    "rsa.tampered", "What is answered for a changed RSA ciphertext is known.",
                    needs: [.rsaKeyPairGeneration], tampered),
            ]
    }

    /// DER of DigestInfo in front of a SHA-256 digest (RFC 8017, section 9.2).
    static let sha256Info = bytes("3031300d060960864801650304020105000420")

    static func publicKey(_ object: ObjectHandle, in session: borrowing Session) throws -> PublicKey {
        let found = try session.attributes([.modulus, .publicExponent], of: object)
        guard let modulus = found[.modulus]?.bytes, let exponent = found[.publicExponent]?.bytes else {
            throw Wrong("the token does not tell the public key")
        }
        return try PublicKey(rsaModulus: modulus, publicExponent: exponent)
    }

    private static func generate(_ bits: Int, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let (key, milliseconds) = try Bench.timed { try product.generateKey("RSA_\(bits)", "SIGN_VERIFY") }
        let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
        guard publicKey.kind == .rsa(bits: bits), publicKey.rsaPublicExponent == [1, 0, 1] else {
            return .fail("it is another kind of key: \(publicKey.kind)")
        }
        try product.verify(key)
        try product.destroy(key)
        return .pass(
            "in \(Int(milliseconds)) ms; a signature confirms its public key",
            measurements: [ConformanceMeasurement("generate RSA-\(bits)", milliseconds, "ms")])
    }

    private static func sign(_ bits: Int, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let key = try product.generateKey("RSA_\(bits)", "SIGN_VERIFY")
        let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
        var refused: [String] = []
        var count = 0
        for digest in [Digest.sha256, .sha384, .sha512] {
            let input = digest.hash(Array("conformance".utf8))
            let size = digest.size * 8
            for (name, scheme) in [
                ("RSASSA_PKCS1_V1_5_SHA_\(size)", SignatureScheme.rsaPKCS1(digest)),
                ("RSASSA_PSS_SHA_\(size)", .rsaPSS(digest)),
            ] {
                do {
                    let signature = try product.sign(input, name, key)
                    guard publicKey.isValidSignature(signature, of: input, scheme) else {
                        return .fail("the signature by \(name) is not valid")
                    }
                    count += 1
                } catch let failure as WorkerLaneFailure {
                    refused.append("\(name): \(failure.text)")
                }
            }
        }
        try product.destroy(key)
        guard refused.isEmpty else { return .missing("\(count) of 6 algorithms; \(refused.joined(separator: "; "))") }
        return .pass("6 signatures, which another library finds valid")
    }

    private static func decrypt(_ bits: Int, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let key = try product.generateKey("RSA_\(bits)", "ENCRYPT_DECRYPT")
        let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
        for (name, digest) in [("RSAES_OAEP_SHA_1", Digest.sha1), ("RSAES_OAEP_SHA_256", .sha256)] {
            for size in [1, bits / 8 - 2 * digest.size - 2] {
                let text = [UInt8](repeating: 0x51, count: size)
                var ciphertext = try publicKey.encryptOAEP(SecretBytes(copying: text), digest)
                guard try product.decryptRSA(ciphertext, name, key) == text else {
                    return .fail("\(name): \(size) bytes decrypt to something else")
                }
                ciphertext[ciphertext.count - 1] ^= 1
                do {
                    _ = try product.decryptRSA(ciphertext, name, key)
                    return .fail("\(name): a changed ciphertext is decrypted")
                } catch let failure as WorkerLaneFailure {
                    guard failure.status == .invalidCiphertext else {
                        return .fail("\(name): a changed ciphertext is not taken for one: \(failure.text)")
                    }
                }
            }
        }
        try product.destroy(key)
        let ways = bench.worker.profile.oaepHashes.map { $0 == .sha1 ? "SHA-1" : "SHA-256" }
        return .pass(
            ways.isEmpty
                ? "the worker looks at the padding" : "the padding is the token's with \(ways.joined(separator: ", "))")
    }

    // MARK: OAEP

    /// Whether the token does all of OAEP with this hash.
    static func decryptsOAEP(
        _ digest: Digest, _ key: ObjectHandle, _ publicKey: PublicKey, _ bench: Bench
    ) -> Bool {
        let text = [UInt8](repeating: 0x52, count: 32)
        guard let session = try? bench.session(),
            let ciphertext = try? publicKey.encryptOAEP(SecretBytes(copying: text), digest)
        else { return false }
        let mechanism = Mechanism(.rsaOAEP, .oaep(hash: digest.pkcs11))
        return (try? session.decrypt(ciphertext, key, mechanism, room: 512)) == text
    }

    private static func oaepHashes(_ bench: Bench) throws -> Outcome {
        guard let hashes = bench.tuning.oaepHashes else { return .missing("no RSA pair that decrypts can be made") }
        let settings = ["oaepHashes": "[\(hashes.map(\.rawValue).joined(separator: ", "))]"]
        if hashes.count == 2 { return .pass("with both hashes", settings: settings) }
        let names = hashes.isEmpty ? "with neither" : "with \(hashes.map(\.rawValue).joined()) alone"
        guard bench.has(.rsaRaw) else {
            return .missing("\(names), and it has no \(MechanismType.rsaRaw) either")
        }
        return .quirk(
            "\(names); for the other the token does bare RSA, and the worker looks at the padding", settings: settings)
    }

    private static func raw(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let pair = try bench.makePair("RSA_2048", "ENCRYPT_DECRYPT", in: session)
        let publicKey = try publicKey(pair.publicKey, in: session)
        // 00 in front, and more zeros, which some tokens leave out.
        let block = [0, 0, 0] + [UInt8](repeating: 0x77, count: 253)
        let opened = try session.decrypt(publicKey.encryptRaw(block), pair.privateKey, Mechanism(.rsaRaw), room: 512)
        let padded = [UInt8](repeating: 0, count: max(256 - opened.count, 0)) + opened
        guard padded == block else { return .fail("\(opened.count) bytes that are not the block") }
        return opened.count == 256
            ? .pass("the whole block comes out") : .quirk("leading zeros are left out; the worker puts them back")
    }

    private static func tampered(_ bench: Bench) throws -> Outcome {
        let keeper = try bench.session()
        let pair = try bench.makePair("RSA_2048", "ENCRYPT_DECRYPT", in: keeper)
        let publicKey = try publicKey(pair.publicKey, in: keeper)
        var answers: [(String, ReturnValue)] = []
        for hash in bench.worker.profile.oaepHashes where bench.has(.rsaOAEP) {
            let digest: Digest = hash == .sha1 ? .sha1 : .sha256
            var ciphertext = try publicKey.encryptOAEP(SecretBytes(copying: [1, 2, 3]), digest)
            ciphertext[100] ^= 1
            for (name, input) in [("changed", ciphertext), ("short", Array(ciphertext.dropLast()))] {
                let session = try bench.session()
                do throws(PKCS11Error) {
                    _ = try session.decrypt(
                        input, pair.privateKey, Mechanism(.rsaOAEP, .oaep(hash: digest.pkcs11)), room: 512)
                    return .fail(
                        "one that is \(name) is decrypted", consequence: "A changed ciphertext is taken for a good one."
                    )
                } catch {
                    answers.append(("\(name), \(digest.words)", error.returnValue))
                }
            }
        }
        guard !answers.isEmpty else { return .pass("the worker looks at the padding itself") }
        let detail = answers.map { "\($0.1) (\($0.0))" }.joined(separator: ", ")
        // A short one is refused by the worker, and never gets there.
        let codes = Set(answers.filter { $0.0.hasPrefix("changed") }.map(\.1.rawValue))
        let usual = HSMProfile().decryptFailureCodes
        let new = codes.subtracting(usual).sorted()
        guard !new.isEmpty else { return .pass(detail) }
        return .quirk(detail, settings: ["decryptFailureCodes": Tuning.list(new + usual.sorted())])
    }
}
