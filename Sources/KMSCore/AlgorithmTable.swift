package import LibCrypto

/// A key spec as AWS KMS names it. The set is open: a newer API adds names.
public struct KeySpec: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// AES-256 in Galois/Counter Mode (FIPS 197, NIST SP 800-38D).
    public static let symmetricDefault = KeySpec(rawValue: "SYMMETRIC_DEFAULT")
    /// HMAC keys as long as their hash's output (FIPS 198-1).
    public static let hmac224 = KeySpec(rawValue: "HMAC_224")
    public static let hmac256 = KeySpec(rawValue: "HMAC_256")
    public static let hmac384 = KeySpec(rawValue: "HMAC_384")
    public static let hmac512 = KeySpec(rawValue: "HMAC_512")
    /// RSA with the public exponent 65,537 (RFC 8017).
    public static let rsa2048 = KeySpec(rawValue: "RSA_2048")
    public static let rsa3072 = KeySpec(rawValue: "RSA_3072")
    public static let rsa4096 = KeySpec(rawValue: "RSA_4096")
    /// NIST's curves (SP 800-186).
    public static let p256 = KeySpec(rawValue: "ECC_NIST_P256")
    public static let p384 = KeySpec(rawValue: "ECC_NIST_P384")
    public static let p521 = KeySpec(rawValue: "ECC_NIST_P521")
    /// The curve of SEC 2, section 2.4.1.
    public static let secp256k1 = KeySpec(rawValue: "ECC_SECG_P256K1")
    /// RFC 8032.
    public static let edwards25519 = KeySpec(rawValue: "ECC_NIST_EDWARDS25519")
    /// FIPS 204.
    public static let mlDSA44 = KeySpec(rawValue: "ML_DSA_44")
    public static let mlDSA65 = KeySpec(rawValue: "ML_DSA_65")
    public static let mlDSA87 = KeySpec(rawValue: "ML_DSA_87")
    /// GB/T 32918, offered by AWS in China alone.
    public static let sm2 = KeySpec(rawValue: "SM2")
}

/// What a key may be used for.
public enum KeyUsage: String, Sendable, CaseIterable {
    case encryptDecrypt = "ENCRYPT_DECRYPT"
    case signVerify = "SIGN_VERIFY"
    case generateVerifyMAC = "GENERATE_VERIFY_MAC"
    case keyAgreement = "KEY_AGREEMENT"
}

/// Where a key's material comes from and lives.
public enum KeyOrigin: String, Sendable, CaseIterable {
    case awsKMS = "AWS_KMS"
    case external = "EXTERNAL"
    case awsCloudHSM = "AWS_CLOUDHSM"
    case externalKeyStore = "EXTERNAL_KEY_STORE"
}

