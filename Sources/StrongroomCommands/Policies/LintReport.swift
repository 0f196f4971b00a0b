import FoundationEssentials
import KMSPolicy

/// What was looked at, and what was found there.
struct LintReport {
    struct Subject {
        enum Thing {
            case file(String)
            case key(arn: String, aliases: [String])
        }

        let thing: Thing
        let findings: [LintFinding]

        init(_ thing: Thing, _ findings: [LintFinding]) {
            self.thing = thing
            self.findings = findings
        }

        /// A path, or a key's ARN.
        var name: String {
            switch thing {
            case .file("-"): "stdin"
            case .file(let path): path
            case .key(let arn, _): arn
            }
        }
    }

    let subjects: [Subject]

    init(_ subjects: [Subject]) {
        self.subjects = subjects
    }

    var findings: [LintFinding] { subjects.flatMap(\.findings) }
}

extension LintReport {
    /// As compilers print their warnings, so that editors find the place.
    var text: String {
        (subjects.flatMap { subject in subject.findings.map { text($0, of: subject) } } + [summary])
            .joined(separator: "\n")
    }

    private func text(_ finding: LintFinding, of subject: Subject) -> String {
        let place = place(of: finding, in: subject).printable
        return """
            \(place): \(finding.severity.rawValue): \(finding.message.printable) [\(finding.check.id)]
                fix: \(finding.remedy.printable)
            """
    }

    private func place(of finding: LintFinding, in subject: Subject) -> String {
        switch (subject.thing, finding.place) {
        case (.file, .policy(let place)):
            return "\(subject.name):\(place.line):\(place.column)"
        case (.key(_, let aliases), let place):
            let name = aliases.isEmpty ? subject.name : "\(subject.name) (\(aliases.joined(separator: ", ")))"
            return [name, place.name].filter { !$0.isEmpty }.joined(separator: ": ")
        case (.file, let place):
            return "\(subject.name): \(place.name)"
        }
    }

    private var summary: String {
        let all = findings
        let counts = LintSeverity.allCases.reversed().compactMap { severity in
            let count = all.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(severity.rawValue)"
        }
        let areKeys = subjects.allSatisfy { if case .key = $0.thing { true } else { false } }
        let things = areKeys ? counted(subjects.count, "key", "keys") : counted(subjects.count, "policy", "policies")
        return counts.isEmpty
            ? "No findings in \(things)."
            : "\(counted(all.count, "finding", "findings")) in \(things): \(counts.joined(separator: ", "))."
    }

    private func counted(_ count: Int, _ one: String, _ several: String) -> String {
        "\(count) \(count == 1 ? one : several)"
    }
}

extension LintFinding.Place {
    /// Without the text's name: empty for a key as such.
    fileprivate var name: String {
        switch self {
        case .policy(let place): place.path.isEmpty ? "policy" : "policy, \(place.path)"
        case .key: ""
        case .grant(let id): "grant \(id)"
        }
    }
}

extension String {
    /// In one line. A policy can hold control characters as escapes, which a terminal must not get.
    fileprivate var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
