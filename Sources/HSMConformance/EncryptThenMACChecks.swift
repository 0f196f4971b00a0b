import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// What stands in for AES-GCM. Where the token has that, nothing depends on these.
enum EncryptThenMACChecks {
    static let needs: [MechanismType] = [.aesKeyGeneration, .aesCBC, .genericSecretKeyGeneration, .sha256HMAC]

    static func all(_ bench: Bench) -> [Check] {
        let concerns: [ConformanceCapability] = bench.has(.aesGCM) ? [] : .spec("SYMMETRIC_DEFAULT")
        let otherwise =
            bench.has(.aesGCM)
            ? "Nothing: the token has AES-GCM."
            : "There are no SYMMETRIC_DEFAULT keys, and without them no data keys and no server credentials."
        return [
            Check(
                "encryptThenMAC.cbc-known-answers", "AES-256-CBC gives the answers of NIST SP 800-38A (F.2.5, F.2.6).",
                concerns: concerns, otherwise: otherwise, needs: [.aesKeyGeneration, .aesCBC], knownAnswers),
            Check(
                "encryptThenMAC.two-keys", "An AES key and an HMAC key have the same id.", concerns: concerns,
                otherwise: otherwise, needs: needs, twoKeys),
            Check(
                "encryptThenMAC.round-trip",
                "What the worker encrypts by AES-CBC and HMAC it decrypts, and nothing else.",
                concerns: concerns, otherwise: otherwise, needs: needs, roundTrip),
        ]
    }

    private static func knownAnswers(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key: ObjectHandle
        do {
            key = try bench.knownKey(
                bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"), .aes,
                uses: [.encrypt, .decrypt], in: session)
        } catch {
            return .quirk("no key of known bytes comes into the token: \(error)")
        }
        let text = bytes(
            """
            6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef
            f69f2445df4f9b17ad2b417be66c3710
            """)
        let sealed = bytes(
            """
            f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461
            b2eb05e2c39be9fcda6c19078c6a9d1b
            """)
        let mechanism = Mechanism(.aesCBC, .bytes((0..<16).map { UInt8($0) }))
        guard try session.encrypt(text, key, mechanism, room: 128) == sealed else { return .fail("another ciphertext") }
        guard try session.decrypt(sealed, key, mechanism, room: 128) == text else { return .fail("another plaintext") }
        return .pass("4 blocks, both ways")
    }

    private static func twoKeys(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        _ = try bench.makeKey(isToken: true, in: session)
        let id = bench.objects.lastID
        let recipe = try bench.recipe("HMAC_256", "GENERATE_VERIFY_MAC")
        let mac = try session.generateKey(
            recipe.generation, recipe.generationTemplate(id: id, omitting: bench.worker.profile.omitAttributes))
        bench.objects.note(mac, id)
        for type in [KeyType.aes, .genericSecret] {
            let found = try session.findObjects([Attribute(.id, id), Attribute(.keyType, type.rawValue)]).count
            guard found == 1 else {
                let detail = "a search by id and key type finds \(found) objects"
                return bench.has(.aesGCM)
                    ? .quirk("\(detail); not needed, because the token has AES-GCM") : .fail(detail)
            }
        }
        return .pass("each is found by the id and its key type")
    }

    private static func roundTrip(_ bench: Bench) throws -> Outcome {
        guard !bench.has(.aesGCM) else { return .pass("not needed: the worker uses AES-GCM, which the token has") }
        let product = try bench.product()
        let key = try product.generateKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        for size in [0, 1, 15, 16, 32, 4096] {
            let text = [UInt8](repeating: 0x42, count: size)
            let sealed = try product.encrypt(text, aad: [7], key)
            guard try product.decrypt(sealed, aad: [7], key) == text else {
                return .fail("\(size) bytes open to something else")
            }
            guard (try? product.decrypt(sealed, aad: [8], key)) == nil else { return .fail("another AAD opens it too") }
            for index in [0, 16, sealed.count - 1] {
                var bad = sealed
                bad[index] ^= 1
                guard (try? product.decrypt(bad, aad: [7], key)) == nil else {
                    return .fail("a changed ciphertext opens")
                }
            }
        }
        guard try product.encrypt([1], aad: [], key) != product.encrypt([1], aad: [], key) else {
            return .fail("the same text is the same ciphertext twice")
        }
        try product.destroy(key)
        return .pass("6 texts; changes are refused")
    }
}
