import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

enum HMACChecks {
    private static let digests: [Digest] = [.sha224, .sha256, .sha384, .sha512]

    static var all: [Check] {
        digests.map { digest in
            let bits = digest.size * 8
            return Check(
                "hmac.known-answers-\(bits)", "HMAC with SHA-\(bits) gives the answers of RFC 4231.",
                concerns: .spec("HMAC_\(bits)"), otherwise: "There are no HMAC_\(bits) keys.",
                needs: [digest.hmacMechanism]
            ) { try knownAnswers(digest, $0) }
        }
            + digests.map { digest in
                let bits = digest.size * 8
                return Check(
                    "hmac.key-\(bits)", "The worker makes an HMAC_\(bits) key and MACs with it.",
                    concerns: .spec("HMAC_\(bits)", origin: "AWS_KMS"), otherwise: "There are no HMAC_\(bits) keys.",
                    needs: [digest.hmacMechanism, .genericSecretKeyGeneration]
                ) { try key(digest, $0) }
            } + [
                Check(
                    "hmac.short-key", "What the token does with a key that is shorter than the digest is known.",
                    needs: [.sha256HMAC], shortKey),
                Check(
                    "hmac.bad-code", "A wrong code is told from a right one.",
                    otherwise: "Nothing: the worker compares codes itself.",
                    needs: [.sha256HMAC, .genericSecretKeyGeneration],
                    badCode),
            ]
    }

    /// Keys and messages of RFC 4231, section 4.2 to 4.8 (4.6 has cut codes).
    private static let cases: [(name: String, key: [UInt8], message: [UInt8])] = [
        ("1", [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8)),
        ("2", Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)),
        ("3", [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50)),
        ("4", (1...25).map { UInt8($0) }, [UInt8](repeating: 0xcd, count: 50)),
        (
            "6", [UInt8](repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        ),
        (
            "7", [UInt8](repeating: 0xaa, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
                    + "be hashed before being used by the HMAC algorithm.").utf8)
        ),
    ]

    /// The beginnings of the codes, case by case.
    private static let codes: [Digest: [String]] = [
        .sha224: [
            "896fb1128abbdf19", "a30e01098bc6dbbf", "7fb3cb3588c6c1f6", "6c11506874013cac", "95e9a0db962095ad",
            "3a854166ac5d9f02",
        ],
        .sha256: [
            "b0344c61d8db3853", "5bdcc146bf60754e", "773ea91e36800e46", "82558a389a443c0e", "60e431591ee0b67f",
            "9b09ffa71b942fcb",
        ],
        .sha384: [
            "afd03944d8489562", "af45d2e376484031", "88062608d3e6ad8a", "3e8a69b7783c2585", "4ece084485813e90",
            "6617178e941f020d",
        ],
        .sha512: [
            "87aa7cdea5ef619d", "164b7a7bfcf819e2", "fa73b0089d56a284", "b0ba465637458c69", "80b24263c7c1a3eb",
            "e37b6a775dc87dba",
        ],
    ]

    private static func knownAnswers(_ digest: Digest, _ bench: Bench) throws -> Outcome {
        var done: [String] = []
        var refused: [String] = []
        var isShortOnly = true
        for (index, test) in cases.enumerated() {
            let session = try bench.session()
            do throws(PKCS11Error) {
                let key = try bench.knownKey(test.key, .genericSecret, uses: [.sign, .verify], in: session)
                let code = try session.sign(test.message, key, Mechanism(digest.hmacMechanism), room: digest.size)
                guard code.starts(with: bytes(codes[digest]?[index] ?? "")), code.count == digest.size else {
                    return .fail("another code for case \(test.name)")
                }
                done.append(test.name)
            } catch {
                refused.append("\(test.name) (a key of \(test.key.count) bytes): \(error.returnValue)")
                isShortOnly = isShortOnly && test.key.count < digest.size
            }
        }
        // A key as long as the digest, which is what the key store has; its answers are the library's.
        let session = try bench.session()
        let secret = (0..<digest.size).map { UInt8($0 * 3 & 0xff) }
        do throws(PKCS11Error) {
            let key = try bench.knownKey(secret, .genericSecret, uses: [.sign, .verify], in: session)
            for size in [0, 1, 4096] {
                let message = [UInt8](repeating: 0x61, count: size)
                let code = try session.sign(message, key, Mechanism(digest.hmacMechanism), room: digest.size)
                let right = unsafe HMAC.authenticationCode(digest, key: secret.span.bytes, message: message.span.bytes)
                guard code == right else { return .fail("another code for \(size) bytes") }
            }
        } catch {
            guard !done.isEmpty else { return .quirk("no key of known bytes is taken: \(error)") }
            return .fail("a key of \(digest.size) bytes: \(error)")
        }
        let detail = "cases \(done.joined(separator: ", ")), and messages of 0, 1 and 4,096 bytes"
        guard !refused.isEmpty else { return .pass(detail) }
        let list = "\(detail); refused: \(refused.joined(separator: ", "))"
        return isShortOnly ? .pass("\(list); the key store's keys are as long as the digest") : .quirk(list)
    }

    private static func key(_ digest: Digest, _ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let bits = digest.size * 8
        let key = try product.generateKey("HMAC_\(bits)", "GENERATE_VERIFY_MAC")
        let algorithm = "HMAC_SHA_\(bits)"
        let first = try product.authenticationCode([1, 2, 3], algorithm, key)
        let again = try product.authenticationCode([1, 2, 3], algorithm, key)
        let other = try product.authenticationCode([1, 2, 4], algorithm, key)
        guard first == again, first != other, first.count == digest.size else {
            return .fail("its codes are not one to one")
        }
        try product.destroy(key)
        return .pass("codes of \(first.count) bytes")
    }

    private static func shortKey(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        do throws(PKCS11Error) {
            let key = try bench.knownKey(
                [UInt8](repeating: 1, count: 20), .genericSecret, uses: [.sign, .verify], in: session)
            _ = try session.sign([1], key, Mechanism(.sha256HMAC), room: 32)
            return .pass("a key of 20 bytes does HMAC with SHA-256")
        } catch {
            return .pass(
                "a key of 20 bytes is refused for SHA-256: \(error); the key store's are as long as the digest")
        }
    }

    private static func badCode(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key = try bench.makeKey("HMAC_256", in: session)
        let message: [UInt8] = [1, 2, 3]
        let mechanism = Mechanism(.sha256HMAC)
        var code = try session.sign(message, key, mechanism, room: 32)
        guard try unsafe session.verify(code.span.bytes, of: message.span.bytes, with: key, mechanism) else {
            return .quirk("C_Verify refuses the right code; the worker compares codes itself")
        }
        code[0] ^= 1
        do throws(PKCS11Error) {
            let isRight = try unsafe session.verify(code.span.bytes, of: message.span.bytes, with: key, mechanism)
            return isRight
                ? .quirk("C_Verify takes it; the worker compares codes itself") : .pass("C_Verify refuses it")
        } catch {
            return .quirk("C_Verify answers \(error.returnValue); the worker compares codes itself")
        }
    }
}

extension Digest {
    var hmacMechanism: MechanismType {
        switch self {
        case .sha1: .sha1HMAC
        case .sha224: .sha224HMAC
        case .sha256: .sha256HMAC
        case .sha384: .sha384HMAC
        case .sha512: .sha512HMAC
        }
    }

    var pkcs11: MechanismType {
        switch self {
        case .sha1: .sha1
        case .sha224: .sha224
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }

    var words: String { self == .sha1 ? "SHA-1" : "SHA-\(size * 8)" }
}
