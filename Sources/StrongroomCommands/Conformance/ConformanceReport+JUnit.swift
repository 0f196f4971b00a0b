import HSMWorkerProtocol

extension ConformanceReport {
    /// JUnit's XML, as continuous-integration servers read it: a test suite for each group, FAIL as a failure, MISSING
    /// as skipped.
    var junit: String {
        let suites = sections.map { group, findings in
            """
              <testsuite name="\(group.rawValue.xml)" tests="\(findings.count)" failures="\(count(.fail, findings))" \
            errors="0" skipped="\(count(.missing, findings))">
            \(findings.map(testCase).joined(separator: "\n"))
              </testsuite>
            """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="\("strongroom conformance: \(token.label)".xml)" tests="\(findings.count)" \
            failures="\(count(.fail))" errors="0" skipped="\(count(.missing))" time="\(Int(seconds.rounded()))">
            \(suites.joined(separator: "\n"))
            </testsuites>
            """
    }

    private func count(_ verdict: ConformanceVerdict, _ findings: [ConformanceFinding]) -> Int {
        findings.count { $0.verdict == verdict }
    }

    private func testCase(_ finding: ConformanceFinding) -> String {
        let settings = finding.settings.sorted { $0.key < $1.key }.map { "profile: \($0.key): \($0.value)" }
        let text = ([finding.fact, finding.detail, finding.consequence].compactMap(\.self) + settings)
            .filter { !$0.isEmpty }.joined(separator: "\n")
        let body =
            switch finding.verdict {
            case .pass: ""
            case .quirk: "<system-out>\(("QUIRK: " + text).xml)</system-out>"
            case .missing: "<skipped message=\"\((finding.consequence ?? finding.detail).xml)\"/>"
            case .fail: "<failure message=\"\(finding.detail.xml)\">\(text.xml)</failure>"
            }
        let head = "    <testcase classname=\"\(finding.group.rawValue.xml)\" name=\"\(finding.check.xml)\""
        return body.isEmpty ? head + "/>" : head + ">\(body)</testcase>"
    }
}

extension String {
    /// Escaped for text and attributes, without the characters that XML 1.0 does not allow.
    fileprivate var xml: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\n": text += "&#10;"
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
