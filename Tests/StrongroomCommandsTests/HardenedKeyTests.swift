import KMSPolicy
import Testing

@testable import StrongroomCommands

@Suite struct `A hardened key` {
    private static let user = "arn:aws:iam::111122223333:user/"
    private static let arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    private func key(
        _ name: String = "payroll", administrators: [String] = [user + "ann"], users: [String] = []
    ) -> HardenedKey {
        HardenedKey(name: name, account: "111122223333", administrators: administrators, users: users)
    }

    /// Whether a caller may do an action, by the key policy and an identity policy.
    private func may(
        _ action: String, _ key: HardenedKey, as name: String, with own: String? = nil, days: String? = nil
    ) throws -> Bool {
        struct Window: ConditionContext {
            let days: String?
            func values(of key: ConditionKey) -> ConditionValues {
                guard key == .named(.scheduleKeyDeletionPendingWindowInDays), let days else { return .absent }
                return .one(days)
            }
        }
        let policy = try PolicyDocument(parsing: key.keyPolicy.text(isPretty: true), as: .key)
        let identity = try own.map { text in
            CompiledPolicy(try PolicyDocument(parsing: text, as: .identity), source: .identityPolicy("own"))
        }
        let caller = PolicyCaller(
            kind: .user, account: "111122223333", arn: Self.user + name, userID: "AIDA\(name)")
        return Decision.onKey(
            PolicyQuestion(action: action, resource: Self.arn, context: Window(days: days)), by: caller,
            CallerPolicies(identity: [identity].compactMap(\.self)),
            keyPolicy: CompiledPolicy(policy, source: .keyPolicy), keyAccount: "111122223333",
            worksAcrossAccounts: false, encryptionContext: nil, grants: { [] }
        ).isAllowed
    }

    private static let everything =
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#

    private static let use = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"]
    private static let administration = [
        "kms:PutKeyPolicy", "kms:DisableKey", "kms:EnableKeyRotation", "kms:TagResource", "kms:RevokeGrant",
    ]

    @Test func `is administered by those who cannot use it, and used by those who cannot administer it`() throws {
        let key = key(users: [Self.user + "ben"])
        for own in [nil, Self.everything] {
            for action in Self.use {
                #expect(try !may(action, key, as: "ann", with: own), "\(action)")
                #expect(try may(action, key, as: "ben", with: own), "\(action)")
            }
            for action in Self.administration {
                #expect(try may(action, key, as: "ann", with: own), "\(action)")
                #expect(try !may(action, key, as: "ben", with: own), "\(action)")
            }
        }
        #expect(try !may("kms:CreateGrant", key, as: "ann", with: Self.everything), "it would give use")
    }

    @Test func `waits for its end for 30 days, whoever wants it`() throws {
        let key = key()
        for name in ["ann", "carl"] {
            for (days, isAllowed) in [("7", false), ("29", false), ("30", true)] {
                #expect(
                    try may("kms:ScheduleKeyDeletion", key, as: name, with: Self.everything, days: days) == isAllowed)
            }
        }
    }

    @Test func `is used by whoever has its managed policies`() throws {
        let key = key()
        let expected = [
            "allow-encrypt-payroll": [true, false, true, false], "allow-decrypt-payroll": [false, true, false, true],
            "allow-crypto-payroll": [true, true, true, true],
        ]
        let policies = key.managedPolicies(Self.arn)
        #expect(Set(policies.map(\.name)) == Set(expected.keys))
        for policy in policies {
            let text = policy.document.text()
            let allowed = try Self.use.map { try may($0, key, as: "carl", with: text) }
            #expect(allowed == expected[policy.name], "\(policy.name)")
            #expect(try may("kms:DescribeKey", key, as: "carl", with: text))
            for action in Self.administration { #expect(try !may(action, key, as: "carl", with: text)) }
        }
        #expect(try !may("kms:Encrypt", key, as: "carl"))
    }

    @Test func `has policies that the linter finds nothing wrong with`() {
        let context = LintContext(account: "111122223333")
        let findings = PolicyLinter.findings(
            in: key(users: [Self.user + "ben"]).keyPolicy.text(isPretty: true), as: .key, context)
        #expect(findings.map(\.check.id) == ["L16"], "that the account delegates")
        for policy in key().managedPolicies(Self.arn) {
            #expect(PolicyLinter.findings(in: policy.document.text(), as: .identity, context).isEmpty)
        }
    }

    @Test(arguments: ["", "a/b", "a b", "é", "alias:x", String(repeating: "a", count: 101)])
    func `has a name that policies can have`(name: String) {
        expectFailure(saying: "cannot be a hardened key's name") { try key(name).check(caller: Self.user + "ann") }
    }

    @Test func `is refused where duties would not be apart`() {
        let both = key(users: [Self.user + "ann"])
        expectFailure(saying: "two identities") { try both.check(caller: Self.user + "zoe") }
        let mine = key(users: [Self.user + "zoe"])
        expectFailure(saying: "change its policy again") { try mine.check(caller: Self.user + "zoe") }
        for bad in [
            "*", "111122223333", "arn:aws:iam::111122223333:root", "ec2.amazonaws.com",
            "arn:aws:sts::111122223333:assumed-role/app/s",
        ] {
            expectFailure(saying: bad) { try key(administrators: [bad]).check(caller: Self.user + "zoe") }
        }
    }
}
