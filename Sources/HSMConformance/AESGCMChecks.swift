import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

enum AESGCMChecks {
    private static let symmetric: [ConformanceCapability] = .spec("SYMMETRIC_DEFAULT")

    /// Without the mechanism there is one thing to say; with it the checks that may crash a module come last.
    static func all(_ bench: Bench) -> [Check] {
        let mechanism = Check(
            "aesGCM.mechanism", "The token makes AES-256 keys and encrypts with them by AES-GCM.",
            concerns: symmetric,
            otherwise: "There are no SYMMETRIC_DEFAULT keys, and without them no data keys and no server credentials.",
            mechanism)
        guard bench.has(.aesGCM), bench.has(.aesKeyGeneration) else { return [mechanism] }
        let needs: [MechanismType] = [.aesKeyGeneration, .aesGCM]
        let own = "Ciphertexts could not be opened elsewhere, or are not what they are said to be."
        return [
            mechanism,
            Check(
                "aesGCM.iv-mode", "Who makes the IV is known.", concerns: symmetric,
                otherwise: "Nothing that is encrypted can be decrypted again.", needs: needs, ivMode),
            Check(
                "aesGCM.known-answers", "The answers are those of the specification of GCM (test cases 13, 14, 16).",
                concerns: symmetric, otherwise: own, needs: needs, knownAnswers),
            Check(
                "aesGCM.sizes",
                "AAD of 0, 1 and 8,192 bytes, an empty plaintext and one of 4,096 bytes give known answers.",
                concerns: symmetric, otherwise: own, needs: needs, sizes),
            Check(
                "aesGCM.round-trip", "What the worker encrypts it decrypts: nothing, a byte, 32 bytes, 4,096 bytes.",
                concerns: .spec("SYMMETRIC_DEFAULT", origin: "AWS_KMS"),
                otherwise: "SYMMETRIC_DEFAULT keys do not work.", needs: needs, roundTrip),
            Check(
                "aesGCM.same-block-twice",
                "The same block encrypted 1,000 times is another ciphertext, with another IV, each time.",
                concerns: symmetric, otherwise: "An IV that is used twice gives the key's secrets away.", needs: needs,
                sameBlockTwice),
            Check(
                "aesGCM.tampered", "A ciphertext that was changed is refused, with return values that are known.",
                concerns: symmetric, otherwise: "A changed ciphertext is taken for a good one.", needs: needs, tampered),
            Check(
                "aesGCM.after-failure", "After a bad ciphertext the key works as before.", concerns: symmetric,
                otherwise: "Whoever may decrypt can stop the key for everybody.", needs: needs, afterFailure),
            Check(
                "aesGCM.output-after-failure", "A failed decryption leaves no plaintext behind in the output.",
                concerns: symmetric, otherwise: "Plaintext that was not authenticated stays in memory.", needs: needs,
                outputAfterFailure),
            Check(
                "aesGCM.short-output", "Too little room for the output is refused and nothing is written beyond it.",
                otherwise: "Nothing: the worker always gives enough room.", needs: needs, shortOutput),
            Check(
                "aesGCM.empty-iv", "An empty IV is refused, or the token makes one.",
                otherwise: "Nothing: the worker never sends an empty IV to such a token.", needs: needs, emptyIV),
        ]
    }

    private static func mechanism(_ bench: Bench) throws -> Outcome {
        if bench.has(.aesGCM), bench.has(.aesKeyGeneration) { return .pass("the token has both mechanisms") }
        let absent = [MechanismType.aesKeyGeneration, .aesGCM].filter { !bench.has($0) }
            .map(\.description).joined(separator: ", no ")
        guard bench.tuning.encryptThenMAC, bench.has(.aesKeyGeneration) else {
            return .missing("the token has no \(absent)")
        }
        return .quirk(
            "the token has no \(absent); AES-CBC with HMAC-SHA-256 stands in where the profile allows it",
            settings: ["encryptThenMAC": "true"])
    }

