import KMSPolicy

/// The few names that random policies and requests are made of: so few that they meet often.
enum RandomAlphabet {
    static let keyAccount = "111122223333"
    static let otherAccount = "444455556666"
    static let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    static let aliases = ["alias/app", "alias/app-backup", "alias/payroll"]

    static let actions = [
        "CreateGrant", "Decrypt", "DescribeKey", "EnableKey", "Encrypt", "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext", "GetPublicKey", "ListGrants", "PutKeyPolicy", "ReEncryptFrom",
        "ReEncryptTo", "RetireGrant", "ScheduleKeyDeletion", "Sign",
    ].map { "kms:" + $0 }

    /// Those that encrypt and decrypt, and CreateGrant, whose context is its constraint's.
    static let actionsWithContext: Set = [
        "kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom", "kms:ReEncryptTo",
    ]

    static let grantOperations = [
        "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom", "ReEncryptTo", "RetireGrant",
    ]

    static let actionPatterns =
        actions + [
            "*", "kms:*", "kms:*", "kms:*", "kms:*", "kms:*crypt", "kms:?ncrypt", "kms:De*", "kms:Generate*",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*", "kms:*Grant*", "kms:*Key", "kms:D*c*r*", "kms:List*", "KMS:DECRYPT",
            "kms:generatedatakey",
        ]

    static let resourcePatterns = [
        "*", "*", "*", key, key, "arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:us-east-?:*:key/*",
        "arn:aws:kms:us-east-1:111122223333:key/1234*ab", "arn:aws:kms:us-east-1:111122223333:alias/app",
        "arn:aws:kms:*:444455556666:key/*", "arn:aws:kms:eu-west-1:111122223333:key/*",
        "arn:*:kms:*:*:*", "arn:aws:kms:*:${aws:PrincipalAccount}:key/*",
        "arn:aws:kms:us-east-1:111122223333:key/${aws:PrincipalTag/team}*",
        "arn:aws:kms:us-east-1:111122223333:${aws:PrincipalTag/team, 'key'}/*",
    ]

    // MARK: Callers

    static let callers: [PolicyCaller] =
        [keyAccount, otherAccount].flatMap { account in
            [
                PolicyCaller(kind: .root, account: account, arn: "arn:aws:iam::\(account):root", userID: account),
                user("alice", "user/alice", account), user("bobby", "user/team/bobby", account),
                session("wapp1", of: "role/app", "app", "ROLEA", account),
                session("wapp2", of: "role/app", "app", "ROLEA", account),
                session("night", of: "role/team/ops", "ops", "ROLEO", account),
                PolicyCaller(
                    kind: .federatedUser, account: account, arn: "arn:aws:sts::\(account):federated-user/fred",
                    userID: "\(account):fred", issuerARN: "arn:aws:iam::\(account):user/alice",
                    issuerID: "AIDAALICE\(account)"),
            ]
        }
        + ["logs.amazonaws.com", "ec2.amazonaws.com"].map { name in
            PolicyCaller(
                kind: .service(name), account: keyAccount, arn: "arn:aws:iam::\(keyAccount):service/\(name)",
                userID: name)
        }

    private static func user(_ name: String, _ path: String, _ account: String) -> PolicyCaller {
        PolicyCaller(
            kind: .user, account: account, arn: "arn:aws:iam::\(account):\(path)",
            userID: "AIDA\(name.uppercased())\(account)")
    }

    private static func session(
        _ name: String, of path: String, _ role: String, _ id: String, _ account: String
    ) -> PolicyCaller {
        let roleID = "AROA\(id)\(account)"
        return PolicyCaller(
            kind: .roleSession, account: account, arn: "arn:aws:sts::\(account):assumed-role/\(role)/\(name)",
            userID: "\(roleID):\(name)", issuerARN: "arn:aws:iam::\(account):\(path)", issuerID: roleID)
    }

    /// All the names that policies can have for a caller: of its account, of who opened the session, its own.
    static func names(of caller: PolicyCaller) -> [ReferencePrincipal] {
        if case .service(let name) = caller.kind { return [ReferencePrincipal(type: "Service", value: name)] }
        let id = caller.issuerID ?? (caller.kind == .user ? caller.userID : nil)
        let names = [caller.account, caller.arn, caller.issuerARN, id]
        return names.compactMap { $0.map { ReferencePrincipal(value: $0) } }
    }

    static let principals = Set(callers.flatMap(names)).sorted { $0.value < $1.value }

    /// By the ARNs of users and roles, their unique ids.
    static let uniqueIDs: [String: String] = {
        var ids: [String: String] = [:]
        for caller in callers {
            if caller.kind == .user { ids[caller.arn] = caller.userID }
            if let arn = caller.issuerARN {
                ids[arn] = caller.issuerID
                ids[caller.arn] = caller.issuerID
            }
        }
        return ids
    }()

