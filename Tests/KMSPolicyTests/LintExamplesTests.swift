import Testing

@testable import KMSPolicy

/// What AWS recommends is nothing to be warned of, and what is no policy is one finding.
struct LintExamplesTests {
    /// The key policy that the console makes ("Default key policy", AWS KMS Developer Guide).
    private static let console = policy(
        #""Sid": "Enable IAM User Permissions", "# + allow("*", to: lintRoot),
        #""Sid": "Allow access for Key Administrators", "#
            + allow(
                """
                Create* Describe* Enable* List* Put* Update* Revoke* Disable* Get* Delete* TagResource UntagResource \
                ScheduleKeyDeletion CancelKeyDeletion RotateKeyOnDemand
                """, to: "arn:aws:iam::111122223333:role/KeyAdminRole"),
        #""Sid": "Allow use of the key", "#
            + allow("Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey", to: lintRole),
        #""Sid": "Allow attachment of persistent resources", "#
            + allow(
                "CreateGrant ListGrants RevokeGrant", to: lintRole, when("Bool", "kms:GrantIsForAWSResource", "true"))
    )

    /// Of a key of Amazon S3 ("Viewing the key policy of an AWS managed key").
    private static let managed = policy(
        #""Sid": "Allow access through S3 for all principals in the account", "#
            + allow(
                "Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey", to: "*",
                """
                , "Condition": {"StringEquals": {"kms:CallerAccount": "\(lintAccount)",
                  "kms:ViaService": "s3.us-east-1.amazonaws.com"}}
                """),
        #""Sid": "Allow direct access to key metadata", "# + allow("Describe* Get* List* RevokeGrant", to: lintRoot)
    )

    @Test(arguments: [policy(allow("*", to: lintRoot)), console])
    func `AWS's default key policies have no finding above medium`(text: String) {
        let findings = PolicyLinter.findings(in: text, as: .key, LintContext(keyARN: lintKey))
        #expect(findings.allSatisfy { $0.severity <= .medium }, "the findings are: \(findings)")
        #expect(findings.contains { $0.check == .administration && $0.severity == .info })
    }

    @Test func `an AWS managed key's policy is only one that nobody can change`() {
        let findings = PolicyLinter.findings(in: Self.managed, as: .key, LintContext(keyARN: lintKey))
        #expect(findings.filter { $0.severity > .medium }.map(\.check) == [.administration])
    }

    /// Statements of the AWS KMS Developer Guide, each beside the one that enables IAM policies.
    private static let statements = [
        #"""
        "Sid": "Allow CloudTrail to encrypt logs", "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*",
        "Condition": {
          "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": ["arn:aws:cloudtrail:*:111122223333:trail/*"]},
          "StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/trail-name"}
        }
        """#,
        #"""
        "Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:111122223333:*"}}
        """#,
        #"""
        "Sid": "Allow an external account to use this KMS key", "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::444455556666:root"]},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*"
        """#,
        #"""
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/EncryptionApp"},
        "Action": "kms:CreateGrant", "Resource": "*",
        "Condition": {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}}
        """#,
        #"""
        "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:PutKeyPolicy", "Resource": "*",
        "Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": true}}
        """#,
        #"""
        "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:ScheduleKeyDeletion", "Resource": "*",
        "Condition": {"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "21"}}
        """#,
        #"""
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ExampleUser"},
        "Action": "kms:ImportKeyMaterial", "Resource": "*",
        "Condition": {"DateLessThanEquals": {"kms:ValidTo": "1767225600"}}
        """#,
        #"""
        "Sid": "Enable enclave data processing", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/data-processing"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"], "Resource": "*",
        "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "9fedcba8abcdef7abcdef6"}}
        """#,
        #"""
        "Sid": "Deny critical calls without recent MFA", "Effect": "Deny", "Principal": {"AWS": "*"},
        "Action": ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"], "Resource": "*",
        "Condition": {"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"},
                      "BoolIfExists": {"aws:ViaAWSService": "false"}}
        """#,
    ]

    @Test(arguments: statements)
    func `the examples of AWS's documentation have no finding above medium`(statement: String) {
        let findings = PolicyLinter.findings(
            in: policy(allow("*", to: lintRoot), statement), as: .key, LintContext(keyARN: lintKey))
        #expect(findings.allSatisfy { $0.severity <= .medium }, "the findings are: \(findings)")
    }

    @Test func `the policy of AWSKeyManagementServicePowerUser has no finding above low`() {
        let text = policy(
            #"""
            "Effect": "Allow", "Action": ["kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:Describe*",
              "kms:GenerateRandom", "kms:Get*", "kms:List*", "kms:TagResource", "kms:UntagResource", "iam:ListGroups",
              "iam:ListRoles", "iam:ListUsers"], "Resource": "*"
            """#)
        #expect(PolicyLinter.findings(in: text, as: .identity).isEmpty)
    }

    // MARK: What is no policy

    @Test(arguments: [
        "", "x", "[]", "null", "{", "{}", "\u{FEFF}{}", #"{"Statement": []}"#, #"{"Statement": [{}]}"#,
        #"{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}"#, "{\"\u{0}\": 1}",
        #"{"Statement": {"Effect": "Perhaps", "Principal": "*", "Action": "kms:*", "Resource": "*"}}"#,
        String(repeating: "[", count: 100_000), String(repeating: #"{"Statement":"#, count: 10_000),
        #"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "bob"}, "Action": "kms:*", "Resource": "*"}}"#,
    ])
    func `what is no policy has one finding with its place`(text: String) throws {
        let findings = PolicyLinter.findings(in: text, as: .key)
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.check == .unreadable && finding.severity == .high)
        guard case .policy(let place) = finding.place else {
            Issue.record("the place is in the text")
            return
        }
        #expect(place.line == 1 && place.column >= 1 && place.column <= text.count + 1, "the place is \(place)")
    }

    @Test func `every beginning of a policy is linted without harm`() {
        let text = Array(Self.console.unicodeScalars)
        for length in 0..<text.count {
            let findings = PolicyLinter.findings(in: String(String.UnicodeScalarView(text[..<length])), as: .key)
            #expect(findings.map(\.check) == [.unreadable])
        }
    }

    @Test func `a policy of the greatest length is linted`() {
        // Principals, actions and statements each as many as fit.
        let principals = (0..<2000).map { "\"arn:aws:iam::\(lintAccount):role/r\($0)\"" }.joined(separator: ",")
        let many = policy(
            #""Effect": "Allow", "Principal": {"AWS": [\#(principals)]}, "Action": "kms:*", "Resource": "*""#)
        #expect(severities(.separationOfDuties, in: many).count == 2000)
        let actions = (0..<5000).map { "\"kms:*\(String($0, radix: 36))*\"" }.joined(separator: ",")
        let starry = policy(
            #""Effect": "Deny", "Principal": {"AWS": "\#(lintRole)"}, "Action": [\#(actions)], "Resource": "*""#)
        #expect(!severities(.inertStatement, in: starry).isEmpty)
    }

    @Test func `findings stand in the order of the text`() {
        let text = policy(
            allow("Decrypt", to: "*"), allow("*", to: lintRole), allow("Decript", to: lintRole),
            allow("Encrypt", to: "*")
        )
        let lines = PolicyLinter.findings(in: text, as: .key).compactMap { finding -> Int? in
            if case .policy(let place) = finding.place { place.line } else { nil }
        }
        #expect(lines == lines.sorted())
        #expect(Set(lines).count > 3)
    }
}
