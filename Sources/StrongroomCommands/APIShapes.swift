// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import FoundationEssentials
import KMSAPIClient

// The parts of the AWS KMS API's shapes that the commands use; members are spelled as there.

struct ListInput: Encodable {
    var KeyId: String?
    var Marker: String?
}

struct KeyInput: Encodable {
    var KeyId: String
}

struct ScheduleInput: Encodable {
    var KeyId: String
    var PendingWindowInDays: Int
}

struct AliasInput: Encodable {
    var AliasName: String
    var TargetKeyId: String?
}

struct KeyIDOutput: Codable {
    var KeyId: String
}

struct ScheduleOutput: Codable {
    var KeyId: String
    var DeletionDate: Date
    var KeyState: String?
    var PendingWindowInDays: Int?
}

struct KeyPage: KMSPage {
    struct Entry: Codable {
        var KeyId: String
        var KeyArn: String
    }

    var Keys: [Entry]
    var NextMarker: String?

    var items: [Entry] { Keys }
    var nextMarker: String? { NextMarker }
}

struct AliasPage: KMSPage {
    struct Entry: Codable {
        var AliasName: String
        var AliasArn: String
        var TargetKeyId: String?
    }

    var Aliases: [Entry]
    var NextMarker: String?

    var items: [Entry] { Aliases }
    var nextMarker: String? { NextMarker }
}

struct KeyOutput: Codable {
    struct Metadata: Codable {
        var KeyId: String
        var Arn: String
        var AWSAccountId: String?
        var Description: String?
        var KeyState: String
        var KeySpec: String?
        var KeyUsage: String?
        var Origin: String?
        var CustomKeyStoreId: String?
        var CloudHsmClusterId: String?
        var XksKeyConfiguration: ExternalKey?
        var CreationDate: Date
        var DeletionDate: Date?
        var CurrentKeyMaterialId: String?
        var ExpirationModel: String?
        var ValidTo: Date?
        var KeyManager: String?
        var MultiRegion: Bool?
        var MultiRegionConfiguration: Replication?
    }

    /// XksKeyConfiguration.
    struct ExternalKey: Codable {
        var Id: String
    }

    /// MultiRegionConfiguration.
    struct Replication: Codable {
        struct Replica: Codable {
            var Arn: String?
            var Region: String?
        }

        var MultiRegionKeyType: String?
        var PrimaryKey: Replica?
        var ReplicaKeys: [Replica]?

        var text: String {
            let replicas = (ReplicaKeys ?? []).compactMap(\.Region).joined(separator: ", ")
            return "\(MultiRegionKeyType?.lowercased() ?? ""), primary in \(PrimaryKey?.Region ?? "?")"
                + (replicas.isEmpty ? "" : ", replicas in \(replicas)")
        }
    }

    var KeyMetadata: Metadata

    var text: String {
        let key = KeyMetadata
        return aligned([
            ("key id", key.KeyId), ("arn", key.Arn), ("state", key.KeyState), ("description", key.Description),
            ("spec", key.KeySpec), ("usage", key.KeyUsage), ("origin", key.Origin),
            ("key store", key.CustomKeyStoreId), ("cluster", key.CloudHsmClusterId),
            ("external key", key.XksKeyConfiguration?.Id),
            ("created", key.CreationDate.formatted(.iso8601)),
            ("to be destroyed", key.DeletionDate?.formatted(.iso8601)), ("material", key.CurrentKeyMaterialId),
            ("multi-Region", key.MultiRegionConfiguration?.text),
            ("material expires", key.ExpirationModel.map { _ in key.ValidTo?.formatted(.iso8601) ?? "never" }),
        ])
    }
}
