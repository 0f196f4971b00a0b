// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import FoundationEssentials
import KMSAPIClient

struct EnableRotationInput: Encodable {
    var KeyId: String
    var RotationPeriodInDays: Int?
}

struct DeleteMaterialInput: Encodable {
    var KeyId: String
    var KeyMaterialId: String?
}

struct DeleteMaterialOutput: Codable {
    var KeyId: String?
    var KeyMaterialId: String?
}

struct RotationStatusOutput: Codable {
    var KeyId: String?
    var KeyRotationEnabled: Bool
    var RotationPeriodInDays: Int?
    var NextRotationDate: Date?
    var OnDemandRotationStartDate: Date?

    var text: String {
        aligned([
            ("key", KeyId),
            ("rotation", KeyRotationEnabled ? "every \(RotationPeriodInDays ?? 365) days" : "none by itself"),
            ("next", NextRotationDate?.formatted(.iso8601)),
            ("on demand since", OnDemandRotationStartDate?.formatted(.iso8601)),
        ])
    }
}

struct RotationsInput: Encodable {
    var KeyId: String
    var IncludeKeyMaterial: String?
    var Marker: String?
}

struct RotationPage: KMSPage {
    struct Entry: Codable {
        var KeyId: String?
        var KeyMaterialId: String?
        var KeyMaterialDescription: String?
        var ImportState: String?
        var KeyMaterialState: String?
        var ExpirationModel: String?
        var ValidTo: Date?
        var RotationDate: Date?
        var RotationType: String?

        var text: String {
            [
                RotationDate?.formatted(.iso8601) ?? "-", RotationType ?? "-", KeyMaterialState, ImportState,
                ValidTo.map { "expires " + $0.formatted(.iso8601) }, KeyMaterialId, KeyMaterialDescription,
            ].compactMap(\.self).joined(separator: "  ")
        }
    }

    var Rotations: [Entry]
    var NextMarker: String?

    var items: [Entry] { Rotations }
    var nextMarker: String? { NextMarker }
}

struct LastUsageOutput: Codable {
    struct Usage: Codable {
        var Operation: String?
        var Timestamp: Date?
        var CloudTrailEventId: String?
        var KmsRequestId: String?
    }

    var KeyId: String?
    var KeyLastUsage: Usage?
    var TrackingStartDate: Date?
    var KeyCreationDate: Date?

    var text: String {
        aligned([
            ("key", KeyId), ("last used", KeyLastUsage?.Timestamp?.formatted(.iso8601) ?? "not since it is recorded"),
            ("operation", KeyLastUsage?.Operation), ("request", KeyLastUsage?.KmsRequestId),
            ("recorded since", TrackingStartDate?.formatted(.iso8601)),
            ("created", KeyCreationDate?.formatted(.iso8601)),
        ])
    }
}
