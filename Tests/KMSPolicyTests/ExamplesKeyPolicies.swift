import KMSPolicy

/// "Key policies in AWS KMS", and "Allowing users in other accounts to use a KMS key".
extension Example {
    private static let useActions = """
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        """
    private static let grantActions = #""Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]"#

    static let keyPolicies: [Example] = [
        Example(
            "Allows access to the AWS account and enables IAM policies",
            checks: [
                .allowed("Decrypt", .root()), .allowed("PutKeyPolicy", .root()),
                .refused("Decrypt", .alice),
                .allowed("Decrypt", .alice.having(#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}"#)),
                .refused("Encrypt", .alice.having(#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}"#)),
                .refused("Decrypt", .stranger.having(Actor.everything)), .refused("Decrypt", .root(otherAccount)),
                .refused("Decrypt", .service("logs.amazonaws.com")),
            ]),
        Example(
            "Key policies without the statement that enables IAM policies",
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/KeyOwner"}, "Action": "kms:*",
             "Resource": "*"}
            """,
            checks: [
                .allowed("PutKeyPolicy", .user("KeyOwner")), .allowed("Decrypt", .user("KeyOwner")),
                .refused("Decrypt", .alice.having(Actor.everything)), .refused("PutKeyPolicy", .root()),
                .denied(
                    "Decrypt",
                    .user("KeyOwner").having(#"{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}"#)),
            ]),
        Example(
            "Allows key administrators to administer the KMS key",
            """
            {"Sid": "Allow access for Key Administrators", "Effect": "Allow",
             "Principal": {"AWS": "arn:aws:iam::111122223333:role/ExampleAdminRole"},
             "Action": ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*",
              "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource",
              "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand"],
             "Resource": "*"}
            """,
            checks: [
                .allowed("PutKeyPolicy", .role("ExampleAdminRole")), .allowed("DisableKey", .role("ExampleAdminRole")),
                .allowed("ScheduleKeyDeletion", .role("ExampleAdminRole")),
                .allowed("GetKeyRotationStatus", .role("ExampleAdminRole", session: "other")),
                .refused("Encrypt", .role("ExampleAdminRole")), .refused("Decrypt", .role("ExampleAdminRole")),
                .refused("GenerateDataKey", .role("ExampleAdminRole")), .refused("PutKeyPolicy", .role("ExampleRole")),
                .refused("PutKeyPolicy", .user("ExampleAdminRole")),
            ]),
        Example(
            "Allows key users to use the KMS key",
            """
            {"Sid": "Allow use of the key", "Effect": "Allow", "Principal": {"AWS": [
              "arn:aws:iam::111122223333:role/ExampleRole", "arn:aws:iam::444455556666:root"]},
             \(useActions), "Resource": "*"}
            """,
            checks: [
                .allowed("Encrypt", .role("ExampleRole")), .allowed("ReEncryptFrom", .role("ExampleRole")),
                .allowed("GenerateDataKeyWithoutPlaintext", .role("ExampleRole")),
                .allowed("GenerateDataKeyPair", .role("ExampleRole")), .refused("CreateGrant", .role("ExampleRole")),
                .refused("PutKeyPolicy", .role("ExampleRole")), .refused("GenerateMac", .role("ExampleRole")),
                .allowed("Encrypt", .stranger.having(Actor.everything)), .refused("Encrypt", .stranger),
                .allowed("Decrypt", .root(otherAccount)),
            ]),
        Example(
            "Allows key users to use the KMS key with AWS services",
            """
            {"Sid": "Allow attachment of persistent resources", "Effect": "Allow",
             "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, \(grantActions), "Resource": "*",
             "Condition": {"Bool": {"kms:GrantIsForAWSResource": true}}}
            """,
            checks: [
                .allowed("CreateGrant", .alice, ["kms:GrantIsForAWSResource": ["true"]]),
                .allowed("RevokeGrant", .alice, ["kms:GrantIsForAWSResource": ["true"]]),
                .refused("CreateGrant", .alice, ["kms:GrantIsForAWSResource": ["false"]]),
                .refused("CreateGrant", .alice), .refused("Decrypt", .alice, ["kms:GrantIsForAWSResource": ["true"]]),
            ]),
        Example(
            "Example key policy: asymmetric keys for signing, and HMAC keys",
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Signer"},
             "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"], "Resource": "*"}
            """,
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Authenticator"},
             "Action": ["kms:DescribeKey", "kms:*Mac"], "Resource": "*"}
            """,
            checks: [
                .allowed("Sign", .role("Signer")), .allowed("GetPublicKey", .role("Signer")),
                .refused("GenerateMac", .role("Signer")), .allowed("GenerateMac", .role("Authenticator")),
                .allowed("VerifyMac", .role("Authenticator")), .refused("Verify", .role("Authenticator")),
            ]),
        Example(
            "Allowing users in other accounts to use a KMS key",
            """
            {"Sid": "Allow an external account to use this KMS key", "Effect": "Allow",
             "Principal": {"AWS": ["arn:aws:iam::444455556666:root"]},
             "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:PutKeyPolicy"], "Resource": "*"}
            """,
            checks: [
                .allowed(
                    "Decrypt",
                    .stranger.having(#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "\#(key)"}"#)),
                .refused(
                    "DescribeKey",
                    .stranger.having(#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "\#(key)"}"#)),
                .refused("Decrypt", .stranger), .refused("Encrypt", .stranger.having(Actor.everything)),
                // "Allowing use of external KMS keys" works for some operations only, whatever the policies say.
                .refused("PutKeyPolicy", .stranger.having(Actor.everything)),
                .refused("PutKeyPolicy", .root(otherAccount)),
                .refused("Decrypt", .user("dora", "777788889999").having(Actor.everything)),
                .refused("Decrypt", .alice.having(Actor.everything)),
            ]),
        Example(
            "Allowing users in other accounts: a role of the external account as the principal",
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/ExampleRole"}, \(useActions),
             "Resource": "*"}
            """,
            checks: [
                .allowed("Encrypt", .role("ExampleRole", otherAccount).having(Actor.everything)),
                .refused("Encrypt", .role("ExampleRole", otherAccount)),
                .refused("Encrypt", .stranger.having(Actor.everything)), .refused("Encrypt", .role("ExampleRole")),
            ]),
        Example(
            "Permissions for AWS services in key policies",
            """
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
             "Resource": "*", "Condition": {
              "StringEquals": {"aws:SourceAccount": "111122223333"},
              "ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"},
              "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}}
            """,
            checks: [
                .allowed(
                    "GenerateDataKey", .service("cloudtrail.amazonaws.com"), trail(account), context: trailContext),
                .refused("Decrypt", .service("cloudtrail.amazonaws.com"), trail(account), context: trailContext),
                .refused("GenerateDataKey", .service("cloudtrail.amazonaws.com"), trail(account), context: [:]),
                // A confused deputy.
                .refused(
                    "GenerateDataKey", .service("cloudtrail.amazonaws.com"), trail(otherAccount),
                    context: trailContext),
                .refused("GenerateDataKey", .service("cloudtrail.amazonaws.com"), context: trailContext),
                .refused("GenerateDataKey", .service("logs.amazonaws.com"), trail(account), context: trailContext),
                .refused("GenerateDataKey", .alice.having(Actor.everything), trail(account), context: trailContext),
            ]),
        Example(
            "Encrypt log data in CloudWatch Logs using AWS KMS",
            """
            {"Effect": "Allow", "Principal": {"Service": "logs.us-west-2.amazonaws.com"},
             "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
             "Resource": "*", "Condition": {"ArnEquals": {
              "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-west-2:111122223333:log-group:app"}}}
            """,
            checks: [
                .allowed("Decrypt", .service("logs.us-west-2.amazonaws.com"), context: logGroup("app")),
                .refused("Decrypt", .service("logs.us-west-2.amazonaws.com"), context: logGroup("payroll")),
                .refused("Decrypt", .service("logs.us-west-2.amazonaws.com"), context: [:]),
                .refused("Decrypt", .service("logs.eu-west-1.amazonaws.com"), context: logGroup("app")),
            ]),
        Example(
            "Controlling access to key deletion",
            enableIAMPolicies,
            """
            {"Effect": "Deny", "Principal": "*", "Action": ["kms:ScheduleKeyDeletion", "kms:DeleteImportedKeyMaterial"],
             "Resource": "*", "Condition": {"ArnNotEquals": {
              "aws:PrincipalArn": "arn:aws:iam::111122223333:role/KeyDeleter"}}}
            """,
            checks: [
                .allowed("ScheduleKeyDeletion", .role("KeyDeleter").having(Actor.everything)),
                .denied("ScheduleKeyDeletion", .alice.having(Actor.everything)),
                .denied("ScheduleKeyDeletion", .root()),
                .allowed("CancelKeyDeletion", .alice.having(Actor.everything)),
                .refused("ScheduleKeyDeletion", .role("KeyDeleter")),
            ]),
        Example(
            "AWS JSON policy elements: Principal, a session and its role",
            """
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Principal": {
              "AWS": "arn:aws:sts::111122223333:assumed-role/ExampleRole/one"}}
            """,
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ExampleRole"},
             "Action": "kms:Encrypt", "Resource": "*"}
            """,
            checks: [
                .allowed("Decrypt", .role("ExampleRole", session: "one")),
                .refused("Decrypt", .role("ExampleRole", session: "two")),
                .allowed("Encrypt", .role("ExampleRole", session: "two")),
                // What names the session is not limited by what limits the session; what names the role is.
                .allowed("Decrypt", .role("ExampleRole", session: "one").bounded(by: onlyDescribe)),
                .refused("Encrypt", .role("ExampleRole", session: "one").bounded(by: onlyDescribe)),
                .refused("Encrypt", .role("ExampleRole", session: "one").inSession(with: onlyDescribe)),
                .denied("Decrypt", .role("ExampleRole", session: "one").bounded(by: denyDecrypt)),
            ]),
        Example(
            "AWS JSON policy elements: Principal, unique identifiers",
            """
            {"Effect": "Allow", "Principal": {"AWS": ["AIDAJQABLZS4A3QDU576Q", "AROAJQABLZS4A3QDU576R"]},
             "Action": "kms:Decrypt", "Resource": "*"}
            """,
            checks: [
                .allowed("Decrypt", renamed(.alice, userID: "AIDAJQABLZS4A3QDU576Q")),
                .allowed("Decrypt", renamed(.role("Any"), userID: "AROAJQABLZS4A3QDU576R:s", "AROAJQABLZS4A3QDU576R")),
                .refused("Decrypt", .alice), .refused("Decrypt", .role("Any")),
            ]),
        Example(
            "Permissions boundaries for IAM entities: a policy that names the user",
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": "kms:Decrypt",
             "Resource": "*"}
            """,
            enableIAMPolicies,
            checks: [
                .allowed("Decrypt", .alice.bounded(by: onlyDescribe)),
                .denied("Decrypt", .alice.bounded(by: denyDecrypt)),
                .refused("Encrypt", .alice.having(Actor.everything).bounded(by: onlyDescribe)),
                .allowed("DescribeKey", .alice.having(Actor.everything).bounded(by: onlyDescribe)),
                .refused("DescribeKey", .alice.bounded(by: onlyDescribe)),
            ]),
    ]

    private static let onlyDescribe = #"{"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*"}"#
    private static let denyDecrypt = #"{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}"#
    private static let trailContext = ["aws:cloudtrail:arn": "arn:aws:cloudtrail:us-west-2:111122223333:trail/all"]

    private static func trail(_ account: String) -> [String: [String]] {
        ["aws:SourceAccount": [account], "aws:SourceArn": ["arn:aws:cloudtrail:us-west-2:\(account):trail/all"]]
    }

    private static func logGroup(_ name: String) -> [String: String] {
        ["aws:logs:arn": "arn:aws:logs:us-west-2:111122223333:log-group:\(name)"]
    }

    private static func renamed(_ actor: Actor, userID: String, _ issuerID: String? = nil) -> Actor {
        let old = actor.caller
        var actor = actor
        actor.caller = .init(
            kind: old.kind, account: old.account, arn: old.arn, userID: userID, issuerARN: old.issuerARN,
            issuerID: issuerID)
        return actor
    }
}