    private static func ivMode(_ bench: Bench) throws -> Outcome {
        guard let mode = bench.tuning.gcm else {
            return .fail("neither with an IV of ours nor with zeros does the token seal what it opens again")
        }
        let settings = ["gcmIV": mode.source.rawValue, "zeroIV": "\(mode.zeroIV)"]
        return mode.source == .caller ? .pass(mode.detail, settings: settings) : .quirk(mode.detail, settings: settings)
    }

    // MARK: Known answers

    /// A key of known bytes that does AES-GCM, handed in or, where the token takes none, unwrapped.
    private static func known(
        _ key: [UInt8], _ bench: Bench, in session: borrowing Session
    ) throws -> ObjectHandle {
        do throws(PKCS11Error) {
            return try bench.knownKey(key, .aes, uses: [.encrypt, .decrypt], in: session)
        } catch {
            if let key = try WrappingChecks.unwrapped(key, .aes, uses: [.encrypt, .decrypt], bench, in: session) {
                return key
            }
            throw NoKnownKey(description: "no key of known bytes comes into the token: \(error)")
        }
    }

    struct NoKnownKey: Error, CustomStringConvertible {
        let description: String
    }

    private static func knownAnswers(_ bench: Bench) throws -> Outcome {
        let zeros = [UInt8](repeating: 0, count: 32)
        let key16 = bytes("feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308")
        let text16 = bytes(
            """
            d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525
            b16aedf5aa0de657ba637b39
            """)
        let aad16 = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let cases: [(key: [UInt8], iv: [UInt8], aad: [UInt8], text: [UInt8], sealed: [UInt8])] = [
            (zeros, [UInt8](repeating: 0, count: 12), [], [], bytes("530f8afbc74536b9a963b4f1c4cb738b")),
            (
                zeros, [UInt8](repeating: 0, count: 12), [], [UInt8](repeating: 0, count: 16),
                bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
            ),
            (
                key16, bytes("cafebabefacedbaddecaf888"), aad16, text16,
                bytes(
                    """
                    522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10568288
                    38c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b
                    """)
            ),
        ]
        return try answer(
            cases.map { (key, iv, aad, text, sealed) in (key, iv, aad, text, { $0 == sealed }, sealed) }, bench)
    }

    private static func sizes(_ bench: Bench) throws -> Outcome {
        let key = (0..<32).map { UInt8($0) }
        let iv = (0..<12).map { UInt8($0) }
        // Size of the AAD, size of the plaintext, SHA-256 of what they become.
        let cases: [(Int, Int, String)] = [
            (0, 4096, "3320503e703e87848d2e616561ea3134985dd2c1f5d890d2f8fb64c5f8c495a2"),
            (1, 0, "51ba85ad092f118b3d0183f9a0dc131e04673c1cc1daa381a85212e10fc7cac8"),
            (8192, 0, "f707d8761bef9c1b07e86fb07a819e1b4363171b0fe7b3ad92bf1484dc8908f7"),
            (8192, 32, "454e8f138e25d13228971cce8c975abf78412cb8db225bb2eaa49e7c4a4a6d61"),
            (1, 4096, "be30919b50c7b9d214d2d6243d4338a326098dc87bba4af5730cf249ca64edea"),
        ]
        return try answer(
            cases.map { aadSize, textSize, hash in
                let aad = (0..<aadSize).map { UInt8(truncatingIfNeeded: $0 * 7) }
                let text = (0..<textSize).map { UInt8(truncatingIfNeeded: $0 * 3) }
                return (key, iv, aad, text, { Digest.sha256.hash($0) == bytes(hash) }, nil)
            }, bench)
    }

    private typealias KnownCase = (
        key: [UInt8], iv: [UInt8], aad: [UInt8], text: [UInt8], isRight: ([UInt8]) -> Bool, sealed: [UInt8]?
    )

