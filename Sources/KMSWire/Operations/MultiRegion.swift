package import KMSCore

package struct ReplicateKeyRequest: WireRequest {
    package static let operation = OperationName.replicateKey

    private let keyID: String
    private let region: String
    private let policy: String?
    private let bypassLockoutCheck: Bool?
    private let description: String
    private let tags: [TagShape]

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        region = try members.requiredString("ReplicaRegion", .region)
        policy = try members.string("Policy", .policy)
        bypassLockoutCheck = try members.optionalFlag("BypassPolicyLockoutSafetyCheck")
        description = try members.string("Description", .description) ?? ""
        tags = try members.tags("Tags")
    }

    /// Nil for what is no Region's name, which no validated request has.
    package var replication: KeyReplication? {
        guard let region = Region(region) else { return nil }
        var replication = KeyReplication(key: keyID, region: region)
        replication.policy = policy
        replication.description = description
        replication.tags = tags.map(\.tag)
        replication.bypassLockoutCheck = bypassLockoutCheck
        return replication
    }
}

package struct ReplicateKeyResponse: WireResponse {
    private let metadata: KeyMetadata
    private let policy: String
    private let tags: [TagShape]

    package init(_ description: KeyDescription) {
        metadata = KeyMetadata(description)
        policy = description.key.policy
        tags = description.key.tags.sorted { $0.key < $1.key }.map { TagShape(Tag(key: $0.key, value: $0.value)) }
    }

    private enum CodingKeys: String, CodingKey {
        case metadata = "ReplicaKeyMetadata"
        case policy = "ReplicaPolicy"
        case tags = "ReplicaTags"
    }
}

package struct UpdatePrimaryRegionRequest: WireRequest {
    package static let operation = OperationName.updatePrimaryRegion
    package let keyID: String
    private let name: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        name = try members.requiredString("PrimaryRegion", .region)
    }

    /// Nil for what is no Region's name, which no validated request has.
    package var region: Region? { Region(name) }
}

/// `MultiRegionConfiguration` of the model.
struct MultiRegionShape: Encodable, Sendable {
    private struct MultiRegionKey: Encodable {
        let arn: String
        let region: String

        init(_ key: KeyAddress) {
            arn = key.arn
            region = key.scope.region.description
        }

        private enum CodingKeys: String, CodingKey {
            case arn = "Arn"
            case region = "Region"
        }
    }

    private let type: String
    private let primary: MultiRegionKey
    private let replicas: [MultiRegionKey]

    init(_ configuration: MultiRegionConfiguration) {
        type = configuration.type.rawValue
        primary = MultiRegionKey(configuration.primary)
        replicas = configuration.replicas.map(MultiRegionKey.init)
    }

    private enum CodingKeys: String, CodingKey {
        case type = "MultiRegionKeyType"
        case primary = "PrimaryKey"
        case replicas = "ReplicaKeys"
    }
}

extension StringShape {
    static let region = StringShape(
        length: 1...32, pattern: Pattern("^([a-z]+-){2,3}\\d+$") { Region($0) != nil || $0.utf8.count > 32 })
}
