import KMSPolicy

/// A request as both the engine and the reference see it.
struct ReferenceRequest: ConditionContext {
    /// As in `kms:Decrypt`.
    var action: String
    var resource: String
    /// By the keys' names in lower case; a key that is a set may have several, all others one.
    var values: [String: [String]]
    /// Nil for actions that have none by their nature.
    var encryptionContext: [String: String]?

    static let setKeys: Set = [
        "kms:encryptioncontextkeys", "kms:grantoperations", "kms:resourcealiases", "aws:tagkeys", "aws:calledvia",
        "aws:principalservicenameslist", "sts:transitivetagkeys",
    ]

    /// "AWS KMS API permissions: Actions and resources reference", the column for cross-account use.
    private static let actionsAcrossAccounts: Set = [
        "kms:CreateGrant", "kms:Decapsulate", "kms:Decrypt", "kms:DeriveSharedSecret", "kms:DescribeKey",
        "kms:Encapsulate", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateMac",
        "kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListGrants", "kms:ReEncryptFrom", "kms:ReEncryptTo",
        "kms:RetireGrant", "kms:RevokeGrant", "kms:Sign", "kms:Verify", "kms:VerifyMac",
    ]

    var worksAcrossAccounts: Bool { Self.actionsAcrossAccounts.contains(action) }

    func values(of key: ConditionKey) -> ConditionValues {
        let name = key.name
        guard let found = values[name] else { return .absent }
        return Self.setKeys.contains(name) ? .several(found) : .one(found[0])
    }

    var question: PolicyQuestion { PolicyQuestion(action: action, resource: resource, context: self) }
}

extension ConditionKey {
    /// In lower case.
    fileprivate var name: String {
        switch self {
        case .named(let name): name.rawValue.lowercased()
        case .encryptionContext(let part): "kms:encryptioncontext:" + part
        case .principalTag(let part): "aws:principaltag/" + part
        case .requestTag(let part): "aws:requesttag/" + part
        case .resourceTag(let part): "aws:resourcetag/" + part
        case .other(let text): text
        }
    }
}