    private static func answer(_ cases: [KnownCase], _ bench: Bench) throws -> Outcome {
        let mode = bench.tuning.gcm
        var count = 0
        for known in cases {
            let session = try bench.session()
            let key: ObjectHandle
            do {
                key = try Self.known(known.key, bench, in: session)
            } catch let error as NoKnownKey {
                return try selfConsistent(cases.map { ($0.aad, $0.text) }, bench, error.description)
            }
            let name = "\(known.text.count) bytes with \(known.aad.count) of AAD"
            var sealed = known.sealed
            if mode?.source == .caller {
                var iv = known.iv
                let made = try session.sealGCM(known.text, key, iv: &iv, aad: known.aad)
                guard known.isRight(made) else { return .fail("\(name) become another ciphertext") }
                sealed = made
                count += 1
            }
            if let sealed {
                let opened = try session.openGCM(sealed, key, iv: known.iv, aad: known.aad)
                guard opened == known.text else { return .fail("\(name) open to something else") }
                count += 1
            }
        }
        guard count > 0 else {
            return try selfConsistent(cases.map { ($0.aad, $0.text) }, bench, "the token makes the IV")
        }
        return .pass("\(count) answers, sealed and opened")
    }

    /// What is left where no key's bytes are known: it has to open what it sealed.
    private static func selfConsistent(
        _ cases: [(aad: [UInt8], text: [UInt8])], _ bench: Bench, _ reason: String
    ) throws -> Outcome {
        guard let mode = bench.tuning.gcm else { return .fail("no way to hand in an IV is known") }
        let session = try bench.session()
        let key = try bench.makeKey(in: session)
        for (aad, text) in cases {
            let sealed = try mode.seal(text, key, aad: aad, in: session)
            guard sealed.body.count == text.count + 16 else {
                return .fail("\(text.count) bytes become \(sealed.body.count)")
            }
            guard try session.openGCM(sealed.body, key, iv: sealed.iv, aad: aad) == text else {
                return .fail("\(text.count) bytes with \(aad.count) of AAD open to something else")
            }
        }
        return .quirk("only what the token sealed itself was opened, because \(reason)")
    }

    private static func roundTrip(_ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let key = try product.generateKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        for size in [0, 1, 32, 4096] {
            for aad in [[], Array("context".utf8), [UInt8](repeating: 5, count: 8192)] {
                let text = [UInt8](repeating: 0x41, count: size)
                let sealed = try product.encrypt(text, aad: aad, key)
                guard try product.decrypt(sealed, aad: aad, key) == text else {
                    return .fail("\(size) bytes with \(aad.count) of AAD open to something else")
                }
            }
        }
        try product.destroy(key)
        return .pass("12 texts; the key was made, found, verified, used and destroyed as the key store does it")
    }

    private static func sameBlockTwice(_ bench: Bench) throws -> Outcome {
        guard let mode = bench.tuning.gcm else { return .fail("no way to hand in an IV is known") }
        let session = try bench.session()
        let key = try bench.makeKey(in: session)
        let block = [UInt8](repeating: 0, count: 16)
        var ivs: Set<[UInt8]> = []
        var bodies: Set<[UInt8]> = []
        for _ in 0..<1000 {
            let sealed = try mode.seal(block, key, aad: [], in: session)
            ivs.insert(sealed.iv)
            bodies.insert(sealed.body)
        }
        guard ivs.count == 1000, bodies.count == 1000 else {
            return .fail("1,000 encryptions have \(ivs.count) IVs and \(bodies.count) ciphertexts")
        }
        return .pass("1,000 IVs and 1,000 ciphertexts (IV: \(mode.source.rawValue))")
    }

    // MARK: Tampering

