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
    var permittedStates: Set<KeyState> {
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
            Set(KeyState.allCases)
        }
    }

    /// Throws the error that AWS answers when a key in `state` does not permit the action.
    func check(_ state: KeyState, of arn: String) throws(KMSError) {
        guard !permittedStates.contains(state) else { return }
        if self == .cancelKeyDeletion {
            throw KMSError(.invalidState, "\(arn) is not pending deletion.")
        }
        throw KMSError(state == .disabled ? .disabled : .invalidState, "\(arn) \(state.sentence)")
    }
}
