import HSMWorkerProtocol

/// What a run of conformance checks has found, and what follows from it.
struct ConformanceReport: Sendable {
    var token: TokenReport
    /// The name of the profile that the checks were run with.
    var profile: String
    /// The time of its beginning, as RFC 3339 has it, in UTC.
    var date: String
    var seconds: Double
    /// The groups that were asked for.
    var requested: [ConformanceGroup]
    /// Those that were run to their end.
    var groups: [ConformanceGroup]
    var findings: [ConformanceFinding]
    /// How many objects were made and removed again.
    var removed: Int
    /// Whether nothing is left of them.
    var isClean: Bool
    /// Whether the user stopped the run.
    var isStopped: Bool
    /// Why it was not run to its end, where the user did not stop it.
    var failure: String?

    var verdict: BackingVerdict { BackingVerdict(findings, groups: groups) }

    func count(_ verdict: ConformanceVerdict) -> Int {
        findings.count { $0.verdict == verdict }
    }

    /// 0 when the token can back a key store and nothing failed; 130 when the user stopped it; else 1.
    var exitStatus: Int32 {
        if isStopped { return 130 }
        return failure == nil && isClean && verdict.canServe && count(.fail) == 0 ? 0 : 1
    }

    /// The findings of each group that has some, in the order of the groups.
    var sections: [(group: ConformanceGroup, findings: [ConformanceFinding])] {
        ConformanceGroup.allCases.map { group in (group, findings.filter { $0.group == group }) }
            .filter { !$0.1.isEmpty }
    }

    var measurements: [(check: String, measurement: ConformanceMeasurement)] {
        findings.flatMap { finding in finding.measurements.map { (finding.check, $0) } }
    }

    /// One line of how much was found.
    var counts: String {
        let all: [ConformanceVerdict] = [.pass, .quirk, .missing, .fail]
        return "\(findings.count) checks: " + all.map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
    }

    /// What has to be said before anything else.
    var warnings: [String] {
        var lines: [String] = []
        if isStopped { lines.append("The run was stopped: not all was looked at.") }
        if let failure { lines.append("The run was not finished: \(failure)") }
        if !isClean {
            lines.append(
                "Objects labelled `strongroom conformance` may be left in the token: the next run removes them.")
        }
        return lines
    }
}

extension ConformanceGroup {
    /// For people.
    var title: String {
        switch self {
        case .initialization: "Initialising and locking"
        case .login: "Login and PIN rules"
        case .sessions: "Sessions"
        case .attributes: "Security attributes"
        case .objects: "Objects and searches"
        case .concurrency: "Creating while others search"
        case .aesGCM: "AES-GCM"
        case .encryptThenMAC: "AES-CBC with HMAC"
        case .hmac: "HMAC"
        case .rsa: "RSA"
        case .ec: "Elliptic curves"
        case .wrapping: "Wrapping and import"
        case .processes: "Forks and other processes"
        case .random: "Random numbers"
        case .leaks: "Leaks"
        case .speed: "Speed"
        }
    }
}

extension ConformanceCapability {
    /// Spec and usage, for people.
    var name: String {
        switch (spec, usage) {
        case (let spec?, let usage?): "\(spec) \(usage)"
        case (let spec?, nil): spec
        default: "the key store"
        }
    }
}

extension ConformanceMeasurement {
    /// The value, with no more digits than it is worth.
    var text: String {
        let digits = abs(value) >= 100 || value == value.rounded() ? 0 : abs(value) >= 10 ? 1 : 2
        let scale = digits == 0 ? 1.0 : digits == 1 ? 10 : 100
        let rounded = (value * scale).rounded() / scale
        return digits == 0 && abs(rounded) < 1e15 ? grouped(Int(rounded)) : "\(rounded)"
    }

    /// Thousands apart.
    private func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var parts: [String] = []
        while digits.count > 3 {
            parts.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
    }
}
