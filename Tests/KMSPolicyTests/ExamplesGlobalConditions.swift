/// "AWS global condition keys" with KMS, and "ABAC for AWS KMS".
extension Example {
    private static func allUsersMay(_ actions: String, if condition: String) -> String {
        """
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": \(actions), "Resource": "*",
         "Condition": {\(condition)}}
        """
    }

    private static func denied(_ actions: String, if condition: String) -> String {
        """
        {"Effect": "Deny", "Principal": "*", "Action": \(actions), "Resource": "*", "Condition": {\(condition)}}
        """
    }

    private static let role = "arn:aws:iam::111122223333:role/app"
    private static let admin = Actor.alice.having(Actor.everything)

    static let globalConditions: [Example] = [
        Example(
            "aws:MultiFactorAuthPresent and aws:MultiFactorAuthAge for critical calls",
            enableIAMPolicies,
            denied(
                #"["kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"]"#,
                if: #""BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}"#),
            denied(#""kms:ScheduleKeyDeletion""#, if: #""NumericGreaterThan": {"aws:MultiFactorAuthAge": "300"}"#),
            checks: [
                .allowed("ScheduleKeyDeletion", admin, mfa(age: 299)),
                .allowed("ScheduleKeyDeletion", admin, mfa(age: 300)),
                .denied("ScheduleKeyDeletion", admin, mfa(age: 301)), .allowed("PutKeyPolicy", admin, mfa(age: 301)),
                .denied("PutKeyPolicy", admin, ["aws:MultiFactorAuthPresent": ["false"]]),
                // With a long-term access key there is no such value.
                .denied("PutKeyPolicy", admin), .denied("ScheduleKeyDeletion", admin), .allowed("Decrypt", admin),
            ]),
        Example(
            "aws:MultiFactorAuthAge in an Allow",
            allUsersMay(#""kms:Decrypt""#, if: #""NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}"#),
            checks: [
                .allowed("Decrypt", .alice, mfa(age: 60)), .refused("Decrypt", .alice, mfa(age: 3600)),
                .refused("Decrypt", .alice),
            ]),
        Example(
            "aws:PrincipalOrgID",
            allUsersMay(#""kms:Decrypt""#, if: #""StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#),
            checks: [
                .allowed("Decrypt", .alice, ["aws:PrincipalOrgID": ["o-a1b2c3d4e5"]]),
                .allowed("Decrypt", .stranger.having(Actor.everything), ["aws:PrincipalOrgID": ["o-a1b2c3d4e5"]]),
                .refused("Decrypt", .stranger, ["aws:PrincipalOrgID": ["o-a1b2c3d4e5"]]),
                .refused("Decrypt", .alice, ["aws:PrincipalOrgID": ["o-other12345"]]), .refused("Decrypt", .alice),
            ]),
        Example(
            "Using the IP address condition in policies with AWS KMS permissions",
            enableIAMPolicies,
            denied(
                #""kms:*""#,
                if: """
                    "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24", "2001:db8:1234::/48"]},
                    "Bool": {"aws:ViaAWSService": "false"}
                    """),
            checks: [
                .allowed("Decrypt", admin, from("192.0.2.77")), .allowed("Decrypt", admin, from("2001:db8:1234:5::1")),
                .denied("Decrypt", admin, from("192.0.3.1")), .denied("Decrypt", admin, from("2001:db8:1235::1")),
                .allowed("Decrypt", admin, ["aws:SourceIp": ["198.51.100.1"], "aws:ViaAWSService": ["true"]]),
            ]),
        Example(
            "Using VPC endpoint conditions: no request of ours comes from one",
            enableIAMPolicies,
            denied(
                #"["kms:Encrypt", "kms:Decrypt"]"#,
                if: #""StringNotEquals": {"aws:SourceVpce": "vpce-1234abcd5678c90a"}"#),
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/bob"},
             "Action": "kms:GetPublicKey", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
            """,
            checks: [
                .denied("Decrypt", admin), .allowed("DescribeKey", admin), .refused("GetPublicKey", .user("bob")),
                .allowed("Decrypt", admin, ["aws:SourceVpce": ["vpce-1234abcd5678c90a"]]),
            ]),
        Example(
            "ABAC for AWS KMS: aws:ResourceTag",
            checks: {
                let user = Actor.alice.having(
                    """
                    {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"],
                     "Resource": "arn:aws:kms:*:111122223333:key/*",
                     "Condition": {"StringEquals": {"aws:ResourceTag/Project": "Alpha"}}}
                    """)
                return [
                    .allowed("Decrypt", user, ["aws:ResourceTag/Project": ["Alpha"]]),
                    .refused("Decrypt", user, ["aws:ResourceTag/Project": ["alpha"]]),
                    .refused("Decrypt", user, ["aws:ResourceTag/Other": ["Alpha"]]), .refused("Decrypt", user),
                ]
            }()),
        Example(
            "ABAC for AWS KMS: the tag of the principal and that of the key",
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*",
             "Resource": "*",
             "Condition": {"StringEquals": {"aws:ResourceTag/Project": "${aws:PrincipalTag/Project}"}}}
            """,
            checks: [
                .allowed("Decrypt", admin.tagged("Project", "Alpha"), ["aws:ResourceTag/Project": ["Alpha"]]),
                .refused("Decrypt", admin.tagged("Project", "Beta"), ["aws:ResourceTag/Project": ["Alpha"]]),
                .refused("Decrypt", admin, ["aws:ResourceTag/Project": ["Alpha"]]), .refused("Decrypt", admin),
                .refused("Decrypt", admin, ["aws:ResourceTag/Project": ["${aws:PrincipalTag/Project}"]]),
            ]),
        Example(
            "IAM policy elements: Variables, with a default value",
            """
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*",
             "Condition": {"StringLike": {
              "kms:EncryptionContext:path": "/${aws:username}/${aws:PrincipalTag/team, 'everybody'}/*"}}}
            """,
            checks: [
                .allowed("Decrypt", .alice.tagged("team", "red"), context: ["path": "/alice/red/1"]),
                .allowed("Decrypt", .alice, context: ["path": "/alice/everybody/1"]),
                .refused("Decrypt", .alice.tagged("team", "red"), context: ["path": "/alice/everybody/1"]),
                .refused("Decrypt", .user("bob"), context: ["path": "/alice/everybody/1"]),
                .refused("Decrypt", .role("alice"), context: ["path": "//everybody/1"]),
                // Nobody gets wildcards by a tag.
                .refused("Decrypt", .alice.tagged("team", "*"), context: ["path": "/alice/red/1"]),
            ]),
        Example(
            "Controlling access to tags: aws:RequestTag and aws:TagKeys",
            checks: {
                let tagger = Actor.alice.having(
                    """
                    {"Effect": "Allow", "Action": ["kms:TagResource", "kms:UntagResource"], "Resource": "*",
                     "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["Purpose", "Cost"]},
                      "StringLikeIfExists": {"aws:RequestTag/Purpose": "Test*"}}}
                    """)
                return [
                    .allowed("TagResource", tagger, ["aws:TagKeys": ["Purpose"], "aws:RequestTag/Purpose": ["Test1"]]),
                    .refused("TagResource", tagger, ["aws:TagKeys": ["Purpose"], "aws:RequestTag/Purpose": ["Live"]]),
                    .refused("TagResource", tagger, ["aws:TagKeys": ["Purpose", "Owner"]]),
                    .allowed("UntagResource", tagger, ["aws:TagKeys": ["Purpose", "Cost"]]),
                    .refused("UntagResource", tagger, ["aws:TagKeys": ["Owner"]]),
                ]
            }()),
        Example(
            "aws:PrincipalArn with wildcards",
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:Decrypt",
             "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app-*"}}}
            """,
            checks: [
                .allowed("Decrypt", .role("app-1").having(Actor.everything)), .refused("Decrypt", .role("app-1")),
                .refused("Decrypt", .role("application").having(Actor.everything)), .refused("Decrypt", admin),
            ]),
        Example(
            "How AWS enforcement code logic evaluates requests: aws:PrincipalArn with a wildcard as the principal",
            allUsersMay(#""kms:Decrypt""#, if: #""ArnEquals": {"aws:PrincipalArn": "\#(role)"}"#),
            """
            {"Effect": "Allow", "Principal": {"AWS": "\(role)"}, "Action": "kms:Encrypt", "Resource": "*"}
            """,
            checks: {
                let bounded = Actor.role("app").bounded(by: #"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#)
                return [
                    // Allows the session itself, which its boundary does not limit, as it does what names the role.
                    .allowed("Decrypt", bounded), .refused("Encrypt", bounded), .allowed("Encrypt", .role("app")),
                    .refused("Decrypt", .role("other")),
                ]
            }()),
        Example(
            "aws:SecureTransport",
            enableIAMPolicies,
            denied(#""kms:*""#, if: #""Bool": {"aws:SecureTransport": "false"}"#),
            checks: [
                .allowed("Decrypt", admin, ["aws:SecureTransport": ["true"]]),
                .denied("Decrypt", admin, ["aws:SecureTransport": ["false"]]),
            ]),
        Example(
            "AWS: Allows access based on date and time",
            checks: {
                let user = Actor.alice.having(
                    """
                    {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {
                     "DateGreaterThan": {"aws:CurrentTime": "2026-04-01T00:00:00Z"},
                     "DateLessThan": {"aws:CurrentTime": "2026-06-30T23:59:59Z"}}}
                    """)
                return [
                    .allowed("Decrypt", user, ["aws:CurrentTime": ["1775001601"]]),
                    .refused("Decrypt", user, ["aws:CurrentTime": ["1775001600"]]),
                    .allowed("Decrypt", user, ["aws:CurrentTime": ["1782863998"]]),
                    .refused("Decrypt", user, ["aws:CurrentTime": ["1782863999"]]), .refused("Decrypt", user),
                ]
            }()),
        Example(
            "AWS: Denies access to AWS based on the requested Region",
            checks: {
                let user = admin.having(
                    """
                    {"Effect": "Deny", "NotAction": ["iam:*", "kms:Describe*"], "Resource": "*",
                     "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-west-2", "eu-west-1"]}}}
                    """)
                return [
                    .allowed("Decrypt", user, ["aws:RequestedRegion": ["us-west-2"]]),
                    .denied("Decrypt", user, ["aws:RequestedRegion": ["us-east-1"]]), .denied("Decrypt", user),
                    .allowed("DescribeKey", user, ["aws:RequestedRegion": ["us-east-1"]]),
                ]
            }()),
        Example(
            "Cross-service confused deputy prevention: a Deny for services only",
            """
            {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "kms:Decrypt",
             "Resource": "*"}
            """,
            enableIAMPolicies,
            denied(
                #""kms:*""#,
                if: """
                    "StringNotEqualsIfExists": {"aws:SourceAccount": "111122223333"},
                    "Bool": {"aws:PrincipalIsAWSService": "true"}
                    """),
            checks: [
                .allowed("Decrypt", .service("s3.amazonaws.com"), byService(account)), .allowed("Decrypt", admin),
                .denied("Decrypt", .service("s3.amazonaws.com"), byService(otherAccount)),
                .denied("Decrypt", .service("s3.amazonaws.com"), ["aws:PrincipalIsAWSService": ["true"]]),
            ]),
        Example(
            "AWS JSON policy elements: NotPrincipal with Deny",
            enableIAMPolicies,
            """
            {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*", "NotPrincipal": {"AWS": [
              "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/app",
              "arn:aws:sts::111122223333:assumed-role/app/session"]}}
            """,
            """
            {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*",
             "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:user/alice", "111122223333"]}}
            """,
            """
            {"Effect": "Deny", "Action": "kms:Sign", "Resource": "*",
             "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/alice"}}
            """,
            checks: [
                .allowed("Decrypt", .role("app").having(Actor.everything)), .allowed("Decrypt", .root()),
                .denied("Decrypt", .stranger.having(Actor.everything)), .allowed("Encrypt", admin),
                .denied("Encrypt", .user("bob").having(Actor.everything)), .allowed("Encrypt", .root()),
                .denied("Decrypt", .role("app", session: "other").having(Actor.everything)),
                // "Permissions boundaries for IAM entities" warns of it.
                .denied("Encrypt", admin.bounded(by: Actor.everything)),
                // The account has to be named too: or else all of it is denied.
                .denied("Sign", admin), .denied("Sign", .root()),
            ]),
    ]

    private static func mfa(age: Int) -> [String: [String]] {
        ["aws:MultiFactorAuthPresent": ["true"], "aws:MultiFactorAuthAge": ["\(age)"]]
    }

    private static func from(_ address: String) -> [String: [String]] {
        ["aws:SourceIp": [address], "aws:ViaAWSService": ["false"]]
    }

    private static func byService(_ sourceAccount: String) -> [String: [String]] {
        ["aws:PrincipalIsAWSService": ["true"], "aws:SourceAccount": [sourceAccount]]
    }
}
