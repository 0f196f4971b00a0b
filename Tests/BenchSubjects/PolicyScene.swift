import KMSPolicy

/// A question with all that decides on it. Here and not with the benchmark, which is a package of its own and does not see
/// the policy engine.
public struct PolicyScene {
    public let name: String
    /// What has to be decided.
    public let isAllowed: Bool
    let action: String
    let caller: PolicyCaller
    let policies: CallerPolicies
    let keyPolicy: CompiledPolicy
    let grants: [GrantPermission]
    let context: Context

    struct Context: ConditionContext {
        var encryptionContext: [String: String] = [:]

        func values(of key: ConditionKey) -> ConditionValues {
            switch key {
            case .encryptionContext(let name):
                encryptionContext.first { $0.key.lowercased() == name }.map { .one($0.value) } ?? .absent
            case .named(.encryptionContextKeys): .several(Array(encryptionContext.keys))
            case .named(.callerAccount), .named(.principalAccount): .one("111122223333")
            case .named(.secureTransport): .one("true")
            case .named(.sourceIP): .one("10.1.2.3")
            default: .absent
            }
        }
    }

    public func decide() -> Bool {
        Decision.onKey(
            PolicyQuestion(action: action, resource: Self.key, context: context), by: caller, policies,
            keyPolicy: keyPolicy, keyAccount: "111122223333", worksAcrossAccounts: true,
            encryptionContext: context.encryptionContext, grants: { grants }
        ).isAllowed
    }

    private static let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    public static func all() throws -> [PolicyScene] {
        let role = PolicyCaller(
            kind: .roleSession, account: "111122223333",
            arn: "arn:aws:sts::111122223333:assumed-role/application/i-1234", userID: "AROAEXAMPLE:i-1234",
            issuerARN: "arn:aws:iam::111122223333:role/application", issuerID: "AROAEXAMPLE")
        let keyPolicy = CompiledPolicy(
            try PolicyDocument(parsing: applicationPolicy, as: .key), source: .keyPolicy)
        let standard = CompiledPolicy(try PolicyDocument(parsing: standardPolicy, as: .key), source: .keyPolicy)
        let identity = try [allowByKey, denyWithoutTLS].enumerated().map { index, text throws(PolicyError) in
            CompiledPolicy(try PolicyDocument(parsing: text, as: .identity), source: .identityPolicy("p\(index)"))
        }
        let tenant = Context(encryptionContext: ["tenant": "7", "purpose": "invoices"])
        let grant = GrantPermission(
            id: "grant", grantee: .principal(arn: "arn:aws:iam::111122223333:role/application", uniqueID: nil),
            operations: ["Decrypt"], constraint: .encryptionContextSubset(["tenant": "7"]))
        return [
            PolicyScene(
                name: "key policy names the role, conditions on the encryption context", isAllowed: true,
                action: "kms:Decrypt", caller: role, policies: CallerPolicies(identity: identity),
                keyPolicy: keyPolicy, grants: [], context: tenant),
            PolicyScene(
                name: "default key policy, two identity policies", isAllowed: true, action: "kms:GenerateDataKey",
                caller: role, policies: CallerPolicies(identity: identity), keyPolicy: standard, grants: [],
                context: tenant),
            PolicyScene(
                name: "grant with a constraint", isAllowed: true, action: "kms:Decrypt", caller: role,
                policies: CallerPolicies(), keyPolicy: standard, grants: [grant], context: tenant),
            PolicyScene(
                name: "refused", isAllowed: false, action: "kms:ScheduleKeyDeletion", caller: role,
                policies: CallerPolicies(identity: identity), keyPolicy: keyPolicy, grants: [], context: tenant),
        ]
    }
}

private let standardPolicy = #"""
    {"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}
    """#

private let applicationPolicy = #"""
    {"Version":"2012-10-17","Statement":[
    {"Sid":"Administrators","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/administrators"},
     "Action":["kms:Create*","kms:Describe*","kms:Enable*","kms:List*","kms:Put*","kms:Update*","kms:Revoke*",
     "kms:Disable*","kms:Get*","kms:Delete*","kms:TagResource","kms:UntagResource","kms:ScheduleKeyDeletion",
     "kms:CancelKeyDeletion"],"Resource":"*"},
    {"Sid":"Use","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/batch",
     "arn:aws:iam::111122223333:role/application"]},
     "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*",
     "Condition":{"StringEquals":{"kms:EncryptionContext:tenant":["5","6","7"],"kms:CallerAccount":"111122223333"},
     "StringLike":{"kms:EncryptionContext:purpose":"inv*"}}},
    {"Sid":"Grants","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/application"},
     "Action":["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"],"Resource":"*",
     "Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}},
    {"Sid":"OnlyFromInside","Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*",
     "Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}
    """#

private let allowByKey = #"""
    {"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Action":["kms:Encrypt","kms:Decrypt","kms:GenerateDataKey"],
    "Resource":["arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:kms:eu-central-1:111122223333:key/*"]}]}
    """#

private let denyWithoutTLS = #"""
    {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*",
    "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}
    """#
