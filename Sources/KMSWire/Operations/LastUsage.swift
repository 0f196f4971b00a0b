package import KMSCore

package struct GetKeyLastUsageRequest: WireRequest {
    package static let operation = OperationName.getKeyLastUsage
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
    }
}

package struct GetKeyLastUsageResponse: WireResponse {
    private let keyARN: String
    private let lastUsage: KeyLastUsageData
    private let trackingStartDate: WireTimestamp
    private let keyCreationDate: WireTimestamp

    package init(_ report: KeyLastUsageReport) {
        keyARN = report.keyARN
        lastUsage = KeyLastUsageData(report.lastUsage)
        trackingStartDate = WireTimestamp(report.trackingStartDate)
        keyCreationDate = WireTimestamp(report.keyCreationDate)
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case lastUsage = "KeyLastUsage"
        case trackingStartDate = "TrackingStartDate"
        case keyCreationDate = "KeyCreationDate"
    }
}

/// `KeyLastUsageData` of the model: an object without members where the key has not been used. It has no
/// CloudTrailEventId, because there is no CloudTrail here.
private struct KeyLastUsageData: Encodable {
    private let operation: String?
    private let date: WireTimestamp?
    private let requestID: String?

    init(_ usage: KeyLastUsage?) {
        operation = usage?.operation
        date = usage.map { WireTimestamp($0.date) }
        requestID = usage?.requestID
    }

    private enum CodingKeys: String, CodingKey {
        case operation = "Operation"
        case date = "Timestamp"
        case requestID = "KmsRequestId"
    }
}
