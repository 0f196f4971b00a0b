package import KMSCore
internal import LibCrypto
internal import SecureMemory

/// A key of any kind in this process's memory, with real cryptography: what the backends of tests are made of. As an
/// object in a token it serves one usage and no other.
package final class SoftwareKey: Sendable {
    /// A private key, shared.
    final class KeyPair: Sendable {
        let privateKey: PrivateKey

        init(_ privateKey: consuming PrivateKey) {
            self.privateKey = privateKey
        }
    }

    enum Secret {
        case bytes([UInt8])
        case pair(KeyPair)
        /// Of a symmetric key that encrypts, then authenticates.
        case encryptThenMAC(EncryptThenMACReference)
    }

    /// What a wrapping key is for; ``KeyUsage`` has no name for it.
    static let unwrap = "UNWRAP"

    package let spec: KeySpec
    package let usage: String
    let secret: Secret

    /// Proves that it is this key with this usage: the same secret has the same one, however often it is imported.
    package let checkValue: [UInt8]
    /// DER SubjectPublicKeyInfo of a key pair; empty for secret keys.
    package let publicKey: [UInt8]

    /// Whether it can be wrapped for another token.
    package let isMovable: Bool

    private init(_ spec: KeySpec, _ usage: String, _ secret: Secret, isMovable: Bool = false) {
        self.spec = spec
        self.usage = usage
        self.secret = secret
        self.isMovable = isMovable
        switch secret {
        case .bytes, .encryptThenMAC: publicKey = []
        case .pair(let pair): publicKey = pair.privateKey.publicKey.subjectPublicKeyInfo
        }
        let proof: [UInt8]
        let mark: [UInt8]
        switch secret {
        case .bytes(let bytes): (proof, mark) = (bytes, [])
        case .pair: (proof, mark) = (publicKey, [])
        case .encryptThenMAC(let keys): (proof, mark) = (keys.encryptionKey + keys.authenticationKey, Self.mark)
        }
        let hash = Digest.sha256.hash(Array("\(spec.rawValue)/\(usage)/".utf8) + proof)
        checkValue = Array(hash.prefix(16)) + mark + (isMovable ? Self.movableMark : [])
    }

    /// Behind the check value of a key that encrypts, then authenticates.
    private static let mark = [CiphertextFormat.encryptThenMAC.rawValue]
    /// The same of one that can leave its token.
    private static let movableMark: [UInt8] = [0x4d, 0x56]

    package static func scheme(of checkValue: [UInt8]) -> SealingScheme {
        checkValue.count == 17 ? .encryptThenMAC : .aesGCM
    }

    /// The same key as one that can leave its token. One that is two keys cannot.
    package func movable() throws(KMSError) -> SoftwareKey {
        if case .encryptThenMAC = secret { throw KMSError(.unsupported, "a pair of keys cannot be wrapped") }
        return SoftwareKey(spec, usage, secret, isMovable: true)
    }

    /// Its secret, wrapped under an RSA public key; refused for any that was not made for that.
    package func wrapped(under publicKey: [UInt8], _ algorithm: String) throws(KMSError) -> [UInt8] {
        guard isMovable else { throw Self.refused }
        let secret: [UInt8]
        switch self.secret {
        case .bytes(let bytes): secret = bytes
        case .pair(let pair): secret = pair.privateKey.pkcs8().exposedArray
        case .encryptThenMAC: throw Self.refused
        }
        let wrapped: [UInt8]?
        do {
            wrapped = try KnownMaterial.wrap(secret, algorithm, under: publicKey)
        } catch {
            throw Self.refused
        }
        guard let wrapped else { throw KMSError(.unsupported, "no room in \(algorithm)") }
        return wrapped
    }

    /// A symmetric key that the test chose.
    package convenience init(aes bytes: [UInt8]) {
        self.init(.symmetricDefault, KeyUsage.encryptDecrypt.rawValue, .bytes(bytes))
    }

    /// The same with a second one for its MACs.
    package convenience init(aes bytes: [UInt8], mac: [UInt8]) {
        let keys = EncryptThenMACReference(encryptionKey: bytes, authenticationKey: mac)
        self.init(.symmetricDefault, KeyUsage.encryptDecrypt.rawValue, .encryptThenMAC(keys))
    }

    package static func generate(
        _ spec: KeySpec, for usage: KeyUsage, _ supply: RSAPairSupply, scheme: SealingScheme = .aesGCM
    ) throws(KMSError) -> SoftwareKey {
        if spec == .symmetricDefault, scheme == .encryptThenMAC {
            return SoftwareKey(aes: .random(32), mac: .random(32))
        }
        return try generate(spec, usage: usage.rawValue, supply)
    }

    package static func generateWrappingKey(
        _ spec: KeySpec, _ supply: RSAPairSupply
    ) throws(KMSError) -> SoftwareKey {
        guard case .rsa = spec.publicKeyKind else { throw unsupported(spec) }
        return try generate(spec, usage: unwrap, supply)
    }

    private static func generate(
        _ spec: KeySpec, usage: String, _ supply: RSAPairSupply
    ) throws(KMSError) -> SoftwareKey {
        if let size = spec.secretSize { return SoftwareKey(spec, usage, .bytes(.random(size))) }
        return SoftwareKey(spec, usage, .pair(try generatePair(spec, supply)))
    }

    package static func checkSupport(of spec: KeySpec) throws(KMSError) {
        guard spec.secretSize != nil || spec.publicKeyKind != nil else { throw unsupported(spec) }
    }

    static func generatePair(_ spec: KeySpec, _ supply: RSAPairSupply) throws(KMSError) -> KeyPair {
        guard let kind = spec.publicKeyKind else { throw unsupported(spec) }
        do {
            if case .rsa(let bits) = kind { return try supply.next(bits: bits) }
            return KeyPair(try PrivateKey.generate(kind))
        } catch {
            throw KMSError(.internalFailure, "The HSM refused the operation.", cause: "\(error)")
        }
    }

    /// A secret key's bytes or a private key's PKCS#8, as material of `spec`; throws `incorrectKeyMaterial` for what is
    /// none.
    package static func imported(
        _ material: [UInt8], as spec: KeySpec, for usage: KeyUsage
    ) throws(KMSError) -> SoftwareKey {
        if let size = spec.secretSize {
            guard material.count == size else { throw wrongKind(spec) }
            return SoftwareKey(spec, usage.rawValue, .bytes(material))
        }
        guard let kind = spec.publicKeyKind else { throw unsupported(spec) }
        let pair: KeyPair
        do {
            pair = KeyPair(try PrivateKey(pkcs8: unsafe material.span.bytes))
        } catch {
            throw wrongKind(spec)
        }
        let publicKey = pair.privateKey.publicKey
        guard publicKey.kind == kind, publicKey.rsaPublicExponent.map({ $0 == [1, 0, 1] }) ?? true else {
            throw wrongKind(spec)
        }
        return SoftwareKey(spec, usage.rawValue, .pair(pair))
    }

    /// The secret's bytes, where the key is for `usage`.
    func bytes(for usage: KeyUsage) throws(KMSError) -> [UInt8] {
        guard self.usage == usage.rawValue, case .bytes(let bytes) = secret else { throw Self.refused }
        return bytes
    }

    /// The key pair, where it is for `usage`.
    func pair(for usage: String) throws(KMSError) -> KeyPair {
        guard self.usage == usage, case .pair(let pair) = secret else { throw Self.refused }
        return pair
    }

    /// What a token answers for a key that is not for the operation.
    static let refused = KMSError(.internalFailure, "The HSM refused the operation.", cause: "function not permitted")

    private static func unsupported(_ spec: KeySpec) -> KMSError {
        KMSError(.unsupported, "no keys of spec \(spec.rawValue)")
    }

    private static func wrongKind(_ spec: KeySpec) -> KMSError {
        KMSError(.incorrectKeyMaterial, "The key material is none of spec \(spec.rawValue).")
    }
}

extension KeySpec {
    /// In bytes; nil for key pairs.
    fileprivate var secretSize: Int? {
        switch self {
        case .symmetricDefault: 32
        case .hmac224: 28
        case .hmac256: 32
        case .hmac384: 48
        case .hmac512: 64
        default: nil
        }
    }
}
