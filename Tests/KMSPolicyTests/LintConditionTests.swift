import Testing

@testable import KMSPolicy

struct LintConditionTests {
    // MARK: L5

    @Test func `ForAllValues on an encryption context is what KMS refuses`() {
        let text = policy(
            allow("Decrypt", to: lintRole, when("ForAllValues:StringEquals", "kms:EncryptionContext:app", "x")))
        expectFinding(.forAllValues, .high, saying: "OverlyPermissiveCondition", in: text)
    }

    @Test func `ForAllValues on a key with one value is found`() {
        let condition = when("ForAllValues:StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com")
        expectFinding(.forAllValues, .medium, in: policy(allow("Decrypt", to: lintRole, condition)))
        expectFinding(.forAllValues, .low, in: policy(deny("Decrypt", to: lintRole, condition)))
        let context = when("ForAllValues:StringEquals", "kms:EncryptionContext:app", "x")
        expectFinding(.forAllValues, .medium, in: policy(allow("Decrypt", on: lintKey, context)), as: .identity)
    }

    @Test func `ForAllValues in an Allow needs a guard`() {
        let condition = when("ForAllValues:StringEquals", "kms:EncryptionContextKeys", "app")
        expectFinding(.forAllValues, .medium, in: policy(allow("Decrypt", to: lintRole, condition)))
        let guarded = #"""
            , "Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "app"},
                            "Null": {"kms:EncryptionContextKeys": "false"}}
            """#
        expectNothing(of: .forAllValues, in: policy(allow("Decrypt", to: lintRole, guarded)))
        expectNothing(of: .forAllValues, in: policy(deny("Decrypt", to: lintRole, condition)))
    }

    @Test func `ForAllValues on what every request has needs none`() {
        let operations = when("ForAllValues:StringEquals", "kms:GrantOperations", "Decrypt")
        expectNothing(of: .forAllValues, in: policy(allow("CreateGrant", to: lintRole, operations)))
        let tags = when("ForAllValues:StringEquals", "aws:TagKeys", "team")
        expectNothing(of: .forAllValues, in: policy(allow("TagResource UntagResource", to: lintRole, tags)))
    }

    // MARK: L10

    @Test(arguments: [
        ("Encrypt", "StringEquals", "kms:SigningAlgorithm", "RSASSA_PSS_SHA_256"),
        ("DescribeKey", "StringEquals", "kms:EncryptionContext:app", "x"),
        ("Sign", "Bool", "kms:GrantIsForAWSResource", "true"), ("Decrypt", "StringEquals", "kms:Nothing", "x"),
        ("Decrypt", "StringEquals", "kms:EncryptionContext", "x"),
        ("Decrypt", "StringEquals", "iam:PassedToService", "x"),
        ("Decrypt", "StringEquals", "s3:prefix", "x"), ("CreateAlias", "StringEquals", "kms:RequestAlias", "alias/x"),
        ("ListKeys", "StringEquals", "kms:KeySpec", "RSA_2048"),
    ])
    func `a condition key that the action never has is found`(
        action: String, conditionOperator: String, key: String, value: String
    ) {
        let condition = when(conditionOperator, key, value)
        expectFinding(.conditionMismatch, .medium, in: policy(allow(action, to: lintRole, condition)))
        expectFinding(.conditionMismatch, .high, in: policy(deny(action, to: lintRole, condition)))
    }

    @Test func `a condition key that some of the named actions lack is found`() {
        let condition = when("StringEquals", "kms:EncryptionContext:app", "x")
        expectFinding(
            .conditionMismatch, .low, saying: "DescribeKey",
            in: policy(allow("Decrypt DescribeKey", to: lintRole, condition)))
        expectNothing(of: .conditionMismatch, in: policy(allow("Decrypt Encrypt", to: lintRole, condition)))
        expectNothing(of: .conditionMismatch, in: policy(allow("*", to: lintRole, condition)))
    }

    @Test func `other services' actions have condition keys of their own`() {
        let text = policy(
            #""Effect": "Allow", "Action": ["kms:Decrypt", "s3:GetObject"], "Resource": "\#(lintKey)""#
                + when("StringEquals", "s3:prefix", "x"))
        expectNothing(of: .conditionMismatch, in: text, as: .identity)
    }

    @Test(arguments: [
        ("NumericEquals", "kms:KeySpec", "1"), ("StringLike", "kms:MultiRegion", "true"),
        ("Bool", "kms:KeyOrigin", "true"), ("ArnLike", "kms:ViaService", "arn:aws:s3:::x"),
        ("StringEquals", "aws:SourceIp", "192.0.2.1"), ("DateLessThan", "aws:MultiFactorAuthAge", "2030-01-01"),
        ("IpAddress", "aws:PrincipalArn", "192.0.2.1"), ("BinaryEquals", "kms:KeySpec", "QUJD"),
    ])
    func `an operator of another type than its key is found`(conditionOperator: String, key: String, value: String) {
        let text = policy(allow("Decrypt", to: lintRole, when(conditionOperator, key, value)))
        expectFinding(.conditionMismatch, .medium, saying: "is not for \(key)", in: text)
    }

    @Test(arguments: [
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/app"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
        ("DateLessThan", "aws:EpochTime", "1900000000"), ("NumericLessThan", "aws:EpochTime", "1900000000"),
        ("Bool", "kms:MultiRegion", "false"), ("NumericLessThan", "kms:EncryptionContext:size", "10"),
        ("Null", "kms:ViaService", "true"), ("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/x"),
    ])
    func `an operator of its key's type is well`(conditionOperator: String, key: String, value: String) {
        let text = policy(allow("Decrypt", on: lintKey, when(conditionOperator, key, value)))
        expectNothing(of: .conditionMismatch, in: text, as: .identity)
    }

    @Test func `a key with several values needs a qualifier`() {
        let text = policy(allow("Decrypt", to: lintRole, when("StringEquals", "kms:EncryptionContextKeys", "app")))
        expectFinding(.conditionMismatch, .low, saying: "several values", in: text)
    }

    @Test func `IfExists is found where it defeats or repeats the condition`() {
        let service = ("kms:ViaService", "s3.us-east-1.amazonaws.com")
        let positive = when("StringEqualsIfExists", service.0, service.1)
        expectFinding(
            .conditionMismatch, .medium, saying: "also allows", in: policy(allow("Decrypt", to: lintRole, positive)))
        expectFinding(
            .conditionMismatch, .low, saying: "also denies", in: policy(deny("Decrypt", to: lintRole, positive)))
        let negative = when("StringNotEqualsIfExists", service.0, service.1)
        expectFinding(.conditionMismatch, .info, in: policy(deny("Decrypt", to: lintRole, negative)))
        let transport = when("BoolIfExists", "aws:SecureTransport", "false")
        expectNothing(of: .conditionMismatch, in: policy(deny("Decrypt", to: lintRole, transport)))
        expectFinding(
            .unreadable, .high, saying: "Null",
            in: policy(allow("Decrypt", to: lintRole, when("NullIfExists", service.0, "true"))))
    }

    @Test(arguments: [
        ("Bool", "aws:SecureTransport", "yes"), ("NumericLessThan", "aws:MultiFactorAuthAge", "one hour"),
        ("DateLessThan", "aws:CurrentTime", "tomorrow"), ("IpAddress", "aws:SourceIp", "192.0.2.0/33"),
        ("Null", "aws:SourceVpc", "maybe"), ("ArnLike", "aws:PrincipalArn", "role/app"),
    ])
    func `a value of another type than its operator is found`(conditionOperator: String, key: String, value: String) {
        let text = policy(allow("Decrypt", to: lintRole, when(conditionOperator, key, value)))
        expectFinding(.conditionMismatch, .medium, saying: "cannot read the value", in: text)
    }

    // MARK: L11

    @Test func `wildcards are found where they are characters`() {
        let star = when("StringEquals", "kms:ViaService", "*.us-east-1.amazonaws.com")
        expectFinding(.literalWildcard, .medium, in: policy(allow("Decrypt", to: lintRole, star)))
        let mark = when("StringNotEquals", "kms:EncryptionContext:app", "who?")
        expectFinding(.literalWildcard, .low, in: policy(allow("Decrypt", to: lintRole, mark)))
        expectFinding(
            .unreadable, .high, saying: "wildcard",
            in: policy(allow("Decrypt", to: "arn:aws:iam::111122223333:role/*")))
    }

    @Test func `wildcards that are wildcards are well`() {
        let star = when("StringLike", "kms:ViaService", "*.us-east-1.amazonaws.com")
        expectNothing(of: .literalWildcard, in: policy(allow("Decrypt", to: lintRole, star)))
        let escaped = when("StringEquals", "kms:EncryptionContext:app", "a${*}b")
        expectNothing(of: .literalWildcard, in: policy(allow("Decrypt", to: lintRole, escaped)))
    }

    // MARK: L14

    @Test(arguments: [
        allow("Decrypt", to: lintRole, when("Bool", "aws:MultiFactorAuthPresent", "false")),
        allow("Decrypt", to: lintRole, when("BoolIfExists", "aws:MultiFactorAuthPresent", "true")),
        allow("Decrypt", to: lintRole, when("NumericLessThanIfExists", "aws:MultiFactorAuthAge", "300")),
        allow("Decrypt", to: lintRole, when("Null", "aws:MultiFactorAuthPresent", "true")),
        deny("Decrypt", to: lintRole, when("Bool", "aws:MultiFactorAuthPresent", "false")),
        deny("Decrypt", to: lintRole, when("NumericGreaterThan", "aws:MultiFactorAuthAge", "300")),
    ])
    func `a test of MFA that long-term credentials pass is found`(statement: String) {
        expectFinding(.multiFactorAuthentication, .high, in: policy(statement))
    }

    @Test func `denying those who used MFA is found`() {
        let text = policy(deny("Decrypt", to: lintRole, when("Bool", "aws:MultiFactorAuthPresent", "true")))
        expectFinding(.multiFactorAuthentication, .medium, in: text)
    }

    @Test(arguments: [
        [allow("Decrypt", to: lintRole, when("Bool", "aws:MultiFactorAuthPresent", "true"))],
        [allow("Decrypt", to: lintRole, when("NumericLessThan", "aws:MultiFactorAuthAge", "300"))],
        [deny("Decrypt", to: lintRole, when("BoolIfExists", "aws:MultiFactorAuthPresent", "false"))],
        [deny("Decrypt", to: lintRole, when("NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", "300"))],
        [
            deny("Decrypt", to: lintRole, when("NumericGreaterThan", "aws:MultiFactorAuthAge", "300")),
            deny("Decrypt", to: lintRole, when("Null", "aws:MultiFactorAuthAge", "true")),
        ],
    ])
    func `a test of MFA that only MFA passes is well`(statements: [String]) {
        let text = "{\"Version\": \"2012-10-17\", \"Statement\": [{\(statements.joined(separator: "}, {"))}]}"
        expectNothing(of: .multiFactorAuthentication, in: text)
    }
}
