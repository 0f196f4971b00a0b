import FoundationEssentials
import KMSPolicy
import Testing

@testable import StrongroomCommands

struct PolicyLintFormatTests {
    private static let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    private let report = LintReport([
        LintReport.Subject(
            .file("policies/a b.json"),
            [
                LintFinding(
                    .publicKey, at: .policy(PolicyPlace(path: "Statement[1].Principal", line: 7, column: 20)),
                    "it is open", remedy: "Close it.")
            ]),
        LintReport.Subject(
            .key(arn: key, aliases: ["alias/one", "alias/two"]),
            [
                LintFinding(
                    .grants, .low, at: .policy(PolicyPlace(path: "Statement[0]", line: 1, column: 2)), "it grants",
                    remedy: "Limit it."),
                LintFinding(.rotation, at: .key, "it is old", remedy: "Rotate it."),
                LintFinding(.grants, .info, at: .grant("abc"), "it is wide", remedy: "Revoke it."),
            ]),
    ])

    @Test func `text`() {
        #expect(
            report.text == """
                policies/a b.json:7:20: critical: it is open [L1]
                    fix: Close it.
                \(Self.key) (alias/one, alias/two): policy, Statement[0]: low: it grants [L13]
                    fix: Limit it.
                \(Self.key) (alias/one, alias/two): medium: it is old [L17]
                    fix: Rotate it.
                \(Self.key) (alias/one, alias/two): grant abc: info: it is wide [L13]
                    fix: Revoke it.
                4 findings in 2 policies: 1 critical, 1 medium, 1 low, 1 info.
                """)
        #expect(LintReport([]).text == "No findings in 0 keys.")
        #expect(LintReport([LintReport.Subject(.file("a"), [])]).text == "No findings in 1 policy.")
    }

    @Test func `JSON`() throws {
        let object = try JSONDecoder().decode(JSONReport.self, from: Data(report.json().utf8))
        #expect(object.checked == ["policies/a b.json", Self.key])
        #expect(object.findings.map(\.check) == ["L1", "L13", "L17", "L13"])
        #expect(object.findings.map(\.severity) == ["critical", "low", "medium", "info"])
        #expect(object.findings.map(\.line) == [7, 1, nil, nil])
        #expect(object.findings.map(\.grant) == [nil, nil, nil, "abc"])
        #expect(object.findings[0].subject == "policies/a b.json")
        #expect(object.findings[0].path == "Statement[1].Principal")
    }

    @Test func `SARIF`() throws {
        let log = try JSONDecoder().decode(SARIFLog.self, from: Data(report.sarif().utf8))
        #expect(log.version == "2.1.0")
        let run = try #require(log.runs.first)
        #expect(log.runs.count == 1 && run.columnKind == "unicodeCodePoints")
        let rules = run.tool.driver.rules
        #expect(rules.map(\.id) == LintCheck.allCases.map(\.id))
        #expect(rules.allSatisfy { ["error", "warning", "note"].contains($0.defaultConfiguration.level) })
        #expect(run.results.map(\.ruleId) == ["L1", "L13", "L17", "L13"])
        #expect(run.results.allSatisfy { rules[$0.ruleIndex].id == $0.ruleId })
        #expect(run.results.map(\.level) == ["error", "note", "warning", "note"])
        let file = try #require(run.results[0].locations[0].physicalLocation)
        #expect(file.artifactLocation.uri == "policies/a%20b.json")
        #expect(file.region?.startLine == 7 && file.region?.startColumn == 20)
        #expect(run.results[1...].allSatisfy { $0.locations.count == 1 && $0.locations[0].physicalLocation == nil })
        #expect(
            run.results[1...].map { $0.locations[0].logicalLocations?.first?.fullyQualifiedName } == [
                Self.key + "/policy/Statement[0]", Self.key, Self.key + "/grant/abc",
            ])
    }
}

private struct JSONReport: Decodable {
    struct Finding: Decodable {
        let check, severity, subject: String
        let path, grant: String?
        let line: Int?
    }

    let checked: [String]
    let findings: [Finding]
}

private struct SARIFLog: Decodable {
    struct Run: Decodable {
        let tool: Tool
        let columnKind: String
        let results: [Result]
    }
    struct Tool: Decodable { let driver: Driver }
    struct Driver: Decodable { let rules: [Rule] }
    struct Rule: Decodable {
        let id: String
        let defaultConfiguration: Configuration
    }
    struct Configuration: Decodable { let level: String }
    struct Result: Decodable {
        let ruleId, level: String
        let ruleIndex: Int
        let locations: [Location]
    }
    struct Location: Decodable {
        let physicalLocation: PhysicalLocation?
        let logicalLocations: [LogicalLocation]?
    }
    struct PhysicalLocation: Decodable {
        let artifactLocation: ArtifactLocation
        let region: Region?
    }
    struct ArtifactLocation: Decodable { let uri: String }
    struct Region: Decodable { let startLine, startColumn: Int }
    struct LogicalLocation: Decodable { let fullyQualifiedName: String }

    let version: String
    let runs: [Run]
}
