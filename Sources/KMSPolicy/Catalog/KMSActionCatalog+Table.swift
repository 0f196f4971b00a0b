extension KMSActionCatalog {
    private static let caller: [ConditionKey.Name] = [.callerAccount, .viaService]
    /// Of the actions that take an alias for the key.
    private static let use = caller + [.requestAlias]
    private static let encryption = use + [.encryptionAlgorithm, .encryptionContextKeys]
    private static let context: [ConditionKey] = [.encryptionContext("")]
    private static let attestation: [ConditionKey] = [ConditionKey("kms:RecipientAttestation:").family]

    package static let all: [KMSActionEntry] = useOfKeys + keys + materials + grants + aliasesAndTags + account

    private static let useOfKeys = [
        KMSActionEntry("Decapsulate", .write, [.key], acrossAccounts: true, use + [.encapsulationAlgorithm]),
        KMSActionEntry("Decrypt", .write, [.key], acrossAccounts: true, encryption, context + attestation),
        KMSActionEntry(
            "DeriveSharedSecret", .write, [.key], acrossAccounts: true, use + [.keyAgreementAlgorithm], attestation),
        KMSActionEntry("Encapsulate", .write, [.key], acrossAccounts: true, use + [.encapsulationAlgorithm]),
        KMSActionEntry("Encrypt", .write, [.key], acrossAccounts: true, encryption, context),
        KMSActionEntry("GenerateDataKey", .write, [.key], acrossAccounts: true, encryption, context + attestation),
        KMSActionEntry(
            "GenerateDataKeyPair", .write, [.key], acrossAccounts: true, encryption + [.dataKeyPairSpec],
            context + attestation),
        KMSActionEntry(
            "GenerateDataKeyPairWithoutPlaintext", .write, [.key], acrossAccounts: true,
            encryption + [.dataKeyPairSpec], context),
        KMSActionEntry(
            "GenerateDataKeyWithoutPlaintext", .write, [.key], acrossAccounts: true, encryption, context),
        KMSActionEntry("GenerateMac", .write, [.key], acrossAccounts: true, use + [.macAlgorithm]),
        KMSActionEntry("GetPublicKey", .read, [.key], acrossAccounts: true, use),
        KMSActionEntry(
            "ReEncryptFrom", .write, [.key], acrossAccounts: true, encryption + [.reEncryptOnSameKey], context),
        KMSActionEntry(
            "ReEncryptTo", .write, [.key], acrossAccounts: true, encryption + [.reEncryptOnSameKey], context),
        KMSActionEntry("Sign", .write, [.key], acrossAccounts: true, use + [.messageType, .signingAlgorithm]),
        KMSActionEntry("Verify", .write, [.key], acrossAccounts: true, use + [.messageType, .signingAlgorithm]),
        KMSActionEntry("VerifyMac", .write, [.key], acrossAccounts: true, use + [.macAlgorithm]),
    ]

    private static let keys = [
        KMSActionEntry("CancelKeyDeletion", .write, [.key], caller),
        KMSActionEntry("DescribeKey", .read, [.key], acrossAccounts: true, use),
        KMSActionEntry("DisableKey", .write, [.key], caller + [.trailingDaysWithoutKeyUsage]),
        KMSActionEntry("EnableKey", .write, [.key], caller),
        KMSActionEntry("GetKeyLastUsage", .read, [.key], caller),
        KMSActionEntry("GetKeyPolicy", .read, [.key], caller),
        KMSActionEntry("ListKeyPolicies", .list, [.key], caller),
        KMSActionEntry(
            "PutKeyPolicy", .permissionsManagement, [.key], caller + [.bypassPolicyLockoutSafetyCheck]),
        KMSActionEntry("ReplicateKey", .write, [.key], caller + [.replicaRegion]),
        KMSActionEntry(
            "ScheduleKeyDeletion", .write, [.key],
            caller + [.scheduleKeyDeletionPendingWindowInDays, .trailingDaysWithoutKeyUsage]),
        KMSActionEntry("SynchronizeMultiRegionKey", .write, [.key], []),
        KMSActionEntry("UpdateKeyDescription", .write, [.key], caller),
        KMSActionEntry("UpdatePrimaryRegion", .write, [.key], caller + [.primaryRegion]),
    ]

    private static let materials = [
        KMSActionEntry("DeleteImportedKeyMaterial", .write, [.key], caller),
        KMSActionEntry("DisableKeyRotation", .write, [.key], caller),
        KMSActionEntry("EnableKeyRotation", .write, [.key], caller + [.rotationPeriodInDays]),
        KMSActionEntry("GetKeyRotationStatus", .read, [.key], acrossAccounts: true, caller),
        KMSActionEntry("GetParametersForImport", .read, [.key], caller + [.wrappingAlgorithm, .wrappingKeySpec]),
        KMSActionEntry("ImportKeyMaterial", .write, [.key], caller + [.expirationModel, .validTo]),
        KMSActionEntry("ListKeyRotations", .list, [.key], caller),
        KMSActionEntry("RotateKeyOnDemand", .write, [.key], caller),
    ]

    private static let grants = [
        KMSActionEntry(
            "CreateGrant", .permissionsManagement, [.key], acrossAccounts: true,
            caller + [
                .encryptionContextKeys, .grantConstraintSourceARN, .grantConstraintType, .grantIsForAWSResource,
                .grantOperations, .granteePrincipal, .granteeServicePrincipal, .retiringPrincipal,
                .retiringServicePrincipal,
            ], context),
        KMSActionEntry("ListGrants", .list, [.key], acrossAccounts: true, caller + [.grantIsForAWSResource]),
        KMSActionEntry("ListRetirableGrants", .list, [], []),
        KMSActionEntry(
            "RetireGrant", .permissionsManagement, [.key], acrossAccounts: true,
            caller + [.encryptionContextKeys, .grantConstraintType], context),
        KMSActionEntry(
            "RevokeGrant", .permissionsManagement, [.key], acrossAccounts: true, caller + [.grantIsForAWSResource]),
    ]

    private static let aliasesAndTags = [
        KMSActionEntry("CreateAlias", .write, [.alias, .key], caller),
        KMSActionEntry("DeleteAlias", .write, [.alias, .key], caller),
        KMSActionEntry("ListAliases", .list, [], caller),
        KMSActionEntry("ListResourceTags", .list, [.key], caller),
        KMSActionEntry("TagResource", .tagging, [.key], caller + [.tagKeys], [.requestTag("")]),
        KMSActionEntry("UntagResource", .tagging, [.key], caller + [.tagKeys]),
        KMSActionEntry("UpdateAlias", .write, [.alias, .key], caller),
    ]

    private static let account = [
        KMSActionEntry("ConnectCustomKeyStore", .write, [], [.callerAccount]),
        KMSActionEntry("CreateCustomKeyStore", .write, [], [.callerAccount]),
        KMSActionEntry(
            "CreateKey", .write, [],
            caller + [
                .tagKeys, .bypassPolicyLockoutSafetyCheck, .keyOrigin, .keySpec, .keyUsage, .multiRegion,
                .multiRegionKeyType, .customerMasterKeySpec, .customerMasterKeyUsage,
            ], [.requestTag(""), .resourceTag("")]),
        KMSActionEntry("DeleteCustomKeyStore", .write, [], [.callerAccount]),
        KMSActionEntry("DescribeCustomKeyStores", .read, [], [.callerAccount]),
        KMSActionEntry("DisconnectCustomKeyStore", .write, [], [.callerAccount]),
        KMSActionEntry("GenerateRandom", .write, [], [.callerAccount], attestation),
        KMSActionEntry("ListKeys", .list, [], caller),
        KMSActionEntry("UpdateCustomKeyStore", .write, [], [.callerAccount]),
    ]
}
