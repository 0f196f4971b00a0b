import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

// How large a secret is that the token unwrapped, where the token does not tell. A copy that may leave the token is
// wrapped there under a key that may not: what comes out is as large as the secret in whole blocks of 8 bytes. Which of
// those 8 sizes it is, shows in what the token refuses.
extension Lane {
    /// Whether a secret key has its template's size, and works.
    func hasRightSize(
        _ object: ObjectHandle, _ opened: OpenedImport, _ request: ImportRequest, _ objects: SessionObjects
    ) throws -> Bool {
        do {
            try use(object, request.template)
            guard let size = request.template.secretSize, opened.unwrapping != nil else { return true }
            // Zero is what a token says that did not count.
            if let told = try session.attributes([.valueLength], of: object)[.valueLength]?.number, told > 0 {
                return told == UInt(size)
            }
            // What moves from token to token has to be the key that it was there, which its check value shows.
            if request.template.isMovable { return true }
            guard size % 8 == 0, try measure(opened, request.template, objects) == size else { return false }
            // AES has no other size between one block less and this one, and the key works.
            if request.template.kind == .aes { return true }
            return try padsNothing() ? true : refusesShorter(request.template, size)
        } catch let error as PKCS11Error {
            try blameInput(for: error, request)
            return false
        }
    }

    /// Does once what the key is for.
    private func use(_ object: ObjectHandle, _ template: KeyTemplate) throws {
        let text = CheckValue.text
        switch template.kind {
        case .aes:
            let room = SecureBuffer(capacity: text.count + AESGCM.overhead)
            try room.appendWithin { (output: inout MutableRawSpan) throws(PKCS11Error) in
                try unsafe cipher.seal(
                    text.span.bytes, with: object, aad: text.span.bytes, in: session, ivs: &ivs, into: &output)
            }
        case .hmac(let digest):
            _ = try unsafe token.authenticationCode(of: text.span.bytes, digest, with: object, in: session)
        case .rsa, .ec, .ed25519, .encryptThenMAC:
            break
        }
    }

    private func measure(
        _ opened: OpenedImport, _ template: KeyTemplate, _ objects: SessionObjects
    ) throws(PKCS11Error) -> Int? {
        let attributes =
            template
            .importTemplate(id: [], isToken: false, omitting: token.profile.omitAttributes)
            .setting([.extractable], to: true)
        return try measure(objects.add(try makeObject(of: opened, attributes, template)))
    }

    /// The size by RFC 3394, which takes whole blocks and adds one; nil where the token has no such mechanism.
    private func measure(_ object: ObjectHandle) throws(PKCS11Error) -> Int? {
        guard token.mechanisms.contains(.aesKeyWrap) else { return nil }
        let key = try session.generateKey(
            Mechanism(.aesKeyGeneration), Self.aesKeyTemplate([.wrap]) + [Attribute(.valueLength, 32 as UInt)])
        defer { try? session.destroyObject(key) }
        // Room for the largest key there is, so that a larger one is an error.
        let room = SecureBuffer(capacity: 128)
        try room.appendWithin { (output: inout MutableRawSpan) throws(PKCS11Error) in
            try session.wrapKey(object, with: key, Mechanism(.aesKeyWrap), into: &output)
        }
        return room.count - 8
    }

    /// Whether the token keeps to RFC 3394, and does not take 31 bytes for 32.
    private func padsNothing() throws(PKCS11Error) -> Bool {
        let template = Self.secretTemplate(extractable: true)
        let odd = try session.createObject(template, secretValue: SystemRandom.bytes(31))
        defer { try? session.destroyObject(odd) }
        do {
            return try measure(odd) != 32
        } catch {
            if token.isPassing(error) { throw error }
            return true
        }
    }

    /// Whether the token makes no MACs with a key of one byte less.
    private func refusesShorter(_ template: KeyTemplate, _ size: Int) throws -> Bool {
        let attributes = template.importTemplate(id: [], isToken: false, omitting: token.profile.omitAttributes)
        do {
            let short = try session.createObject(attributes, secretValue: SystemRandom.bytes(size - 1))
            defer { try? session.destroyObject(short) }
            try use(short, template)
            return false
        } catch let error as PKCS11Error {
            if token.isPassing(error) { throw error }
            return true
        }
    }

    /// A session object that is a secret of any size, and does nothing.
    static func secretTemplate(extractable: Bool = false) -> [Attribute] {
        aesKeyTemplate([], extractable: extractable).filter { $0.type != .keyType }
            + [Attribute(.keyType, KeyType.genericSecret.rawValue)]
    }
}
