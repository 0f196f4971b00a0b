import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// A key's known answer: what proves before its first use in a generation that the object behind an id is the one that
/// was made, whatever the token says of it. It also says what kind of key that is.
///
/// - An AES key that was made here has 52 bytes: a text, sealed under the key with its id as AAD. Opening, not
///   sealing, so that it also works where the HSM makes the IV, and costs no encryption.
/// - All others are `2 | length (1) | name | payload`. The name is `SPEC/USAGE`, or `SPEC/USAGE/IMPORTED` of a key that
///   was outside once. The payload is the same sealed text for an AES key, the MAC of the text and the id for an HMAC
///   key, and for a pair the public key (DER SubjectPublicKeyInfo), which confirms what the private one does.
struct CheckValue {
    let template: KeyTemplate
    /// Whether the token made the key, so that it was never anywhere else.
    let isLocal: Bool
    let payload: [UInt8]

    static let text = Array("strongroom check value 1".utf8)
    private static let sealedSize = text.count + AESGCM.overhead
    private static let version: UInt8 = 2
    private static let imported = "IMPORTED"

    init(_ template: KeyTemplate, isLocal: Bool, payload: [UInt8]) {
        self.template = template
        self.isLocal = isLocal
        self.payload = payload
    }

    /// Nil for what no worker made.
    init?(_ bytes: [UInt8]) {
        guard bytes.count != Self.sealedSize else {
            guard let template = KeyTemplate.named(spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT") else {
                return nil
            }
            self.init(template, isLocal: true, payload: bytes)
            return
        }
        guard bytes.count > 2, bytes[0] == Self.version, bytes.count >= 2 + Int(bytes[1]) else { return nil }
        let name = String(decoding: bytes[2..<(2 + Int(bytes[1]))], as: UTF8.self)
        let words = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2 || words.count == 3 && words[2] == Self.imported,
            let template = KeyTemplate.named(spec: words[0], usage: words[1])
        else { return nil }
        self.init(template, isLocal: words.count == 2, payload: Array(bytes.dropFirst(2 + Int(bytes[1]))))
    }

    var bytes: [UInt8] {
        if template.kind == .aes, isLocal { return payload }
        let name = "\(template.spec)/\(template.usage.rawValue)" + (isLocal ? "" : "/\(Self.imported)")
        return [Self.version, UInt8(truncatingIfNeeded: name.utf8.count)] + Array(name.utf8) + payload
    }

    /// DER SubjectPublicKeyInfo of a pair; empty for secret keys.
    var publicKey: [UInt8] { template.isKeyPair ? payload : [] }
}

// MARK: Making

extension CheckValue {
    /// Makes the check value of a key that is new to the token, and sees that it is right.
    static func make(
        for key: ObjectHandle, id: [UInt8], _ template: KeyTemplate, publicKey: [UInt8], isLocal: Bool, in lane: Lane
    ) throws -> [UInt8] {
        let payload: [UInt8] =
            switch template.kind {
            case .aes:
                try sealedText(with: key, id: id, lane.cipher, in: lane.session, ivs: &lane.ivs)
            case .hmac(let digest):
                try unsafe lane.token.authenticationCode(
                    of: (text + id).span.bytes, digest, with: key, in: lane.session)
            case .rsa, .ec, .ed25519:
                publicKey
            }
        let value = CheckValue(template, isLocal: isLocal, payload: payload)
        guard try value.isRight(for: key, id: id, lane.token, in: lane.session) else {
            throw OperationFailure(.failed, "the HSM does not confirm the key that it made: \(template.spec)")
        }
        return value.bytes
    }

    /// It is made twice: an HSM that gives the same answer again uses the same IV again, and would give its keys away.
    private static func sealedText(
        with key: ObjectHandle, id: [UInt8], _ cipher: AESGCM, in session: borrowing Session, ivs: inout IVPool
    ) throws -> [UInt8] {
        let first = try seal(with: key, id: id, cipher, in: session, ivs: &ivs)
        let second = try seal(with: key, id: id, cipher, in: session, ivs: &ivs)
        guard first != second, first.prefix(AESGCM.ivSize) != second.prefix(AESGCM.ivSize) else {
            throw OperationFailure(
                .failed, "the HSM sealed the same text twice with one IV; is the profile's gcmIV right?")
        }
        return first
    }

