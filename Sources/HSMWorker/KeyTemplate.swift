import LibCrypto
import PKCS11
import Synchronization

/// What an object of a key spec and a usage is made with, and has to look like for ever after.
///
/// A class, because every request takes one out of the cache: a reference costs less than what it holds.
final class KeyTemplate: Sendable {
    enum Kind: Hashable, Sendable {
        case aes, hmac(Digest), rsa(bits: Int), ec(Curve), ed25519
        /// An AES key for AES-CBC with an HMAC key beside it: see ``EncryptThenMAC``.
        case encryptThenMAC
    }

    /// What the one key is for. The raw values are the names in frames and check values.
    enum Usage: String, Sendable {
        case encryptDecrypt = "ENCRYPT_DECRYPT"
        case signVerify = "SIGN_VERIFY"
        case generateVerifyMAC = "GENERATE_VERIFY_MAC"
        case keyAgreement = "KEY_AGREEMENT"
        /// The key pair under whose public part imported material is wrapped.
        case unwrap = "UNWRAP"
    }

    /// Whether the key can leave its token.
    enum Mobility: Sendable {
        /// It cannot, as nearly all cannot.
        case none
        /// Wrapped, for another token.
        case wrapped
        /// Wrapped by a wrapping key that the token's security officer trusts.
        case wrappedByTrusted
    }

    let spec: String
    let usage: Usage
    let kind: Kind
    let mobility: Mobility
    /// Whether it seals: what encrypts with authentication.
    let seals: Bool
    let objectClass: ObjectClass
    let keyType: KeyType
    /// How the token makes the key, or the pair.
    let generation: Mechanism
    /// The usage attributes that the object has: of a pair, the private half.
    private let uses: [AttributeType]
    /// The same of a pair's public half.
    private let publicUses: [AttributeType]

    /// How this process labels its objects. Checks of conformance mark what they make by another label.
    static let labelling = Mutex(ObjectLabelling.same("strongroom"))

    init(
        _ spec: String, _ usage: Usage, _ kind: Kind, _ keyType: KeyType, _ generation: MechanismType,
        uses: [AttributeType], publicUses: [AttributeType] = [], mobility: Mobility = .none
    ) {
        self.spec = spec
        self.usage = usage
        self.kind = kind
        self.mobility = mobility
        promised =
            Self.always + [(.extractable, mobility != .none)]
            + (mobility == .wrappedByTrusted ? [(.wrapWithTrusted, true)] : [])
        seals = kind == .aes || kind == .encryptThenMAC
        self.keyType = keyType
        self.generation = Mechanism(generation)
        self.uses = uses
        self.publicUses = publicUses
        objectClass = publicUses.isEmpty ? .secretKey : .privateKey
    }

    /// The template of a spec's key for a usage, or nil where there is no such key.
    static func named(spec: String, usage: String, _ mobility: Mobility = .none) -> KeyTemplate? {
        guard let usage = Usage(rawValue: usage) else { return nil }
        let table =
            switch mobility {
            case .none: all
            case .wrapped: movable
            case .wrappedByTrusted: movableByTrusted
            }
        return table[Name(spec: spec, usage: usage)]
    }

    /// The same, for a key that can leave its token so.
    func with(_ mobility: Mobility) -> KeyTemplate {
        KeyTemplate(
            spec, usage, kind, keyType, generation.type, uses: uses, publicUses: publicUses, mobility: mobility)
    }

    var isMovable: Bool { mobility != .none }

    /// Whether the two make the same of a material, but for whether it can leave its token.
    func isLike(_ other: KeyTemplate) -> Bool { spec == other.spec && usage == other.usage && kind == other.kind }

    var isKeyPair: Bool { objectClass == .privateKey }

    /// Bytes of a secret key; nil for pairs.
    var secretSize: Int? {
        switch kind {
        case .aes, .encryptThenMAC: 32
        case .hmac(let digest): digest.size
        case .rsa, .ec, .ed25519: nil
        }
    }

    /// The EC parameters of a key on a curve, in the form that we write: an object identifier in DER.
    var curveParameters: [UInt8]? {
        switch kind {
        case .ec(let curve): curve.parameters
        case .ed25519: Self.edwards25519[0]
        case .aes, .hmac, .rsa, .encryptThenMAC: nil
        }
    }

