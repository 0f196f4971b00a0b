import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// What a token's profile has to say for the key store to work with it, found out by trying. The checks run with it:
/// they judge the token with the profile that comes out, not with the one that went in.
struct Tuning {
    var gcm: GCMMode?
    /// What was wrong with a ciphertext, and what C_Decrypt answered.
    var refusals: [(what: String, answer: ReturnValue)] = []
    /// The hashes with which the token does OAEP; nil where none was tried.
    var oaepHashes: [HSMProfile.OAEPHash]?
    var omitAttributes: [String] = []
    /// Mechanisms that are in the token's list, and by which it makes no key.
    var empty: Set<MechanismType> = []
    /// The token has to do with AES-CBC and HMAC.
    var encryptThenMAC = false

    init() {}

    init(_ bench: Bench) {
        empty = Self.emptyMechanisms(bench)
        let hasSecretKeys = bench.has(.aesKeyGeneration) && !empty.contains(.aesKeyGeneration)
        omitAttributes = (hasSecretKeys ? Self.refusedAttributes(bench) : []) + Self.refusedPairAttributes(bench)
        if [.rsa, .wrapping].contains(bench.request.group) { oaepHashes = Self.oaepHashes(bench, omitAttributes) }
        guard hasSecretKeys else { return }
        if bench.has(.aesGCM), let session = try? bench.session(), let key = try? bench.makeKey(in: session) {
            gcm = GCMMode(key, in: session)
            if let gcm { refusals = gcm.refusals(key, bench) }
        }
        encryptThenMAC = !bench.has(.aesGCM) && EncryptThenMACChecks.needs.allSatisfy(bench.has)
    }

    func profile(_ given: HSMProfile) -> HSMProfile {
        var profile = given
        if let gcm {
            profile.gcmIV = gcm.source
            profile.zeroIV = gcm.zeroIV
        }
        for code in codes where !profile.decryptFailureCodes.contains(code) { profile.decryptFailureCodes.append(code) }
        if let oaepHashes { profile.oaepHashes = oaepHashes }
        for name in omitAttributes where !profile.omitAttributes.contains(name) { profile.omitAttributes.append(name) }
        if encryptThenMAC { profile.encryptThenMAC = true }
        return profile
    }

    /// What C_Decrypt answers for bad ciphertexts.
    var codes: [UInt] {
        Set(refusals.map(\.answer.rawValue)).subtracting([0]).sorted()
    }

    static func list(_ codes: some Sequence<UInt>) -> String {
        "[" + codes.map { "0x" + String($0, radix: 16) }.joined(separator: ", ") + "]"
    }

    /// Without C_GenerateKey there are no secret keys, whatever the list of mechanisms says.
    private static func emptyMechanisms(_ bench: Bench) -> Set<MechanismType> {
        guard bench.has(.aesKeyGeneration), let session = try? bench.session() else { return [] }
        do {
            _ = try bench.makeKey(in: session)
        } catch let error as PKCS11Error where error.returnValue.meansMissing {
            return [.aesKeyGeneration, .genericSecretKeyGeneration]
        } catch {}
        return []
    }

    // MARK: Templates

    /// Usages that a template of the worker's names as off, and that this token does not want named.
    private static func refusedAttributes(_ bench: Bench) -> [String] {
        guard let recipe = KeyRecipe(spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT"),
            let session = try? bench.session()
        else { return [] }
        func isTaken(_ omitted: [String]) -> Bool {
            let template = recipe.generationTemplate(id: [], omitting: omitted).changing([Attribute(.token, false)])
            guard let key = try? session.generateKey(recipe.generation, template) else { return false }
            try? session.destroyObject(key)
            return true
        }
        let given = bench.worker.profile.omitAttributes
        guard !isTaken(given) else { return [] }
        let candidates = [AttributeType.derive, .wrap, .unwrap, .sign, .verify].map(\.profileName)
            .filter { !given.contains($0) }
        if let one = candidates.first(where: { isTaken(given + [$0]) }) { return [one] }
        guard isTaken(given + candidates) else { return [] }
        // Those that are still needed once the others are left out.
        return candidates.filter { name in !isTaken(given + candidates.filter { $0 != name }) }
    }

    /// The same of pairs: what the public half may do is of no matter, because it is destroyed.
    private static func refusedPairAttributes(_ bench: Bench) -> [String] {
        guard bench.has(.ecKeyPairGeneration) || bench.has(.rsaKeyPairGeneration), let session = try? bench.session()
        else { return [] }
        let spec = bench.has(.ecKeyPairGeneration) ? "ECC_NIST_P256" : "RSA_2048"
        defer { bench.objects.removeAll() }
        func isTaken(_ omitted: [String]) -> Bool {
            (try? bench.makePair(spec, "SIGN_VERIFY", isToken: true, omitting: omitted, in: session)) != nil
        }
        let given = bench.worker.profile.omitAttributes
        guard !isTaken([]) else { return [] }
        let candidates = [AttributeType.encrypt, .verify, .wrap, .derive].map(\.profileName)
            .filter { !given.contains($0) }
        return isTaken(candidates) ? candidates : []
    }

    // MARK: OAEP

    private static func oaepHashes(_ bench: Bench, _ omitted: [String]) -> [HSMProfile.OAEPHash]? {
        guard bench.has(.rsaKeyPairGeneration), let session = try? bench.session(),
            let pair = try? bench.makePair("RSA_2048", "ENCRYPT_DECRYPT", omitting: omitted, in: session),
            let publicKey = try? RSAChecks.publicKey(pair.publicKey, in: session)
        else { return nil }
        guard bench.has(.rsaOAEP) else { return [] }
        return [(HSMProfile.OAEPHash.sha1, Digest.sha1), (.sha256, .sha256)].filter { _, digest in
            RSAChecks.decryptsOAEP(digest, pair.privateKey, publicKey, bench)
        }.map(\.0)
    }
}

/// Who makes the IV of an AES-GCM encryption, found out by encrypting.
struct GCMMode {
    let source: HSMProfile.GCMIVSource
    let zeroIV: Bool
    let detail: String

