import Testing

@testable import KMSPolicy

struct LintPrincipalTests {
    // MARK: L1

    @Test(arguments: [
        "", when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"),
        when("StringEqualsIfExists", "kms:CallerAccount", lintAccount),
        when("StringNotEquals", "kms:CallerAccount", "444455556666"), when("StringLike", "kms:CallerAccount", "*"),
        when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app"), when("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
        when("StringEquals", "aws:PrincipalTag/team", "blue"), when("Bool", "aws:SecureTransport", "true"),
    ])
    func `a key that everybody may use is critical`(condition: String) {
        expectFinding(.publicKey, .critical, in: policy(allow("Decrypt", to: "*", condition)))
    }

    @Test(arguments: [
        when("StringEquals", "kms:CallerAccount", lintAccount),
        when("StringEquals", "aws:PrincipalOrgID", "o-abcdef1234"),
        when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
        when("IpAddress", "aws:SourceIp", "192.0.2.0/24"), when("StringLike", "aws:userid", "AROAEXAMPLEEXAMPLE:*"),
        when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-abcdef1234/*"),
    ])
    func `everybody with a condition on who calls is not`(condition: String) {
        expectNothing(of: .publicKey, in: policy(allow("Decrypt", to: "*", condition)))
    }

    @Test func `denying everybody opens nothing`() {
        expectNothing(of: .publicKey, in: policy(deny("Decrypt", to: "*")))
        expectNothing(of: .publicKey, in: policy(allow("Decrypt", to: lintRole)))
    }

    @Test func `everybody in a statement that never applies opens nothing`() {
        expectNothing(of: .publicKey, in: policy(#""Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt""#))
        expectNothing(of: .publicKey, in: policy(allow("Decript", to: "*")))
    }

    // MARK: L2 and L3

    @Test func `Allow with NotPrincipal allows nearly everybody`() {
        let text = policy(
            #""Effect": "Allow", "NotPrincipal": {"AWS": "\#(lintRole)"}, "Action": "kms:*", "Resource": "*""#)
        expectFinding(.allowNotPrincipal, .high, in: text)
        expectNothing(of: .allowNotPrincipal, in: policy(allow("*", to: lintRoot)))
    }

    @Test(arguments: [
        [lintRole], [lintRoot, lintRole], [lintRole, "arn:aws:sts::111122223333:assumed-role/app/session"],
        ["arn:aws:iam::111122223333:user/ann"], [lintRoot, "arn:aws:sts::111122223333:assumed-role/app/session"],
    ])
    func `Deny with NotPrincipal that leaves out the account or the sessions denies those it spares`(spared: [String]) {
        expectFinding(.denyNotPrincipal, .high, in: policy(denyAllBut(spared)))
    }

    @Test(arguments: [
        [lintRoot, lintRole, "arn:aws:sts::111122223333:assumed-role/app/session"], [lintRoot],
        [lintRoot, "arn:aws:iam::111122223333:user/ann"],
    ])
    func `Deny with NotPrincipal and all that belongs to it is well`(spared: [String]) {
        expectNothing(of: .denyNotPrincipal, in: policy(denyAllBut(spared)))
    }

    private func denyAllBut(_ spared: [String]) -> String {
        let list = spared.map { "\"\($0)\"" }.joined(separator: ", ")
        return #""Effect": "Deny", "NotPrincipal": {"AWS": [\#(list)]}, "Action": "kms:*", "Resource": "*""#
    }

    // MARK: L4

    @Test(arguments: ["*", "PutKeyPolicy Decrypt", "ScheduleKeyDeletion GenerateDataKey*", "Put* Sign"])
    func `one role that administers and uses is found`(actions: String) {
        expectFinding(.separationOfDuties, .medium, in: policy(allow(actions, to: lintRole)))
        expectFinding(.separationOfDuties, .high, in: policy(allow(actions, to: lintForeignRole)))
        expectFinding(.separationOfDuties, .medium, in: policy(allow(actions, on: lintKey)), as: .identity)
    }

    @Test func `two statements that meet in one role are found at the second`() throws {
        let text = policy(allow("PutKeyPolicy", to: lintRole), allow("Decrypt", to: lintRole))
        let finding = try #require(
            PolicyLinter.findings(in: text, as: .key).first { $0.check == .separationOfDuties })
        guard case .policy(let place) = finding.place else {
            Issue.record("the finding is in the policy")
            return
        }
        #expect(place.path.hasPrefix("Statement[1]"), "the place is \(place)")
    }

    @Test func `administration apart from use, and the account's root, are well`() {
        let administrator = "arn:aws:iam::111122223333:role/administrator"
        expectNothing(
            of: .separationOfDuties,
            in: policy(
                allow("*", to: lintRoot),
                allow("PutKeyPolicy ScheduleKeyDeletion Create* Describe*", to: administrator),
                allow("Encrypt Decrypt DescribeKey", to: lintRole)))
        expectNothing(
            of: .separationOfDuties,
            in: policy(
                allow("*", to: administrator),
                deny("*crypt* GenerateDataKey* Sign *Mac D?riveSharedSecret Decapsulate", to: "*")))
    }

    // MARK: L9

    @Test func `operations that never work across accounts are found`() {
        expectFinding(
            .acrossAccounts, .low, saying: "ScheduleKeyDeletion",
            in: policy(allow("Decrypt ScheduleKeyDeletion", to: lintForeignRole)))
        expectFinding(.acrossAccounts, .medium, in: policy(allow("PutKeyPolicy EnableKey", to: "444455556666")))
    }

    @Test func `operations that work across accounts, and those of the own account, are well`() {
        expectNothing(of: .acrossAccounts, in: policy(allow("Decrypt DescribeKey CreateGrant", to: lintForeignRole)))
        expectNothing(of: .acrossAccounts, in: policy(allow("PutKeyPolicy", to: lintRole)))
        let unknown = LintContext()
        expectNothing(of: .acrossAccounts, in: policy(allow("PutKeyPolicy", to: lintForeignRole)), unknown)
    }

    // MARK: L12

    @Test(arguments: ["", when("StringEquals", "kms:ViaService", "logs.us-east-1.amazonaws.com")])
    func `a service for whomever it acts is found`(condition: String) {
        expectFinding(.servicePrincipal, .medium, in: policy(allowService("kms:Decrypt", condition)))
        expectFinding(.servicePrincipal, .low, in: policy(allowService("kms:DescribeKey", condition)))
    }

    @Test(arguments: [
        when("StringEquals", "aws:SourceAccount", lintAccount),
        when("ArnLike", "aws:SourceArn", "arn:aws:logs:us-east-1:111122223333:*"),
        when("ArnLike", "kms:EncryptionContext:aws:logs:arn", "arn:aws:logs:us-east-1:111122223333:*"),
    ])
    func `a service for the own account is well`(condition: String) {
        expectNothing(of: .servicePrincipal, in: policy(allowService("kms:Decrypt", condition)))
    }

    private func allowService(_ action: String, _ condition: String) -> String {
        #""Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "#
            + #""Action": "\#(action)", "Resource": "*"\#(condition)"#
    }

    // MARK: L15

    @Test func `what is left of a deleted identity is found`() {
        expectFinding(.deadPrincipal, .medium, in: policy(allow("Decrypt", to: "AROAEXAMPLEEXAMPLE12")))
        expectNothing(of: .deadPrincipal, in: policy(allow("Decrypt", to: lintRole)))
    }

    @Test func `accounts and identities are found that nobody knows`() {
        let context = LintContext(
            keyARN: lintKey, trustedAccounts: ["777788889999"], identities: ["arn:aws:iam::111122223333:role/there"])
        expectFinding(.deadPrincipal, .high, in: policy(allow("Decrypt", to: lintForeignRole)), context)
        expectFinding(.deadPrincipal, .medium, in: policy(allow("Decrypt", to: lintRole)), context)
        expectNothing(
            of: .deadPrincipal, in: policy(allow("Decrypt", to: "arn:aws:iam::111122223333:role/there")), context)
        expectNothing(of: .deadPrincipal, in: policy(allow("Decrypt", to: "777788889999")), context)
        expectNothing(of: .deadPrincipal, in: policy(allow("Decrypt", to: lintForeignRole)))
    }

    // MARK: L16

    @Test func `delegation to the account is stated`() {
        expectFinding(.administration, .info, saying: "delegates", in: policy(allow("*", to: lintRoot)))
    }

    @Test func `a policy that nobody can change is found`() {
        expectFinding(.administration, .high, in: policy(allow("Decrypt", to: lintRole)))
        expectFinding(.administration, .high, in: policy(allow("*", to: lintRoot), deny("Put*", to: "*")))
        expectFinding(
            .administration, .high, saying: "nobody",
            in: policy(#""Effect": "Allow", "Principal": {"AWS": "\#(lintRoot)"}, "Action": "kms:*""#))
    }

    @Test func `a policy that only people can change is found`() {
        let ann = "arn:aws:iam::111122223333:user/ann"
        expectFinding(.administration, .medium, saying: "users leave", in: policy(allow("PutKeyPolicy", to: ann)))
        expectFinding(
            .administration, .low, saying: "identity policies have no effect",
            in: policy(allow("PutKeyPolicy", to: lintRole)))
    }
}