    private static func seal(
        with key: ObjectHandle, id: [UInt8], _ cipher: AESGCM, in session: borrowing Session, ivs: inout IVPool
    ) throws(PKCS11Error) -> [UInt8] {
        let room = SecureBuffer(capacity: sealedSize)
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe cipher.seal(text.span.bytes, with: key, aad: id.span.bytes, in: session, ivs: &ivs, into: &span)
        }
        return room.withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
}

// MARK: Checking

extension CheckValue {
    /// Whether the key behind the handle is the one that this was made of. It has to be of the template's key type.
    ///
    /// What the token answers for a ciphertext of another key, it may answer when it is broken too; whoever asks after
    /// an error has had that error already.
    func isRight(
        for key: ObjectHandle, id: [UInt8], _ token: Token, in session: borrowing Session
    ) throws -> Bool {
        switch template.kind {
        case .aes:
            return try opens(with: key, id: id, token, in: session)
        case .hmac(let digest):
            let code = try unsafe token.authenticationCode(
                of: (Self.text + id).span.bytes, digest, with: key, in: session)
            return unsafe ConstantTime.areEqual(code.span.bytes, payload.span.bytes)
        case .rsa, .ec, .ed25519:
            guard let publicKey = try? PublicKey(subjectPublicKeyInfo: payload) else { return false }
            return try confirms(publicKey, key, token, in: session)
        }
    }

    private func opens(
        with key: ObjectHandle, id: [UInt8], _ token: Token, in session: borrowing Session
    ) throws(PKCS11Error) -> Bool {
        guard payload.count == Self.sealedSize else { return false }
        let room = SecureBuffer(capacity: Self.sealedSize)
        let cipher = AESGCM(token.profile)
        do throws(PKCS11Error) {
            try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
                try unsafe cipher.open(payload.span.bytes, with: key, aad: id.span.bytes, in: session, into: &span)
            }
        } catch {
            guard token.isDecryptFailure(error) else { throw error }
            return false
        }
        return room.withExposedBytes { unsafe ConstantTime.areEqual($0, Self.text.span.bytes) }
    }

    /// Whether the public key confirms what the private one does now.
    private func confirms(
        _ publicKey: PublicKey, _ key: ObjectHandle, _ token: Token, in session: borrowing Session
    ) throws -> Bool {
        switch (template.kind, template.usage) {
        case (.rsa, .signVerify):
            return try signs(.rsaPKCS1(.sha256), publicKey, key, token, in: session)
        case (.ec(let curve), .keyAgreement):
            let other = try PrivateKey.generate(.ec(curve))
            guard publicKey.kind == .ec(curve), let point = other.publicKey.point else { return false }
            let expected = try other.sharedSecret(with: publicKey)
            return try token.sharedSecret(with: point, on: curve, key, in: session).isEqual(to: expected)
        case (.ec, _):
            return try signs(.ecdsa(.sha256), publicKey, key, token, in: session)
        case (.ed25519, _):
            return try signs(.ed25519, publicKey, key, token, in: session)
        default:
            return try decrypts(publicKey, key, token, in: session)
        }
    }

    private func signs(
        _ scheme: SignatureScheme, _ publicKey: PublicKey, _ key: ObjectHandle, _ token: Token,
        in session: borrowing Session
    ) throws -> Bool {
        let input = scheme == .ed25519 ? Self.text : Digest.sha256.hash(Self.text)
        let signature = try token.sign(input, scheme, with: key, of: template, in: session)
        return publicKey.isValidSignature(signature, of: input, scheme)
    }

    /// By the way that requests take too, so that this confirms the way.
    private func decrypts(
        _ publicKey: PublicKey, _ key: ObjectHandle, _ token: Token, in session: borrowing Session
    ) throws -> Bool {
        guard let modulus = publicKey.rsaModulus else { return false }
        let secret = SystemRandom.bytes(32)
        let hash = token.oaepHashes.first ?? .sha1
        let ciphertext = try publicKey.encryptOAEP(secret, hash)
        do {
            let opened = try token.decryptOAEP(ciphertext, hash, modulus: modulus, with: key, in: session)
            guard let opened else { return false }
            return opened.isEqual(to: secret)
        } catch let error as PKCS11Error where token.isDecryptFailure(error) {
            return false
        }
    }
}
