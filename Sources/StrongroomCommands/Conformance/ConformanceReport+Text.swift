import HSMWorkerProtocol

extension ConformanceReport {
    var text: String {
        ([heading] + warnings + sections.map(section) + [measured, conclusion])
            .filter { !$0.isEmpty }.map(\.printable).joined(separator: "\n\n")
    }

    private var heading: String {
        aligned([
            ("token", "\(token.label), serial \(token.serial)"),
            ("model", "\(token.model), \(token.manufacturer)"),
            ("module", token.module),
            ("profile", profile),
            ("run", "\(date), \(Int(seconds.rounded())) s, \(removed) objects made and removed"),
            ("found", counts),
        ])
    }

    private func section(_ group: ConformanceGroup, _ findings: [ConformanceFinding]) -> String {
        ([group.title] + findings.map(lines)).joined(separator: "\n")
    }

    private func lines(_ finding: ConformanceFinding) -> String {
        let mark = finding.verdict.rawValue
        let indent = String(repeating: " ", count: 11)
        var lines = ["  \(mark)\(String(repeating: " ", count: 9 - mark.count))\(finding.fact) [\(finding.check)]"]
        guard finding.verdict != .pass else { return lines[0] }
        if !finding.detail.isEmpty { lines.append(indent + "seen: " + finding.detail) }
        if let consequence = finding.consequence { lines.append(indent + "so: " + consequence) }
        for (name, value) in finding.settings.sorted(by: { $0.key < $1.key }) {
            lines.append(indent + "profile: \(name): \(value)")
        }
        return lines.joined(separator: "\n")
    }

    private var measured: String {
        guard !measurements.isEmpty else { return "" }
        let width = min(60, measurements.map(\.measurement.name.count).max() ?? 0)
        let lines = measurements.map { _, measurement in
            let padding = String(repeating: " ", count: max(0, width - measurement.name.count) + 2)
            let unit = measurement.unit.isEmpty ? "" : " \(measurement.unit)"
            return "  \(measurement.name)\(padding)\(measurement.text)\(unit)"
        }
        return (["Measurements"] + lines).joined(separator: "\n")
    }

    /// The verdict alone.
    var conclusion: String {
        let verdict = verdict
        var lines = ["Verdict", "  the key store as a whole: \(verdict.store.text)"]
        for origin in BackingVerdict.origins {
            lines.append("  origin \(origin)")
            let rows = verdict.rows.filter { $0.capability.origin == origin }
            var answers: [BackingVerdict.Answer] = []
            for row in rows where !answers.contains(row.answer) { answers.append(row.answer) }
            for answer in answers {
                let names = names(of: rows.filter { $0.answer == answer }, among: rows)
                lines += wrapped("\(answer.head): \(names.joined(separator: ", "))\(answer.tail)", indent: 4)
            }
        }
        return lines.joined(separator: "\n")
    }

    /// A spec by its name alone where the answer is that of all its usages.
    private func names(of chosen: [BackingVerdict.Row], among rows: [BackingVerdict.Row]) -> [String] {
        var names: [String] = []
        for row in chosen {
            let spec = row.capability.spec
            let isWhole = rows.count { $0.capability.spec == spec } == chosen.count { $0.capability.spec == spec }
            let name = isWhole ? spec ?? "" : row.capability.name
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Lines of 110 characters at most, where words allow it.
    private func wrapped(_ text: String, indent: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 110 {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(repeating: " ", count: lines.isEmpty ? indent : indent + 4) + word)
            }
        }
        return lines
    }
}

extension BackingVerdict.Answer {
    /// On one line, for one capability.
    var text: String { head + tail }

    fileprivate var head: String {
        switch self {
        case .possible: "can back"
        case .impossible: "cannot"
        case .unknown: "not known"
        }
    }

    /// What is to be said to it.
    fileprivate var tail: String {
        switch self {
        case .possible(nil): ""
        case .possible(let note?): ", \(note)"
        case .impossible(let reasons): ", because \(reasons.map(\.clause).joined(separator: "; "))"
        case .unknown(let groups):
            ", because \(groups.map(\.rawValue).joined(separator: ", ")) \(groups.count == 1 ? "was" : "were") not run"
        }
    }
}

extension String {
    /// A sentence as a part of another one.
    fileprivate var clause: String {
        let body = hasSuffix(".") ? dropLast() : self[...]
        // Names such as AES stay as they are.
        let isName = body.dropFirst().first.map { !$0.isLowercase } ?? true
        return isName && body.prefix(2) != "A " ? String(body) : body.prefix(1).lowercased() + body.dropFirst()
    }

    /// Without what a terminal would obey: labels are whatever somebody has written into a token.
    fileprivate var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: scalar == "\n" ? scalar : "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