    /// What tokens write for edwards25519: its object identifier (RFC 8410), or its name as a printable string.
    private static let edwards25519: [[UInt8]] = [
        [0x06, 0x03, 0x2b, 0x65, 0x70], [0x13, 0x0c] + Array("edwards25519".utf8),
    ]

    // MARK: Templates

    /// What every key of ours promises, and is refused without (PKCS#11 v2.40, section 4.9).
    private static let always: [(AttributeType, Bool)] = [(.token, true), (.private, true), (.sensitive, true)]
    /// That, and whether the key can leave its token.
    private let promised: [(AttributeType, Bool)]
    private static let secretUsages: [AttributeType] = [.encrypt, .decrypt, .sign, .verify, .wrap, .unwrap, .derive]
    private static let privateUsages: [AttributeType] = [.decrypt, .sign, .signRecover, .unwrap, .derive]
    private static let publicUsages: [AttributeType] = [.encrypt, .verify, .wrap, .derive]
    private static let usages: [AttributeType] = secretUsages + [.signRecover]

    /// For C_GenerateKey, or the private half in C_GenerateKeyPair.
    func generationTemplate(id: [UInt8], omitting: [String]) -> [Attribute] {
        let template = importTemplate(id: id, isToken: true, omitting: omitting)
        return template + (secretSize.map { [Attribute(.valueLength, UInt($0))] } ?? [])
    }

    /// For C_UnwrapKey and C_CreateObject: the same without what the material itself says.
    func importTemplate(id: [UInt8], isToken: Bool, omitting: [String]) -> [Attribute] {
        [
            Attribute(.objectClass, objectClass.rawValue), Attribute(.keyType, keyType.rawValue), Attribute(.id, id),
            Attribute(.label, Self.labelling.withLock { $0 }.label(of: id)),
        ] + promised.map { Attribute($0.0, $0.0 == .token ? isToken : $0.1) }
            + Self.flags(uses, of: isKeyPair ? Self.privateUsages : Self.secretUsages, omitting)
    }

    /// For the private half of a pair that is made to be given away: a session object that may be read.
    func readablePrivateTemplate(omitting: [String]) -> [Attribute] {
        [
            Attribute(.objectClass, objectClass.rawValue), Attribute(.keyType, keyType.rawValue),
            Attribute(.token, false), Attribute(.private, true), Attribute(.sensitive, false),
            Attribute(.extractable, true),
        ] + Self.flags(uses, of: Self.privateUsages, omitting)
    }

    /// For the public half in C_GenerateKeyPair: read and then destroyed, and a session object where the token makes
    /// one. What it may be used for matters to nobody, so a profile may leave out all of that.
    func publicTemplate(omitting: [String], isToken: Bool = false) -> [Attribute] {
        var template = [
            Attribute(.objectClass, ObjectClass.publicKey.rawValue), Attribute(.keyType, keyType.rawValue),
            Attribute(.token, isToken), Attribute(.label, Self.labelling.withLock { $0 }.publicLabel),
        ]
        if case .rsa(let bits) = kind {
            template += [Attribute(.modulusBits, UInt(bits)), Attribute(.publicExponent, Self.publicExponent)]
        }
        if let curveParameters { template.append(Attribute(.ecParameters, curveParameters)) }
        return template + Self.flags(publicUses, of: Self.publicUsages.filter { !omitting.contains($0.name) }, [])
    }

    /// 65,537, the one that AWS KMS makes and takes.
    private static let publicExponent: [UInt8] = [1, 0, 1]

    /// Never a weaker key: what a profile may leave out are usages that are off by default, and all is read back.
    private static func flags(
        _ uses: [AttributeType], of usages: [AttributeType], _ omitting: [String]
    ) -> [Attribute] {
        usages.filter { uses.contains($0) || !omitting.contains($0.name) }.map { Attribute($0, uses.contains($0)) }
    }

    static let copyTemplate = [
        Attribute(.token, false), Attribute(.id, [UInt8]()), Attribute(.label, "strongroom copy"),
    ]

    // MARK: Reading back

    private static let readBack: [AttributeType] =
        [.objectClass, .keyType, .id, .neverExtractable, .extractable] + always.map(\.0) + usages

