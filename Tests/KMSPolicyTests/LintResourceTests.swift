import Testing

@testable import KMSPolicy

struct LintResourceTests {
    // MARK: L6

    @Test(arguments: ["*", "arn:aws:kms:*:*:*", "arn:aws:kms:us-east-1:111122223333:key/*"])
    func `decryption with all keys in an identity policy is found`(resource: String) {
        expectFinding(.decryptOnAllKeys, .medium, in: policy(allow("Decrypt", on: resource)), as: .identity)
        expectFinding(.decryptOnAllKeys, .medium, in: policy(allow("ReEncrypt*", on: resource)), as: .identity)
        let limited = when("StringEquals", "aws:ResourceTag/team", "blue")
        expectFinding(.decryptOnAllKeys, .low, in: policy(allow("Decrypt", on: resource, limited)), as: .identity)
    }

    @Test func `NotResource leaves nearly all keys`() {
        let text = policy(#""Effect": "Allow", "Action": "kms:Decrypt", "NotResource": "\#(lintKey)""#)
        expectFinding(.decryptOnAllKeys, .medium, in: text, as: .identity)
    }

    @Test func `decryption with one key, and other actions with all, are well`() {
        expectNothing(of: .decryptOnAllKeys, in: policy(allow("Decrypt", on: lintKey)), as: .identity)
        expectNothing(of: .decryptOnAllKeys, in: policy(allow("Encrypt Describe* List*", on: "*")), as: .identity)
        expectNothing(of: .decryptOnAllKeys, in: policy(allow("Decrypt", to: lintRole)))
    }

    // MARK: L7

    @Test func `an alias where a key is meant is found`() {
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/app"
        expectFinding(.aliasAsResource, .medium, in: policy(allow("Decrypt", on: alias)), as: .identity)
        expectFinding(.aliasAsResource, .medium, in: policy(allow("CreateAlias Decrypt", on: alias)), as: .identity)
        let denial = #""Effect": "Deny", "Action": "kms:Decrypt", "Resource": "\#(alias)""#
        expectFinding(.aliasAsResource, .high, in: policy(denial), as: .identity)
        expectNothing(of: .aliasAsResource, in: policy(allow("CreateAlias UpdateAlias", on: alias)), as: .identity)
        let both = #""Effect": "Allow", "Action": "kms:*", "Resource": ["\#(alias)", "\#(lintKey)"]"#
        expectNothing(of: .aliasAsResource, in: policy(both), as: .identity)
    }

    @Test func `kms:ResourceAliases is for identity policies`() {
        let condition = when("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/app")
        expectFinding(.aliasAsResource, .medium, in: policy(allow("Decrypt", to: lintRole, condition)))
        expectNothing(of: .aliasAsResource, in: policy(allow("Decrypt", on: "*", condition)), as: .identity)
    }

    // MARK: L8

    @Test(arguments: [
        #""Action": "kms:Decrypt""#, #""Resource": "*""#,
        #""Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:111122223333:key/another""#,
        #""Action": "kms:Decrypt", "NotResource": "*""#, #""Action": "kms:Decript", "Resource": "*""#,
        #""Action": "s3:GetObject", "Resource": "*""#,
    ])
    func `a statement without effect is found, and more so when it was to deny`(members: String) {
        let rest = #""Principal": {"AWS": "\#(lintRole)"}, \#(members)"#
        expectFinding(.inertStatement, .medium, in: policy(#""Effect": "Allow", \#(rest)"#))
        expectFinding(.inertStatement, .high, in: policy(#""Effect": "Deny", \#(rest)"#))
    }

    @Test func `another key's ARN is only a hint while the key is not known`() {
        let members =
            #""Effect": "Allow", "Principal": {"AWS": "\#(lintRole)"}, "#
            + #""Action": "kms:Decrypt", "Resource": "\#(lintKey)""#
        expectFinding(.inertStatement, .low, in: policy(members), LintContext())
        expectNothing(of: .inertStatement, in: policy(members))
    }

    @Test func `statements with effect are well`() {
        expectNothing(of: .inertStatement, in: policy(allow("Decrypt", to: lintRole)))
        expectNothing(
            of: .inertStatement,
            in: policy(#""Effect": "Allow", "Action": ["s3:GetObject", "kms:Decrypt"], "Resource": "*""#), as: .identity
        )
        expectFinding(
            .inertStatement, .medium, saying: "kms:Decript", in: policy(allow("Decript", on: "*")), as: .identity)
    }

    // MARK: L13

    @Test func `CreateGrant without limits is found`() {
        expectFinding(.grants, .medium, in: policy(allow("CreateGrant", to: lintRole)))
        expectFinding(.grants, .medium, in: policy(allow("Create* Describe*", to: lintRole)))
        expectFinding(.grants, .medium, in: policy(allow("CreateGrant", on: lintKey)), as: .identity)
    }

    @Test(arguments: [
        when("Bool", "kms:GrantIsForAWSResource", "true"),
        when("ForAllValues:StringEquals", "kms:GrantOperations", "Decrypt"),
        when("StringEquals", "kms:GranteePrincipal", lintRole),
        when("StringEquals", "kms:ViaService", "ec2.us-east-1.amazonaws.com"),
    ])
    func `CreateGrant within limits is well`(condition: String) {
        expectNothing(of: .grants, in: policy(allow("CreateGrant", to: lintRole, condition)))
    }

    @Test func `delegation to the account grants nothing itself`() {
        expectNothing(of: .grants, in: policy(allow("*", to: lintRoot)))
        expectNothing(of: .grants, in: policy(allow("Encrypt CreateGrant", to: lintRoot)))
    }

    // MARK: L20

    @Test func `a policy without the current Version is found`() {
        let without = #"{"Statement": {\#(allow("Decrypt", on: lintKey))}}"#
        expectFinding(.document, .low, saying: "no Version", in: without, as: .identity)
        let old = #"{"Version": "2008-10-17", "Statement": {\#(allow("Decrypt", on: lintKey))}}"#
        expectFinding(.document, .low, saying: "2008-10-17", in: old, as: .identity)
        let own = when("StringEquals", "aws:PrincipalTag/team", "${aws:username}")
        let variables = #"{"Statement": {\#(allow("Decrypt", on: lintKey, own))}}"#
        expectFinding(.document, .medium, saying: "plain text", in: variables, as: .identity)
        expectNothing(of: .document, in: policy(allow("Decrypt", on: lintKey)), as: .identity)
    }

    @Test func `a Sid that occurs twice is found`() {
        let one = #""Sid": "A", "# + allow("*", to: lintRoot)
        let two = #""Sid": "A", "# + allow("Decrypt", to: lintRole)
        expectFinding(.document, .low, saying: "Sid \"A\"", in: policy(one, two))
    }

    @Test func `what is said twice is found`() {
        let first = allow("Encrypt Decrypt", to: lintRole)
        expectFinding(.document, .low, saying: "the same as", in: policy(first, allow("Decrypt Encrypt", to: lintRole)))
        expectFinding(
            .document, .info, saying: "covers already",
            in: policy(allow("GenerateDataKey* generatedatakey", to: lintRole)))
        expectFinding(
            .document, .info, saying: "covers already",
            in: policy(allow("Decrypt kms:Decrypt Decrypt", to: lintRole).replacing("kms:kms:", with: "kms:")))
        expectNothing(of: .document, in: policy(first, allow("DescribeKey Describe", to: lintRole)))
    }

    @Test func `a policy that is too long is found`() {
        let filler = String(repeating: " ", count: 33_000)
        expectFinding(.document, .high, saying: "32768", in: filler + policy(allow("*", to: lintRoot)))
        let resources = (0..<100).map { "\"\(lintKey)\($0)\"" }.joined(separator: ",")
        let long = policy(#""Effect": "Allow", "Action": "kms:Decrypt", "Resource": [\#(resources)]"#)
        expectFinding(.document, .medium, saying: "6144", in: long, as: .identity)
    }

    // MARK: L21

    private let image = when(
        "StringEqualsIgnoreCase", "kms:RecipientAttestation:ImageSha384", "9fedcba8abcdef7abcdef6abcdef5abc")

    @Test func `a way around an attestation is found`() {
        let attested = allow("Decrypt GenerateDataKey", to: lintRole, image)
        let other = "arn:aws:iam::111122223333:role/other"
        expectFinding(.attestation, .high, in: policy(attested, allow("Decrypt", to: other)))
        expectFinding(.attestation, .medium, in: policy(attested, allow("*", to: lintRoot)))
        expectNothing(of: .attestation, in: policy(attested, allow("Encrypt", to: other)))
        expectNothing(of: .attestation, in: policy(allow("Decrypt", to: other)))
    }

    @Test func `a Deny closes every way around an attestation`() {
        let attested = allow("Decrypt", to: lintRole, image)
        let denial = deny(
            "Decrypt", to: "*", image.replacing("StringEqualsIgnoreCase", with: "StringNotEqualsIgnoreCase"))
        expectNothing(of: .attestation, in: policy(attested, allow("*", to: lintRoot), denial))
    }
}
