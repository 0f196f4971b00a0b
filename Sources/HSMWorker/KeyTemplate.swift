import HSMWorkerProtocol
import PKCS11

/// What an object of a key spec is made with, and has to look like for ever after.
struct KeyTemplate {
    let spec: String
    let generation: Mechanism
    let objectClass: ObjectClass
    let keyType: KeyType
    private let attributes: [Attribute]

    /// The label of all our objects: for people with pkcs11-tool. Nothing is ever found by it.
    static let label = "strongroom"

    static let all: [String: KeyTemplate] = [
        "SYMMETRIC_DEFAULT": KeyTemplate(
            spec: "SYMMETRIC_DEFAULT", generation: Mechanism(.aesKeyGeneration), objectClass: .secretKey, keyType: .aes,
            attributes: [
                Attribute(.valueLength, 32 as UInt), Attribute(.encrypt, true), Attribute(.decrypt, true),
            ]
        )
    ]

    /// What every key of ours promises, and is refused without (PKCS#11 v2.40, section 4.9).
    private static let promised: [(AttributeType, Bool)] = [
        (.token, true), (.private, true), (.sensitive, true), (.extractable, false),
    ]
    private static let usages: [AttributeType] = [.encrypt, .decrypt, .sign, .verify, .wrap, .unwrap, .derive]

    func generationTemplate(id: [UInt8], omitting: [String]) -> [Attribute] {
        var template = [
            Attribute(.objectClass, objectClass.rawValue), Attribute(.keyType, keyType.rawValue), Attribute(.id, id),
            Attribute(.label, Self.label),
        ]
        template += Self.promised.map { Attribute($0.0, $0.1) } + attributes
        let given = Set(template.map(\.type))
        template += Self.usages.filter { !given.contains($0) }.map { Attribute($0, false) }
        // Never a weaker key: what may be left out are usages that are off by default, and what is promised is read back.
        let names = Set(omitting)
        return template.filter { attribute in
            !(Self.usages.contains(attribute.type) && names.contains(attribute.type.name)
                && attribute.value == [0])
        }
    }

    static let copyTemplate = [
        Attribute(.token, false), Attribute(.id, [UInt8]()), Attribute(.label, "strongroom copy"),
    ]

    private static let readBack: [AttributeType] =
        [.objectClass, .keyType, .id, .neverExtractable, .local] + promised.map(\.0) + usages

    /// What is wrong with an object, or nil. A copy is a session object and has no id.
    func fault(
        of object: ObjectHandle, id: [UInt8], isCopy: Bool, in session: borrowing Session
    ) throws(PKCS11Error) -> String? {
        let found = try session.attributes(Self.readBack, of: object)
        if found[.objectClass]?.number != objectClass.rawValue { return "its class is another" }
        if found[.keyType]?.number != keyType.rawValue { return "its key type is another" }
        if !isCopy, found[.id]?.bytes != id { return "its id is another" }
        for (type, value) in Self.promised where !(isCopy && type == .token) && found[type]?.flag != value {
            return "the token did not keep \(type.name)"
        }
        if isCopy, found[.token]?.flag != false { return "the copy is a token object" }
        // Unavailable is no proof of weakness: not every token knows these two of generated keys.
        if found[.neverExtractable]?.flag == false { return "it was extractable once" }
        let wanted = Set(attributes.filter { $0.value == [1] }.map(\.type))
        for type in Self.usages {
            if wanted.contains(type), found[type]?.flag == false { return "it lacks \(type.name)" }
            if !wanted.contains(type), found[type]?.flag == true { return "it has \(type.name), which it should not" }
        }
        return nil
    }
}

extension AttributeType {
    fileprivate static let names: [AttributeType: String] = [
        .token: "token", .private: "private", .sensitive: "sensitive", .extractable: "extractable",
        .encrypt: "encrypt", .decrypt: "decrypt", .sign: "sign", .verify: "verify", .wrap: "wrap",
        .unwrap: "unwrap", .derive: "derive",
    ]

    /// The name as profiles and messages have it: the standard's without its prefix, in lower case.
    var name: String { Self.names[self] ?? "attribute 0x\(String(rawValue, radix: 16))" }
}
