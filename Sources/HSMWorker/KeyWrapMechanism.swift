import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory
import Synchronization

/// What this process's one token has been seen to do. Never taken from the names of its mechanisms: what is called AES
/// key wrap with padding is RFC 5649 on one token and another padding on the next.
private let seen = Mutex(SeenAbilities())

private struct SeenAbilities {
    var keyWrap: MechanismType?
    var opens: [String: Bool] = [:]
}

extension Lane {
    static let keyWrapMechanisms: [MechanismType] = [.aesKeyWrapPad, .aesKeyWrapKWP]
    static let keyWrapNames = keyWrapMechanisms.map(\.description).joined(separator: " or ")

    /// The token's mechanism of RFC 5649, found by a known answer; nil when it has none.
    func keyWrapMechanism() throws -> MechanismType? {
        if let known = seen.withLock({ $0.keyWrap }) { return known }
        for mechanism in Self.keyWrapMechanisms where token.mechanisms.contains(mechanism) {
            guard try unwrapsKnownKey(mechanism) else { continue }
            seen.withLock { $0.keyWrap = mechanism }
            return mechanism
        }
        return nil
    }

    /// A text that AES-256-GCM sealed with the key 00 01 … 1f: IV, ciphertext, tag.
    private static let knownSealed: [UInt8] = [
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x34, 0x76, 0xa4, 0x74, 0xab, 0x82,
        0xb0, 0x74, 0xe2, 0x2c, 0xb7, 0xe0, 0xdf, 0x86, 0x0f, 0x03, 0xa3, 0xb7, 0xe9, 0x47, 0x87, 0x1e, 0x2d, 0x5c,
        0x09, 0x25, 0x8c, 0x8b, 0x4e, 0x64, 0xc4, 0x78, 0x41, 0x98, 0x3f, 0x24, 0xbd, 0x54, 0x0c, 0xb0, 0x88,
    ]
    private static let knownText = Array("strongroom known answer 1".utf8)
    private static let knownAAD = Array("key wrap".utf8)

    /// Whether what RFC 5649 wrapped becomes the same key again.
    func unwrapsKnownKey(_ mechanism: MechanismType) throws -> Bool {
        let objects = SessionObjects()
        defer { end(objects) }
        let key = SystemRandom.bytes(32)
        let wrapped = try WrappingAlgorithm.wrap(SecretBytes(copying: (0..<32).map { UInt8($0) }), with: key)
        do throws(PKCS11Error) {
            let wrappingKey = objects.add(try makeAESKey(consume key))
            let unwrapped = try unsafe session.unwrapKey(
                wrapped.span.bytes, with: wrappingKey, Mechanism(mechanism), Self.aesKeyTemplate([.decrypt]))
            return try opensKnownText(objects.add(unwrapped))
        } catch {
            if token.isPassing(error) { throw error }
            return false
        }
    }

    /// AES-256 of the block 00 11 … ff with that key (FIPS 197, appendix C.3).
    private static let knownBlock: [UInt8] = [
        0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60, 0x89,
    ]

