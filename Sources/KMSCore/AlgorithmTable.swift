/// A key spec as AWS KMS names it. The set is open: a newer API adds names.
public struct KeySpec: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// AES-256 in Galois/Counter Mode (FIPS 197, NIST SP 800-38D).
    public static let symmetricDefault = KeySpec(rawValue: "SYMMETRIC_DEFAULT")
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
        /// The usages that a key of this spec may be made with; the first is the default where AWS has one.
        package let usages: [KeyUsage]
        package let hasDefaultUsage: Bool
        package let encryptionAlgorithms: [String]
        /// The most that one Encrypt call takes, in bytes.
        package let maximumPlaintext: Int
        /// How many encryptions one key material may make before its random 96-bit IVs could repeat
        /// (NIST SP 800-38D §8.3).
        package let maximumEncryptions: UInt64
    }

    private static let entries: [KeySpec: Entry] = [
        .symmetricDefault: Entry(
            spec: .symmetricDefault,
            usages: [.encryptDecrypt],
            hasDefaultUsage: true,
            encryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
            maximumPlaintext: 4096,
            maximumEncryptions: 1 << 32
        )
    ]

    /// The entry of a spec that this server can make keys of, or nil.
    package static func entry(for spec: KeySpec) -> Entry? {
        entries[spec]
    }

    /// Sizes of data keys by the name that GenerateDataKey takes, in bytes.
    package static let dataKeySizes = ["AES_128": 16, "AES_256": 32]

    /// How many bytes GenerateDataKey and GenerateRandom give at the most.
    package static let maximumRandomBytes = 1024
}
