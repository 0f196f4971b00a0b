import HSMWorkerProtocol
import Testing

@testable import StrongroomCommands

@Suite struct `What a token can back` {
    private static let all = ConformanceGroup.allCases

    /// A finding about capabilities, given as `ORIGIN SPEC USAGE` with `*` for all.
    static func finding(
        _ group: ConformanceGroup, _ verdict: ConformanceVerdict, _ concerns: String..., so consequence: String? = nil
    ) -> ConformanceFinding {
        ConformanceFinding(
            "\(group.rawValue).check", group, "It is so", verdict, "seen", consequence: consequence,
            concerns: concerns.map { text in
                let words = text.split(separator: " ").map { $0 == "*" ? nil : String($0) }
                return ConformanceCapability(origin: words[0], spec: words[1], usage: words[2])
            })
    }

    /// What a token that can do all would show.
    static let good: [ConformanceFinding] =
        [finding(.initialization, .pass, "* * *")]
        + BackingVerdict([], groups: []).rows.dropFirst().map {
            finding(.login, .pass, "\($0.capability.origin!) \($0.capability.spec!) \($0.capability.usage!)")
        }

    private func answer(
        _ findings: [ConformanceFinding], _ name: String, groups: [ConformanceGroup] = all
    ) throws -> BackingVerdict.Answer {
        let row = BackingVerdict(findings, groups: groups).rows.first {
            [$0.capability.origin, $0.capability.spec, $0.capability.usage].compactMap(\.self)
                .joined(separator: " ") == name
        }
        return try #require(row).answer
    }

    private let symmetric = "AWS_KMS SYMMETRIC_DEFAULT ENCRYPT_DECRYPT"
    private let signing = "AWS_KMS RSA_2048 SIGN_VERIFY"

    @Test func `is told for each origin, key spec and usage`() {
        let rows = BackingVerdict(Self.good, groups: Self.all).rows
        #expect(rows.count == 1 + 19 + 19 + 1)
        #expect(rows[0].capability == .everything)
        #expect(rows.allSatisfy { $0.answer == .possible(note: nil) })
        #expect(rows.filter { $0.capability.origin == "AWS_CLOUDHSM" }.map(\.capability.spec) == ["SYMMETRIC_DEFAULT"])
    }

    @Test func `is everything whose checks passed or were quirks`() throws {
        let findings = Self.good + [Self.finding(.rsa, .quirk, "* RSA_2048 SIGN_VERIFY")]
        #expect(try answer(findings, signing) == .possible(note: nil))
    }

    @Test(arguments: [ConformanceVerdict.fail, .missing])
    func `is nothing that a bad finding is about, and the reason is its consequence`(verdict: ConformanceVerdict) throws
    {
        let findings = Self.good + [Self.finding(.rsa, verdict, "* RSA_2048 SIGN_VERIFY", so: "nothing is signed")]
        #expect(try answer(findings, signing) == .impossible(because: ["nothing is signed"]))
        #expect(try answer(findings, "EXTERNAL RSA_2048 SIGN_VERIFY") == .impossible(because: ["nothing is signed"]))
        #expect(try answer(findings, "AWS_KMS RSA_2048 ENCRYPT_DECRYPT") == .possible(note: nil))
        #expect(try answer(findings, "AWS_KMS RSA_3072 SIGN_VERIFY") == .possible(note: nil))
        #expect(BackingVerdict(findings, groups: Self.all).store == .possible(note: nil))
        #expect(BackingVerdict(findings, groups: Self.all).canServe, "a key store can do without")
    }

    @Test func `is told with each reason once`() throws {
        let findings =
            Self.good
            + [
                Self.finding(.rsa, .fail, "* RSA_2048 *", so: "one"),
                Self.finding(.rsa, .fail, "* RSA_2048 *", so: "one"),
                Self.finding(.rsa, .missing, "* * SIGN_VERIFY", so: "two"), Self.finding(.rsa, .fail, "* RSA_2048 *"),
            ]
        #expect(try answer(findings, signing) == .impossible(because: ["one", "two", "It is not so that: It is so"]))
    }

    @Test func `is nothing at all where a bad finding is about everything`() {
        let verdict = BackingVerdict(
            Self.good + [Self.finding(.attributes, .fail, "* * *", so: "keys can be read")], groups: Self.all)
        #expect(verdict.rows.allSatisfy { $0.answer == .impossible(because: ["keys can be read"]) })
        #expect(!verdict.canServe)
    }

    @Test func `is the key store as a whole also where one kind of key is missing`() {
        let verdict = BackingVerdict(
            Self.good + [Self.finding(.ec, .missing, "* ECC_NIST_P256 *")], groups: Self.all)
        #expect(verdict.store == .possible(note: nil))
    }

