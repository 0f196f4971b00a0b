import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

// What the token does with keys other than AES, one call each. Hashes are made outside and signed inside, because the
// mechanisms that do both are missing on many tokens.
extension Token {
    /// Throws what names the mechanism when the token lacks it.
    func require(_ mechanism: MechanismType) throws(OperationFailure) {
        guard mechanisms.contains(mechanism) else {
            throw OperationFailure(.unsupported, "the token has no \(mechanism)")
        }
    }

    /// Signs a digest, or for Ed25519 a message. ECDSA signatures come as DER.
    func sign(
        _ input: [UInt8], _ scheme: SignatureScheme, with key: ObjectHandle, of template: KeyTemplate,
        in session: borrowing Session
    ) throws -> [UInt8] {
        let mechanism = try mechanism(of: scheme, template)
        try require(mechanism.type)
        switch scheme {
        case .rsaPSS(let digest), .ecdsa(let digest):
            let signature = try sign(input, digest, mechanism, key, in: session)
            guard case .ec(let curve) = template.kind else { return signature }
            guard signature.count == 2 * curve.fieldSize else {
                throw OperationFailure(.failed, "an ECDSA signature of the token has \(signature.count) bytes")
            }
            return try ECDSASignature.der(fromRaw: signature)
        case .rsaPKCS1(let digest):
            guard let prefix = digest.infoPrefix else { throw Self.unfit(scheme, template) }
            return try sign(prefix + input, digest, prefix: prefix.count, mechanism, key, in: session)
        case .ed25519:
            return try signature(of: input, mechanism, key, in: session)
        }
    }

    /// The mechanism, for a key that it fits: tokens let some mechanisms begin with keys of another type.
    private func mechanism(
        of scheme: SignatureScheme, _ template: KeyTemplate
    ) throws(OperationFailure) -> Mechanism {
        switch (scheme, template.kind, template.usage) {
        case (.rsaPSS(let digest), .rsa, .signVerify):
            Mechanism(.rsaPSS, .pss(hash: digest.mechanism, saltLength: digest.size))
        case (.rsaPKCS1, .rsa, .signVerify): Mechanism(.rsaPKCS1)
        case (.ecdsa, .ec, .signVerify): Mechanism(.ecdsa)
        case (.ed25519, .ed25519, .signVerify): Mechanism(.eddsa)
        default: throw Self.unfit(scheme, template)
        }
    }

    private static func unfit(_ scheme: SignatureScheme, _ template: KeyTemplate) -> OperationFailure {
        OperationFailure(.failed, "a key \(template.spec) for \(template.usage.rawValue) does not sign with \(scheme)")
    }

    private func sign(
        _ input: [UInt8], _ digest: Digest, prefix: Int = 0, _ mechanism: Mechanism, _ key: ObjectHandle,
        in session: borrowing Session
    ) throws -> [UInt8] {
        guard input.count - prefix == digest.size else {
            throw OperationFailure(.failed, "a digest has \(input.count - prefix) bytes instead of \(digest.size)")
        }
        return try signature(of: input, mechanism, key, in: session)
    }

