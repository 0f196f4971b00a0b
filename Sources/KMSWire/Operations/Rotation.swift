package import KMSCore

package struct EnableKeyRotationRequest: WireRequest {
    package static let operation = OperationName.enableKeyRotation
    package let keyID: String
    package let periodInDays: Int?

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        periodInDays = try members.integer("RotationPeriodInDays", in: KeyStore.rotationPeriodInDays)
    }
}

package struct DisableKeyRotationRequest: WireRequest {
    package static let operation = OperationName.disableKeyRotation
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
    }
}

package struct GetKeyRotationStatusRequest: WireRequest {
    package static let operation = OperationName.getKeyRotationStatus
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
    }
}

package struct GetKeyRotationStatusResponse: WireResponse {
    private let isEnabled: Bool
    private let keyARN: String
    private let periodInDays: Int?
    private let nextDate: WireTimestamp?
    private let onDemandStartDate: WireTimestamp?

    package init(_ status: KeyRotationStatus) {
        isEnabled = status.rotation.periodInDays != nil
        keyARN = status.keyARN
        periodInDays = status.rotation.periodInDays
        nextDate = status.rotation.nextDate.map(WireTimestamp.init)
        onDemandStartDate = status.onDemandRotationStartDate.map(WireTimestamp.init)
    }

    private enum CodingKeys: String, CodingKey {
        case isEnabled = "KeyRotationEnabled"
        case keyARN = "KeyId"
        case periodInDays = "RotationPeriodInDays"
        case nextDate = "NextRotationDate"
        case onDemandStartDate = "OnDemandRotationStartDate"
    }
}

package struct RotateKeyOnDemandRequest: WireRequest {
    package static let operation = OperationName.rotateKeyOnDemand
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
    }
}

package struct RotateKeyOnDemandResponse: WireResponse {
    private let keyARN: String

    package init(keyARN: String) {
        self.keyARN = keyARN
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
    }
}

package struct ListKeyRotationsRequest: WireRequest {
    package static let operation = OperationName.listKeyRotations
    package let keyID: String
    package let includesAllMaterial: Bool
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        includesAllMaterial = try members.string("IncludeKeyMaterial", .includeKeyMaterial) == "ALL_KEY_MATERIAL"
        page = try members.page()
    }
}

/// `RotationsListEntry` of the model.
package struct RotationsListEntry: Encodable, Sendable {
    private let keyARN: String
    private let keyMaterialID: String
    private let description: String?
    private let importState: String?
    private let state: String?
    private let expiry: WireExpiry?
    private let date: WireTimestamp?
    private let kind: String?

    init(_ listed: ListedRotation) {
        let material = listed.material
        keyARN = listed.keyARN
        keyMaterialID = material.idText
        description = material.imported.flatMap { $0.description.isEmpty ? nil : $0.description }
        importState = listed.importState
        state = listed.state
        expiry = material.imported.map { WireExpiry(validTo: $0.validTo) }
        date = material.rotation.map { WireTimestamp($0.date) }
        kind = material.rotation?.kind.rawValue
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(keyARN, forKey: .keyARN)
        try container.encode(keyMaterialID, forKey: .keyMaterialID)
        try container.encodeIfPresent(description, forKey: .description)
        try container.encodeIfPresent(importState, forKey: .importState)
        try container.encodeIfPresent(state, forKey: .state)
        try expiry?.encode(to: encoder)
        try container.encodeIfPresent(date, forKey: .date)
        try container.encodeIfPresent(kind, forKey: .kind)
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case keyMaterialID = "KeyMaterialId"
        case description = "KeyMaterialDescription"
        case importState = "ImportState"
        case state = "KeyMaterialState"
        case date = "RotationDate"
        case kind = "RotationType"
    }
}

extension ListResponse<RotationsListEntry> {
    package init(rotations: Page<ListedRotation>) {
        self.init("Rotations", rotations, RotationsListEntry.init)
    }
}
