import Foundation
import FoundationXML
import HSMWorkerProtocol
import Testing

@testable import StrongroomCommands

@Suite struct `A conformance report` {
    static func report(
        _ findings: [ConformanceFinding] = findings, groups: [ConformanceGroup] = ConformanceGroup.allCases
    ) -> ConformanceReport {
        ConformanceReport(
            token: TokenReport(
                module: "/usr/lib/hsm.so (Library 1.2)", label: "kms", serial: "0123", model: "Model 7",
                manufacturer: "Maker", missingMechanisms: [], lanes: 4, isMemoryLocked: true),
            profile: "generic", date: "2026-11-21T14:00:00Z", seconds: 61.4, requested: groups, groups: groups,
            findings: findings, removed: 1234, isClean: true, isStopped: false, failure: nil)
    }

    static let findings = [
        ConformanceFinding("login.once", .login, "One login is enough", .pass, "detail of a pass"),
        ConformanceFinding(
            "aesGCM.who-makes-the-iv", .aesGCM, "The IV is the caller's", .quirk, "12 bytes came back",
            settings: ["gcmIV": "writtenBack", "zeroIV": "true"]),
        ConformanceFinding(
            "rsa.pss", .rsa, "PSS works", .missing, "the token has no RSA-PSS",
            consequence: "RSA keys do not sign by PSS",
            concerns: [ConformanceCapability(spec: "RSA_2048", usage: "SIGN_VERIFY")]),
        ConformanceFinding(
            "attributes.extractable", .attributes, "A key is not extractable", .fail, "it was read",
            consequence: "keys can leave the token", concerns: [.everything]),
        ConformanceFinding(
            "speed.aes-gcm", .speed, "Speed was measured", .pass, "",
            measurements: [
                ConformanceMeasurement("AES-GCM 32 B, token object, 1 thread", 50812.4, "1/s"),
                ConformanceMeasurement("a search", 0.04123, "ms"),
            ]),
    ]

    private static let hostile = [
        ConformanceFinding(
            "login.odd", .login, "<a> & \"b\" | `c` *d* _e_", .fail, "line 1\nline 2\u{1B}[31m\u{0}]]>",
            consequence: "</failure><x>")
    ]

    // MARK: Text

    @Test func `names the token, and has every finding under its group with what follows from it`() {
        let text = Self.report().text
        for line in [
            "kms, serial 0123", "Model 7, Maker", "/usr/lib/hsm.so (Library 1.2)", "generic", "1234 objects",
            "5 checks: 2 PASS, 1 QUIRK, 1 MISSING, 1 FAIL",
            "Login and PIN rules\n  PASS     One login is enough [login.once]\n",
            """
              QUIRK    The IV is the caller's [aesGCM.who-makes-the-iv]
                       seen: 12 bytes came back
                       profile: gcmIV: writtenBack
                       profile: zeroIV: true
            """,
            """
              MISSING  PSS works [rsa.pss]
                       seen: the token has no RSA-PSS
                       so: RSA keys do not sign by PSS
            """,
            "  FAIL     A key is not extractable [attributes.extractable]\n           seen: it was read\n",
            "AES-GCM 32 B, token object, 1 thread  50,812 1/s", "a search                              0.04 ms",
            "the key store as a whole: cannot, because keys can leave the token",
            "    cannot: RSA_2048 SIGN_VERIFY, because RSA keys do not sign by PSS; keys can leave the token\n",
        ] {
            #expect(text.contains(line), "missing: \(line)\nin: \(text)")
        }
        #expect(!text.contains("detail of a pass"), "what is as it should be needs no more words")
    }

