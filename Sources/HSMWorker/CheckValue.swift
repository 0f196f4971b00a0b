import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// A key's known answer: what proves before its first use in a generation that the object behind an id is the one that
/// was made, whatever the token says of it. It also says what kind of key that is.
///
/// - An AES key for AES-GCM that was made here has 52 bytes: a text, sealed under the key with its id as AAD. Opening,
///   not sealing, so that it also works where the HSM makes the IV, and costs no encryption.
/// - One that was in the token before has its ``AdoptedPlace`` in front of that text.
/// - All others have a ``CheckValueName`` in front. Their payload is the same sealed text for a key that seals, the MAC
///   of the text and the id for an HMAC key, and for a pair the public key (DER SubjectPublicKeyInfo), which confirms
///   what the private one does.
struct CheckValue {
    let template: KeyTemplate
    /// Whether the token made the key, so that it was never anywhere else.
    let isLocal: Bool
    /// Of an adopted key, where it is.
    let place: AdoptedPlace?
    let payload: [UInt8]

    static let text = Array("strongroom check value 1".utf8)

    init(_ template: KeyTemplate, isLocal: Bool, place: AdoptedPlace? = nil, payload: [UInt8]) {
        self.template = template
        self.isLocal = isLocal
        self.place = place
        self.payload = payload
    }

    /// Nil for what no worker made.
    init?(_ bytes: [UInt8]) {
        guard let (name, payload) = CheckValueName.read(bytes),
            let template = KeyTemplate.named(spec: name.spec, usage: name.usage, Self.mobility(of: name.kind))
        else { return nil }
        if name.kind == .adopted {
            guard template.kind == .aes, let (place, sealed) = AdoptedPlace.read(payload) else { return nil }
            self.init(template, isLocal: false, place: place, payload: Array(sealed))
            return
        }
        guard name.kind == .encryptThenMAC else {
            self.init(template, isLocal: name.kind != .imported, payload: Array(payload))
            return
        }
        guard template.kind == .aes else { return nil }
        self.init(.encryptThenMAC, isLocal: true, payload: Array(payload))
    }

    private static func mobility(of kind: CheckValueName.Kind) -> KeyTemplate.Mobility {
        switch kind {
        case .made, .imported, .adopted, .encryptThenMAC: .none
        case .movable: .wrapped
        case .movableTrusted: .wrappedByTrusted
        }
    }

    private var kind: CheckValueName.Kind {
        if place != nil { return .adopted }
        return switch template.mobility {
        case .wrapped: .movable
        case .wrappedByTrusted: .movableTrusted
        case .none: template.kind == .encryptThenMAC ? .encryptThenMAC : isLocal ? .made : .imported
        }
    }

    var bytes: [UInt8] {
        CheckValueName(spec: template.spec, usage: template.usage.rawValue, kind: kind)
            .checkValue((place?.bytes ?? []) + payload)
    }

    /// DER SubjectPublicKeyInfo of a pair; empty for secret keys.
    var publicKey: [UInt8] { template.isKeyPair ? payload : [] }
}

// MARK: Making

extension CheckValue {
    /// Makes the check value of a key that is new to the token, and sees that it is right.
    static func make(
        for key: ObjectHandle, mac: ObjectHandle? = nil, id: [UInt8], _ template: KeyTemplate, publicKey: [UInt8],
        isLocal: Bool, place: AdoptedPlace? = nil, in lane: Lane
    ) throws -> [UInt8] {
        let payload: [UInt8] =
            switch template.kind {
            case .aes, .encryptThenMAC:
                try sealedText(with: key, mac, id: id, in: lane)
            case .hmac(let digest):
                try unsafe lane.token.authenticationCode(
                    of: (text + id).span.bytes, digest, with: key, in: lane.session)
            case .rsa, .ec, .ed25519:
                publicKey
            }
        let value = CheckValue(template, isLocal: isLocal, place: place, payload: payload)
        guard try value.isRight(for: key, mac: mac, id: id, lane.token, in: lane.session) else {
            throw OperationFailure(.failed, "the HSM does not confirm the key that it made: \(template.spec)")
        }
        return value.bytes
    }

    /// It is made twice: an HSM that gives the same answer again uses the same IV again, and would give its keys away.
    private static func sealedText(
        with key: ObjectHandle, _ mac: ObjectHandle?, id: [UInt8], in lane: Lane
    ) throws -> [UInt8] {
        let first = try seal(with: key, mac, id: id, in: lane)
        let second = try seal(with: key, mac, id: id, in: lane)
        guard first != second, first.prefix(AESGCM.ivSize) != second.prefix(AESGCM.ivSize) else {
            throw OperationFailure(
                .failed, "the HSM sealed the same text twice with one IV; is the profile's gcmIV right?")
        }
        return first
    }

    private static func seal(
        with key: ObjectHandle, _ mac: ObjectHandle?, id: [UInt8], in lane: Lane
    ) throws(PKCS11Error) -> [UInt8] {
        let room = SecureBuffer(capacity: EncryptThenMAC.sealedSize(of: text.count))
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe lane.seal(text.span.bytes, with: key, mac, aad: id.span.bytes, into: &span)
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
        for key: ObjectHandle, mac: ObjectHandle? = nil, id: [UInt8], _ token: Token, in session: borrowing Session
    ) throws -> Bool {
        switch template.kind {
        case .aes:
            return try opens(with: key, id: id, token, in: session)
        case .encryptThenMAC:
            guard let mac else { return false }
            return try opens(with: EncryptThenMAC(key: key, mac: mac), id: id, in: session)
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
        guard payload.count == Self.text.count + AESGCM.overhead else { return false }
        let room = SecureBuffer(capacity: payload.count)
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

    private func opens(
        with cipher: EncryptThenMAC, id: [UInt8], in session: borrowing Session
    ) throws(PKCS11Error) -> Bool {
        let room = SecureBuffer(capacity: payload.count)
        var isSealed = false
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            let count = try unsafe cipher.open(payload.span.bytes, aad: id.span.bytes, in: session, into: &span)
            isSealed = count != nil
            return count ?? 0
        }
        return isSealed && room.withExposedBytes { unsafe ConstantTime.areEqual($0, Self.text.span.bytes) }
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