    // MARK: Origins

    @Test func `by import does not need that the token makes such keys, but that it uses them`() throws {
        let making = Self.good + [Self.finding(.rsa, .missing, "AWS_KMS RSA_2048 *", so: "none is made")]
        #expect(try answer(making, signing) == .impossible(because: ["none is made"]))
        #expect(try answer(making, "EXTERNAL RSA_2048 SIGN_VERIFY") == .possible(note: nil))
        let using = Self.good + [Self.finding(.rsa, .missing, "AWS_KMS RSA_2048 SIGN_VERIFY", so: "none is used")]
        #expect(try answer(using, "EXTERNAL RSA_2048 SIGN_VERIFY") == .impossible(because: ["none is used"]))
        let importing = Self.good + [Self.finding(.wrapping, .fail, "EXTERNAL * *", so: "none comes in")]
        #expect(try answer(importing, signing) == .possible(note: nil))
        #expect(try answer(importing, "EXTERNAL RSA_2048 SIGN_VERIFY") == .impossible(because: ["none comes in"]))
    }

    @Test func `in a custom key store is what the token makes`() throws {
        let findings =
            Self.good + [Self.finding(.attributes, .missing, "AWS_KMS SYMMETRIC_DEFAULT *", so: "none is made")]
        #expect(
            try answer(findings, "AWS_CLOUDHSM SYMMETRIC_DEFAULT ENCRYPT_DECRYPT")
                == .impossible(because: ["none is made"]))
    }

    // MARK: What was not looked at

    @Test func `is not known where a group was left out that it needs`() throws {
        let groups = Self.all.filter { $0 != .rsa && $0 != .wrapping }
        #expect(try answer(Self.good, signing, groups: groups) == .unknown(without: [.rsa]))
        #expect(
            try answer(Self.good, "EXTERNAL RSA_2048 SIGN_VERIFY", groups: groups)
                == .unknown(without: [.rsa, .wrapping]))
        #expect(try answer(Self.good, symmetric, groups: groups) == .possible(note: nil))
        let verdict = BackingVerdict(Self.good, groups: [.random])
        #expect(verdict.canServe, "nothing speaks against it")
        guard case .unknown(let left) = verdict.store else {
            Issue.record("\(verdict.store)")
            return
        }
        #expect(left == [.initialization, .login, .sessions, .attributes, .objects, .concurrency, .processes])
    }

    @Test func `is not known where no check was about it`() throws {
        let findings = Self.good.filter { !$0.concerns.contains { $0.spec == "HMAC_384" } }
        #expect(try answer(findings, "AWS_KMS HMAC_384 GENERATE_VERIFY_MAC") == .unknown(without: [.hmac]))
    }

    @Test func `is denied for a bad finding, whatever was left out`() throws {
        let findings = [Self.finding(.rsa, .fail, "* RSA_2048 *", so: "one")]
        #expect(try answer(findings, signing, groups: [.rsa]) == .impossible(because: ["one"]))
    }

    // MARK: Symmetric keys

    @Test func `is no key store without symmetric keys, whatever else there is`() throws {
        let findings = Self.good + [Self.finding(.aesGCM, .missing, "* SYMMETRIC_DEFAULT *", so: "no AES-GCM")]
        let verdict = BackingVerdict(findings, groups: Self.all)
        #expect(verdict.store == .impossible(because: ["no AES-GCM"]))
        #expect(!verdict.canServe)
        #expect(try answer(findings, signing) == .possible(note: nil))
    }

    @Test func `is symmetric keys without AES-GCM too, where AES-CBC and HMAC stand in for it`() throws {
        var mechanism = Self.finding(.aesGCM, .quirk, "* SYMMETRIC_DEFAULT *")
        mechanism.settings = ["encryptThenMAC": "true"]
        let findings = Self.good + [mechanism]
        guard case .possible(let note?) = try answer(findings, symmetric) else {
            Issue.record("not possible")
            return
        }
        #expect(note.contains("encryptThenMAC: true"))
        #expect(BackingVerdict(findings, groups: Self.all).canServe)
        let groups = Self.all.filter { $0 != .encryptThenMAC }
        #expect(try answer(findings, symmetric, groups: groups) == .unknown(without: [.encryptThenMAC]))
        let wrong = findings + [Self.finding(.encryptThenMAC, .fail, "* SYMMETRIC_DEFAULT *", so: "no CBC")]
        #expect(try answer(wrong, symmetric) == .impossible(because: ["no CBC"]))
    }
}
