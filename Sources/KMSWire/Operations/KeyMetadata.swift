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
    private let customKeyStore: String?
    private let clusterID: String?
    private let expiry: WireExpiry?
    private let manager: String
    private let algorithms: KeyAlgorithms
    private let isMultiRegion: Bool
    private let multiRegion: MultiRegionShape?
    private let pendingWindowInDays: Int?
    private let currentMaterialID: String?
    private let externalKey: ExternalKey?

    /// `XksKeyConfigurationType` of the model.
    private struct ExternalKey: Encodable {
        let id: String

        private enum CodingKeys: String, CodingKey {
            case id = "Id"
        }
    }

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
        customKeyStore = key.customKeyStore?.description
        clusterID = description.clusterID
        expiry = WireExpiry(of: key, in: description.state)
        manager = key.manager.rawValue
        algorithms = KeyAlgorithms(of: key)
        isMultiRegion = key.address.id.isMultiRegion
        multiRegion = description.multiRegion.map(MultiRegionShape.init)
        pendingWindowInDays = key.pendingWindowInDays
        externalKey = key.xksKeyID.map(ExternalKey.init)
        // Other keys have one material for ever, which AWS gives no id.
        currentMaterialID =
            key.spec == .symmetricDefault && key.xksKeyID == nil
            ? key.materials.first { $0.number == key.currentMaterial && $0.hasEverBeen }?.idText : nil
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(account, forKey: .account)
        try container.encode(keyID, forKey: .keyID)
        try container.encode(arn, forKey: .arn)
        try container.encode(creationDate, forKey: .creationDate)
        try container.encode(isEnabled, forKey: .isEnabled)
        try container.encode(description, forKey: .description)
        try container.encode(usage, forKey: .usage)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(deletionDate, forKey: .deletionDate)
        try container.encode(origin, forKey: .origin)
        try container.encodeIfPresent(customKeyStore, forKey: .customKeyStore)
        try container.encodeIfPresent(clusterID, forKey: .clusterID)
        try expiry?.encode(to: encoder)
        try container.encode(manager, forKey: .manager)
        try algorithms.encode(to: encoder)
        try container.encode(isMultiRegion, forKey: .isMultiRegion)
        try container.encodeIfPresent(multiRegion, forKey: .multiRegion)
        try container.encodeIfPresent(pendingWindowInDays, forKey: .pendingWindowInDays)
        try container.encodeIfPresent(currentMaterialID, forKey: .currentMaterialID)
        try container.encodeIfPresent(externalKey, forKey: .externalKey)
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
        case customKeyStore = "CustomKeyStoreId"
        case clusterID = "CloudHsmClusterId"
        case manager = "KeyManager"
        case isMultiRegion = "MultiRegion"
        case multiRegion = "MultiRegionConfiguration"
        case pendingWindowInDays = "PendingDeletionWindowInDays"
        case currentMaterialID = "CurrentKeyMaterialId"
        case externalKey = "XksKeyConfiguration"
    }
}