    /// What is wrong with an object, or nil. A copy is a session object and has no id. One that is not local was
    /// imported: it was outside once.
    func fault(
        of object: ObjectHandle, id: [UInt8], isCopy: Bool, isLocal: Bool, in session: borrowing Session
    ) throws(PKCS11Error) -> String? {
        if let fault = try attributeFault(of: object, id: id, isCopy: isCopy, isLocal: isLocal, in: session) {
            return fault
        }
        return try sizeFault(of: object, isLocal: isLocal, in: session)
    }

    /// What the token made of an object that it should not have, or nil: its class, key type, id, promises and usages.
    func attributeFault(
        of object: ObjectHandle, id: [UInt8], isCopy: Bool, isLocal: Bool, in session: borrowing Session
    ) throws(PKCS11Error) -> String? {
        let found = try session.attributes(
            Self.readBack + (mobility == .wrappedByTrusted ? [.wrapWithTrusted] : []), of: object)
        if found[.objectClass]?.number != objectClass.rawValue { return "its class is another" }
        if found[.keyType]?.number != keyType.rawValue { return "its key type is another" }
        if !isCopy, found[.id]?.bytes != id { return "its id is another" }
        for (type, value) in promised where !(isCopy && type == .token) && found[type]?.flag != value {
            return "the token did not keep \(type.name)"
        }
        if isCopy, found[.token]?.flag != false { return "the copy is a token object" }
        // Unavailable is no proof of weakness: not every token knows this one of generated keys.
        if isLocal, !isMovable, found[.neverExtractable]?.flag == false { return "it was extractable once" }
        // Of a private key, what only public and secret keys do means nothing: some tokens tell of it all the same.
        for type in isKeyPair ? Self.privateUsages : Self.usages {
            if uses.contains(type), found[type]?.flag == false { return "it lacks \(type.name)" }
            if !uses.contains(type), found[type]?.flag == true { return "it has \(type.name), which it should not" }
        }
        return nil
    }

    /// What is wrong with an object's size or curve, or nil. The token may be silent about those of a pair that it
    /// made, and never about an imported one's. A secret's size may stay untold: an import has measured it.
    func sizeFault(
        of object: ObjectHandle, isLocal: Bool, in session: borrowing Session
    ) throws(PKCS11Error) -> String? {
        let silence = isLocal ? nil : "the token does not tell its size or curve"
        let found = try session.attributes([.valueLength, .modulus, .publicExponent, .ecParameters], of: object)
        switch kind {
        case .aes, .hmac, .encryptThenMAC:
            // Zero is what a token says that did not count what it unwrapped.
            guard let size = found[.valueLength]?.number, size > 0 else { return nil }
            return size == UInt(secretSize ?? 0) ? nil : "it has \(size) bytes"
        case .rsa(let bits):
            guard let modulus = found[.modulus]?.magnitude, let first = modulus.first else { return silence }
            let exponent = found[.publicExponent]?.magnitude ?? Self.publicExponent
            guard exponent == Self.publicExponent else { return "its public exponent is not 65537" }
            let size = modulus.count * 8 - first.leadingZeroBitCount
            return size == bits ? nil : "its modulus has \(size) bits"
        case .ec(let curve):
            guard let parameters = found[.ecParameters]?.bytes else { return silence }
            return parameters == curve.parameters ? nil : "it is on another curve"
        case .ed25519:
            guard let parameters = found[.ecParameters]?.bytes else { return silence }
            return Self.edwards25519.contains(parameters) ? nil : "it is on another curve"
        }
    }
}

extension AttributeReading {
    /// A large number without leading zeros, most significant byte first.
    fileprivate var magnitude: [UInt8]? {
        bytes.map { Array($0.drop { $0 == 0 }) }
    }
}

extension AttributeType {
    fileprivate static let names: [AttributeType: String] = [
        .token: "token", .private: "private", .sensitive: "sensitive", .extractable: "extractable",
        .wrapWithTrusted: "wrap_with_trusted", .trusted: "trusted",
        .encrypt: "encrypt", .decrypt: "decrypt", .sign: "sign", .signRecover: "sign_recover", .verify: "verify",
        .wrap: "wrap", .unwrap: "unwrap", .derive: "derive",
    ]

    /// The name as profiles and messages have it: the standard's without its prefix, in lower case.
    var name: String { Self.names[self] ?? "attribute 0x\(String(rawValue, radix: 16))" }
}
