package import KMSCore

package struct DescribeKeyRequest: WireRequest {
    package static let operation = OperationName.describeKey
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        try members.grantTokens()
    }
}

package struct EnableKeyRequest: WireRequest {
    package static let operation = OperationName.enableKey
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
    }
}

package struct DisableKeyRequest: WireRequest {
    package static let operation = OperationName.disableKey
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
    }
}

package struct UpdateKeyDescriptionRequest: WireRequest {
    package static let operation = OperationName.updateKeyDescription
    package let keyID: String
    package let description: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        description = try members.requiredString("Description", .description)
    }
}

package struct ScheduleKeyDeletionRequest: WireRequest {
    package static let operation = OperationName.scheduleKeyDeletion
    package let keyID: String
    package let pendingWindowInDays: Int?

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        // The model's range; that only 7 to 30 days are taken is the domain's rule.
        pendingWindowInDays = try members.integer("PendingWindowInDays", in: 1...365)
    }
}

package struct ScheduleKeyDeletionResponse: WireResponse {
    private let keyARN: String
    private let deletionDate: WireTimestamp?
    private let state: String
    private let pendingWindowInDays: Int

    package init(_ description: KeyDescription, pendingWindowInDays: Int) {
        keyARN = description.key.address.arn
        deletionDate = description.key.deletionDate.map(WireTimestamp.init)
        state = description.state.rawValue
        self.pendingWindowInDays = pendingWindowInDays
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case deletionDate = "DeletionDate"
        case state = "KeyState"
        case pendingWindowInDays = "PendingWindowInDays"
    }
}

package struct CancelKeyDeletionRequest: WireRequest {
    package static let operation = OperationName.cancelKeyDeletion
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
    }
}

package struct CancelKeyDeletionResponse: WireResponse {
    private let keyARN: String

    package init(_ key: KeyAddress) {
        keyARN = key.arn
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
    }
}