/// The one table of key specs: everything that depends on a spec looks here.
package struct AlgorithmTable {
    /// What holds for one key spec.
    package struct Entry: Sendable {
        package let spec: KeySpec
        /// The usages that a key of this spec may be made with; where there is a default, it is the first.
        package let usages: [KeyUsage]
        package let hasDefaultUsage: Bool
        /// The algorithms of ENCRYPT_DECRYPT keys, and the most bytes that one Encrypt call takes with each.
        package let encryptionAlgorithms: [(name: String, maximumPlaintext: Int)]
        /// The algorithms of SIGN_VERIFY keys, as ``SigningAlgorithm/all`` has them.
        package let signingAlgorithms: [String]
        package let macAlgorithms: [String]
        package let keyAgreementAlgorithms: [String]
        /// How many encryptions one key material may make before its random 96-bit IVs could repeat
        /// (NIST SP 800-38D §8.3). No limit, in effect, where there are none.
        package let maximumEncryptions: UInt64
        /// Whether GenerateDataKeyPair makes such pairs.
        package let isDataKeyPairSpec: Bool

        /// Whether a key of this spec has a public part.
        package var isAsymmetric: Bool { !isSymmetricEncryption && macAlgorithms.isEmpty }
        /// Whether ciphertexts are ours: only such keys make data keys and can be rotated.
        package var isSymmetricEncryption: Bool { spec == .symmetricDefault }

        init(
            _ spec: KeySpec, _ usages: [KeyUsage], encryption: [(String, Int)] = [], signing: [String] = [],
            mac: [String] = [], agreement: [String] = [], maximumEncryptions: UInt64 = .max,
            isDataKeyPairSpec: Bool = false
        ) {
            self.spec = spec
            self.usages = usages
            hasDefaultUsage = spec == .symmetricDefault
            encryptionAlgorithms = encryption.map { (name: $0.0, maximumPlaintext: $0.1) }
            signingAlgorithms = signing
            macAlgorithms = mac
            keyAgreementAlgorithms = agreement
            self.maximumEncryptions = maximumEncryptions
            self.isDataKeyPairSpec = isDataKeyPairSpec
        }
    }

    private static let all: [Entry] = [
        Entry(
            .symmetricDefault, [.encryptDecrypt], encryption: [("SYMMETRIC_DEFAULT", 4096)],
            maximumEncryptions: 1 << 32
        ),
        Entry(.hmac224, [.generateVerifyMAC], mac: ["HMAC_SHA_224"]),
        Entry(.hmac256, [.generateVerifyMAC], mac: ["HMAC_SHA_256"]),
        Entry(.hmac384, [.generateVerifyMAC], mac: ["HMAC_SHA_384"]),
        Entry(.hmac512, [.generateVerifyMAC], mac: ["HMAC_SHA_512"]),
        rsa(.rsa2048, modulus: 256), rsa(.rsa3072, modulus: 384), rsa(.rsa4096, modulus: 512),
        curve(.p256, "ECDSA_SHA_256"), curve(.p384, "ECDSA_SHA_384"), curve(.p521, "ECDSA_SHA_512"),
        Entry(.secp256k1, [.signVerify], signing: ["ECDSA_SHA_256"], isDataKeyPairSpec: true),
        Entry(.edwards25519, [.signVerify], signing: ["ED25519_SHA_512"], isDataKeyPairSpec: true),
        mlDSA(.mlDSA44), mlDSA(.mlDSA65), mlDSA(.mlDSA87),
        Entry(
            .sm2, [.encryptDecrypt, .signVerify, .keyAgreement], encryption: [("SM2PKE", 1024)], signing: ["SM2DSA"],
            agreement: ["ECDH"]
        ),
    ]

    private static func rsa(_ spec: KeySpec, modulus bytes: Int) -> Entry {
        // OAEP takes two hashes and two bytes of the modulus (RFC 8017, section 7.1.1).
        Entry(
            spec, [.encryptDecrypt, .signVerify],
            encryption: [("RSAES_OAEP_SHA_1", bytes - 42), ("RSAES_OAEP_SHA_256", bytes - 66)],
            signing: ["PKCS1_V1_5", "PSS"].flatMap { scheme in
                ["256", "384", "512"].map { "RSASSA_\(scheme)_SHA_\($0)" }
            },
            isDataKeyPairSpec: true
        )
    }

    private static func curve(_ spec: KeySpec, _ algorithm: String) -> Entry {
        Entry(
            spec, [.signVerify, .keyAgreement], signing: [algorithm], agreement: ["ECDH"], isDataKeyPairSpec: true
        )
    }

    private static func mlDSA(_ spec: KeySpec) -> Entry {
        Entry(spec, [.signVerify], signing: ["ML_DSA_SHAKE_256"])
    }

    private static let entries = Dictionary(uniqueKeysWithValues: all.map { ($0.spec, $0) })

    /// The entry of a spec that AWS KMS knows, or nil. Whether the token can hold such keys, the backend says.
    package static func entry(for spec: KeySpec) -> Entry? {
        entries[spec]
    }

    /// Sizes of data keys by the name that GenerateDataKey takes, in bytes.
    package static let dataKeySizes = ["AES_128": 16, "AES_256": 32]

    /// How many bytes GenerateDataKey and GenerateRandom give at the most.
    package static let maximumRandomBytes = 1024
}

/// A signing algorithm as AWS KMS names it, and what is signed with it.
package struct SigningAlgorithm: Sendable {
    package let name: String
    package let scheme: SignatureScheme
    /// The hash of the message; nil where the message itself is signed.
    package let digest: Digest?

    package static let all: [String: SigningAlgorithm] = {
        var all: [SigningAlgorithm] = [
            SigningAlgorithm(name: "ED25519_SHA_512", scheme: .ed25519, digest: nil)
        ]
        for (bits, digest) in [("256", Digest.sha256), ("384", .sha384), ("512", .sha512)] {
            all.append(SigningAlgorithm(name: "RSASSA_PSS_SHA_\(bits)", scheme: .rsaPSS(digest), digest: digest))
            all.append(
                SigningAlgorithm(name: "RSASSA_PKCS1_V1_5_SHA_\(bits)", scheme: .rsaPKCS1(digest), digest: digest))
            all.append(SigningAlgorithm(name: "ECDSA_SHA_\(bits)", scheme: .ecdsa(digest), digest: digest))
        }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    }()
}
