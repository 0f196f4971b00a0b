import KMSPolicy

/// "Grants in AWS KMS".
extension Example {
    private static let role = GrantPermission.Grantee.principal(
        arn: "arn:aws:iam::111122223333:role/keyUserRole", uniqueID: nil)
    private static let keyUser = Actor.role("keyUserRole")

    static let grants: [Example] = [
        Example(
            "Creating a grant",
            grants: [GrantPermission(id: "1", grantee: role, operations: ["Decrypt", "RetireGrant"])],
            checks: [
                // Needs no other policy.
                .allowed("Decrypt", keyUser, context: [:]), .allowed("RetireGrant", keyUser),
                .refused("Encrypt", keyUser, context: [:]), .refused("Decrypt", .role("other"), context: [:]),
                .refused("PutKeyPolicy", keyUser), .refused("Decrypt", .user("keyUserRole"), context: [:]),
                .denied(
                    "Decrypt", keyUser.having(#"{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}"#),
                    context: [:]),
            ]),
        Example(
            "Using grant constraints: EncryptionContextEquals",
            grants: [
                GrantPermission(
                    id: "1", grantee: role, operations: ["Decrypt", "DescribeKey", "GenerateDataKey"],
                    constraint: .encryptionContextEquals(["Department": "IT", "Purpose": "Test"]))
            ],
            checks: [
                .allowed("Decrypt", keyUser, context: ["Purpose": "Test", "Department": "IT"]),
                .refused("Decrypt", keyUser, context: ["Purpose": "Test", "Department": "IT", "More": "1"]),
                .refused("Decrypt", keyUser, context: ["Department": "IT"]),
                .refused("Decrypt", keyUser, context: ["Purpose": "Test", "Department": "it"]),
                .refused("GenerateDataKey", keyUser, context: [:]),
                // Has no context that could be compared.
                .allowed("DescribeKey", keyUser),
            ]),
        Example(
            "Using grant constraints: EncryptionContextSubset",
            grants: [
                GrantPermission(
                    id: "1", grantee: role, operations: ["Decrypt", "GenerateDataKey"],
                    constraint: .encryptionContextSubset(["Department": "IT"]))
            ],
            checks: [
                .allowed("Decrypt", keyUser, context: ["Department": "IT"]),
                .allowed("GenerateDataKey", keyUser, context: ["Purpose": "Test", "Department": "IT"]),
                .refused("Decrypt", keyUser, context: ["department": "IT"]),
                .refused("Decrypt", keyUser, context: ["Purpose": "Test"]), .refused("Decrypt", keyUser, context: [:]),
            ]),
        Example(
            "Using grant constraints: SourceArn, for a service's resource",
            grants: [
                GrantPermission(
                    id: "1", grantee: .service("logs.amazonaws.com"),
                    operations: ["Decrypt", "DescribeKey", "RetireGrant"],
                    sourceARN: "arn:aws:logs:us-west-2:111122223333:log-group:*")
            ],
            checks: [
                .allowed("Decrypt", .service("logs.amazonaws.com"), logGroup("app"), context: [:]),
                .refused("Decrypt", .service("logs.amazonaws.com"), context: [:]),
                .refused("Decrypt", .service("logs.amazonaws.com"), logGroup("app", otherAccount), context: [:]),
                .refused("Decrypt", .service("ec2.amazonaws.com"), logGroup("app"), context: [:]),
                .refused("Decrypt", .alice, logGroup("app"), context: [:]),
                .allowed("DescribeKey", .service("logs.amazonaws.com"), logGroup("app")),
                .refused("DescribeKey", .service("logs.amazonaws.com")),
                // "However, it does not apply to RetireGrant operation" (GrantConstraints, API reference).
                .allowed("RetireGrant", .service("logs.amazonaws.com")),
            ]),
        Example(
            "Grants for users of other accounts",
            grants: [
                GrantPermission(
                    id: "1", grantee: .principal(arn: "arn:aws:iam::444455556666:user/carlos", uniqueID: nil),
                    operations: ["Decrypt"]),
                GrantPermission(
                    id: "2", grantee: .principal(arn: "arn:aws:iam::777788889999:root", uniqueID: nil),
                    operations: ["Encrypt"]),
            ],
            checks: [
                .allowed("Decrypt", .stranger, context: [:]), .refused("Encrypt", .stranger, context: [:]),
                .refused("Decrypt", .user("dora", otherAccount), context: [:]),
                .denied(
                    "Decrypt", .stranger.having(#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#), context: [:]),
                // A grant to an account leaves to the account who of it may use it.
                .refused("Encrypt", .user("erin", "777788889999"), context: [:]),
                .allowed("Encrypt", .user("erin", "777788889999").having(Actor.everything), context: [:]),
                .allowed("Encrypt", .root("777788889999"), context: [:]),
            ]),
        Example(
            "How Amazon EBS uses AWS KMS: the grant for a volume",
            enableIAMPolicies,
            """
            {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
             "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}
            """,
            grants: [
                GrantPermission(
                    id: "1",
                    grantee: .principal(
                        arn: "arn:aws:sts::111122223333:assumed-role/ec2-infrastructure/i-1", uniqueID: nil),
                    operations: ["Decrypt", "CreateGrant"],
                    constraint: .encryptionContextSubset(["aws:ebs:id": "vol-1"]))
            ],
            checks: [
                .allowed("Decrypt", instance("i-1"), ["aws:ViaAWSService": ["true"]], context: ["aws:ebs:id": "vol-1"]),
                .refused("Decrypt", instance("i-2"), ["aws:ViaAWSService": ["true"]], context: ["aws:ebs:id": "vol-1"]),
                .refused("Decrypt", instance("i-1"), ["aws:ViaAWSService": ["true"]], context: ["aws:ebs:id": "vol-2"]),
                .denied("Decrypt", instance("i-1"), ["aws:ViaAWSService": ["false"]], context: ["aws:ebs:id": "vol-1"]),
            ]),
        Example(
            "Grants and identities that have gone: the same name, another identity",
            grants: [
                GrantPermission(
                    id: "1",
                    grantee: .principal(arn: "arn:aws:iam::111122223333:role/keyUserRole", uniqueID: "AROAkeyUserRole"),
                    operations: ["Decrypt"]),
                GrantPermission(
                    id: "2", grantee: .principal(arn: "arn:aws:iam::111122223333:user/alice", uniqueID: "AIDAbefore"),
                    operations: ["Decrypt"]),
            ],
            checks: [.allowed("Decrypt", keyUser, context: [:]), .refused("Decrypt", .alice, context: [:])]),
        Example(
            "Session policies and boundaries limit what a grant to the role allows",
            grants: [GrantPermission(id: "1", grantee: role, operations: ["Decrypt", "Encrypt"])],
            checks: [
                .allowed("Decrypt", keyUser, context: [:]),
                .allowed("Decrypt", keyUser.inSession(with: onlyDecrypt), context: [:]),
                .refused("Encrypt", keyUser.inSession(with: onlyDecrypt), context: [:]),
                .refused("Encrypt", keyUser.bounded(by: onlyDecrypt), context: [:]),
            ]),
    ]

    private static let onlyDecrypt = #"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}"#

    private static func logGroup(_ name: String, _ account: String = account) -> [String: [String]] {
        ["aws:SourceArn": ["arn:aws:logs:us-west-2:\(account):log-group:\(name)"]]
    }

    private static func instance(_ name: String) -> Actor { .role("ec2-infrastructure", session: name) }
}
