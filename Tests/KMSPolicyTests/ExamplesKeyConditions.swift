/// "AWS KMS condition keys": those that tell of the key, and of how the request names it.
extension Example {
    private static func allows(_ actions: String, if condition: String) -> String {
        #"{"Effect": "Allow", "Action": \#(actions), "Resource": "*", "Condition": {\#(condition)}}"#
    }

    private static func aliceMay(_ actions: String, if condition: String) -> String {
        """
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": \(actions),
         "Resource": "*", "Condition": {\(condition)}}
        """
    }

    static let keyConditions: [Example] = [
        Example(
            "kms:CallerAccount",
            """
            {"Effect": "Allow", "Principal": {"AWS": "*"},
             "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*",
             "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333",
              "kms:ViaService": "s3.us-west-2.amazonaws.com"}}}
            """,
            checks: [
                .allowed("Decrypt", .alice, via("s3")), .allowed("Decrypt", .root(), via("s3")),
                .refused("Decrypt", .stranger.having(Actor.everything), via("s3")),
                .refused("Decrypt", .alice, via("ec2")), .refused("Decrypt", .alice),
            ]),
        Example(
            "kms:ViaService",
            aliceMay(
                #"["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"]"#,
                if: """
                    "StringEquals": {"kms:ViaService": [
                     "ec2.us-west-2.amazonaws.com", "rds.us-west-2.amazonaws.com"]}
                    """
            ),
            checks: [
                .allowed("CreateGrant", .alice, via("ec2")), .allowed("Decrypt", .alice, via("rds")),
                .refused("Decrypt", .alice, via("lambda")), .refused("Decrypt", .alice),
            ]),
        Example(
            "kms:ViaService: a key that one service alone may not use",
            enableIAMPolicies,
            """
            {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ExampleRole"}, "Action": "kms:*",
             "Resource": "*", "Condition": {"StringLike": {"kms:ViaService": "lambda.*.amazonaws.com"}}}
            """,
            checks: [
                .denied("Decrypt", .role("ExampleRole").having(Actor.everything), via("lambda")),
                .allowed("Decrypt", .role("ExampleRole").having(Actor.everything), via("ec2")),
                .allowed("Decrypt", .role("ExampleRole").having(Actor.everything)),
                .allowed("Decrypt", .alice.having(Actor.everything), via("lambda")),
            ]),
        Example(
            "kms:RequestAlias",
            aliceMay(
                #"["kms:Encrypt", "kms:GenerateDataKey*"]"#,
                if: #""StringEquals": {"kms:RequestAlias": "alias/finance-key"}"#),
            checks: [
                .allowed("Encrypt", .alice, ["kms:RequestAlias": ["alias/finance-key"]]),
                .refused("Encrypt", .alice, ["kms:RequestAlias": ["alias/finance"]]),
                // A key that was named by its id, even when the alias is its.
                .refused("Encrypt", .alice, ["kms:ResourceAliases": ["alias/finance-key"]]),
            ]),
        Example(
            "kms:ResourceAliases",
            checks: {
                let user = Actor.alice.having(
                    allows(
                        #"["kms:Encrypt", "kms:EnableKey", "kms:DisableKey"]"#,
                        if: #""ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/ProjectAlpha*"}"#))
                return [
                    .allowed("Encrypt", user, ["kms:ResourceAliases": ["alias/other", "alias/ProjectAlpha1"]]),
                    .allowed("DisableKey", user, ["kms:ResourceAliases": ["alias/ProjectAlpha"]]),
                    .refused("Encrypt", user, ["kms:ResourceAliases": ["alias/other"]]),
                    .refused("Encrypt", user, ["kms:RequestAlias": ["alias/ProjectAlpha"]]),
                    .refused("Encrypt", user),
                ]
            }()),
        Example(
            "kms:ResourceAliases: a Deny for keys with an alias",
            checks: {
                let user = Actor.alice.having(
                    Actor.everything,
                    """
                    {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {
                     "ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/restricted", "alias/payroll"]}}}
                    """)
                return [
                    .denied("Decrypt", user, ["kms:ResourceAliases": ["alias/app", "alias/restricted"]]),
                    .allowed("Decrypt", user, ["kms:ResourceAliases": ["alias/app"]]), .allowed("Decrypt", user),
                ]
            }()),
        Example(
            "kms:KeySpec",
            checks: {
                let maker = Actor.alice.having(
                    allows(
                        #"["kms:CreateKey", "kms:Sign"]"#,
                        if: #""StringEquals": {"kms:KeySpec": ["RSA_4096", "ECC_NIST_P256"]}"#))
                return [
                    .allowed("CreateKey", maker, ["kms:KeySpec": ["RSA_4096"]], on: "*"),
                    .allowed("Sign", maker, ["kms:KeySpec": ["ECC_NIST_P256"]]),
                    .refused("CreateKey", maker, ["kms:KeySpec": ["SYMMETRIC_DEFAULT"]], on: "*"),
                    .refused("Sign", maker, ["kms:KeySpec": ["RSA_2048"]]),
                ]
            }()),
        Example(
            "kms:KeyUsage",
            checks: {
                let maker = Actor.alice.having(
                    allows(#""kms:CreateKey""#, if: #""StringEquals": {"kms:KeyUsage": "SIGN_VERIFY"}"#))
                return [
                    .allowed("CreateKey", maker, ["kms:KeyUsage": ["SIGN_VERIFY"]], on: "*"),
                    .refused("CreateKey", maker, ["kms:KeyUsage": ["ENCRYPT_DECRYPT"]], on: "*"),
                ]
            }()),
        Example(
            "kms:KeyOrigin",
            checks: {
                let user = Actor.alice.having(
                    allows(
                        #"["kms:CreateKey", "kms:Encrypt", "kms:Decrypt"]"#,
                        if: #""StringEquals": {"kms:KeyOrigin": "AWS_KMS"}"#))
                return [
                    .allowed("CreateKey", user, ["kms:KeyOrigin": ["AWS_KMS"]], on: "*"),
                    .allowed("Decrypt", user, ["kms:KeyOrigin": ["AWS_KMS"]]),
                    .refused("CreateKey", user, ["kms:KeyOrigin": ["EXTERNAL"]], on: "*"),
                    .refused("Decrypt", user, ["kms:KeyOrigin": ["AWS_CLOUDHSM"]]),
                ]
            }()),
        Example(
            "kms:MultiRegion",
            checks: {
                let user = Actor.alice.having(
                    Actor.everything,
                    """
                    {"Effect": "Deny", "Action": ["kms:CreateKey", "kms:ReplicateKey"], "Resource": "*",
                     "Condition": {"Bool": {"kms:MultiRegion": "true"}}}
                    """)
                return [
                    .allowed("CreateKey", user, ["kms:MultiRegion": ["false"]], on: "*"),
                    .denied("CreateKey", user, ["kms:MultiRegion": ["true"]], on: "*"),
                    .denied("ReplicateKey", user, ["kms:MultiRegion": ["true"]]),
                ]
            }()),
        Example(
            "kms:MultiRegionKeyType",
            checks: {
                let user = Actor.alice.having(
                    allows(#""kms:*""#, if: #""StringEquals": {"kms:MultiRegionKeyType": "REPLICA"}"#))
                return [
                    .allowed("Decrypt", user, ["kms:MultiRegionKeyType": ["REPLICA"]]),
                    .refused("Decrypt", user, ["kms:MultiRegionKeyType": ["PRIMARY"]]), .refused("Decrypt", user),
                ]
            }()),
        Example(
            "kms:ReplicaRegion, kms:PrimaryRegion",
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Administrator"},
             "Action": "kms:ReplicateKey", "Resource": "*",
             "Condition": {"StringEquals": {"kms:ReplicaRegion": ["us-east-1", "eu-west-3"]}}}
            """,
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Administrator"},
             "Action": "kms:UpdatePrimaryRegion", "Resource": "*",
             "Condition": {"StringEquals": {"kms:PrimaryRegion": "us-east-1"}}}
            """,
            checks: [
                .allowed("ReplicateKey", .role("Administrator"), ["kms:ReplicaRegion": ["eu-west-3"]]),
                .refused("ReplicateKey", .role("Administrator"), ["kms:ReplicaRegion": ["eu-west-1"]]),
                .allowed("UpdatePrimaryRegion", .role("Administrator"), ["kms:PrimaryRegion": ["us-east-1"]]),
                .refused("UpdatePrimaryRegion", .role("Administrator"), ["kms:PrimaryRegion": ["eu-west-3"]]),
            ]),
        Example(
            "kms:DataKeyPairSpec",
            aliceMay(
                #"["kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"]"#,
                if: #""StringLike": {"kms:DataKeyPairSpec": "RSA_*"}"#),
            checks: [
                .allowed("GenerateDataKeyPair", .alice, ["kms:DataKeyPairSpec": ["RSA_2048"]]),
                .refused("GenerateDataKeyPair", .alice, ["kms:DataKeyPairSpec": ["ECC_NIST_P256"]]),
            ]),
        Example(
            "kms:EncryptionAlgorithm",
            aliceMay(
                #"["kms:Encrypt", "kms:Decrypt"]"#,
                if: #""StringEquals": {"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}"#),
            checks: [
                .allowed("Encrypt", .alice, ["kms:EncryptionAlgorithm": ["RSAES_OAEP_SHA_256"]]),
                .refused("Encrypt", .alice, ["kms:EncryptionAlgorithm": ["RSAES_OAEP_SHA_1"]]),
                .refused("Encrypt", .alice, ["kms:EncryptionAlgorithm": ["SYMMETRIC_DEFAULT"]]),
            ]),
        Example(
            "kms:SigningAlgorithm",
            aliceMay(#"["kms:Sign", "kms:Verify"]"#, if: #""StringLike": {"kms:SigningAlgorithm": "RSASSA_PSS_SHA*"}"#),
            checks: [
                .allowed("Sign", .alice, ["kms:SigningAlgorithm": ["RSASSA_PSS_SHA_512"]]),
                .refused("Sign", .alice, ["kms:SigningAlgorithm": ["RSASSA_PKCS1_V1_5_SHA_512"]]),
                .refused("Sign", .alice, ["kms:SigningAlgorithm": ["rsassa_pss_sha_512"]]),
            ]),
        Example(
            "kms:MessageType",
            aliceMay(#"["kms:Sign", "kms:Verify"]"#, if: #""StringEquals": {"kms:MessageType": "RAW"}"#),
            checks: [
                .allowed("Sign", .alice, ["kms:MessageType": ["RAW"]]),
                .refused("Sign", .alice, ["kms:MessageType": ["DIGEST"]]),
            ]),
        Example(
            "kms:MacAlgorithm",
            aliceMay(
                #"["kms:GenerateMac", "kms:VerifyMac"]"#, if: #""StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_384"}"#),
            checks: [
                .allowed("GenerateMac", .alice, ["kms:MacAlgorithm": ["HMAC_SHA_384"]]),
                .refused("VerifyMac", .alice, ["kms:MacAlgorithm": ["HMAC_SHA_256"]]),
            ]),
        Example(
            "kms:KeyAgreementAlgorithm",
            aliceMay(#""kms:DeriveSharedSecret""#, if: #""StringEquals": {"kms:KeyAgreementAlgorithm": "ECDH"}"#),
            checks: [
                .allowed("DeriveSharedSecret", .alice, ["kms:KeyAgreementAlgorithm": ["ECDH"]]),
                .refused("DeriveSharedSecret", .alice),
            ]),
    ]

    private static func via(_ service: String) -> [String: [String]] {
        ["kms:ViaService": ["\(service).us-west-2.amazonaws.com"]]
    }
}
