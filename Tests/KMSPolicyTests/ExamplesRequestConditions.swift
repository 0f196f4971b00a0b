/// "AWS KMS condition keys": those that tell what is asked for.
extension Example {
    private static func roleMay(_ actions: String, if condition: String) -> String {
        """
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ExampleRole"}, "Action": \(actions),
         "Resource": "*", "Condition": {\(condition)}}
        """
    }

    private static let roleMayEverything = """
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ExampleRole"}, "Action": "kms:*",
         "Resource": "*"}
        """

    private static let role = Actor.role("ExampleRole")

    static let requestConditions: [Example] = [
        Example(
            "kms:EncryptionContext:context-key",
            roleMay(
                #""kms:GenerateDataKey""#,
                if: #""StringEquals": {"kms:EncryptionContext:AppName": ["ExampleApp", "Test"]}"#),
            checks: [
                .allowed("GenerateDataKey", role, context: ["AppName": "ExampleApp"]),
                .allowed("GenerateDataKey", role, context: ["AppName": "Test", "More": "1"]),
                // A key is the same in any case; a value is not.
                .allowed("GenerateDataKey", role, context: ["APPNAME": "Test"]),
                .refused("GenerateDataKey", role, context: ["AppName": "exampleapp"]),
                .refused("GenerateDataKey", role, context: ["Other": "ExampleApp"]),
                .refused("GenerateDataKey", role, context: [:]),
            ]),
        Example(
            "kms:EncryptionContext:context-key with several pairs",
            roleMay(
                #"["kms:Encrypt", "kms:Decrypt"]"#,
                if: """
                    "StringEquals": {"kms:EncryptionContext:AppName": "ExampleApp"},
                    "StringLike": {"kms:EncryptionContext:FilePath": "/var/opt/secrets/*"}
                    """),
            checks: [
                .allowed("Decrypt", role, context: ["AppName": "ExampleApp", "FilePath": "/var/opt/secrets/a/b"]),
                .refused("Decrypt", role, context: ["AppName": "ExampleApp", "FilePath": "/var/opt/secret"]),
                .refused("Decrypt", role, context: ["AppName": "ExampleApp"]),
            ]),
        Example(
            "kms:EncryptionContextKeys, requiring one",
            roleMay(
                #""kms:GenerateDataKey""#,
                if: #""ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["Department", "AppName"]}"#),
            checks: [
                .allowed("GenerateDataKey", role, context: ["AppName": "1", "Other": "2"]),
                .refused("GenerateDataKey", role, context: ["appname": "1"]),
                .refused("GenerateDataKey", role, context: ["Other": "2"]),
                .refused("GenerateDataKey", role, context: [:]),
            ]),
        Example(
            "kms:EncryptionContextKeys, allowing no others",
            roleMay(
                #"["kms:Encrypt", "kms:GenerateDataKey"]"#,
                if: """
                    "Null": {"kms:EncryptionContextKeys": "false"},
                    "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["AppName", "Department"]}
                    """),
            checks: [
                .allowed("Encrypt", role, context: ["AppName": "1"]),
                .allowed("Encrypt", role, context: ["AppName": "1", "Department": "2"]),
                .refused("Encrypt", role, context: ["AppName": "1", "Other": "2"]),
                .refused("Encrypt", role, context: ["department": "2"]), .refused("Encrypt", role, context: [:]),
            ]),
        Example(
            "kms:EncryptionContextKeys, requiring a context",
            roleMayEverything,
            """
            {"Effect": "Deny", "Principal": "*", "Action": ["kms:Encrypt", "kms:GenerateDataKey"], "Resource": "*",
             "Condition": {"Null": {"kms:EncryptionContextKeys": true}}}
            """,
            checks: [
                .allowed("Encrypt", role, context: ["Any": "1"]), .denied("Encrypt", role, context: [:]),
                .allowed("Decrypt", role, context: [:]),
            ]),
        Example(
            "kms:GrantOperations",
            roleMay(
                #""kms:CreateGrant""#,
                if: #""ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}"#),
            checks: [
                .allowed("CreateGrant", role, ["kms:GrantOperations": ["Decrypt"]]),
                .allowed("CreateGrant", role, ["kms:GrantOperations": ["Encrypt", "Decrypt"]]),
                .refused("CreateGrant", role, ["kms:GrantOperations": ["Encrypt", "CreateGrant"]]),
                .refused("CreateGrant", role, ["kms:GrantOperations": ["GenerateDataKey"]]),
            ]),
        Example(
            "kms:GranteePrincipal, kms:RetiringPrincipal",
            roleMay(
                #""kms:CreateGrant""#,
                if: """
                    "StringEquals": {"kms:GranteePrincipal": ["arn:aws:iam::111122223333:role/LimitedAdminRole",
                     "arn:aws:iam::111122223333:role/Backup"],
                     "kms:RetiringPrincipal": "arn:aws:iam::111122223333:role/Backup"}
                    """),
            checks: [
                .allowed("CreateGrant", role, grant(to: "role/LimitedAdminRole", retiredBy: "role/Backup")),
                .refused("CreateGrant", role, grant(to: "role/Anybody", retiredBy: "role/Backup")),
                .refused("CreateGrant", role, grant(to: "role/Backup", retiredBy: "user/alice")),
                .refused("CreateGrant", role, ["kms:GranteePrincipal": ["arn:aws:iam::111122223333:role/Backup"]]),
            ]),
        Example(
            "kms:GrantConstraintType",
            roleMay(
                #""kms:CreateGrant""#, if: #""StringEquals": {"kms:GrantConstraintType": "EncryptionContextEquals"}"#),
            checks: [
                .allowed("CreateGrant", role, ["kms:GrantConstraintType": ["EncryptionContextEquals"]]),
                .refused("CreateGrant", role, ["kms:GrantConstraintType": ["EncryptionContextSubset"]]),
                .refused("CreateGrant", role),
            ]),
        Example(
            "kms:GrantIsForAWSResource: a Deny of all other grants",
            roleMayEverything,
            """
            {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:CreateGrant", "Resource": "*",
             "Condition": {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}}}
            """,
            checks: [
                .allowed("CreateGrant", role, ["kms:GrantIsForAWSResource": ["true"]]),
                .denied("CreateGrant", role, ["kms:GrantIsForAWSResource": ["false"]]),
                .denied("CreateGrant", role), .allowed("Decrypt", role),
            ]),
        Example(
            "kms:BypassPolicyLockoutSafetyCheck",
            checks: {
                let maker = Actor.alice.having(
                    Actor.everything,
                    """
                    {"Effect": "Deny", "Action": ["kms:CreateKey", "kms:PutKeyPolicy"], "Resource": "*",
                     "Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": true}}}
                    """)
                return [
                    .allowed("CreateKey", maker, on: "*"), .allowed("PutKeyPolicy", maker),
                    .allowed("PutKeyPolicy", maker, ["kms:BypassPolicyLockoutSafetyCheck": ["false"]]),
                    .denied("PutKeyPolicy", maker, ["kms:BypassPolicyLockoutSafetyCheck": ["true"]]),
                    .denied("CreateKey", maker, ["kms:BypassPolicyLockoutSafetyCheck": ["true"]], on: "*"),
                ]
            }()),
        Example(
            "kms:ReEncryptOnSameKey",
            roleMay(#""kms:ReEncrypt*""#, if: #""Bool": {"kms:ReEncryptOnSameKey": true}"#),
            checks: [
                .allowed("ReEncryptFrom", role, ["kms:ReEncryptOnSameKey": ["true"]]),
                .refused("ReEncryptTo", role, ["kms:ReEncryptOnSameKey": ["false"]]), .refused("ReEncryptTo", role),
            ]),
        Example(
            "kms:RotationPeriodInDays",
            roleMay(
                #""kms:EnableKeyRotation""#, if: #""NumericLessThanEquals": {"kms:RotationPeriodInDays": "365"}"#),
            checks: [
                .allowed("EnableKeyRotation", role, ["kms:RotationPeriodInDays": ["365"]]),
                .allowed("EnableKeyRotation", role, ["kms:RotationPeriodInDays": ["90"]]),
                .refused("EnableKeyRotation", role, ["kms:RotationPeriodInDays": ["1000"]]),
                .refused("EnableKeyRotation", role),
            ]),
        Example(
            "kms:ScheduleKeyDeletionPendingWindowInDays",
            roleMayEverything,
            """
            {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:ScheduleKeyDeletion", "Resource": "*",
             "Condition": {"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": 21}}}
            """,
            checks: [
                .allowed("ScheduleKeyDeletion", role, ["kms:ScheduleKeyDeletionPendingWindowInDays": ["30"]]),
                .allowed("ScheduleKeyDeletion", role, ["kms:ScheduleKeyDeletionPendingWindowInDays": ["21"]]),
                .denied("ScheduleKeyDeletion", role, ["kms:ScheduleKeyDeletionPendingWindowInDays": ["7"]]),
            ]),
        Example(
            "kms:ExpirationModel",
            roleMay(
                #""kms:ImportKeyMaterial""#, if: #""StringEquals": {"kms:ExpirationModel": "KEY_MATERIAL_EXPIRES"}"#),
            checks: [
                .allowed("ImportKeyMaterial", role, ["kms:ExpirationModel": ["KEY_MATERIAL_EXPIRES"]]),
                .refused("ImportKeyMaterial", role, ["kms:ExpirationModel": ["KEY_MATERIAL_DOES_NOT_EXPIRE"]]),
            ]),
        Example(
            "kms:ValidTo",
            roleMay(#""kms:ImportKeyMaterial""#, if: #""NumericLessThanEquals": {"kms:ValidTo": "1546257599.0"}"#),
            roleMay(
                #""kms:ImportKeyMaterial""#,
                if: """
                    "DateGreaterThan": {"kms:ValidTo": "2030-01-01T00:00:00Z"},
                    "DateLessThan": {"kms:ValidTo": "2030-12-31T23:59:59Z"}
                    """),
            checks: [
                .allowed("ImportKeyMaterial", role, ["kms:ValidTo": ["1546257599"]]),
                .refused("ImportKeyMaterial", role, ["kms:ValidTo": ["1546257600"]]),
                .refused("ImportKeyMaterial", role),
                .allowed("ImportKeyMaterial", role, ["kms:ValidTo": ["1893456000.5"]]),
                .refused("ImportKeyMaterial", role, ["kms:ValidTo": ["1893456000"]]),
                .refused("ImportKeyMaterial", role, ["kms:ValidTo": ["1924991999"]]),
            ]),
        Example(
            "kms:WrappingAlgorithm, kms:WrappingKeySpec",
            roleMay(
                #""kms:GetParametersForImport""#,
                if: """
                    "StringEquals": {"kms:WrappingKeySpec": "RSA_4096"},
                    "StringNotLike": {"kms:WrappingAlgorithm": "*_SHA_1"}
                    """),
            checks: [
                .allowed("GetParametersForImport", role, wrapping("RSAES_OAEP_SHA_256", "RSA_4096")),
                .refused("GetParametersForImport", role, wrapping("RSAES_OAEP_SHA_1", "RSA_4096")),
                .refused("GetParametersForImport", role, wrapping("RSAES_OAEP_SHA_256", "RSA_2048")),
            ]),
        Example(
            "kms:TrailingDaysWithoutKeyUsage",
            roleMay(
                #"["kms:ScheduleKeyDeletion", "kms:DisableKey"]"#,
                if: #""NumericGreaterThanEquals": {"kms:TrailingDaysWithoutKeyUsage": "90"}"#),
            checks: [
                .allowed("DisableKey", role, ["kms:TrailingDaysWithoutKeyUsage": ["90"]]),
                .refused("DisableKey", role, ["kms:TrailingDaysWithoutKeyUsage": ["89"]]),
                .refused("ScheduleKeyDeletion", role),
            ]),
    ]

    private static func grant(to grantee: String, retiredBy retiring: String) -> [String: [String]] {
        [
            "kms:GranteePrincipal": ["arn:aws:iam::111122223333:\(grantee)"],
            "kms:RetiringPrincipal": ["arn:aws:iam::111122223333:\(retiring)"],
        ]
    }

    private static func wrapping(_ algorithm: String, _ spec: String) -> [String: [String]] {
        ["kms:WrappingAlgorithm": [algorithm], "kms:WrappingKeySpec": [spec]]
    }
}
