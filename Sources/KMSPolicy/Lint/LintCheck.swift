/// What the linter looks for.
package enum LintCheck: String, CaseIterable, Sendable {
    case unreadable = "L0"
    case publicKey = "L1"
    case allowNotPrincipal = "L2"
    case denyNotPrincipal = "L3"
    case separationOfDuties = "L4"
    case forAllValues = "L5"
    case decryptOnAllKeys = "L6"
    case aliasAsResource = "L7"
    case inertStatement = "L8"
    case acrossAccounts = "L9"
    case conditionMismatch = "L10"
    case literalWildcard = "L11"
    case servicePrincipal = "L12"
    case grants = "L13"
    case multiFactorAuthentication = "L14"
    case deadPrincipal = "L15"
    case administration = "L16"
    case rotation = "L17"
    case deletion = "L18"
    case usage = "L19"
    case document = "L20"
    case attestation = "L21"

    package var id: String { rawValue }
    package var rule: LintRule { LintRule.of(self) }
}

/// What a check is, for its reader.
package struct LintRule: Sendable {
    package let title: String
    /// Of most of its findings; one may be more or less severe.
    package let severity: LintSeverity
    /// Who demands it.
    package let source: String
    package let explanation: String

    private init(_ title: String, _ severity: LintSeverity, _ source: String, _ explanation: String) {
        self.title = title
        self.severity = severity
        self.source = source
        self.explanation = explanation
    }

    static func of(_ check: LintCheck) -> LintRule {
        switch check {
        case .unreadable:
            LintRule(
                "The policy cannot be read", .high, "IAM User Guide: grammar of the IAM JSON policy language",
                "A policy that breaks the grammar is refused as a key policy, and allows nothing.")
        case .publicKey:
            LintRule(
                "The key is open to everyone", .critical, "AWS FSBP KMS.5, CKV_AWS_33, IAM Access Analyzer",
                "A key policy that allows \"*\" without a condition on who calls lets any AWS account use the key.")
        case .allowNotPrincipal:
            LintRule(
                "Allow with NotPrincipal", .high, "IAM Access Analyzer",
                "Allow with NotPrincipal allows everyone but those named, anonymous callers and other accounts too.")
        case .denyNotPrincipal:
            LintRule(
                "Deny with NotPrincipal that leaves out an account or a session", .high, "IAM User Guide: NotPrincipal",
                "Who is to be spared has to be named with the account, and a role with its sessions; otherwise the "
                    + "statement denies the spared too.")
        case .separationOfDuties:
            LintRule(
                "One principal both administers and uses keys", .medium,
                "AWS KMS best practices: least privilege; separation of duties",
                "Who can change a key's policy or destroy it should not be who decrypts with it.")
        case .forAllValues:
            LintRule(
                "ForAllValues lets requests through that have no value", .medium, "IAM Access Analyzer; AWS KMS",
                "ForAllValues is true for a request that lacks the key, and makes no sense for keys with one value. "
                    + "KMS refuses it for kms:EncryptionContext: and aws:RequestTag/ in key policies.")
        case .decryptOnAllKeys:
            LintRule(
                "An identity policy allows decryption with all keys", .medium, "AWS FSBP KMS.1 and KMS.2",
                "Whoever has the policy can decrypt whatever any key protects whose policy delegates to IAM.")
        case .aliasAsResource:
            LintRule(
                "An alias where a key is meant", .medium, "AWS KMS Developer Guide: aliases and access",
                "A key operation's resource is the key; an alias in Resource matches none. kms:ResourceAliases "
                    + "works in identity policies.")
        case .inertStatement:
            LintRule(
                "A statement without effect", .medium, "AWS KMS Developer Guide: key policies",
                "KMS accepts a statement without Resource or Action, or with another key's ARN, and never applies it.")
        case .acrossAccounts:
            LintRule(
                "Operations that never work across accounts", .low,
                "AWS KMS Developer Guide: allowing users in other accounts to use a KMS key",
                "Only some operations can be allowed to another account; the others fail whatever a policy says.")
        case .conditionMismatch:
            LintRule(
                "A condition that does not fit", .medium, "IAM Access Analyzer; Service Authorization Reference",
                "The condition key has no value for the action, the operator is of another type than the key, or "
                    + "the operator's IfExists defeats the condition.")
        case .literalWildcard:
            LintRule(
                "A wildcard that is taken literally", .medium, "IAM Access Analyzer",
                "StringEquals compares * and ? as characters; StringLike takes them for wildcards.")
        case .servicePrincipal:
            LintRule(
                "A service is allowed for whomever it acts", .medium, "IAM Access Analyzer",
                "Without aws:SourceArn or aws:SourceAccount, the service can be made to use the key by somebody else's "
                    + "resource: the confused deputy.")
        case .grants:
            LintRule(
                "Grants without limits", .medium, "AWS KMS Developer Guide: best practices for grants",
                "Whoever can create grants can give away all that a grant can allow, unless conditions say for "
                    + "whom and for which operations.")
        case .multiFactorAuthentication:
            LintRule(
                "A test of MFA that long-term credentials pass", .high, "IAM User Guide: MFA-protected API access",
                "Long-term access keys have no aws:MultiFactorAuthPresent at all: Allow has to test for true with "
                    + "Bool, Deny for false with BoolIfExists.")
        case .deadPrincipal:
            LintRule(
                "A principal that is not there", .medium, "IAM Access Analyzer",
                "An id such as AIDA… or AROA… is what is left of an identity that was deleted; an unknown account "
                    + "may be nobody's that you trust.")
        case .administration:
            LintRule(
                "Who can change the key policy", .info, "AWS KMS Developer Guide: default key policy",
                "A key whose policy nobody can change any more cannot be managed; delegation to the account keeps it "
                    + "manageable when users leave.")
        case .rotation:
            LintRule(
                "Rotation is off", .medium,
                "CIS AWS Foundations 3.8 (1.5), 3.6 (4, 5), 4.6 (6); AWS FSBP KMS.4; CKV_AWS_7",
                "A symmetric key that is rotated by itself bounds how much is encrypted under one material.")
        case .deletion:
            LintRule(
                "A key that is in use is to go", .high, "AWS FSBP KMS.3; CIS AWS Foundations 4.7; CKV_AWS_227",
                "What a destroyed key encrypted is lost for ever; a disabled key fails whoever still uses it.")
        case .usage:
            LintRule(
                "A key that is more than is needed", .low, "AWS KMS best practices: cost and least privilege",
                "A key that nobody uses, or that could be used in other Regions without need, is only a risk.")
        case .document:
            LintRule(
                "The document could be clearer", .low, "IAM Access Analyzer; IAM User Guide: Version",
                "Without Version 2012-10-17 variables are plain text; duplicate Sids and statements that say the "
                    + "same mislead the reader.")
        case .attestation:
            LintRule(
                "Attestation can be bypassed", .high, "AWS KMS Developer Guide: condition keys for Nitro Enclaves",
                "One statement asks for an attestation and another allows the same operation without it.")
        }
    }
}
