/// What the API's model says of a string.
struct StringShape: Sendable {
    /// A regular expression of the model.
    struct Pattern: Sendable {
        let text: String
        let matches: @Sendable (String) -> Bool

        init(_ text: String, _ matches: @escaping @Sendable (String) -> Bool) {
            self.text = text
            self.matches = matches
        }

        /// Any number of characters out of a set, as nearly all are that are in use. They have a minimum length besides.
        ///
        /// Not an initializer: of a closure that fits a string and a scalar alike, such as `"0"..."9" ~= $0`, Swift
        /// would take the string.
        static func characters(_ text: String, _ allows: @escaping @Sendable (Unicode.Scalar) -> Bool) -> Pattern {
            Pattern(text) { $0.unicodeScalars.allSatisfy(allows) }
        }
    }

    var length: ClosedRange<Int>?
    var pattern: Pattern?
    var values: [String]?

    /// Everything that is wrong with `value`.
    func failures(of value: String) -> [String] {
        // Nearly every string has nothing wrong with it: the array stays empty, and unallocated.
        var failures: [String] = []
        if let length, let failure = Constraint.length(value.unicodeScalars.count, length) { failures.append(failure) }
        if let pattern, let failure = Constraint.pattern(value, pattern) { failures.append(failure) }
        if let values, let failure = Constraint.enumeration(value, values) { failures.append(failure) }
        return failures
    }
}

// The shapes of the model (botocore 1.43, service-2.json) that the operations here take, under the model's names.
extension StringShape {
    static let keyID = StringShape(length: 1...2048)
    static let aliasName = StringShape(
        length: 1...256,
        pattern: .characters("^[a-zA-Z0-9:/_-]+$") { $0.isWord || $0 == ":" || $0 == "/" || $0 == "-" }
    )
    static let customKeyStoreID = StringShape(length: 1...64)
    static let description = StringShape(length: 0...8192)
    static let grantToken = StringShape(length: 1...8192)
    static let keyMaterialDescription = StringShape(
        length: 0...256,
        pattern: .characters("^[a-zA-Z0-9:/_\\s.-]+$") {
            $0.isWord || $0.isSpace || $0 == ":" || $0 == "/" || $0 == "." || $0 == "-"
        }
    )
    static let keyMaterialID = StringShape(
        length: 64...64, pattern: .characters("^[a-f0-9]+$") { "0"..."9" ~= $0 || "a"..."f" ~= $0 }
    )
    static let marker = StringShape(
        length: 1...1024, pattern: .characters("[\\u0020-\\u00FF]*") { (0x20...0xff).contains($0.value) }
    )
    static let policy = StringShape(
        length: 1...131_072,
        pattern: .characters("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+") {
            (0x20...0xff).contains($0.value) || $0 == "\t" || $0 == "\n" || $0 == "\r"
        }
    )
    static let policyName = StringShape(length: 1...128, pattern: .characters("[\\w]+") { $0.isWord })
    static let tagKey = StringShape(length: 1...128)
    static let tagValue = StringShape(length: 0...256)
    static let xksKeyID = StringShape(
        length: 1...128,
        pattern: .characters("^[a-zA-Z0-9-_.]+$") { $0.isWord || $0 == "-" || $0 == "." }
    )

    static let customerMasterKeySpec = StringShape(values: [
        "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1",
        "SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2",
    ])
    static let keySpec = StringShape(
        values: (customerMasterKeySpec.values ?? [])
            + ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ECC_NIST_EDWARDS25519"]
    )
    static let keyUsage = StringShape(values: [
        "SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT",
    ])
    static let origin = StringShape(values: ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])
    static let encryptionAlgorithm = StringShape(
        values: ["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"]
    )
    static let signingAlgorithm = StringShape(values: [
        "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512", "ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512",
        "SM2DSA", "ML_DSA_SHAKE_256", "ED25519_SHA_512", "ED25519_PH_SHA_512",
    ])
    static let messageType = StringShape(values: ["RAW", "DIGEST", "EXTERNAL_MU"])
    static let macAlgorithm = StringShape(
        values: ["HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"]
    )
    static let keyAgreementAlgorithm = StringShape(values: ["ECDH"])
    static let dataKeyPairSpec = StringShape(values: [
        "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1",
        "SM2", "ECC_NIST_EDWARDS25519",
    ])
    static let wrappingAlgorithm = StringShape(values: [
        "RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1",
        "RSA_AES_KEY_WRAP_SHA_256", "SM2PKE",
    ])
    static let wrappingKeySpec = StringShape(values: ["RSA_2048", "RSA_3072", "RSA_4096", "SM2"])
    static let expirationModel = StringShape(values: ["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"])
    static let importType = StringShape(values: ["NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"])
    static let includeKeyMaterial = StringShape(values: ["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"])
    static let dataKeySpec = StringShape(values: ["AES_256", "AES_128"])
    static let dryRunModifier = StringShape(values: ["IGNORE_CIPHERTEXT"])
}

extension Unicode.Scalar {
    /// `\w` of a regular expression, as Java's is without flags: ASCII only.
    var isWord: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    /// `\s` of a regular expression, as Java's is without flags: ASCII only.
    fileprivate var isSpace: Bool {
        switch self {
        case " ", "\t", "\n", "\u{0B}", "\u{0C}", "\r": true
        default: false
        }
    }
}
