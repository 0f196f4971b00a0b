import ArgumentParser
import HSMWorkerProtocol

extension ConformanceReport {
    /// A page, as those of docs/conformance are.
    var markdown: String {
        let token = token
        var parts = [
            "# Conformance of \(token.label.markdown)",
            """
            | | |
            |---|---|
            | token | \(token.label.markdown), serial \(token.serial.markdown) |
            | model | \(token.model.markdown), \(token.manufacturer.markdown) |
            | module | `\(token.module.code)` |
            | profile | `\(profile.code)` |
            | run | \(date), strongroom \(StrongroomCommand.configuration.version), \(Int(seconds.rounded())) s |
            | found | \(counts) |
            """,
        ]
        parts += warnings.map { "**\($0.markdown)**" }
        parts += ["## Verdict", "The key store as a whole: **\(verdict.store.text.markdown)**.", verdictTable]
        for (group, findings) in sections { parts += ["## \(group.title)", table(findings)] }
        if !measurements.isEmpty { parts += ["## Measurements", measured] }
        return parts.joined(separator: "\n\n")
    }

    private var verdictTable: String {
        let rows = verdict.rows.dropFirst()
        var lines = ["| origin | key spec | key usage | |", "|---|---|---|---|"]
        lines += rows.map { row in
            let capability = row.capability
            return "| \(capability.origin ?? "") | \(capability.spec ?? "") | \(capability.usage ?? "") "
                + "| \(row.answer.text.markdown) |"
        }
        return lines.joined(separator: "\n")
    }

    private func table(_ findings: [ConformanceFinding]) -> String {
        var lines = ["| | check | fact | seen |", "|---|---|---|---|"]
        lines += findings.map { finding in
            let settings = finding.settings.sorted { $0.key < $1.key }.map { "`\("\($0.key): \($0.value)".code)`" }
            let more = [finding.consequence.map { "so: \($0.markdown)" }].compactMap(\.self) + settings
            let seen = [finding.detail.markdown].filter { !$0.isEmpty } + (finding.verdict == .pass ? [] : more)
            return "| \(finding.verdict.rawValue) | `\(finding.check.code)` | \(finding.fact.markdown) "
                + "| \(seen.joined(separator: "<br>")) |"
        }
        return lines.joined(separator: "\n")
    }

    private var measured: String {
        var lines = ["| measured | | unit |", "|---|---:|---|"]
        lines += measurements.map { _, measurement in
            "| \(measurement.name.markdown) | \(measurement.text) | \(measurement.unit.markdown) |"
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    /// In one line, with nothing that Markdown would obey.
    fileprivate var markdown: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\", "|", "<", ">", "*", "_", "`", "[", "]": text += "\\\(scalar)"
            case "\u{0}"..."\u{1F}": text += " "
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The same between backticks, where a backslash escapes nothing but, in a table, the bar.
    fileprivate var code: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "`", "\u{0}"..."\u{1F}": text += " "
            case "|": text += "\\|"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