    @Test func `ends with what can be backed, what cannot, and why, for each origin`() {
        let findings =
            `What a token can back`.good
            + [
                `What a token can back`.finding(.ec, .missing, "* ECC_NIST_P256 *", so: "There is no such curve."),
                `What a token can back`.finding(.rsa, .fail, "* * KEY_AGREEMENT", so: "AES is not ECDH."),
            ]
        #expect(
            Self.report(findings).conclusion.hasPrefix(
                """
                Verdict
                  the key store as a whole: can back
                  origin AWS_KMS
                    can back: SYMMETRIC_DEFAULT, HMAC_224, HMAC_256, HMAC_384, HMAC_512, RSA_2048, RSA_3072, RSA_4096,
                        ECC_NIST_P384 SIGN_VERIFY, ECC_NIST_P521 SIGN_VERIFY, ECC_SECG_P256K1, ECC_NIST_EDWARDS25519
                    cannot: ECC_NIST_P256 SIGN_VERIFY, because there is no such curve
                    cannot: ECC_NIST_P256 KEY_AGREEMENT, because there is no such curve; AES is not ECDH
                    cannot: ECC_NIST_P384 KEY_AGREEMENT, ECC_NIST_P521 KEY_AGREEMENT, because AES is not ECDH
                  origin EXTERNAL
                """))
    }

    @Test func `puts its groups in the order in which they are run`() throws {
        let text = Self.report().text
        let places = try ["Login and PIN", "Security attributes", "AES-GCM\n", "RSA\n", "Measurements", "Verdict"].map {
            try #require(text.range(of: $0), "\($0)").lowerBound
        }
        #expect(places == places.sorted())
    }

    @Test func `never sends a terminal what it would obey`() {
        let text = Self.report(Self.hostile).text
        #expect(!text.contains("\u{1B}") && !text.contains("\u{0}"))
    }

    @Test func `says before all else when it is not whole`() {
        var report = Self.report()
        report.isStopped = true
        report.isClean = false
        report.failure = "the PIN was refused"
        for text in [report.text, report.markdown] {
            #expect(text.contains("The run was stopped"))
            #expect(text.contains("The run was not finished: the PIN was refused"))
            #expect(text.contains("may be left in the token"))
        }
    }

    // MARK: JSON

    private struct Decoded: Decodable {
        struct Finding: Decodable {
            let check: String, group: String, fact: String, verdict: String, detail: String
            let consequence: String?
            let settings: [String: String]
            let measurements: [Measurement]
        }

        struct Measurement: Decodable {
            let name: String
            let value: Double
            let unit: String
        }

        struct Row: Decodable {
            let origin: String?, keySpec: String?, keyUsage: String?
            let canBack: String
            let note: String?
            let reasons: [String]
            let missingGroups: [String]
        }

        let version: String, date: String, profile: String
        let seconds: Double
        let token: [String: String]
        let groups: [String]
        let findings: [Finding]
        let counts: [String: Int]
        let verdict: [Row]
        let objectsRemoved: Int
        let clean: Bool, stopped: Bool
        let failure: String?
        let exitStatus: Int
    }

    @Test func `has as JSON the keys that docs/conformance.md explains`() throws {
        let json = try Self.report().json()
        let found = try JSONDecoder().decode(Decoded.self, from: Data(json.utf8))
        #expect(
            found.token == [
                "label": "kms", "serial": "0123", "model": "Model 7", "manufacturer": "Maker",
                "module": "/usr/lib/hsm.so (Library 1.2)",
            ])
        #expect(found.counts == ["PASS": 2, "QUIRK": 1, "MISSING": 1, "FAIL": 1])
        #expect(found.findings[1].settings == ["gcmIV": "writtenBack", "zeroIV": "true"])
        #expect(found.findings[4].measurements[0].unit == "1/s")
        #expect(found.verdict.count == 40)
        #expect(found.verdict[0].origin == nil && found.verdict[0].canBack == "no")
        #expect(found.verdict[0].reasons == ["keys can leave the token"])
        #expect(found.groups.count == 16 && found.exitStatus == 1 && found.objectsRemoved == 1234)
        let documented = try String(
            contentsOf: projectFolder.appending(path: "docs/conformance.md"), encoding: .utf8)
        let object = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        for key in object.keys { #expect(documented.contains("`\(key)`"), "\(key) is not in docs/conformance.md") }
    }

    // MARK: JUnit

    @Test func `is as JUnit's XML a test suite for each group`() throws {
        let text = Self.report().junit
        let document = try XMLDocument(data: Data(text.utf8))
        let root = try #require(document.rootElement())
        #expect(root.name == "testsuites")
        #expect(root.attribute(forName: "tests")?.stringValue == "5")
        #expect(root.attribute(forName: "failures")?.stringValue == "1")
        #expect(root.attribute(forName: "skipped")?.stringValue == "1")
        let suites = root.elements(forName: "testsuite")
        #expect(
            suites.compactMap { $0.attribute(forName: "name")?.stringValue }
                == ["login", "attributes", "aesGCM", "rsa", "speed"])
        let cases = suites.flatMap { $0.elements(forName: "testcase") }
        #expect(cases.map { $0.elements(forName: "failure").count } == [0, 1, 0, 0, 0])
        #expect(cases.map { $0.elements(forName: "skipped").count } == [0, 0, 0, 1, 0])
        #expect(cases[2].elements(forName: "system-out")[0].stringValue?.contains("gcmIV: writtenBack") == true)
    }

    @Test func `is XML also with what XML does not allow`() throws {
        let document = try XMLDocument(data: Data(Self.report(Self.hostile).junit.utf8))
        let failure = try #require(document.nodes(forXPath: "//failure").first)
        #expect(failure.stringValue?.contains("<a> & \"b\"") == true)
        #expect(try document.nodes(forXPath: "//x").isEmpty)
    }

    // MARK: Markdown

    @Test func `is as Markdown a page of tables`() {
        let text = Self.report().markdown
        for line in [
            "# Conformance of kms\n", "| token | kms, serial 0123 |", "## Verdict", "## Security attributes",
            "| QUIRK | `aesGCM.who-makes-the-iv` | The IV is the caller's | 12 bytes came back<br>"
                + "`gcmIV: writtenBack`<br>`zeroIV: true` |",
            "| AWS_KMS | RSA_2048 | SIGN_VERIFY | cannot, because RSA keys do not sign",
            "| AES-GCM 32 B, token object, 1 thread | 50,812 | 1/s |",
        ] {
            #expect(text.contains(line), "missing: \(line)\nin: \(text)")
        }
    }

    @Test func `keeps its tables whole whatever is in them`() {
        let rows = Self.report(Self.hostile).markdown.split(separator: "\n").filter { $0.contains("login.odd") }
        #expect(rows.count == 1)
        #expect(rows[0].replacing("\\|", with: "").count { $0 == "|" } == 5)
        #expect(!rows[0].contains("\u{1B}"))
    }

    // MARK: Exit status

    @Test func `ends with 0 only when a key store can be backed and nothing failed`() {
        let good = `What a token can back`.good
        #expect(Self.report(good).exitStatus == 0)
        let missing = `What a token can back`.finding(.ec, .missing, "* ECC_SECG_P256K1 *")
        #expect(Self.report(good + [missing]).exitStatus == 0, "what is merely missing is no failure")
        let failed = `What a token can back`.finding(.speed, .fail)
        #expect(Self.report(good + [failed]).exitStatus == 1)
        let noSymmetric = `What a token can back`.finding(.aesGCM, .missing, "* SYMMETRIC_DEFAULT *")
        #expect(Self.report(good + [noSymmetric]).exitStatus == 1)
        #expect(Self.report(good, groups: [.random]).exitStatus == 0, "what was left out is not held against it")
        var report = Self.report(good)
        report.isClean = false
        #expect(report.exitStatus == 1)
        report.failure = "away"
        #expect(report.exitStatus == 1)
        report.isStopped = true
        #expect(report.exitStatus == 130)
    }
}