    private static func tampered(_ bench: Bench) throws -> Outcome {
        let refusals = bench.tuning.refusals
        guard !refusals.isEmpty else { return .fail("nothing could be sealed to be changed") }
        let opened = refusals.filter { $0.answer == .ok }
        guard opened.isEmpty else {
            return .fail("C_Decrypt opens it with a change of " + opened.map(\.what).joined(separator: ", of "))
        }
        let named = Dictionary(grouping: refusals, by: \.answer).sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key) for \($0.value.map(\.what).joined(separator: ", "))" }.joined(separator: "; ")
        let usual = HSMProfile().decryptFailureCodes
        let codes = bench.tuning.codes
        let all = codes.filter { !usual.contains($0) } + usual.sorted()
        let settings = ["decryptFailureCodes": Tuning.list(all)]
        return codes.allSatisfy(usual.contains)
            ? .pass(named, settings: settings)
            : .quirk("\(named); the worker tells it from a broken token by opening a check value", settings: settings)
    }

    private static func afterFailure(_ bench: Bench) throws -> Outcome {
        let product = try bench.product()
        let key = try product.generateKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let text = Array("still here".utf8)
        let sealed = try product.encrypt(text, aad: [1], key)
        var bad = sealed
        bad[bad.count - 1] ^= 1
        for _ in 0..<20 {
            do {
                _ = try product.decrypt(bad, aad: [1], key)
                return .fail("the worker opens a changed ciphertext")
            } catch let failure as WorkerLaneFailure {
                guard failure.status == .invalidCiphertext else {
                    return .fail("the worker does not take it for a bad ciphertext: \(failure.text)")
                }
            }
            guard try product.decrypt(sealed, aad: [1], key) == text else {
                return .fail("the good one opens to something else")
            }
        }
        try product.destroy(key)
        return .pass("20 bad and 20 good ones in turn; the bad ones are the caller's fault and nobody else's")
    }

    private static func outputAfterFailure(_ bench: Bench) throws -> Outcome {
        guard let mode = bench.tuning.gcm else { return .fail("no way to hand in an IV is known") }
        let session = try bench.session()
        let key = try bench.makeKey(in: session)
        let text = Array("a plaintext that is to be seen by nobody".utf8)
        var sealed = try mode.seal(text, key, aad: [], in: session)
        sealed.body[sealed.body.count - 1] ^= 1
        var output = [UInt8](repeating: 0, count: sealed.body.count + 64)
        let answer = session.answerToDecryptionAESGCM(sealed.body, with: key, iv: sealed.iv, aad: [], leaving: &output)
        guard answer != .ok else { return .fail("C_Decrypt opens it") }
        if output.starts(with: text.prefix(16)) {
            return .quirk("after \(answer) the plaintext is in the output; the worker wipes it")
        }
        return output.contains { $0 != 0 }
            ? .quirk("after \(answer) something is in the output that is not the plaintext; the worker wipes it")
            : .pass("after \(answer) the output is untouched")
    }

    private static func shortOutput(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key = try bench.makeKey(in: session)
        var iv = [UInt8](repeating: 9, count: 12)
        do throws(PKCS11Error) {
            let sealed = try session.sealGCM([UInt8](repeating: 1, count: 32), key, iv: &iv, room: 16)
            return .quirk("C_Encrypt gives \(sealed.count) bytes where 48 are to come; the worker gives enough room")
        } catch {
            return error.returnValue == .bufferTooSmall
                ? .pass("C_Encrypt answers \(error.returnValue)")
                : .quirk("C_Encrypt answers \(error.returnValue); the worker gives enough room")
        }
    }

    private static func emptyIV(_ bench: Bench) throws -> Outcome {
        let block = [UInt8](repeating: 0, count: 16)
        func once() throws(PKCS11Error) -> [UInt8] {
            let session = try bench.session()
            var iv: [UInt8] = []
            return try session.sealGCM(block, key, iv: &iv)
        }
        let keeper = try bench.session()
        let key = try bench.makeKey(in: keeper)
        do throws(PKCS11Error) {
            let first = try once()
            let second = try once()
            if first.count == 44, first != second { return .pass("the token makes an IV and appends it") }
            return first == second
                ? .quirk("an empty IV is taken, and the same block becomes the same ciphertext: none is ever sent")
                : .quirk("an empty IV is taken, and gives \(first.count) bytes: none is ever sent")
        } catch {
            return .pass("\(error)")
        }
    }
}
