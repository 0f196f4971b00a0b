/// What a caller wants to do, named as the IAM action after its `kms:`. The API's operations map onto these one to one,
/// but ReEncrypt, which is ``reEncryptFrom`` on one key and ``reEncryptTo`` on another.
package enum KMSAction: String, Sendable, CaseIterable {
    case cancelKeyDeletion = "CancelKeyDeletion"
    case createAlias = "CreateAlias"
    case createKey = "CreateKey"
    case decrypt = "Decrypt"
    case deleteAlias = "DeleteAlias"
    case describeKey = "DescribeKey"
    case disableKey = "DisableKey"
    case enableKey = "EnableKey"
    case encrypt = "Encrypt"
    case generateDataKey = "GenerateDataKey"
    case generateDataKeyWithoutPlaintext = "GenerateDataKeyWithoutPlaintext"
    case generateRandom = "GenerateRandom"
    case getKeyPolicy = "GetKeyPolicy"
    case listAliases = "ListAliases"
    case listKeyPolicies = "ListKeyPolicies"
    case listKeys = "ListKeys"
    case listResourceTags = "ListResourceTags"
    case putKeyPolicy = "PutKeyPolicy"
    case reEncryptFrom = "ReEncryptFrom"
    case reEncryptTo = "ReEncryptTo"
    case scheduleKeyDeletion = "ScheduleKeyDeletion"
    case tagResource = "TagResource"
    case untagResource = "UntagResource"
    case updateAlias = "UpdateAlias"
    case updateKeyDescription = "UpdateKeyDescription"
}

extension KMSAction {
    /// Which states a key may be in for the action: the one table of the rules in "Key states of AWS KMS keys"
    /// (AWS KMS Developer Guide).
    var permittedStates: KeyStateSet {
        switch self {
        case .encrypt, .decrypt, .reEncryptFrom, .reEncryptTo, .generateDataKey, .generateDataKeyWithoutPlaintext:
            // Unavailable is tried: the material may be back, and the token has the last word.
            [.enabled, .unavailable]
        case .enableKey, .disableKey:
            [.enabled, .disabled, .unavailable]
        case .cancelKeyDeletion:
            [.pendingDeletion, .pendingReplicaDeletion]
        case .scheduleKeyDeletion, .createAlias, .updateAlias, .tagResource, .untagResource, .updateKeyDescription:
            [.enabled, .disabled, .pendingImport, .unavailable, .updating]
        case .describeKey, .getKeyPolicy, .putKeyPolicy, .listKeyPolicies, .listResourceTags, .deleteAlias,
            .listAliases, .createKey, .listKeys, .generateRandom:
            .all
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
