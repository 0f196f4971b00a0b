import ArgumentParser
import FoundationEssentials
import KMSPolicy

struct PolicyLint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Warn of what is risky, or without effect, in policies, or in all keys of a server.",
        discussion: """
            strongroom policy lint --state DIR
            strongroom policy lint key-policy.json --account 111122223333
            strongroom policy lint --format sarif policies/*.json > policies.sarif

            Without files, every key of the Region is looked at with its policy, grants, rotation and last use. \
            The exit status is 1 when there is a finding at least as severe as --fail-on.
            """
    )

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case key
        case identity
    }

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case sarif
    }

    @OptionGroup var options: ClientOptions

    @Argument(help: "Files with a policy as JSON; - is the standard input. (default: all keys of the server)")
    var files: [String] = []

    @Option(help: "What the files are: key or identity policies. (default: key policies if they name principals)")
    var kind: Kind?

    @Option(help: "The account that the policies are in: 12 digits.")
    var account: String?

    @Option(help: "An account that policies may name beside it; can be given several times. Others are reported then.")
    var trustedAccount: [String] = []

    @Option(help: "How to print the findings.")
    var format: Format?

    @Option(help: "From which severity on the exit status is 1: info, low, medium, high or critical.")
    var failOn = LintSeverity.high

    func validate() throws {
        for account in trustedAccount + (account.map { [$0] } ?? []) {
            guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw ValidationError("'\(account)' is no account: give its 12 digits.")
            }
        }
        if options.json, format.map({ $0 != .json }) == true {
            throw ValidationError("--json and --format \(format?.rawValue ?? "") are given: give one of them.")
        }
    }

    func run() async throws {
        let report = try await report()
        print(try output(of: report))
        if hasFailed(report) { throw ExitCode.failure }
    }

    func report() async throws -> LintReport {
        files.isEmpty ? try await reportOnKeys() : try reportOnFiles()
    }

    func output(of report: LintReport) throws -> String {
        switch format ?? (options.json ? .json : .text) {
        case .text: report.text
        case .json: try report.json()
        case .sarif: try report.sarif()
        }
    }

    func hasFailed(_ report: LintReport) -> Bool {
        report.findings.contains { $0.severity >= failOn }
    }

    private func reportOnFiles() throws(CommandFailure) -> LintReport {
        var subjects: [LintReport.Subject] = []
        for file in files {
            let findings: [LintFinding]
            switch try PolicyInput.read(file) {
            case .text(let text):
                findings = PolicyLinter.findings(in: text, as: documentKind(of: text), context)
            case .unreadable(let why):
                findings = [.unreadable(why)]
            }
            subjects.append(LintReport.Subject(.file(file), findings))
        }
        return LintReport(subjects)
    }

    private func reportOnKeys() async throws -> LintReport {
        let now = Int64(Date().timeIntervalSince1970)
        let keys = try await options.withClient { try await KeySurvey(client: $0).keys() }
        return LintReport(
            keys.map { surveyed in
                let (key, policy) = (surveyed.key, surveyed.policy)
                var findings = PolicyLinter.findings(in: key, policy: policy, now: now, context)
                findings += surveyed.refusals.map { LintFinding.unreadable($0, at: .key) }
                return LintReport.Subject(.key(arn: key.arn, aliases: surveyed.aliases), findings)
            })
    }

    private var context: LintContext {
        LintContext(account: account, trustedAccounts: trustedAccount.isEmpty ? nil : Set(trustedAccount))
    }

    private func documentKind(of text: String) -> PolicyDocument.Kind {
        switch kind {
        case .key: .key
        case .identity: .identity
        case nil: text.contains("\"Principal\"") || text.contains("\"NotPrincipal\"") ? .key : .identity
        }
    }
}

extension LintSeverity: ExpressibleByArgument {}

extension LintFinding {
    /// What could not be looked at.
    fileprivate static func unreadable(
        _ why: String, at place: Place = .policy(PolicyPlace(path: "", line: 1, column: 1))
    ) -> LintFinding {
        LintFinding(
            .unreadable, place == .key ? .medium : .high, at: place, why,
            remedy: place == .key
                ? "Lint with credentials that may see all of the key." : "Give a file with one policy as JSON.")
    }
}