    private func signature(
        of input: [UInt8], _ mechanism: Mechanism, _ key: ObjectHandle, in session: borrowing Session
    ) throws(PKCS11Error) -> [UInt8] {
        // The largest is RSA's of 4,096 bits.
        try bytes(room: 512) { (output: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe session.sign(input.span.bytes, with: key, mechanism, into: &output)
        }
    }

    /// The whole HMAC of `message`.
    func authenticationCode(
        of message: RawSpan, _ digest: Digest, with key: ObjectHandle, in session: borrowing Session
    ) throws -> [UInt8] {
        try require(digest.hmac)
        let code = try bytes(room: digest.size) { (output: inout MutableRawSpan) throws(PKCS11Error) in
            try session.sign(message, with: key, Mechanism(digest.hmac), into: &output)
        }
        guard code.count == digest.size else {
            throw OperationFailure(.failed, "a MAC of the token has \(code.count) bytes instead of \(digest.size)")
        }
        return code
    }

    private func bytes(
        room: Int, _ body: (inout MutableRawSpan) throws(PKCS11Error) -> Int
    ) throws(PKCS11Error) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: room)
        var span = bytes.mutableSpan
        var output = unsafe span.mutableBytes
        let written = try body(&output)
        return Array(bytes.prefix(written))
    }

    // MARK: OAEP

    /// The hashes with which the token does all of OAEP.
    var oaepHashes: [Digest] {
        guard mechanisms.contains(.rsaOAEP) else { return [] }
        return profile.oaepHashes.map { $0 == .sha1 ? .sha1 : .sha256 }
    }

    /// Decrypts by RSAES-OAEP with an empty label (RFC 8017, section 7.1.2); nil when the ciphertext is none of this
    /// key. What the token throws for that is its own: see ``isDecryptFailure(_:)``.
    func decryptOAEP(
        _ ciphertext: [UInt8], _ hash: Digest, modulus: [UInt8], with key: ObjectHandle, in session: borrowing Session
    ) throws -> SecretBytes? {
        // Not below the modulus is no ciphertext (step 2a of RSADP). Tokens answer that with all kinds of errors.
        guard ciphertext.count == modulus.count, ciphertext.lexicographicallyPrecedes(modulus) else { return nil }
        let room = SecureBuffer(capacity: modulus.count)
        if oaepHashes.contains(hash) {
            try room.appendWithin { (output: inout MutableRawSpan) throws(PKCS11Error) in
                try unsafe session.decrypt(ciphertext.span.bytes, with: key, hash.oaep, into: &output)
            }
            return room.withExposedBytes { SecretBytes(copying: $0) }
        }
        try require(.rsaRaw)
        try room.appendWithin { (output: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe session.decrypt(ciphertext.span.bytes, with: key, Mechanism(.rsaRaw), into: &output)
        }
        // Some tokens leave leading zeros out.
        let block = room.leftPadded(to: modulus.count)
        return block.withExposedBytes { OAEP.unpad($0, hash) }
    }

    // MARK: Key agreement

    /// The x-coordinate of the point that the key and the other's public point have in common.
    func sharedSecret(
        with point: [UInt8], on curve: Curve, _ key: ObjectHandle, in session: borrowing Session
    ) throws -> SecretBytes {
        try require(.ecdh1Derive)
        let derived = try session.deriveKey(
            key, Mechanism(.ecdh1Derive, .ecdh(publicPoint: point)),
            [
                Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                Attribute(.keyType, KeyType.genericSecret.rawValue), Attribute(.token, false),
                Attribute(.private, true), Attribute(.sensitive, false), Attribute(.extractable, true),
                Attribute(.valueLength, UInt(curve.fieldSize)),
            ]
        )
        defer { try? session.destroyObject(derived) }
        guard let value = try session.secretAttribute(.value, of: derived), value.count <= curve.fieldSize else {
            throw OperationFailure(.failed, "the token does not give away what it derived")
        }
        return value.leftPadded(to: curve.fieldSize)
    }
}

extension Digest {
    /// DER of DigestInfo in front of the digest itself (RFC 8017, section 9.2); nil for hashes that are not signed.
    fileprivate var infoPrefix: [UInt8]? {
        let number: UInt8
        switch self {
        case .sha256: number = 1
        case .sha384: number = 2
        case .sha512: number = 3
        case .sha1, .sha224: return nil
        }
        let size = UInt8(truncatingIfNeeded: self.size)
        return [
            0x30, 17 + size, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number, 0x05, 0x00,
            0x04, size,
        ]
    }
}

extension SecureBuffer {
    /// The bytes with zeros in front, `size` of them in all.
    func leftPadded(to size: Int) -> SecretBytes {
        withExposedBytes { SecretBytes(leftPadding: $0, to: size) }
    }
}

extension SecretBytes {
    fileprivate init(leftPadding bytes: RawSpan, to size: Int) {
        self.init(count: size) { (span: inout MutableRawSpan) in
            span.copyBytes(from: bytes, at: size - bytes.byteCount)
        }
    }

    func leftPadded(to size: Int) -> SecretBytes {
        withExposedBytes { SecretBytes(leftPadding: $0, to: size) }
    }
}
