import KMSCore

/// The managed policies that every account has, of the account `aws`: parts of the program, and nobody's to change.
enum BuiltInPolicies {
    struct BuiltIn: Sendable {
        let name: String
        let uniqueID: String
        let description: String
        let document: String

        var arn: String { "arn:aws:iam::aws:policy/\(name)" }
    }

    /// When they were made as they are: 2026-01-01T00:00:00Z.
    static let date = Timestamp(seconds: 1_767_225_600)

    static let all = [
        BuiltIn(
            name: "AdministratorAccess", uniqueID: "ANPAIWMBCKSKIEE64ZLYK",
            description: "Provides full access to keys and identities.",
            document: """
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "*",
                            "Resource": "*"
                        }
                    ]
                }
                """),
        BuiltIn(
            name: "IAMFullAccess", uniqueID: "ANPAI7XKCFMBPM3QQRRVQ",
            description: "Provides full access to identities and their policies.",
            document: """
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "iam:*",
                            "Resource": "*"
                        }
                    ]
                }
                """),
        BuiltIn(
            name: "IAMReadOnlyAccess", uniqueID: "ANPAJKSO7NDY4T57MWDSQ",
            description: "Provides read only access to identities and their policies.",
            document: """
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": [
                                "iam:Get*",
                                "iam:List*",
                                "iam:Simulate*"
                            ],
                            "Resource": "*"
                        }
                    ]
                }
                """),
        BuiltIn(
            name: "AWSKeyManagementServicePowerUser", uniqueID: "ANPAJNPP7PPPPMJRV2SA4",
            description: "Provides access to make keys, and to see keys, identities and aliases.",
            document: """
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": [
                                "kms:CreateAlias",
                                "kms:CreateKey",
                                "kms:DeleteAlias",
                                "kms:Describe*",
                                "kms:GenerateRandom",
                                "kms:Get*",
                                "kms:List*",
                                "kms:TagResource",
                                "kms:UntagResource",
                                "iam:ListGroups",
                                "iam:ListRoles",
                                "iam:ListUsers"
                            ],
                            "Resource": "*"
                        }
                    ]
                }
                """),
    ]
}
