/// "Using IAM policies with AWS KMS", with key policies that enable them.
extension Example {
    private static let useActions = #""Action": ["kms:Encrypt", "kms:Decrypt"]"#
    private static let otherKey = "arn:aws:kms:us-west-2:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321"
    private static let irishKey = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    private static let alias = "arn:aws:kms:us-west-2:111122223333:alias/ExampleAlias"

    static let identityPolicies: [Example] = [
        Example(
            "Allow a user to view KMS keys in the AWS KMS console",
            checks: {
                let viewer = Actor.alice.having(
                    """
                    {"Effect": "Allow", "Action": ["kms:ListAliases", "kms:ListKeys", "tag:GetResources"],
                     "Resource": "*"}
                    """,
                    """
                    {"Effect": "Allow", "Action": ["kms:DescribeKey", "kms:GetKey*", "kms:List*", "kms:GetPublicKey"],
                     "Resource": "arn:aws:kms:*:111122223333:key/*"}
                    """)
                return [
                    .allowed("ListKeys", viewer, on: "*"), .allowed("ListAliases", viewer, on: "*"),
                    .allowed("DescribeKey", viewer), .allowed("GetKeyPolicy", viewer), .allowed("ListGrants", viewer),
                    .refused("Decrypt", viewer), .refused("PutKeyPolicy", viewer),
                    .refused("CreateKey", viewer, on: "*"),
                ]
            }()),
        Example(
            "Allow a user to create KMS keys",
            checks: {
                let maker = Actor.alice.having(
                    """
                    {"Effect": "Allow", "Action": ["kms:CreateKey", "kms:CreateAlias", "kms:TagResource"],
                     "Resource": "*"}
                    """)
                return [
                    .allowed("CreateKey", maker, on: "*"), .allowed("CreateAlias", maker, on: alias),
                    .allowed("CreateAlias", maker), .refused("PutKeyPolicy", maker), .refused("Encrypt", maker),
                    .refused("CreateKey", .alice, on: "*"), .allowed("CreateKey", .root(), on: "*"),
                ]
            }()),
        Example(
            "Allow a user to encrypt and decrypt with any KMS key in a specific AWS account",
            checks: {
                let user = Actor.alice.having(
                    #"{"Effect": "Allow", \#(useActions), "Resource": "arn:aws:kms:*:111122223333:key/*"}"#)
                return [
                    .allowed("Encrypt", user), .allowed("Decrypt", user, on: otherKey),
                    .allowed("Decrypt", user, on: irishKey), .refused("DescribeKey", user),
                    .refused("Decrypt", user, on: "arn:aws:kms:us-west-2:444455556666:key/1"),
                ]
            }()),
        Example(
            "Allow a user to encrypt and decrypt with any KMS key in a specific AWS account and Region",
            checks: {
                let user = Actor.alice.having(
                    #"{"Effect": "Allow", \#(useActions), "Resource": ["arn:aws:kms:us-west-2:111122223333:key/*"]}"#)
                return [
                    .allowed("Encrypt", user), .allowed("Decrypt", user, on: otherKey),
                    .refused("Decrypt", user, on: irishKey),
                ]
            }()),
        Example(
            "Allow a user to encrypt and decrypt with specific KMS keys",
            checks: {
                let user = Actor.alice.having(
                    #"{"Effect": "Allow", \#(useActions), "Resource": ["\#(key)", "\#(irishKey)"]}"#)
                return [
                    .allowed("Encrypt", user), .allowed("Decrypt", user, on: irishKey),
                    .refused("Decrypt", user, on: otherKey),
                ]
            }()),
        Example(
            "Prevent a user from disabling or deleting any KMS keys",
            checks: {
                let user = Actor.alice.having(
                    Actor.everything,
                    #"{"Effect": "Deny", "Action": ["kms:DisableKey", "kms:ScheduleKeyDeletion"], "Resource": "*"}"#)
                return [
                    .denied("DisableKey", user), .denied("ScheduleKeyDeletion", user), .allowed("EnableKey", user),
                    .allowed("Decrypt", user),
                ]
            }()),
        Example(
            "Specifying KMS keys in IAM policy statements: aliases",
            checks: {
                let user = Actor.alice.having(
                    #"{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:UpdateAlias"], "Resource": "\#(alias)"}"#)
                return [
                    // An alias stands for itself here, never for its key.
                    .allowed("UpdateAlias", user, on: alias), .refused("Encrypt", user),
                    .refused("Encrypt", user, ["kms:RequestAlias": ["alias/ExampleAlias"]]),
                    .refused("DeleteAlias", user, on: alias),
                ]
            }()),
        Example(
            "Controlling access to aliases: names that begin alike",
            checks: {
                let user = Actor.alice.having(
                    """
                    {"Effect": "Allow", "Action": ["kms:CreateAlias", "kms:DeleteAlias"],
                     "Resource": ["arn:aws:kms:*:111122223333:alias/project-*", "\(key)"]}
                    """)
                let projectAlias = "arn:aws:kms:us-west-2:111122223333:alias/project-a/key"
                return [
                    .allowed("CreateAlias", user, on: projectAlias), .allowed("CreateAlias", user),
                    .refused("CreateAlias", user, on: alias), .refused("CreateAlias", user, on: otherKey),
                    .refused("UpdateAlias", user, on: projectAlias),
                ]
            }()),
        Example(
            "Best practices for IAM policies: NotAction and NotResource",
            checks: {
                let operatorPolicy = """
                    {"Effect": "Allow", "NotAction": ["kms:ScheduleKeyDeletion", "kms:Disable*"],
                     "NotResource": "\(otherKey)"}
                    """
                let user = Actor.alice.having(operatorPolicy)
                return [
                    .allowed("Decrypt", user), .refused("ScheduleKeyDeletion", user), .refused("DisableKey", user),
                    .refused("Decrypt", user, on: otherKey),
                ]
            }()),
        Example(
            "AWS managed policy: AWSKeyManagementServicePowerUser",
            checks: {
                let user = Actor.alice.having(
                    """
                    {"Effect": "Allow", "Action": ["kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias",
                     "kms:Describe*", "kms:GenerateRandom", "kms:Get*", "kms:List*", "kms:TagResource",
                     "kms:UntagResource", "iam:ListGroups", "iam:ListRoles", "iam:ListUsers"], "Resource": "*"}
                    """)
                return [
                    .allowed("CreateKey", user, on: "*"), .allowed("GenerateRandom", user, on: "*"),
                    .allowed("GetKeyPolicy", user), .allowed("DeleteAlias", user, on: alias), .refused("Decrypt", user),
                    .refused("UpdateAlias", user, on: alias), .refused("ScheduleKeyDeletion", user),
                ]
            }()),
        Example(
            "Session policies",
            checks: {
                let session = Actor.role("ExampleRole").having(Actor.everything).inSession(
                    with: #"{"Effect": "Allow", "Action": "kms:De*", "Resource": "\#(key)"}"#,
                    #"{"Effect": "Deny", "Action": "kms:DescribeKey", "Resource": "*"}"#)
                return [
                    .allowed("Decrypt", session), .refused("Encrypt", session), .denied("DescribeKey", session),
                    .refused("Decrypt", session, on: otherKey),
                ]
            }()),
        Example(
            "Permissions boundaries for IAM entities",
            checks: {
                let user = Actor.alice.having(Actor.everything).bounded(
                    by: """
                        {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ListKeys"], "Resource": "*"}
                        """)
                return [
                    .allowed("Encrypt", user), .allowed("ListKeys", user, on: "*"), .refused("PutKeyPolicy", user),
                    .refused("ListAliases", user, on: "*"),
                ]
            }()),
    ]
}
