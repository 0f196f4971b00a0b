/// What a caller wants to do, named as the IAM action after its `kms:`. The API's operations map onto these one to one,
/// but ReEncrypt, which is ``reEncryptFrom`` on one key and ``reEncryptTo`` on another.
package enum KMSAction: String, Sendable, CaseIterable {
    case cancelKeyDeletion = "CancelKeyDeletion"
    case connectCustomKeyStore = "ConnectCustomKeyStore"
    case createAlias = "CreateAlias"
    case createCustomKeyStore = "CreateCustomKeyStore"
    case createGrant = "CreateGrant"
    case createKey = "CreateKey"
    case decrypt = "Decrypt"
    case deleteAlias = "DeleteAlias"
    case deleteCustomKeyStore = "DeleteCustomKeyStore"
    case deleteImportedKeyMaterial = "DeleteImportedKeyMaterial"
    case deriveSharedSecret = "DeriveSharedSecret"
    case describeCustomKeyStores = "DescribeCustomKeyStores"
    case describeKey = "DescribeKey"
    case disableKey = "DisableKey"
    case disableKeyRotation = "DisableKeyRotation"
    case disconnectCustomKeyStore = "DisconnectCustomKeyStore"
    case enableKey = "EnableKey"
    case enableKeyRotation = "EnableKeyRotation"
    case encrypt = "Encrypt"
    case generateDataKey = "GenerateDataKey"
    case generateDataKeyPair = "GenerateDataKeyPair"
    case generateDataKeyPairWithoutPlaintext = "GenerateDataKeyPairWithoutPlaintext"
    case generateDataKeyWithoutPlaintext = "GenerateDataKeyWithoutPlaintext"
    case generateMAC = "GenerateMac"
    case generateRandom = "GenerateRandom"
    case getKeyLastUsage = "GetKeyLastUsage"
    case getKeyPolicy = "GetKeyPolicy"
    case getKeyRotationStatus = "GetKeyRotationStatus"
    case getParametersForImport = "GetParametersForImport"
    case getPublicKey = "GetPublicKey"
    case importKeyMaterial = "ImportKeyMaterial"
    case listAliases = "ListAliases"
    case listGrants = "ListGrants"
    case listKeyPolicies = "ListKeyPolicies"
    case listKeyRotations = "ListKeyRotations"
    case listKeys = "ListKeys"
    case listResourceTags = "ListResourceTags"
    case listRetirableGrants = "ListRetirableGrants"
    case putKeyPolicy = "PutKeyPolicy"
    case reEncryptFrom = "ReEncryptFrom"
    case reEncryptTo = "ReEncryptTo"
    case replicateKey = "ReplicateKey"
    case retireGrant = "RetireGrant"
    case revokeGrant = "RevokeGrant"
    case rotateKeyOnDemand = "RotateKeyOnDemand"
    case scheduleKeyDeletion = "ScheduleKeyDeletion"
    case sign = "Sign"
    case tagResource = "TagResource"
    case untagResource = "UntagResource"
    case updateAlias = "UpdateAlias"
    case updateCustomKeyStore = "UpdateCustomKeyStore"
    case updateKeyDescription = "UpdateKeyDescription"
    case updatePrimaryRegion = "UpdatePrimaryRegion"
    case verify = "Verify"
    case verifyMAC = "VerifyMac"
}

extension KMSAction {
    /// Which states a key may be in for the action: the one table of the rules in "Key states of AWS KMS keys"
    /// (AWS KMS Developer Guide).
    var permittedStates: KeyStateSet {
        switch self {
        case .encrypt, .decrypt, .reEncryptFrom, .reEncryptTo, .generateDataKey, .generateDataKeyWithoutPlaintext,
            .generateDataKeyPair, .generateDataKeyPairWithoutPlaintext, .sign, .verify, .generateMAC, .verifyMAC,
            .deriveSharedSecret, .getPublicKey:
            // Unavailable is tried: the material may be back, and the token has the last word. While the primary of a
            // multi-Region key changes, its keys go on being used.
            [.enabled, .unavailable, .updating]
        case .rotateKeyOnDemand, .replicateKey:
            [.enabled, .unavailable]
        case .updatePrimaryRegion:
            [.enabled, .disabled]
        case .enableKeyRotation, .disableKeyRotation:
            // A key that is pending import is refused for its origin, which is what AWS tells first.
            [.enabled, .pendingImport, .unavailable]
        case .getParametersForImport, .importKeyMaterial:
            [.enabled, .disabled, .pendingImport, .unavailable]
        case .getKeyRotationStatus, .listKeyRotations, .deleteImportedKeyMaterial:
            [
                .enabled, .disabled, .pendingImport, .pendingDeletion, .pendingReplicaDeletion, .unavailable, .updating,
            ]
        case .enableKey, .disableKey:
            [.enabled, .disabled, .unavailable]
        case .cancelKeyDeletion:
            [.pendingDeletion, .pendingReplicaDeletion]
        case .scheduleKeyDeletion, .createAlias, .updateAlias, .tagResource, .untagResource, .updateKeyDescription:
            [.enabled, .disabled, .pendingImport, .unavailable, .updating]
        case .createGrant:
            [.enabled, .unavailable, .updating]
        case .describeKey, .getKeyLastUsage, .getKeyPolicy, .putKeyPolicy, .listKeyPolicies, .listResourceTags,
            .deleteAlias, .listAliases, .createKey, .listKeys, .generateRandom, .listGrants, .listRetirableGrants,
            .retireGrant, .revokeGrant, .connectCustomKeyStore, .createCustomKeyStore, .deleteCustomKeyStore,
            .describeCustomKeyStores, .disconnectCustomKeyStore, .updateCustomKeyStore:
            .all
        }
    }

