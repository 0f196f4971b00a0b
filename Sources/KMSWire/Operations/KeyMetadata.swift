package import KMSCore

/// `KeyMetadata` of the model: what CreateKey and DescribeKey answer.
package struct KeyMetadata: Encodable, Sendable {
    private let account: String
    private let keyID: String
    private let arn: String
    private let creationDate: WireTimestamp
    private let isEnabled: Bool
    private let description: String
    private let usage: String
    private let state: String
    private let deletionDate: WireTimestamp?
    private let origin: String
    private let manager = "CUSTOMER"
    private let customerMasterKeySpec: String
    private let spec: String
    private let encryptionAlgorithms: [String]?
    private let isMultiRegion: Bool
    private let currentMaterialID: String?

    package init(_ description: KeyDescription) {
        let key = description.key
        account = key.address.scope.account.description
        keyID = key.address.id.description
        arn = key.address.arn
        creationDate = WireTimestamp(key.creationDate)
        isEnabled = description.state == .enabled
        self.description = key.description
        usage = key.usage.rawValue
        state = description.state.rawValue
        deletionDate = key.deletionDate.map(WireTimestamp.init)
        origin = key.origin.rawValue
        customerMasterKeySpec = key.spec.rawValue
        spec = key.spec.rawValue
        encryptionAlgorithms =
            key.usage == .encryptDecrypt ? AlgorithmTable.entry(for: key.spec)?.encryptionAlgorithms : nil
        isMultiRegion = key.address.id.isMultiRegion
        currentMaterialID = key.materials.first { $0.number == key.currentMaterial }?.idText
    }

    private enum CodingKeys: String, CodingKey {
        case account = "AWSAccountId"
        case keyID = "KeyId"
        case arn = "Arn"
        case creationDate = "CreationDate"
        case isEnabled = "Enabled"
        case description = "Description"
        case usage = "KeyUsage"
        case state = "KeyState"
        case deletionDate = "DeletionDate"
        case origin = "Origin"
        case manager = "KeyManager"
        case customerMasterKeySpec = "CustomerMasterKeySpec"
        case spec = "KeySpec"
        case encryptionAlgorithms = "EncryptionAlgorithms"
        case isMultiRegion = "MultiRegion"
        case currentMaterialID = "CurrentKeyMaterialId"
    }
}

/// A moment as AWS JSON 1.1 sends it: a number of seconds since 1970, with milliseconds as its fraction.
package struct WireTimestamp: Encodable, Sendable {
    private let timestamp: Timestamp

    package init(_ timestamp: Timestamp) {
        self.timestamp = timestamp
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Double(timestamp.milliseconds) / 1000)
    }
}
