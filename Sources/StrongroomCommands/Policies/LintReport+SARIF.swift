import ArgumentParser
import FoundationEssentials
import KMSPolicy

extension LintReport {
    /// In the Static Analysis Results Interchange Format (OASIS, SARIF 2.1.0), which code hosts and editors read.
    func sarif() throws -> String {
        let results = subjects.flatMap { subject in subject.findings.map { SARIF.Result($0, of: subject.thing) } }
        return try Self.encoded(SARIF.Log(results))
    }
}

/// The parts of SARIF that are used here, named as there.
private enum SARIF {
    struct Log: Encodable {
        let schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
        let version = "2.1.0"
        let runs: [Run]

        enum CodingKeys: String, CodingKey {
            case schema = "$schema"
            case version
            case runs
        }

        init(_ results: [Result]) {
            runs = [Run(results: results)]
        }
    }

    struct Run: Encodable {
        let tool = Tool()
        // As the linter counts them.
        let columnKind = "unicodeCodePoints"
        let results: [Result]
    }

    struct Tool: Encodable {
        let driver = Driver()
    }

    struct Driver: Encodable {
        let name = "strongroom"
        let version = StrongroomCommand.configuration.version
        let rules = LintCheck.allCases.map(Rule.init)
    }

    struct Rule: Encodable {
        let id: String
        let name: String
        let shortDescription: Message
        let fullDescription: Message
        let defaultConfiguration: Configuration
        let properties: [String: String]

        init(_ check: LintCheck) {
            let rule = check.rule
            id = check.id
            name = "\(check)"
            shortDescription = Message(text: rule.title)
            fullDescription = Message(text: rule.explanation)
            defaultConfiguration = Configuration(level: rule.severity.level)
            properties = ["source": rule.source, "security-severity": rule.severity.score]
        }
    }

    struct Configuration: Encodable {
        let level: String
    }

    struct Message: Encodable {
        let text: String
    }

    struct Result: Encodable {
        let ruleId: String
        let ruleIndex: Int
        let level: String
        let message: Message
        let locations: [Location]
        let properties: [String: String]

        init(_ finding: LintFinding, of thing: LintReport.Subject.Thing) {
            ruleId = finding.check.id
            ruleIndex = LintCheck.allCases.firstIndex(of: finding.check) ?? 0
            level = finding.severity.level
            message = Message(text: "\(finding.message). \(finding.remedy)")
            locations = [Location(finding.place, of: thing)]
            properties = ["severity": finding.severity.rawValue]
        }
    }

    struct Location: Encodable {
        let physicalLocation: PhysicalLocation?
        let logicalLocations: [LogicalLocation]?

        init(_ place: LintFinding.Place, of thing: LintReport.Subject.Thing) {
            switch (thing, place) {
            case (.file(let path), .policy(let place)):
                physicalLocation = PhysicalLocation(
                    artifactLocation: ArtifactLocation(uri: path == "-" ? "stdin" : path.uriReference),
                    region: Region(startLine: place.line, startColumn: place.column))
                logicalLocations = place.path.isEmpty ? nil : [LogicalLocation(fullyQualifiedName: place.path)]
            case (.file(let path), _):
                physicalLocation = PhysicalLocation(
                    artifactLocation: ArtifactLocation(uri: path.uriReference), region: nil)
                logicalLocations = nil
            case (.key(let arn, _), .policy(let place)):
                physicalLocation = nil
                logicalLocations = [LogicalLocation(fullyQualifiedName: "\(arn)/policy/\(place.path)")]
            case (.key(let arn, _), .key):
                physicalLocation = nil
                logicalLocations = [LogicalLocation(fullyQualifiedName: arn)]
            case (.key(let arn, _), .grant(let id)):
                physicalLocation = nil
                logicalLocations = [LogicalLocation(fullyQualifiedName: "\(arn)/grant/\(id)")]
            }
        }
    }

    struct PhysicalLocation: Encodable {
        let artifactLocation: ArtifactLocation
        let region: Region?
    }

    struct ArtifactLocation: Encodable {
        let uri: String
    }

    struct Region: Encodable {
        let startLine: Int
        let startColumn: Int
    }

    struct LogicalLocation: Encodable {
        let fullyQualifiedName: String
    }
}

extension LintSeverity {
    fileprivate var level: String {
        switch self {
        case .critical, .high: "error"
        case .medium: "warning"
        case .low, .info: "note"
        }
    }

    /// In the manner of CVSS, from 0 to 10, by which code hosts sort.
    fileprivate var score: String {
        switch self {
        case .critical: "9.5"
        case .high: "8.0"
        case .medium: "5.0"
        case .low: "2.0"
        case .info: "0.5"
        }
    }
}

extension String {
    /// A path as SARIF has it: absolute ones as file URIs, all other characters than RFC 3986's for paths encoded.
    fileprivate var uriReference: String {
        let encoded = utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~/".contains(character))
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(character) : "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
        return hasPrefix("/") ? "file://" + encoded : encoded
    }
}
