/// A condition key, whose name is the same in any case.
package enum ConditionKey: Hashable, Sendable {
    /// One without a part of the author's choice.
    case named(Name)
    /// `kms:EncryptionContext:<key>`; the key in lower case.
    case encryptionContext(String)
    /// `aws:PrincipalTag/<key>`; the key in lower case.
    case principalTag(String)
    /// `aws:RequestTag/<key>`; the key in lower case.
    case requestTag(String)
    /// `aws:ResourceTag/<key>`; the key in lower case.
    case resourceTag(String)
    /// Whatever else stands in a policy, in lower case: no request has a value for it.
    case other(String)

    package enum Name: String, Sendable, CaseIterable {
        case calledVia = "aws:CalledVia"
        case calledViaFirst = "aws:CalledViaFirst"
        case calledViaLast = "aws:CalledViaLast"
        case currentTime = "aws:CurrentTime"
        case epochTime = "aws:EpochTime"
        case federatedProvider = "aws:FederatedProvider"
        case multiFactorAuthAge = "aws:MultiFactorAuthAge"
        case multiFactorAuthPresent = "aws:MultiFactorAuthPresent"
        case principalAccount = "aws:PrincipalAccount"
        case principalARN = "aws:PrincipalArn"
        case principalIsAWSService = "aws:PrincipalIsAWSService"
        case principalOrgID = "aws:PrincipalOrgID"
        case principalServiceName = "aws:PrincipalServiceName"
        case principalServiceNamesList = "aws:PrincipalServiceNamesList"
        case principalType = "aws:PrincipalType"
        case referer = "aws:Referer"
        case requestedRegion = "aws:RequestedRegion"
        case resourceAccount = "aws:ResourceAccount"
        case secureTransport = "aws:SecureTransport"
        case sourceAccount = "aws:SourceAccount"
        case sourceARN = "aws:SourceArn"
        case sourceIdentity = "aws:SourceIdentity"
        case sourceIP = "aws:SourceIp"
        case sourceVPC = "aws:SourceVpc"
        case sourceVPCE = "aws:SourceVpce"
        case tagKeys = "aws:TagKeys"
        case tokenIssueTime = "aws:TokenIssueTime"
        case userAgent = "aws:UserAgent"
        case userID = "aws:userid"
        case userName = "aws:username"
        case viaAWSService = "aws:ViaAWSService"
        case vpcSourceIP = "aws:VpcSourceIp"
        case bypassPolicyLockoutSafetyCheck = "kms:BypassPolicyLockoutSafetyCheck"
        case callerAccount = "kms:CallerAccount"
        case customerMasterKeySpec = "kms:CustomerMasterKeySpec"
        case customerMasterKeyUsage = "kms:CustomerMasterKeyUsage"
        case dataKeyPairSpec = "kms:DataKeyPairSpec"
        case encapsulationAlgorithm = "kms:EncapsulationAlgorithm"
        case encryptionAlgorithm = "kms:EncryptionAlgorithm"
        case encryptionContextKeys = "kms:EncryptionContextKeys"
        case expirationModel = "kms:ExpirationModel"
        case grantConstraintSourceARN = "kms:GrantConstraintSourceArn"
        case grantConstraintType = "kms:GrantConstraintType"
        case granteePrincipal = "kms:GranteePrincipal"
        case granteeServicePrincipal = "kms:GranteeServicePrincipal"
        case grantIsForAWSResource = "kms:GrantIsForAWSResource"
        case grantOperations = "kms:GrantOperations"
        case keyAgreementAlgorithm = "kms:KeyAgreementAlgorithm"
        case keyOrigin = "kms:KeyOrigin"
        case keySpec = "kms:KeySpec"
        case keyUsage = "kms:KeyUsage"
        case macAlgorithm = "kms:MacAlgorithm"
        case messageType = "kms:MessageType"
        case multiRegion = "kms:MultiRegion"
        case multiRegionKeyType = "kms:MultiRegionKeyType"
        case primaryRegion = "kms:PrimaryRegion"
        case reEncryptOnSameKey = "kms:ReEncryptOnSameKey"
        case replicaRegion = "kms:ReplicaRegion"
        case requestAlias = "kms:RequestAlias"
        case resourceAliases = "kms:ResourceAliases"
        case retiringPrincipal = "kms:RetiringPrincipal"
        case retiringServicePrincipal = "kms:RetiringServicePrincipal"
        case rotationPeriodInDays = "kms:RotationPeriodInDays"
        case scheduleKeyDeletionPendingWindowInDays = "kms:ScheduleKeyDeletionPendingWindowInDays"
        case signingAlgorithm = "kms:SigningAlgorithm"
        case trailingDaysWithoutKeyUsage = "kms:TrailingDaysWithoutKeyUsage"
        case validTo = "kms:ValidTo"
        case viaService = "kms:ViaService"
        case wrappingAlgorithm = "kms:WrappingAlgorithm"
        case wrappingKeySpec = "kms:WrappingKeySpec"
        case associatedResourceARN = "iam:AssociatedResourceArn"
        case passedToService = "iam:PassedToService"
        case permissionsBoundary = "iam:PermissionsBoundary"
        case policyARN = "iam:PolicyARN"
        case externalID = "sts:ExternalId"
        case roleSessionName = "sts:RoleSessionName"
        case transitiveTagKeys = "sts:TransitiveTagKeys"
    }
}

extension ConditionKey {
    private static let names = Dictionary(uniqueKeysWithValues: Name.allCases.map { ($0.rawValue.lowercased(), $0) })

    private static let families: [(prefix: String, make: @Sendable (String) -> ConditionKey)] = [
        ("kms:encryptioncontext:", { .encryptionContext($0) }),
        ("aws:principaltag/", { .principalTag($0) }),
        ("aws:requesttag/", { .requestTag($0) }),
        ("aws:resourcetag/", { .resourceTag($0) }),
    ]

    package init(_ text: String) {
        let text = text.lowercased()
        if let name = Self.names[text] {
            self = .named(name)
        } else if let family = Self.families.first(where: { text.hasPrefix($0.prefix) }) {
            self = family.make(String(text.dropFirst(family.prefix.count)))
        } else {
            self = .other(text)
        }
    }
}

/// What a request has for a condition key.
package enum ConditionValues: Hashable, Sendable {
    case absent
    case one(String)
    /// Of a key that is a set by its nature, even when it has one value or none.
    case several([String])
}

/// A request's values for condition keys, worked out only for those that a policy asks about.
///
/// Bools are `true` and `false`; numbers decimal; moments in seconds since 1970, with a fraction; addresses as text.
package protocol ConditionContext {
    func values(of key: ConditionKey) -> ConditionValues
}
