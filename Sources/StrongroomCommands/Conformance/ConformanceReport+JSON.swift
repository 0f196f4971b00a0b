import ArgumentParser
import FoundationEssentials
import HSMWorkerProtocol

extension ConformanceReport {
    /// Its keys are explained in docs/conformance.md and stay as they are.
    func json() throws -> String {
        try LintReport.encoded(JSONReport(self))
    }
}

private struct JSONReport: Encodable {
    let version = StrongroomCommand.configuration.version
    let date: String
    let seconds: Double
    let token: JSONToken
    let profile: String
    let groups: [ConformanceGroup]
    let findings: [ConformanceFinding]
    let counts: [String: Int]
    let verdict: [JSONRow]
    let objectsRemoved: Int
    let clean: Bool
    let stopped: Bool
    let failure: String?
    let exitStatus: Int32

    init(_ report: ConformanceReport) {
        date = report.date
        seconds = report.seconds
        token = JSONToken(report.token)
        profile = report.profile
        groups = report.groups
        findings = report.findings
        let verdicts: [ConformanceVerdict] = [.pass, .quirk, .missing, .fail]
        counts = Dictionary(uniqueKeysWithValues: verdicts.map { ($0.rawValue, report.count($0)) })
        verdict = report.verdict.rows.map(JSONRow.init)
        objectsRemoved = report.removed
        clean = report.isClean
        stopped = report.isStopped
        failure = report.failure
        exitStatus = report.exitStatus
    }
}

private struct JSONToken: Encodable {
    let label: String
    let serial: String
    let model: String
    let manufacturer: String
    let module: String

    init(_ token: TokenReport) {
        label = token.label
        serial = token.serial
        model = token.model
        manufacturer = token.manufacturer
        module = token.module
    }
}

private struct JSONRow: Encodable {
    /// Nil for the key store as a whole.
    let origin: String?
    let keySpec: String?
    let keyUsage: String?
    /// `yes`, `no` or `unknown`.
    let canBack: String
    let note: String?
    let reasons: [String]
    let missingGroups: [ConformanceGroup]

    init(_ row: BackingVerdict.Row) {
        origin = row.capability.origin
        keySpec = row.capability.spec
        keyUsage = row.capability.usage
        switch row.answer {
        case .possible(let note): (canBack, self.note, reasons, missingGroups) = ("yes", note, [], [])
        case .impossible(let because): (canBack, note, reasons, missingGroups) = ("no", nil, because, [])
        case .unknown(let groups): (canBack, note, reasons, missingGroups) = ("unknown", nil, [], groups)
        }
    }
}
