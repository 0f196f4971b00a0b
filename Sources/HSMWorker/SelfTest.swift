import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// What is tried with a session key before a worker serves: a token that does not keep a key in, or a profile with the
/// wrong `gcmIV`, would give keys away, so with those there is no start. It costs a dozen calls.
struct SelfTest {
    private let token: Token
    private let text = Array("strongroom self-test 1".utf8)
    private let aad = Array("aad".utf8)

    init(_ token: Token) {
        self.token = token
    }

    func run() throws {
        guard token.mechanisms.contains(.aesKeyGeneration) else { return }
        // Its own, because some of what is tried is meant to fail.
        let session = try Session(on: token.slot)
        guard let key = try generateKey(in: session) else { return }
        try expectKept(key, in: session)
        guard token.mechanisms.contains(.aesGCM) else { return }
        try expectFreshIVs(key, in: session)
        // Last, because the session is of no use afterwards.
        try expectTamperingShows(key, in: session)
    }

    /// Seals and opens with a key made just now. Throws when the token does not do even that.
    func runAgain() throws {
        guard token.mechanisms.contains(.aesKeyGeneration), token.mechanisms.contains(.aesGCM) else { return }
        let session = try Session(on: token.slot)
        guard let key = try generateKey(in: session) else { return }
        var ivs = IVPool()
        guard try open(try seal(key, &ivs, in: session), key, in: session) else { throw Self.doesNotOpen(token) }
    }

    /// Nil where the token has no session keys. Each key is looked at when it is made.
    private func generateKey(in session: borrowing Session) throws(PKCS11Error) -> ObjectHandle? {
        guard let template = KeyTemplate.named(spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT") else { return nil }
        let attributes =
            template.importTemplate(id: [], isToken: false, omitting: token.profile.omitAttributes)
            + [Attribute(.valueLength, 32 as UInt)]
        do throws(PKCS11Error) {
            // Without the id: there are tokens that take no empty one.
            return try session.generateKey(template.generation, attributes.filter { $0.type != .id })
        } catch {
            guard token.failureClass(of: error) == .refused else { throw error }
            return nil
        }
    }

    private func expectKept(_ key: ObjectHandle, in session: borrowing Session) throws {
        let found = try session.attributes([.sensitive, .extractable, .neverExtractable], of: key)
        let ignored =
            found[.extractable]?.flag == true
            ? "extractable"
            : found[.sensitive]?.flag == false
                ? "sensitive" : found[.neverExtractable]?.flag == false ? "never_extractable" : nil
        guard let ignored else { return }
        throw OperatorError(
            "the token \(token.info.label) does not keep its keys in: it made one otherwise than asked for (\(ignored)), "
                + "so it cannot back a key store; look for a setting of the HSM that allows the export of keys"
        )
    }

    private func expectFreshIVs(_ key: ObjectHandle, in session: borrowing Session) throws {
        var ivs = IVPool()
        let first = try sealFirst(key, &ivs, in: session)
        let second = try seal(key, &ivs, in: session)
        guard first.prefix(AESGCM.ivSize) != second.prefix(AESGCM.ivSize), first != second else {
            throw OperatorError(
                "the token \(token.info.label) encrypted the same text twice with one IV, which gives keys away; the "
                    + "profile's gcmIV \(token.profile.gcmIV.rawValue) is wrong for it"
            )
        }
        guard try open(first, key, in: session) else { throw Self.doesNotOpen(token) }
    }

    private func sealFirst(
        _ key: ObjectHandle, _ ivs: inout IVPool, in session: borrowing Session
    ) throws -> [UInt8] {
        do throws(PKCS11Error) {
            return try seal(key, &ivs, in: session)
        } catch {
            guard token.failureClass(of: error) == .refused else { throw error }
            throw OperatorError(
                "the token \(token.info.label) does not encrypt by AES-GCM as the profile says (\(error)); is its gcmIV "
                    + "\(token.profile.gcmIV.rawValue) right, and its zeroIV \(token.profile.zeroIV)?"
            )
        }
    }

    /// Whether what was sealed opens to what it was.
    private func open(
        _ sealed: [UInt8], _ key: ObjectHandle, in session: borrowing Session
    ) throws -> Bool {
        let room = SecureBuffer(capacity: sealed.count)
        do throws(PKCS11Error) {
            try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
                try unsafe AESGCM(token.profile).open(
                    sealed.span.bytes, with: key, aad: aad.span.bytes, in: session, into: &span)
            }
        } catch {
            guard token.isAboutData(error) else { throw SelfTestError(error, token) }
            return false
        }
        return room.withExposedBytes { unsafe ConstantTime.areEqual($0, text.span.bytes) }
    }

    private func seal(
        _ key: ObjectHandle, _ ivs: inout IVPool, in session: borrowing Session
    ) throws(PKCS11Error) -> [UInt8] {
        let room = SecureBuffer(capacity: text.count + AESGCM.overhead)
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe AESGCM(token.profile).seal(
                text.span.bytes, with: key, aad: aad.span.bytes, in: session, ivs: &ivs, into: &span)
        }
        return room.withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }

    private func expectTamperingShows(_ key: ObjectHandle, in session: borrowing Session) throws {
        var ivs = IVPool()
        var sealed = try seal(key, &ivs, in: session)
        sealed[AESGCM.ivSize] ^= 1
        let room = SecureBuffer(capacity: sealed.count)
        do throws(PKCS11Error) {
            try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
                try unsafe AESGCM(token.profile).open(
                    sealed.span.bytes, with: key, aad: aad.span.bytes, in: session, into: &span)
            }
        } catch {
            // Whatever it is: it was not opened.
            return
        }
        throw OperatorError(
            "the token \(token.info.label) decrypted a ciphertext that had been changed: its AES-GCM authenticates "
                + "nothing, so it cannot back a key store"
        )
    }

    private static func doesNotOpen(_ token: Token) -> OperatorError {
        OperatorError(
            "the token \(token.info.label) does not decrypt what it has just encrypted by AES-GCM: the IV that it used "
                + "could not be read; is the profile's gcmIV \(token.profile.gcmIV.rawValue) right?"
        )
    }
}

/// A failure that may be the token's, or the profile's.
struct SelfTestError: Error, CustomStringConvertible {
    let description: String

    init(_ error: PKCS11Error, _ token: Token) {
        description =
            "\(error), for a ciphertext that the token \(token.info.label) has just made; if this stays so, the profile's "
            + "gcmIV \(token.profile.gcmIV.rawValue) is wrong for it"
    }
}
