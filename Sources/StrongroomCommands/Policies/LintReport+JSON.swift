import FoundationEssentials
import KMSPolicy

extension LintReport {
    func json() throws -> String {
        let findings = subjects.flatMap { subject in
            subject.findings.map { JSONFinding($0, subject: subject.name) }
        }
        return try Self.encoded(JSONReport(checked: subjects.map(\.name), findings: findings))
    }

    static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

private struct JSONReport: Encodable {
    /// The names of the files or keys.
    let checked: [String]
    let findings: [JSONFinding]
}

private struct JSONFinding: Encodable {
    let check: String
    let title: String
    let severity: String
    let subject: String
    let path: String?
    let line: Int?
    let column: Int?
    let grant: String?
    let message: String
    let remedy: String

    init(_ finding: LintFinding, subject: String) {
        check = finding.check.id
        title = finding.check.rule.title
        severity = finding.severity.rawValue
        self.subject = subject
        message = finding.message
        remedy = finding.remedy
        switch finding.place {
        case .policy(let place): (path, line, column, grant) = (place.path, place.line, place.column, nil)
        case .key: (path, line, column, grant) = (nil, nil, nil, nil)
        case .grant(let id): (path, line, column, grant) = (nil, nil, nil, id)
        }
    }
}