    // MARK: Conditions

    enum Family { case string, arn, bool, numeric, date, address, null }

    struct Key {
        let name: String
        let families: [Family]
        /// What requests have.
        let values: [String]
        /// What policies ask for, besides that.
        var patterns: [String] = []
        var isSet: Bool { ReferenceRequest.setKeys.contains(name.lowercased()) }
    }

    static let keys = [
        Key(
            name: "kms:EncryptionContext:Dept", families: [.string], values: ["IT", "it", "HR", ""],
            patterns: ["I*", "?R", "${aws:PrincipalTag/team}"]),
        Key(
            name: "kms:EncryptionContext:Team", families: [.string], values: ["red", "blue"],
            patterns: ["${aws:PrincipalTag/team}", "r*d", "${aws:PrincipalTag/team, 'red'}"]),
        Key(
            name: "kms:EncryptionContextKeys", families: [.string, .null], values: ["Dept", "Team"], patterns: ["De*"]),
        Key(name: "kms:CallerAccount", families: [.string], values: [keyAccount, otherAccount], patterns: ["1111*"]),
        Key(
            name: "kms:ViaService", families: [.string, .null],
            values: ["ec2.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"], patterns: ["ec2.*.amazonaws.com"]),
        Key(name: "kms:RequestAlias", families: [.string, .null], values: aliases, patterns: ["alias/app*"]),
        Key(name: "kms:ResourceAliases", families: [.string, .null], values: aliases, patterns: ["alias/app*"]),
        Key(
            name: "kms:GrantOperations", families: [.string], values: ["Decrypt", "Encrypt", "RetireGrant"],
            patterns: ["*crypt"]),
        Key(name: "kms:GrantIsForAWSResource", families: [.bool, .null], values: ["true", "false"]),
        Key(name: "kms:KeySpec", families: [.string], values: ["SYMMETRIC_DEFAULT", "RSA_2048"], patterns: ["RSA_*"]),
        Key(
            name: "kms:ScheduleKeyDeletionPendingWindowInDays", families: [.numeric], values: ["7", "14", "30"],
            patterns: ["14.0", "20.5", "many"]),
        Key(
            name: "kms:ValidTo", families: [.date], values: ["1700000000", "1700000000.5", "1731628800"],
            patterns: ["2023-11-14T22:13:20Z", "2024-11-15"]),
        Key(
            name: "aws:CurrentTime", families: [.date], values: ["1699920000", "1700000000", "1709164800"],
            patterns: ["2023-11-14T22:13:20Z", "2023-11-14", "2024-02-29", "2024-02-29T00:00:01Z"]),
        Key(name: "aws:MultiFactorAuthPresent", families: [.bool, .null], values: ["true", "false"]),
        Key(
            name: "aws:MultiFactorAuthAge", families: [.numeric, .null], values: ["10", "299", "3600"],
            patterns: ["300"]),
        Key(
            name: "aws:SourceIp", families: [.address], values: ["192.0.2.7", "198.51.100.9", "2001:db8::7"],
            patterns: ["192.0.2.0/24", "192.0.2.4/30", "198.51.100.8/29", "0.0.0.0/0", "192.0.2.7/32"]),
        Key(
            name: "aws:PrincipalArn", families: [.arn, .string], values: [],
            patterns: [
                "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:user/*", "arn:aws:iam::*:role/team/o?s",
                "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::*:root",
            ]),
        Key(
            name: "aws:SourceArn", families: [.arn, .string],
            values: [
                "arn:aws:logs:us-east-1:111122223333:log-group:app", "arn:aws:ec2:us-east-1:111122223333:volume/v",
            ],
            patterns: ["arn:aws:logs:*:*:log-group:*", "arn:aws:*:*:111122223333:*", "arn:aws:logs:*:*"]),
        Key(
            name: "aws:PrincipalTag/team", families: [.string, .null], values: ["red", "blue", "r*d", "1234"],
            patterns: ["r*", "${*}", "r${*}d"]),
        Key(
            name: "aws:ResourceTag/team", families: [.string, .null], values: ["red", "blue", "rod"],
            patterns: ["${aws:PrincipalTag/team}", "${aws:PrincipalTag/team}*", "${aws:username}"]),
        Key(name: "aws:username", families: [.string, .null], values: [], patterns: ["alice", "bob*", "ALICE"]),
        Key(name: "aws:SecureTransport", families: [.bool], values: ["true", "false"]),
    ]

    static let operators: [Family: [String]] = [
        .string: [
            "StringEquals", "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
            "StringLike", "StringLike", "StringNotLike",
        ],
        .arn: ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        .bool: ["Bool"],
        .numeric: [
            "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        .date: [
            "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        .address: ["IpAddress", "NotIpAddress"],
        .null: ["Null"],
    ]
}
