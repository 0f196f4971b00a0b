import ArgumentParser
import FoundationEssentials
import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging
import SQLiteStore

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a state directory: files, module, token, keys, and database against token.",
        discussion: """
            strongroom doctor --state /var/lib/strongroom --json

            It changes nothing, and may be run beside a running server. The exit status is 0 when all is well, and 1 \
            when something needs the operator.
            """
    )

    @OptionGroup var state: StateOption

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() async throws {
        var examination = Examination()
        await examine(&examination)
        print(json ? try examination.json() : examination.text)
        guard examination.isHealthy else { throw ExitCode(1) }
    }

    private func examine(_ examination: inout Examination) async {
        let directory = StateDirectory(state.path)
        guard
            let configuration = examination.attempt(
                "configuration",
                { () throws(CommandFailure) in
                    try ServerConfiguration.load(directory)
                }, { "account \($0.account), Regions \($0.regions.joined(separator: ", "))" }),
            let profile = examination.attempt(
                "profile",
                { () throws(CommandFailure) in
                    try ProfileFile.load(directory.profile)
                }, { $0.name })
        else { return }
        checkMode(directory.credentials, "credentials", &examination)

        let metadata = examination.attempt(
            "database",
            { () throws(KMSError) in
                try SQLiteStore(readingOnly: directory.database)
            }, { _ in directory.database })
        guard
            let members = examination.attempt(
                "worker program",
                { () throws(CommandFailure) in
                    try HSM.members(configuration, profile, directory)
                }, { $0[0].configuration.workerProgram })
        else { return }
        await examine(members, configuration, metadata, &examination)
        await examineRegionTokens(configuration, profile, directory, metadata, &examination)
        if let metadata { await examineKeyStores(members[0], configuration, directory, metadata, &examination) }
    }

    private func checkMode(_ path: String, _ name: String, _ examination: inout Examination) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            // Clients may keep it elsewhere.
            examination.note(.warning, name, "\(path) is not there", hint: "the server does not need it, clients do")
            return
        }
        let isPrivate = status.st_mode & 0o077 == 0
        examination.note(
            isPrivate ? .ok : .problem, name,
            isPrivate ? path : "\(path) can be read by others; its mode is to be 0600",
            hint: isPrivate ? nil : "run: chmod 600 \(path)"
        )
    }
}

/// What was found, in the order in which it was looked at.
struct Examination {
    enum Verdict: String, Codable {
        case ok, warning, problem
    }

    struct Finding: Codable {
        let verdict: Verdict
        let subject: String
        let detail: String
        let hint: String?
    }

    struct Report: Codable {
        let healthy: Bool
        let findings: [Finding]
    }

    private var findings: [Finding] = []

    var isHealthy: Bool { !findings.contains { $0.verdict == .problem } }

    mutating func note(_ verdict: Verdict, _ subject: String, _ detail: String, hint: String? = nil) {
        findings.append(Finding(verdict: verdict, subject: subject, detail: detail, hint: hint))
    }

    /// Notes how `body` went; nil when it failed.
    mutating func attempt<T, E: Error>(
        _ subject: String, _ body: () throws(E) -> T, _ detail: (T) -> String
    ) -> T? {
        do {
            let value = try body()
            note(.ok, subject, detail(value))
            return value
        } catch {
            switch error as any Error {
            case let failure as CommandFailure: note(.problem, subject, failure.message, hint: failure.hint)
            case let error as KMSError:
                note(
                    .problem, subject, [error.message, error.cause].compactMap(\.self).joined(separator: ": "),
                    hint: "restore it from a backup that fits the token, or check its permissions"
                )
            default: note(.problem, subject, "\(error)")
            }
            return nil
        }
    }

    var text: String {
        findings.map { finding in
            let mark = finding.verdict == .ok ? "ok      " : finding.verdict == .warning ? "warning " : "PROBLEM "
            return mark + finding.subject + ": " + finding.detail + (finding.hint.map { "\n        hint: " + $0 } ?? "")
        }.joined(separator: "\n")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(
            decoding: try encoder.encode(Report(healthy: isHealthy, findings: findings)), as: UTF8.self)
    }
}
