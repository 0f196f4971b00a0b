/// What is known of a condition key.
package struct ConditionKeyDefinition: Hashable, Sendable {
    package enum ValueType: String, Sendable {
        case string = "String"
        case arn = "ARN"
        case bool = "Bool"
        case numeric = "Numeric"
        case date = "Date"
        case ipAddress = "IP address"
    }

    package let type: ValueType
    /// Whether a request can have several values for it.
    package let isSet: Bool

    init(_ type: ValueType, isSet: Bool = false) {
        self.type = type
        self.isSet = isSet
    }
}

/// The condition keys of AWS KMS and the global ones ("Actions, resources, and condition keys for AWS Key Management
/// Service", AWS Service Authorization Reference; "AWS global condition context keys", IAM User Guide).
package enum ConditionKeyCatalog {
    /// - Returns: nil for a key that neither AWS KMS nor every request has.
    package static func definition(of key: ConditionKey) -> ConditionKeyDefinition? {
        switch key.family {
        case .named(let name): ConditionKeyDefinition(type(of: name), isSet: key.isMultivalued)
        case .encryptionContext, .principalTag, .requestTag, .resourceTag: ConditionKeyDefinition(.string)
        case .other(let text): others[text]
        }
    }

    /// Whether a request for any action can have it.
    package static func isGlobal(_ key: ConditionKey) -> Bool {
        switch key.family {
        case .principalTag: true
        case .named(.tagKeys), .requestTag, .resourceTag, .encryptionContext: false
        case .named(let name): name.rawValue.hasPrefix("aws:")
        case .other(let text): text.hasPrefix("aws:") && others[text] != nil
        }
    }

    private static func type(of name: ConditionKey.Name) -> ConditionKeyDefinition.ValueType {
        switch name {
        case .multiFactorAuthPresent, .principalIsAWSService, .secureTransport, .viaAWSService,
            .bypassPolicyLockoutSafetyCheck, .grantIsForAWSResource, .multiRegion, .reEncryptOnSameKey:
            .bool
        case .multiFactorAuthAge, .rotationPeriodInDays, .scheduleKeyDeletionPendingWindowInDays,
            .trailingDaysWithoutKeyUsage:
            .numeric
        case .currentTime, .epochTime, .tokenIssueTime, .validTo:
            .date
        case .sourceIP, .vpcSourceIP:
            .ipAddress
        case .principalARN, .sourceARN, .grantConstraintSourceARN, .associatedResourceARN, .permissionsBoundary,
            .policyARN:
            .arn
        case .calledVia, .principalServiceNamesList, .tagKeys, .encryptionContextKeys, .grantOperations,
            .resourceAliases, .transitiveTagKeys, .calledViaFirst, .calledViaLast, .federatedProvider,
            .principalAccount, .principalOrgID,
            .principalServiceName, .principalType, .referer, .requestedRegion, .resourceAccount, .sourceAccount,
            .sourceIdentity, .sourceVPC, .sourceVPCE, .userAgent, .userID, .userName, .callerAccount,
            .customerMasterKeySpec, .customerMasterKeyUsage, .dataKeyPairSpec, .encapsulationAlgorithm,
            .encryptionAlgorithm, .expirationModel, .grantConstraintType, .granteePrincipal,
            .granteeServicePrincipal, .keyAgreementAlgorithm, .keyOrigin, .keySpec, .keyUsage, .macAlgorithm,
            .messageType, .multiRegionKeyType, .primaryRegion, .replicaRegion, .requestAlias, .retiringPrincipal,
            .retiringServicePrincipal, .signingAlgorithm, .viaService, .wrappingAlgorithm, .wrappingKeySpec,
            .passedToService, .externalID, .roleSessionName:
            .string
        }
    }

    /// Keys that AWS has and that no request to this server has a value for, but those of attestation.
    private static let others: [String: ConditionKeyDefinition] = [
        "kms:recipientattestation:": ConditionKeyDefinition(.string),
        "aws:assumedroot": ConditionKeyDefinition(.string),
        "aws:chatbotsourcearn": ConditionKeyDefinition(.arn),
        "aws:ec2instancesourceprivateipv4": ConditionKeyDefinition(.ipAddress),
        "aws:ec2instancesourcevpc": ConditionKeyDefinition(.string),
        "aws:principalorgpaths": ConditionKeyDefinition(.string, isSet: true),
        "aws:resourceorgid": ConditionKeyDefinition(.string),
        "aws:resourceorgpaths": ConditionKeyDefinition(.string, isSet: true),
        "aws:sourceorgid": ConditionKeyDefinition(.string),
        "aws:sourceorgpaths": ConditionKeyDefinition(.string, isSet: true),
        "aws:sourcevpcarn": ConditionKeyDefinition(.arn),
        "aws:vpceaccount": ConditionKeyDefinition(.string),
        "aws:vpceorgid": ConditionKeyDefinition(.string),
        "aws:vpceorgpaths": ConditionKeyDefinition(.string, isSet: true),
    ]
}

extension ConditionKey {
    /// The key without the part of the author's choice, as tables have it.
    var family: ConditionKey {
        switch self {
        case .named: self
        case .encryptionContext: .encryptionContext("")
        case .principalTag: .principalTag("")
        case .requestTag: .requestTag("")
        case .resourceTag: .resourceTag("")
        case .other(let text):
            text.hasPrefix("kms:recipientattestation:") ? .other("kms:recipientattestation:") : self
        }
    }
}
