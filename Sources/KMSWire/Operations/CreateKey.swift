package import KMSCore

package struct CreateKeyRequest: WireRequest {
    package static let operation = OperationName.createKey

    private let spec: String?
    private let oldSpec: String?
    private let usage: String?
    private let origin: String?
    private let description: String
    private let policy: String?
    private let tags: [TagShape]
    private let isMultiRegion: Bool
    private let customKeyStore: String?
    private let externalKey: String?
    private let bypassLockoutCheck: Bool?

    package init(from members: inout MemberReader) throws(WireError) {
        policy = try members.string("Policy", .policy)
        description = try members.string("Description", .description) ?? ""
        usage = try members.string("KeyUsage", .keyUsage)
        oldSpec = try members.string("CustomerMasterKeySpec", .customerMasterKeySpec)
        spec = try members.string("KeySpec", .keySpec)
        origin = try members.string("Origin", .origin)
        customKeyStore = try members.string("CustomKeyStoreId", .customKeyStoreID)
        externalKey = try members.string("XksKeyId", .xksKeyID)
        tags = try members.tags("Tags")
        isMultiRegion = try members.flag("MultiRegion")
        bypassLockoutCheck = try members.optionalFlag("BypassPolicyLockoutSafetyCheck")
    }

    package func check() throws(WireError) {
        guard spec == nil || oldSpec == nil else {
            throw .validation(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
                    + "CustomerMasterKeySpec is deprecated."
            )
        }
        if let given = spec ?? oldSpec {
            guard usage != nil || given == KeySpec.symmetricDefault.rawValue else {
                throw .validation(
                    "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
                )
            }
        } else if let usage, usage != KeyUsage.encryptDecrypt.rawValue {
            throw .validation(
                "The operation failed because the KeyUsage value of the CMK is \(usage). To perform this operation, "
                    + "the KeyUsage value must be ENCRYPT_DECRYPT."
            )
        }
    }

    package var newKey: NewKey {
        var key = NewKey()
        if let spec = spec ?? oldSpec { key.spec = KeySpec(rawValue: spec) }
        key.usage = usage.flatMap(KeyUsage.init) ?? key.usage
        key.origin = origin.flatMap(KeyOrigin.init) ?? key.origin
        key.description = description
        key.policy = policy
        key.tags = tags.map(\.tag)
        key.isMultiRegion = isMultiRegion
        key.customKeyStore = customKeyStore
        key.xksKeyID = externalKey
        key.bypassLockoutCheck = bypassLockoutCheck
        return key
    }
}

package struct KeyMetadataResponse: WireResponse {
    private let metadata: KeyMetadata

    package init(_ description: KeyDescription) {
        metadata = KeyMetadata(description)
    }

    private enum CodingKeys: String, CodingKey {
        case metadata = "KeyMetadata"
    }
}
