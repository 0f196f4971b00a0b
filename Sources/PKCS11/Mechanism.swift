import CPKCS11

/// The kind of a mechanism (CK_MECHANISM_TYPE). Open: vendors have their own.
package struct MechanismType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt
    package init(rawValue: UInt) { self.rawValue = rawValue }

    package static let aesKeyGeneration = MechanismType(rawValue: CKM_AES_KEY_GEN)
    package static let aesGCM = MechanismType(rawValue: CKM_AES_GCM)
    package static let aesECB = MechanismType(rawValue: CKM_AES_ECB)
    package static let aesCBC = MechanismType(rawValue: CKM_AES_CBC)
    package static let aesKeyWrap = MechanismType(rawValue: CKM_AES_KEY_WRAP)
    package static let aesKeyWrapPad = MechanismType(rawValue: CKM_AES_KEY_WRAP_PAD)
    /// CKM_AES_KEY_WRAP_KWP (PKCS#11 v3.0), which the header lacks.
    package static let aesKeyWrapKWP = MechanismType(rawValue: 0x210b)
    package static let genericSecretKeyGeneration = MechanismType(rawValue: CKM_GENERIC_SECRET_KEY_GEN)
    package static let sha1 = MechanismType(rawValue: CKM_SHA_1)
    package static let sha1HMAC = MechanismType(rawValue: CKM_SHA_1_HMAC)
    package static let sha224 = MechanismType(rawValue: CKM_SHA224)
    package static let sha224HMAC = MechanismType(rawValue: CKM_SHA224_HMAC)
    package static let sha256 = MechanismType(rawValue: CKM_SHA256)
    package static let sha256HMAC = MechanismType(rawValue: CKM_SHA256_HMAC)
    package static let sha384 = MechanismType(rawValue: CKM_SHA384)
    package static let sha384HMAC = MechanismType(rawValue: CKM_SHA384_HMAC)
    package static let sha512 = MechanismType(rawValue: CKM_SHA512)
    package static let sha512HMAC = MechanismType(rawValue: CKM_SHA512_HMAC)
    package static let rsaKeyPairGeneration = MechanismType(rawValue: CKM_RSA_PKCS_KEY_PAIR_GEN)
    package static let rsaPKCS1 = MechanismType(rawValue: CKM_RSA_PKCS)
    package static let rsaPSS = MechanismType(rawValue: CKM_RSA_PKCS_PSS)
    package static let rsaOAEP = MechanismType(rawValue: CKM_RSA_PKCS_OAEP)
    package static let rsaRaw = MechanismType(rawValue: CKM_RSA_X_509)
    package static let ecKeyPairGeneration = MechanismType(rawValue: CKM_EC_KEY_PAIR_GEN)
    package static let ecdsa = MechanismType(rawValue: CKM_ECDSA)
    /// PKCS#11 v3.2, which the header of v2.40 does not have.
    package static let mlDSAKeyPairGeneration = MechanismType(rawValue: 0x1c)
    package static let ecdh1Derive = MechanismType(rawValue: CKM_ECDH1_DERIVE)
    package static let edwardsKeyPairGeneration = MechanismType(rawValue: CKM_EC_EDWARDS_KEY_PAIR_GEN)
    package static let eddsa = MechanismType(rawValue: CKM_EDDSA)

    /// The names of those that errors and reports speak of.
    private static let names: [MechanismType: String] = [
        .aesKeyGeneration: "CKM_AES_KEY_GEN", .aesGCM: "CKM_AES_GCM", .aesECB: "CKM_AES_ECB",
        .aesCBC: "CKM_AES_CBC",
        .aesKeyWrap: "CKM_AES_KEY_WRAP", .aesKeyWrapPad: "CKM_AES_KEY_WRAP_PAD",
        .aesKeyWrapKWP: "CKM_AES_KEY_WRAP_KWP", .genericSecretKeyGeneration: "CKM_GENERIC_SECRET_KEY_GEN",
        .sha1: "CKM_SHA_1", .sha1HMAC: "CKM_SHA_1_HMAC", .sha224: "CKM_SHA224", .sha224HMAC: "CKM_SHA224_HMAC",
        .sha256: "CKM_SHA256",
        .sha256HMAC: "CKM_SHA256_HMAC", .sha384: "CKM_SHA384", .sha384HMAC: "CKM_SHA384_HMAC",
        .sha512: "CKM_SHA512", .sha512HMAC: "CKM_SHA512_HMAC", .rsaKeyPairGeneration: "CKM_RSA_PKCS_KEY_PAIR_GEN",
        .rsaPKCS1: "CKM_RSA_PKCS", .rsaPSS: "CKM_RSA_PKCS_PSS", .rsaOAEP: "CKM_RSA_PKCS_OAEP",
        .rsaRaw: "CKM_RSA_X_509", .ecKeyPairGeneration: "CKM_EC_KEY_PAIR_GEN", .ecdsa: "CKM_ECDSA",
        .ecdh1Derive: "CKM_ECDH1_DERIVE",
        .mlDSAKeyPairGeneration: "CKM_ML_DSA_KEY_PAIR_GEN", .edwardsKeyPairGeneration: "CKM_EC_EDWARDS_KEY_PAIR_GEN",
        .eddsa: "CKM_EDDSA",
    ]
}

extension MechanismType: CustomStringConvertible {
    package var description: String {
        Self.names[self] ?? "mechanism 0x" + String(rawValue, radix: 16)
    }
}

/// A mechanism with its parameter. To encrypt by AES-GCM there are calls of their own, because it alone carries
/// buffers that the module may write.
package struct Mechanism: Sendable {
    package enum Parameter: Sendable {
        case none
        /// A parameter that is bytes, such as an IV.
        case bytes([UInt8])
        /// CK_RSA_PKCS_PSS_PARAMS; the mask generation function is MGF1 with `hash`; `saltLength` in bytes.
        case pss(hash: MechanismType, saltLength: Int)
        /// CK_RSA_PKCS_OAEP_PARAMS with an empty label and MGF1 with `hash`.
        case oaep(hash: MechanismType)
        /// CK_GCM_PARAMS with a tag of 128 bits.
        case gcm(iv: [UInt8], aad: [UInt8])
        /// CK_ECDH1_DERIVE_PARAMS without key derivation; `publicPoint` is the other's point, uncompressed.
        case ecdh(publicPoint: [UInt8])
    }

    package let type: MechanismType
    package let parameter: Parameter

    package init(_ type: MechanismType, _ parameter: Parameter = .none) {
        self.type = type
        self.parameter = parameter
    }
}

/// What a token says of a mechanism (CK_MECHANISM_INFO). Key sizes are bits on one token and bytes on another.
package struct MechanismInfo: Hashable, Sendable {
    package let minimumKeySize: UInt
    package let maximumKeySize: UInt
    package let flags: UInt
}