    /// The same question for a token without AES-GCM.
    private func opensKnownBlock(_ key: ObjectHandle) throws(PKCS11Error) -> Bool {
        let room = SecureBuffer(capacity: Self.knownBlock.count)
        let mechanism = Mechanism(.aesCBC, .bytes([UInt8](repeating: 0, count: Self.knownBlock.count)))
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe session.decrypt(Self.knownBlock.span.bytes, with: key, mechanism, into: &span)
        }
        let block = (0..<16).map { UInt8($0 * 0x11) }
        return room.withExposedBytes { unsafe ConstantTime.areEqual($0, block.span.bytes) }
    }

    private func opensKnownText(_ key: ObjectHandle) throws(PKCS11Error) -> Bool {
        guard token.mechanisms.contains(.aesGCM) else { return try opensKnownBlock(key) }
        let room = SecureBuffer(capacity: Self.knownSealed.count)
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe cipher.open(
                Self.knownSealed.span.bytes, with: key, aad: Self.knownAAD.span.bytes, in: session, into: &span)
        }
        return room.withExposedBytes { unsafe ConstantTime.areEqual($0, Self.knownText.span.bytes) }
    }

    // MARK: Ways

    /// The way in which the least is in the clear. Throws what names the missing mechanism where the profile does not
    /// let the worker open anything, or it could not either.
    func openingWay(for request: ImportRequest) throws -> OpeningWay {
        if token.oaepHashes.contains(request.algorithm.hash), try opens(.token, request) { return .token }
        guard !request.template.isMovable else {
            throw try missing(request, "what moves from token to token is opened by no worker")
        }
        guard token.profile.workerOpensImports else { throw try missing(request, "the profile lets no worker open it") }
        if request.algorithm.hasAESKey, try opens(.keyInWorker, request) { return .keyInWorker }
        // There is no way to hand over a private key of many parts without one of them staying behind.
        if case .rsa = request.template.kind, request.algorithm.hasAESKey {
            throw try missing(request, "the worker does not make RSA keys from their parts")
        }
        return .worker
    }

    private func missing(_ request: ImportRequest, _ reason: String) throws -> OperationFailure {
        let spec = request.template.spec
        let algorithm = request.algorithm
        let what: String
        if !token.oaepHashes.contains(algorithm.hash), !token.profile.workerOpensImports || request.template.isMovable {
            what = "the token does not do \(algorithm.hash.oaepName)"
        } else if algorithm.hasAESKey, try keyWrapMechanism() == nil {
            what = "the token has no \(Self.keyWrapNames)"
        } else {
            let mechanism = try algorithm.hasAESKey ? keyWrapMechanism() ?? .aesKeyWrapPad : .rsaOAEP
            what = "the token does not unwrap a key \(spec) by \(mechanism) so that its size or public key is known"
        }
        return OperationFailure(.unsupported, "\(what), and \(reason)")
    }

    /// Whether the token opens a known key of this kind in this way; asked once, by doing it.
    private func opens(_ way: OpeningWay, _ request: ImportRequest) throws -> Bool {
        guard let template = KnownMaterial.template(like: request.template) else { return false }
        let sizes = "\(template.spec) \(template.usage.rawValue) \(request.wrappingKey.modulus.count)"
        let question = "\(way.rawValue) \(request.algorithm.name) \(sizes)"
        if let answer = seen.withLock({ $0.opens[question] }) { return answer }
        guard let known = KnownMaterial(template) else { return false }
        let answer = try opens(known, way, request)
        // A token that is away shows nothing either.
        if !answer { try confirm(request.wrappingKey) }
        seen.withLock { $0.opens[question] = answer }
        return answer
    }

    private func opens(_ known: KnownMaterial, _ way: OpeningWay, _ request: ImportRequest) throws -> Bool {
        let objects = SessionObjects()
        defer { end(objects) }
        do {
            if request.algorithm.hasAESKey, try keyWrapMechanism() == nil { return false }
            let wrapped = try request.algorithm.wrap(known.secret, under: request.wrappingKey.publicKey)
            let trial = ImportRequest(
                template: known.template, wrappingKey: request.wrappingKey, algorithm: request.algorithm,
                wrapped: wrapped
            )
            return try tryOut(open(trial, way, objects), trial, objects).publicKey == known.publicKey
        } catch let error as PKCS11Error {
            if token.isPassing(error) { throw error }
            return false
        } catch is OperationFailure {
            return false
        } catch is LibCryptoError {
            // The material is too large for this wrapping key.
            return false
        }
    }
}

/// Material of a template's kind that was made just now, outside. To make an RSA key takes a tenth of a second of a
/// lane's time: only while the answer is not known.
private final class KnownMaterial {
    let template: KeyTemplate
    let secret: SecretBytes
    /// DER SubjectPublicKeyInfo, or empty.
    let publicKey: [UInt8]

    /// What is tried out to learn whether the token opens material of `wanted`. Nil where no token can: there is no
    /// agreement by which Ed25519 would tell its public key.
    static func template(like wanted: KeyTemplate) -> KeyTemplate? {
        switch wanted.kind {
        case .aes, .hmac, .ec: wanted
        // A token that unwraps these unwraps larger ones, which would take seconds to make.
        case .rsa: KeyTemplate.named(spec: "RSA_2048", usage: wanted.usage.rawValue)
        case .ed25519, .encryptThenMAC: nil
        }
    }

    init?(_ template: KeyTemplate) {
        self.template = template
        let kind: PublicKey.Kind
        switch template.kind {
        case .aes, .hmac:
            secret = SystemRandom.bytes(template.secretSize ?? 0)
            publicKey = []
            return
        case .rsa(let bits): kind = .rsa(bits: bits)
        case .ec(let curve): kind = .ec(curve)
        case .ed25519: kind = .ed25519
        case .encryptThenMAC: return nil
        }
        guard let pair = try? PrivateKey.generate(kind) else { return nil }
        secret = pair.pkcs8()
        publicKey = pair.publicKey.subjectPublicKeyInfo
    }
}
