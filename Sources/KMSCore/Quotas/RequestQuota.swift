/// A request quota: which requests are counted together, and how many of them an account may make in a Region each
/// second.
///
/// Names and rates are those of "Request quotas" (AWS KMS Developer Guide), without their "request rate"; where AWS's
/// vary, the rates are the default ones of the largest Regions (us-east-1, us-west-2, eu-west-1).
package struct RequestQuota: Sendable {
    package let name: String
    /// In requests a second.
    package let defaultRate: Int

    package static let all: [RequestQuota] = table.map { RequestQuota(name: $0.0, defaultRate: $0.1) }

    private static let table: [(String, Int)] = [
        // Cryptographic operations, by the kind of the key. The places of these four are known below.
        ("symmetric", 100_000), ("rsa", 1000), ("ecc", 1000), ("ml-dsa", 1000),
        ("GenerateDataKeyPair (ECC_NIST_P256)", 100), ("GenerateDataKeyPair (ECC_NIST_P384)", 100),
        ("GenerateDataKeyPair (ECC_NIST_P521)", 100), ("GenerateDataKeyPair (ECC_SECG_P256K1)", 100),
        ("GenerateDataKeyPair (ECC_NIST_EDWARDS25519)", 100), ("GenerateDataKeyPair (RSA_2048)", 20),
        ("GenerateDataKeyPair (RSA_3072)", 4), ("GenerateDataKeyPair (RSA_4096)", 1),
        ("GenerateDataKeyPair (SM2)", 25),
        ("CancelKeyDeletion", 5), ("ConnectCustomKeyStore", 5), ("CreateAlias", 5), ("CreateCustomKeyStore", 5),
        ("CreateGrant", 50), ("CreateKey", 5), ("DeleteAlias", 15), ("DeleteCustomKeyStore", 5),
        ("DeleteImportedKeyMaterial", 15), ("DescribeCustomKeyStores", 5), ("DescribeKey", 2000), ("DisableKey", 5),
        ("DisableKeyRotation", 5), ("DisconnectCustomKeyStore", 5), ("UpdateCustomKeyStore", 5),
        ("EnableKey", 5), ("EnableKeyRotation", 15), ("GetKeyLastUsage", 5), ("GetKeyPolicy", 1000),
        ("GetKeyRotationStatus", 1000), ("GetParametersForImport", 1), ("GetPublicKey", 2000),
        ("ImportKeyMaterial", 15), ("ListAliases", 500), ("ListGrants", 100), ("ListKeyPolicies", 100),
        ("ListKeyRotations", 100), ("ListKeys", 500), ("ListResourceTags", 2000), ("ListRetirableGrants", 100),
        ("PutKeyPolicy", 15), ("ReplicateKey", 5), ("RetireGrant", 50), ("RevokeGrant", 50), ("RotateKeyOnDemand", 5),
        ("ScheduleKeyDeletion", 15), ("TagResource", 10), ("UntagResource", 5), ("UpdateAlias", 5),
        ("UpdateKeyDescription", 5), ("UpdatePrimaryRegion", 5),
        // Of cryptographic operations with the keys of one custom key store, whoever calls.
        (customKeyStore, 1800),
    ]

    private static let customKeyStore = "custom key store"
    static let customKeyStorePlace = places[customKeyStore] ?? 0

    private static let places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })

    /// The place in ``all`` of the quota with a name, or nil.
    static func place(named name: String) -> Int? {
        places[name]
    }

    /// The place in ``all`` of the quota that an action counts towards. To find it for a cryptographic operation
    /// allocates nothing.
    ///
    /// - Parameter spec: The spec of the key, or of GenerateDataKeyPair the spec of the pair; nil where there is none.
    static func place(for action: KMSAction, with spec: KeySpec?) -> Int {
        switch action {
        case .decrypt, .deriveSharedSecret, .encrypt, .generateDataKey, .generateDataKeyWithoutPlaintext,
            .generateMAC, .generateRandom, .reEncryptFrom, .reEncryptTo, .sign, .verify, .verifyMAC:
            spec?.kindOfQuota ?? 0
        case .generateDataKeyPair, .generateDataKeyPairWithoutPlaintext:
            places["GenerateDataKeyPair (\(spec?.rawValue ?? ""))"] ?? 0
        default:
            // Every other action has a quota of its own.
            places[action.rawValue] ?? 0
        }
    }
}

extension KeySpec {
    /// The place of the quota for cryptographic operations with such a key. The first letters tell it: `SYMMETRIC_` and
    /// `HMAC_`, `RSA_`, `ECC_` and `SM2`, `ML_DSA_`.
    fileprivate var kindOfQuota: Int {
        let letters = rawValue.utf8
        return switch letters.first {
        case UInt8(ascii: "R"): 1
        case UInt8(ascii: "E"): 2
        case UInt8(ascii: "S") where letters.count == 3: 2
        case UInt8(ascii: "M"): 3
        default: 0
        }
    }
}