    private static let policyNames = Dictionary(uniqueKeysWithValues: allCases.map { ($0, "kms:" + $0.rawValue) })

    /// As policies name it: `kms:Decrypt`.
    package var policyName: String { Self.policyNames[self] ?? "kms:" + rawValue }

    /// Whether callers of other accounts can be allowed it ("Cross-account use", AWS KMS permissions reference).
    package var worksAcrossAccounts: Bool {
        switch self {
        case .createGrant, .decrypt, .deriveSharedSecret, .describeKey, .encrypt, .generateDataKey,
            .generateDataKeyPair, .generateDataKeyPairWithoutPlaintext, .generateDataKeyWithoutPlaintext,
            .generateMAC, .getKeyRotationStatus, .getPublicKey, .listGrants, .reEncryptFrom, .reEncryptTo,
            .retireGrant, .revokeGrant, .sign, .verify, .verifyMAC:
            true
        default:
            false
        }
    }

    /// Whether the action changes a key rather than use or show it.
    var changesKey: Bool {
        switch self {
        case .cancelKeyDeletion, .createAlias, .deleteAlias, .deleteImportedKeyMaterial, .disableKey,
            .disableKeyRotation, .enableKey, .enableKeyRotation, .getParametersForImport, .importKeyMaterial,
            .putKeyPolicy, .replicateKey, .rotateKeyOnDemand, .scheduleKeyDeletion, .tagResource, .untagResource,
            .updateAlias, .updateKeyDescription, .updatePrimaryRegion:
            true
        case .createKey, .decrypt, .deriveSharedSecret, .describeKey, .encrypt, .generateDataKey,
            .generateDataKeyPair, .generateDataKeyPairWithoutPlaintext, .generateDataKeyWithoutPlaintext,
            .createGrant, .generateMAC, .generateRandom, .getKeyLastUsage, .getKeyPolicy, .getKeyRotationStatus,
            .getPublicKey, .listAliases, .listGrants, .listKeyPolicies, .listKeyRotations, .listKeys,
            .listResourceTags, .listRetirableGrants, .reEncryptFrom, .reEncryptTo, .retireGrant, .revokeGrant, .sign,
            .verify, .verifyMAC, .connectCustomKeyStore, .createCustomKeyStore, .deleteCustomKeyStore,
            .describeCustomKeyStores, .disconnectCustomKeyStore, .updateCustomKeyStore:
            // Grants on an AWS managed key are how its service serves others.
            false
        }
    }

    /// Throws the error that AWS answers when a key in `state` does not permit the action.
    func check(_ state: KeyState, of arn: String) throws(KMSError) {
        guard !permittedStates.contains(KeyStateSet(state)) else { return }
        if self == .cancelKeyDeletion {
            throw KMSError(.invalidState, "\(arn) is not pending deletion.")
        }
        throw KMSError(state == .disabled ? .disabled : .invalidState, "\(arn) \(state.sentence)")
    }
}

/// Some of the key states. A set of bits, because every request looks into one.
struct KeyStateSet: OptionSet {
    let rawValue: UInt8

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ state: KeyState) {
        rawValue =
            switch state {
            case .creating: 1 << 0
            case .enabled: 1 << 1
            case .disabled: 1 << 2
            case .pendingImport: 1 << 3
            case .pendingDeletion: 1 << 4
            case .pendingReplicaDeletion: 1 << 5
            case .unavailable: 1 << 6
            case .updating: 1 << 7
            }
    }

    static let enabled = KeyStateSet(.enabled)
    static let disabled = KeyStateSet(.disabled)
    static let pendingImport = KeyStateSet(.pendingImport)
    static let pendingDeletion = KeyStateSet(.pendingDeletion)
    static let pendingReplicaDeletion = KeyStateSet(.pendingReplicaDeletion)
    static let unavailable = KeyStateSet(.unavailable)
    static let updating = KeyStateSet(.updating)
    static let all = KeyStateSet(rawValue: .max)
}