    private static let text = Array("strongroom conformance".utf8)
    private static let aad = Array("additional".utf8)

    /// Nil when nothing that the token takes can be opened again.
    init?(_ key: ObjectHandle, in session: borrowing Session) {
        var answers: [String] = []
        let ivs: [(String, [UInt8])] = [
            ("an IV of ours", (1...12).map { $0 * 17 }), ("an IV of zeros", [UInt8](repeating: 0, count: 12)),
            // Last, and only to be told what was made: a token that took it as it is would use it again and again.
            ("no IV", []),
        ]
        for (name, given) in ivs {
            var iv = given
            do throws(PKCS11Error) {
                let sealed = try session.sealGCM(Self.text, key, iv: &iv, aad: Self.aad)
                let isZero = given.first == 0
                if sealed.count == Self.text.count + 28, Self.opens(sealed, key, Array(sealed.suffix(12)), session) {
                    (source, zeroIV) = (.appended, false)
                    detail = "the HSM makes the IV and puts it behind the tag"
                    return
                }
                guard !given.isEmpty, sealed.count == Self.text.count + 16, Self.opens(sealed, key, iv, session) else {
                    answers.append("\(name): \(sealed.count) bytes that do not open again")
                    continue
                }
                guard iv == given else {
                    (source, zeroIV) = (.writtenBack, isZero)
                    detail = "the HSM makes the IV and writes it over \(name)"
                    return
                }
                guard !isZero else { continue }
                (source, zeroIV) = (.caller, false)
                detail = "the IV that is handed in is used as it is"
                return
            } catch {
                answers.append("\(name): \(error)")
            }
        }
        return nil
    }

    private static func opens(
        _ sealed: [UInt8], _ key: ObjectHandle, _ iv: [UInt8], _ session: borrowing Session
    ) -> Bool {
        let body = Array(sealed.prefix(text.count + 16))
        return (try? session.openGCM(body, key, iv: iv, aad: aad)) == text
    }

    /// A sealed text as the token makes it: IV, ciphertext, tag.
    func seal(
        _ text: [UInt8], _ key: ObjectHandle, aad: [UInt8], in session: borrowing Session
    ) throws(PKCS11Error) -> (iv: [UInt8], body: [UInt8]) {
        var iv = source == .caller || !zeroIV ? try session.random(12) : [UInt8](repeating: 0, count: 12)
        if source == .appended { iv = [] }
        let sealed = try session.sealGCM(text, key, iv: &iv, aad: aad)
        guard source == .appended else { return (iv, sealed) }
        return (Array(sealed.suffix(12)), Array(sealed.dropLast(12)))
    }

    /// What is answered for all ways in which a ciphertext can be wrong, each in a session of its own. 0 stands for
    /// one that was opened all the same.
    func refusals(_ key: ObjectHandle, _ bench: Bench) -> [(what: String, answer: ReturnValue)] {
        guard let session = try? bench.session(),
            let made = try? seal(Self.text, key, aad: Self.aad, in: session)
        else { return [] }
        let body = made.body
        func flipped(_ bytes: [UInt8], _ index: Int) -> [UInt8] {
            var bytes = bytes
            bytes[index] ^= 1
            return bytes
        }
        var cases: [(String, [UInt8], [UInt8], [UInt8])] = [
            ("the tag", flipped(body, body.count - 1), made.iv, Self.aad),
            ("the first byte of the tag", flipped(body, body.count - 16), made.iv, Self.aad),
            ("the ciphertext", flipped(body, 0), made.iv, Self.aad),
            ("the IV", body, flipped(made.iv, 0), Self.aad),
            ("the AAD", body, made.iv, flipped(Self.aad, 0)),
            ("no AAD", body, made.iv, []),
            ("a byte too many", body + [0], made.iv, Self.aad),
        ]
        for size in [0, 1, 15, 16, body.count - 1] {
            cases.append(("\(size) bytes", Array(body.prefix(size)), made.iv, Self.aad))
        }
        return cases.map { name, body, iv, aad in
            // The key is a session object: it goes with the session that made it, and not with these.
            guard let fresh = try? bench.session() else { return (name, .sessionCount) }
            var output = [UInt8](repeating: 0, count: body.count + 64)
            return (name, fresh.answerToDecryptionAESGCM(body, with: key, iv: iv, aad: aad, leaving: &output))
        }
    }
}
