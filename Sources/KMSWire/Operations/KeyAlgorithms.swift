import KMSCore

/// What a key can do, as KeyMetadata and the answer of GetPublicKey say it: its spec, and the algorithms of its usage.
struct KeyAlgorithms: Encodable, Sendable {
    /// The old name of the spec; nil where the old enumeration has none.
    private let customerMasterKeySpec: String?
    private let spec: String
    private let encryption: [String]?
    private let signing: [String]?
    private let mac: [String]?
    private let keyAgreement: [String]?

    init(of key: Key) {
        spec = key.spec.rawValue
        customerMasterKeySpec = StringShape.customerMasterKeySpec.values?.contains(spec) == true ? spec : nil
        let algorithm = AlgorithmTable.entry(for: key.spec)
        encryption = key.usage == .encryptDecrypt ? algorithm?.encryptionAlgorithms.map(\.name) : nil
        signing = key.usage == .signVerify ? algorithm?.signingAlgorithms : nil
        mac = key.usage == .generateVerifyMAC ? algorithm?.macAlgorithms : nil
        keyAgreement = key.usage == .keyAgreement ? algorithm?.keyAgreementAlgorithms : nil
    }

    private enum CodingKeys: String, CodingKey {
        case customerMasterKeySpec = "CustomerMasterKeySpec"
        case spec = "KeySpec"
        case encryption = "EncryptionAlgorithms"
        case signing = "SigningAlgorithms"
        case mac = "MacAlgorithms"
        case keyAgreement = "KeyAgreementAlgorithms"
    }
}
