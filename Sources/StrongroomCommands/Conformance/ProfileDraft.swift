import HSMWorkerProtocol
import Yams

/// A first profile for a token, by what a run of conformance checks has found there.
struct ProfileDraft {
    private let report: ConformanceReport
    private let base: HSMProfile
    private let module: String

    /// - Parameter base: The profile that the checks were run with: what no check says stays as it is there.
    init(_ report: ConformanceReport, base: HSMProfile, module: String) {
        self.report = report
        self.base = base
        self.module = module
    }

    /// The file for `hsm-config/`, with a comment at each field that a check has spoken of.
    ///
    /// - Parameter name: What the file is called, without its ending.
    func yaml(name: String) -> String {
        let token = report.token
        let model = [token.model, token.manufacturer].filter { !$0.isEmpty }.joined(separator: ", ")
        var text = """
            # \(oneLine(model)): written by `strongroom conformance` on \(report.date.prefix(10)).
            # It was run with the profile \(oneLine(base.name)) and found \(report.counts).
            # Where no check is named, the value is that profile's. hsm-config/README.md explains every field.
            name: \(scalar(name))
            description: \(scalar(model))

            module:
              - \(scalar(module))

            # Name here what the module finds its configuration by.

            """
        text += map("environment", base.environment.mapValues(scalar))
        text += map("files", base.files.mapValues(block))
        text += field("initializeToken", "\(base.initializeToken)")
        text += field("initArguments", base.initArguments.map(scalar) ?? "null")
        text += "\n"
        text += field("workers", "\(base.workers)")
        text += field("lanes", "\(base.lanes)")
        text += field("sessionCopies", "\(base.sessionCopies)")
        text += "\n"
        text += field("gcmIV", base.gcmIV.rawValue)
        text += field("zeroIV", "\(base.zeroIV)")
        text += field("decryptFailureCodes", list(base.decryptFailureCodes.map { "0x" + String($0, radix: 16) }))
        text += field("oaepHashes", list(base.oaepHashes.map(\.rawValue)))
        text += field("workerOpensImports", "\(base.workerOpensImports)")
        text += field("encryptThenMAC", "\(base.encryptThenMAC)")
        text += field("wrapWithTrusted", "\(base.wrapWithTrusted)")
        text += field("returnValues", map(base.returnValues.mapValues(\.rawValue)))
        text += "\n"
        text += field("keepAlive", number(base.keepAlive))
        text += field("sessionLimit", base.sessionLimit.map(String.init) ?? "null")
        text += field("omitAttributes", list(base.omitAttributes.map(scalar)))
        text += "\n"
        text += field("callTimeout", number(base.callTimeout))
        text += field("keyGenerationTimeout", number(base.keyGenerationTimeout))
        return text
    }

    // MARK: One field

    /// The fields of which several checks may each know a part: the profile has them all. Of the others the last check
    /// has the say.
    private static let gathered: Set<String> = ["decryptFailureCodes", "omitAttributes", "returnValues"]

    private func field(_ name: String, _ value: String) -> String {
        let spoken = report.findings.filter { $0.settings[name] != nil }
        var values: [String] = []
        for finding in spoken {
            if let value = finding.settings[name], !values.contains(value) { values.append(value) }
        }
        var text = ""
        for value in values {
            let findings = spoken.filter { $0.settings[name] == value }
            let others = findings.count == 1 ? "" : " and \(findings.count - 1) more"
            text += comment("\(findings[0].check)\(others): \(oneLine(value)), because: \(oneLine(findings[0].detail))")
        }
        return text + "\(name): \(merged(name, value, spoken.compactMap { $0.settings[name] }))\n"
    }

    /// Lines of 118 characters at most, where words allow it.
    private func comment(_ text: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 118 {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append((lines.isEmpty ? "# " : "#   ") + word)
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func merged(_ name: String, _ base: String, _ found: [String]) -> String {
        // A value that is no YAML would make a file that cannot be read.
        let nodes = ([base] + found).compactMap { try? Yams.compose(yaml: $0) }
        guard Self.gathered.contains(name), let first = nodes.first else {
            return nodes.last.map(flow) ?? base
        }
        if first.sequence != nil {
            var all: [String] = []
            for value in nodes.flatMap({ $0.sequence.map(Array.init) ?? [$0] }) where !all.contains(flow(value)) {
                all.append(flow(value))
            }
            return list(all)
        }
        var pairs: [String: String] = [:]
        for (key, value) in nodes.flatMap({ $0.mapping.map(Array.init) ?? [] }) {
            pairs[key.string ?? ""] = flow(value)
        }
        return map(pairs)
    }

    // MARK: YAML

    private func flow(_ node: Node) -> String {
        if let sequence = node.sequence { return list(sequence.map(flow)) }
        if let mapping = node.mapping {
            return map(Dictionary(mapping.map { ($0.key.string ?? "", flow($0.value)) }) { $1 })
        }
        return scalar(node.string ?? "null")
    }

    private func list(_ values: [String]) -> String {
        "[" + values.joined(separator: ", ") + "]"
    }

    /// On one line; the values are YAML already.
    private func map(_ values: [String: String]) -> String {
        let pairs = values.sorted { $0.key < $1.key }.map { "\(scalar($0.key)): \($0.value)" }
        return "{" + pairs.joined(separator: ", ") + "}"
    }

    /// On lines of its own.
    private func map(_ name: String, _ values: [String: String]) -> String {
        guard !values.isEmpty else { return "\(name): {}\n" }
        return "\(name):\n"
            + values.sorted { $0.key < $1.key }.map { "  \(scalar($0.key)): \($0.value)\n" }.joined()
    }

    /// Plain where that is safe, else in single quotes, in which only the quote itself has a meaning.
    private func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { $0.isLetterOrDigit || $0 == UInt8(ascii: "/") } == true
            && text.utf8.allSatisfy { $0.isLetterOrDigit || "-_./".utf8.contains($0) }
        return isPlain ? text : "'" + oneLine(text).replacing("'", with: "''") + "'"
    }

    /// A file's content, line by line.
    private func block(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let body = lines.last == "" ? lines.dropLast() : lines[...]
        return (lines.last == "" ? "|\n" : "|-\n")
            + body.map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
    }

    private func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    /// Comments and scalars end with their line.
    private func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
