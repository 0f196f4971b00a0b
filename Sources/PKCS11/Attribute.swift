import CPKCS11

/// The kind of an object's attribute (CK_ATTRIBUTE_TYPE; PKCS#11 v2.40, section 4). Open: vendors have their own.
package struct AttributeType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt
    package init(rawValue: UInt) { self.rawValue = rawValue }

    package static let objectClass = AttributeType(rawValue: CKA_CLASS)
    package static let token = AttributeType(rawValue: CKA_TOKEN)
    package static let `private` = AttributeType(rawValue: CKA_PRIVATE)
    package static let label = AttributeType(rawValue: CKA_LABEL)
    package static let value = AttributeType(rawValue: CKA_VALUE)
    package static let valueLength = AttributeType(rawValue: CKA_VALUE_LEN)
    package static let keyType = AttributeType(rawValue: CKA_KEY_TYPE)
    package static let id = AttributeType(rawValue: CKA_ID)
    package static let sensitive = AttributeType(rawValue: CKA_SENSITIVE)
    package static let alwaysSensitive = AttributeType(rawValue: CKA_ALWAYS_SENSITIVE)
    package static let extractable = AttributeType(rawValue: CKA_EXTRACTABLE)
    package static let wrapWithTrusted = AttributeType(rawValue: CKA_WRAP_WITH_TRUSTED)
    package static let trusted = AttributeType(rawValue: CKA_TRUSTED)
    package static let neverExtractable = AttributeType(rawValue: CKA_NEVER_EXTRACTABLE)
    package static let local = AttributeType(rawValue: CKA_LOCAL)
    package static let modifiable = AttributeType(rawValue: CKA_MODIFIABLE)
    package static let copyable = AttributeType(rawValue: CKA_COPYABLE)
    package static let destroyable = AttributeType(rawValue: CKA_DESTROYABLE)
    package static let encrypt = AttributeType(rawValue: CKA_ENCRYPT)
    package static let decrypt = AttributeType(rawValue: CKA_DECRYPT)
    package static let sign = AttributeType(rawValue: CKA_SIGN)
    package static let signRecover = AttributeType(rawValue: CKA_SIGN_RECOVER)
    package static let verify = AttributeType(rawValue: CKA_VERIFY)
    package static let wrap = AttributeType(rawValue: CKA_WRAP)
    package static let unwrap = AttributeType(rawValue: CKA_UNWRAP)
    package static let derive = AttributeType(rawValue: CKA_DERIVE)
    package static let modulus = AttributeType(rawValue: CKA_MODULUS)
    package static let modulusBits = AttributeType(rawValue: CKA_MODULUS_BITS)
    package static let publicExponent = AttributeType(rawValue: CKA_PUBLIC_EXPONENT)
    package static let privateExponent = AttributeType(rawValue: CKA_PRIVATE_EXPONENT)
    package static let prime1 = AttributeType(rawValue: CKA_PRIME_1)
    package static let prime2 = AttributeType(rawValue: CKA_PRIME_2)
    package static let exponent1 = AttributeType(rawValue: CKA_EXPONENT_1)
    package static let exponent2 = AttributeType(rawValue: CKA_EXPONENT_2)
    package static let coefficient = AttributeType(rawValue: CKA_COEFFICIENT)
    package static let ecParameters = AttributeType(rawValue: CKA_EC_PARAMS)
    package static let ecPoint = AttributeType(rawValue: CKA_EC_POINT)
    /// CKA_UNIQUE_ID (PKCS#11 v3.0), which the header lacks.
    package static let uniqueID = AttributeType(rawValue: 0x4)
    package static let keyGenerationMechanism = AttributeType(rawValue: CKA_KEY_GEN_MECHANISM)
}

/// An attribute with its value, as a template holds it. Not for secrets: see `createObject(_:secretValue:)`.
package struct Attribute: Hashable, Sendable {
    package let type: AttributeType
    package let value: [UInt8]

    package init(_ type: AttributeType, _ bytes: [UInt8]) {
        self.type = type
        value = bytes
    }

    /// A CK_BBOOL.
    package init(_ type: AttributeType, _ flag: Bool) {
        self.init(type, [flag ? 1 : 0])
    }

    /// A CK_ULONG, in the machine's own byte order as the standard has it.
    package init(_ type: AttributeType, _ number: UInt) {
        self.init(type, unsafe withUnsafeBytes(of: number) { unsafe Array($0) })
    }

    package init(_ type: AttributeType, _ text: String) {
        self.init(type, Array(text.utf8))
    }
}

/// What a token told of an attribute.
package enum AttributeReading: Hashable, Sendable {
    case value([UInt8])
    /// The token knows the value and does not give it away (CKR_ATTRIBUTE_SENSITIVE), or does not know the attribute
    /// (CKR_ATTRIBUTE_TYPE_INVALID): both come back as CK_UNAVAILABLE_INFORMATION.
    case unavailable

    package var bytes: [UInt8]? {
        if case .value(let bytes) = self { return bytes }
        return nil
    }

    package var flag: Bool? {
        bytes.flatMap { $0.count == 1 ? $0[0] != 0 : nil }
    }

    package var number: UInt? {
        guard let bytes, bytes.count == MemoryLayout<UInt>.size else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt($1) }
    }
}

/// CK_OBJECT_CLASS.
package struct ObjectClass: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt
    package init(rawValue: UInt) { self.rawValue = rawValue }

    package static let data = ObjectClass(rawValue: CKO_DATA)
    package static let publicKey = ObjectClass(rawValue: CKO_PUBLIC_KEY)
    package static let privateKey = ObjectClass(rawValue: CKO_PRIVATE_KEY)
    package static let secretKey = ObjectClass(rawValue: CKO_SECRET_KEY)
}

/// CK_KEY_TYPE.
package struct KeyType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt
    package init(rawValue: UInt) { self.rawValue = rawValue }

    package static let rsa = KeyType(rawValue: CKK_RSA)
    package static let ec = KeyType(rawValue: CKK_EC)
    /// CKK_EC_EDWARDS (PKCS#11 v3.0).
    package static let edwards = KeyType(rawValue: CKK_EC_EDWARDS)
    package static let genericSecret = KeyType(rawValue: CKK_GENERIC_SECRET)
    package static let aes = KeyType(rawValue: CKK_AES)
}

/// A number by which the module knows an object, good for one initialisation of it and no longer.
package struct ObjectHandle: Hashable, Sendable {
    let rawValue: UInt
}
