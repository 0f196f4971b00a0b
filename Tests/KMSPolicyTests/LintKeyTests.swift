import Testing

@testable import KMSPolicy

struct LintKeyTests {
    private let day: Int64 = 86_400
    private let now: Int64 = 1_900_000_000

    /// A key of a year, used yesterday, that is rotated.
    private func key(spec: String = "SYMMETRIC_DEFAULT", origin: String = "AWS_KMS", state: String = "Enabled")
        -> LintedKey
    {
        var key = LintedKey(
            arn: lintKey, spec: spec, origin: origin, state: state, created: now - 365 * day)
        key.lastUse = .at(now - day)
        key.rotates = true
        return key
    }

    private func findings(_ key: LintedKey, policy: String? = nil, _ context: LintContext = LintContext())
        -> [LintFinding]
    {
        PolicyLinter.findings(in: key, policy: policy, now: now, context)
    }

    private func severities(_ check: LintCheck, _ key: LintedKey, policy: String? = nil) -> [LintSeverity] {
        findings(key, policy: policy).filter { $0.check == check }.map(\.severity)
    }

    @Test func `a key as it should be has no findings`() {
        #expect(findings(key()).isEmpty)
        #expect(findings(key(), policy: policy(allow("*", to: lintRoot))).allSatisfy { $0.severity == .info })
    }

    // MARK: L17

    @Test func `a symmetric key that is not rotated is found`() {
        var idle = key()
        idle.rotates = false
        #expect(severities(.rotation, idle) == [.medium])
        idle.deletion = now + day
        #expect(severities(.rotation, idle).isEmpty, "a key that is to go needs no rotation")
    }

    @Test(arguments: [("RSA_2048", "AWS_KMS"), ("SYMMETRIC_DEFAULT", "EXTERNAL"), ("HMAC_256", "AWS_KMS")])
    func `keys that cannot be rotated by themselves are well without`(spec: String, origin: String) {
        var other = key(spec: spec, origin: origin)
        other.rotates = false
        #expect(severities(.rotation, other).isEmpty)
        var unknown = key()
        unknown.rotates = nil
        #expect(severities(.rotation, unknown).isEmpty)
    }

    // MARK: L18

    @Test func `the end of a key that is in use is worse than of one that is not`() {
        var ending = key(state: "PendingDeletion")
        ending.deletion = now + 10 * day
        #expect(severities(.deletion, ending) == [.high])
        ending.lastUse = .unknown
        #expect(severities(.deletion, ending) == [.high])
        ending.lastUse = .at(now - 200 * day)
        #expect(severities(.deletion, ending) == [.low])
        ending.lastUse = .noneSince(ending.created)
        #expect(severities(.deletion, ending) == [.low])
    }

    @Test func `a disabled key that was just used is found`() {
        #expect(severities(.deletion, key(state: "Disabled")) == [.medium])
        var idle = key(state: "Disabled")
        idle.lastUse = .at(now - 200 * day)
        #expect(severities(.deletion, idle).isEmpty)
    }

    // MARK: L19

    @Test func `an enabled key that nobody uses is found`() {
        var idle = key()
        idle.lastUse = .at(now - 100 * day)
        #expect(severities(.usage, idle) == [.low])
        idle.lastUse = .noneSince(now - 100 * day)
        #expect(severities(.usage, idle) == [.low])
        idle.lastUse = .noneSince(now - 10 * day)
        #expect(severities(.usage, idle).isEmpty, "uses are not recorded long enough to say")
        idle.lastUse = .unknown
        #expect(severities(.usage, idle).isEmpty)
    }

    @Test func `a multi-Region key is found, and more so without a replica`() {
        var wide = key()
        wide.isMultiRegion = true
        #expect(severities(.usage, wide) == [.low])
        wide.replicas = 2
        #expect(severities(.usage, wide) == [.info])
    }

    // MARK: L13 and L15 on grants

    private func grant(
        _ id: String, to grantee: String = lintRole, _ operations: Set<String> = ["Encrypt"], constrained: Bool = true,
        created: Int64? = nil
    ) -> LintedKey.Grant {
        LintedKey.Grant(
            id: id, grantee: grantee, operations: operations, isConstrained: constrained, created: created)
    }

    @Test func `grants that are too wide, double or unused are found`() {
        var granted = key()
        granted.grants = [grant("a")]
        #expect(findings(granted).isEmpty)
        granted.grants = [grant("a", to: lintRoot)]
        #expect(severities(.grants, granted) == [.medium])
        granted.grants = [grant("a"), grant("b")]
        #expect(findings(granted).map(\.place) == [.grant("b")], "the first of two grants stays")
        granted.grants = [grant("a", ["Decrypt"], constrained: false)]
        #expect(severities(.grants, granted) == [.info])
        granted.grants = [grant("a", created: now - 100 * day)]
        #expect(severities(.grants, granted).isEmpty, "the key is used")
        granted.lastUse = .at(now - 120 * day)
        #expect(severities(.grants, granted) == [.low])
    }

    @Test func `grants to a deleted identity or an account that nobody knows are found`() {
        var granted = key()
        granted.grants = [grant("a", to: "AROAEXAMPLEEXAMPLE12"), grant("b", to: lintForeignRole)]
        #expect(severities(.deadPrincipal, granted) == [.medium])
        let found = findings(granted, LintContext(trustedAccounts: []))
        #expect(found.filter { $0.check == .deadPrincipal }.map(\.severity) == [.high, .medium])
    }

    @Test func `a grant that goes around an attestation is found`() {
        let attested = allow(
            "Decrypt", to: lintRole, when("StringEquals", "kms:RecipientAttestation:ImageSha384", "9fedcba8abcdef7a"))
        var granted = key()
        granted.grants = [grant("a", ["Decrypt"])]
        #expect(severities(.attestation, granted, policy: policy(attested)) == [.high])
        granted.grants = [grant("a", ["Encrypt"])]
        #expect(severities(.attestation, granted, policy: policy(attested)).isEmpty)
    }

    @Test func `a key policy is linted as the key's own`() {
        let foreign = allow("PutKeyPolicy", to: lintForeignRole)
        #expect(severities(.acrossAccounts, key(), policy: policy(foreign)) == [.medium])
        #expect(severities(.unreadable, key(), policy: "{") == [.high])
    }
}
