/// Every operation of the AWS KMS API (botocore 1.43, 2014-11-01), as the X-Amz-Target header names it.
///
/// Those that this server does not serve yet are here too: a caller is told that they are known and missing, which is
/// something else than a misspelt name.
public enum OperationName: String, Sendable, CaseIterable {
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
    case reEncrypt = "ReEncrypt"
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

extension OperationName {
    /// The value that X-Amz-Target has for the operation.
    package var target: String { "TrentService." + rawValue }

    // A dictionary because `init(rawValue:)` compares with every name in turn.
    private static let byTarget = Dictionary(uniqueKeysWithValues: allCases.map { ($0.target, $0) })

    /// Reads the X-Amz-Target header. Anything but a KMS operation, and no header, is `UnknownOperationException`.
    public init(target: String?) throws(WireError) {
        guard let target, let name = Self.byTarget[target] else { throw .unknownOperation }
        self = name
    }
}

extension OperationName {
    /// Whether CloudTrail counts it as one that changes nothing.
    package var isReadOnly: Bool {
        switch self {
        case .decrypt, .deriveSharedSecret, .describeCustomKeyStores, .describeKey, .encrypt, .generateDataKey,
            .generateDataKeyPair, .generateDataKeyPairWithoutPlaintext, .generateDataKeyWithoutPlaintext,
            .generateMAC, .generateRandom, .getKeyLastUsage, .getKeyPolicy, .getKeyRotationStatus,
            .getParametersForImport, .getPublicKey, .listAliases, .listGrants, .listKeyPolicies, .listKeyRotations,
            .listKeys, .listResourceTags, .listRetirableGrants, .reEncrypt, .sign, .verify, .verifyMAC:
            true
        case .cancelKeyDeletion, .connectCustomKeyStore, .createAlias, .createCustomKeyStore, .createGrant,
            .createKey, .deleteAlias, .deleteCustomKeyStore, .deleteImportedKeyMaterial, .disableKey,
            .disableKeyRotation, .disconnectCustomKeyStore, .enableKey, .enableKeyRotation, .importKeyMaterial,
            .putKeyPolicy, .replicateKey, .retireGrant, .revokeGrant, .rotateKeyOnDemand, .scheduleKeyDeletion,
            .tagResource, .untagResource, .updateAlias, .updateCustomKeyStore, .updateKeyDescription,
            .updatePrimaryRegion:
            false
        }
    }
}
