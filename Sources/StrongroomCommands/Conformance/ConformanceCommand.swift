import ArgumentParser
import FoundationEssentials
import Glibc
import HSMClient
import HSMWorkerProtocol
import Synchronization
import UnixSignals

struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Try on a token all that a key store needs of it, and say what it can back.",
        discussion: """
            strongroom conformance --module /opt/hsm/libpkcs11.so --token 'pkcs11:token=kms' --pin-file /etc/kms.pin
            strongroom conformance --module PATH --token URI --pin-file FILE --yes --write-profile my-hsm.yaml
            strongroom conformance --state /var/lib/strongroom --json

            It is safe on a token in production: it works in objects of its own, labelled `strongroom conformance`, \
            removes them at the end, touches no others, tries no PIN but the one given, and asks before it begins. \
            What it prints is explained in docs/conformance.md.

            The exit status is 0 when the token can back a key store with symmetric keys and no check failed (a \
            mechanism that is merely missing is no failure), 1 when it cannot or a check failed, 130 when the run \
            was stopped, and 64 for a mistake in the arguments.
            """
    )

    @OptionGroup var source: ConformanceSource

    @Option(
        help: """
            A group of checks to run; can be given several times. (default: all of \
            \(ConformanceGroup.allCases.map(\.rawValue).joined(separator: ", ")))
            """, transform: Self.named)
    var group: [ConformanceGroup] = []

    @Flag(help: "Fewer objects and shorter measurements.")
    var quick = false

    @Flag(
        help: """
            Have threads make, find and destroy objects all at once as well, as the key store never does: it has \
            damaged the stores of software tokens. Only for a token that does not matter.
            """)
    var races = false

    @Option(help: "How many objects to make for the searches. (default: 1000, and 100 with --quick)")
    var objects: Int?

    @Option(help: ArgumentHelp("Seconds without an answer after which the module hangs.", valueName: "seconds"))
    var patience: Double?

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(help: "Print the report as JUnit's XML.")
    var junit = false

    @Flag(help: "Print the report as Markdown.")
    var markdown = false

    @Option(help: "Write the report to this file instead of the standard output.")
    var output: String?

    @Option(help: "Write a first profile for the token to this new file.")
    var writeProfile: String?

    @OptionGroup var confirmation: Confirmation

    private static func named(_ name: String) throws -> ConformanceGroup {
        guard let group = ConformanceGroup.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
        else { throw ValidationError("There is no group '\(name)'; --help has their names.") }
        return group
    }

    func validate() throws {
        guard [json, junit, markdown].count(where: \.self) <= 1 else {
            throw ValidationError("Several formats are asked for: give one of --json, --junit and --markdown.")
        }
        guard objects.map({ (2...100_000).contains($0) }) ?? true else {
            throw ValidationError("--objects takes a number from 2 to 100000.")
        }
        guard patience.map({ $0 > 0 }) ?? true else {
            throw ValidationError("--patience takes a number of seconds above 0.")
        }
    }

    func run() async throws {
        let target = try source.target()
        if let writeProfile { try NewFile.check(writeProfile) }
        let run = ConformanceRun(
            target.configuration, groups: ConformanceGroup.allCases.filter { group.isEmpty || group.contains($0) },
            objects: objects ?? (quick ? 100 : 1000), measuringTime: quick ? 0.1 : 0.5, races: races,
            patience: patience)

        // The first login, and with a wrong PIN the last.
        let token = try await onThread { () throws(ConformanceStartError) in try run.look() }
        try ask(about: token, run)
        let (outcome, seconds, date) = try await perform(run)
        let report = ConformanceReport(
            token: outcome.token, profile: target.profile.name, date: date, seconds: seconds, requested: run.groups,
            groups: outcome.groups, findings: outcome.findings, removed: outcome.removed, isClean: outcome.isClean,
            isStopped: outcome.isStopped, failure: outcome.failure)
        try deliver(report, target)
        guard report.exitStatus == 0 else { throw ExitCode(report.exitStatus) }
    }

    // MARK: Before

    private func ask(about token: TokenReport, _ run: ConformanceRun) throws(CommandFailure) {
        let minutes = quick ? "a minute or two" : "some minutes"
        try confirmation.ask(
            """
            Conformance checks will be run on the token \(token.label) (serial \(token.serial), \(token.model)).
            They make objects of their own there, up to \(run.objects + 50) at a time and labelled \
            `strongroom conformance`, and remove them again. Objects that are there are neither used nor changed, and \
            so are PINs. It takes \(minutes), longer on a slow HSM, and the token is busy meanwhile
            """,
            otherwise: "the token \(token.label) was left as it is"
        )
    }

    // MARK: The run

    /// Ctrl-C and SIGTERM end the run in order: what it made is removed.
    private func perform(
        _ run: ConformanceRun
    ) async throws -> (ConformanceRun.Outcome, seconds: Double, date: String) {
        let isStopped = StopFlag()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let watch = Task {
            for await _ in signals {
                guard isStopped.set() else {
                    put("strongroom: stopped at once; what is left in the token the next run removes\n", on: 2)
                    _exit(130)
                }
                put("\nstrongroom: stopping; what the run made is removed (again to end at once)\n", on: 2)
            }
        }
        defer { watch.cancel() }
        let date = Date().formatted(.iso8601)
        let start = ContinuousClock.now
        let outcome = try await onThread { () throws(ConformanceStartError) in
            var progress = ConformanceProgress()
            return try run.run(isStopped: { isStopped.isSet }) { progress.show($0) }
        }
        return (outcome, (ContinuousClock.now - start) / .seconds(1), date)
    }

    private func onThread<T: Sendable>(
        _ body: @escaping @Sendable () throws(ConformanceStartError) -> T
    ) async throws(CommandFailure) -> T {
        do {
            return try await LaneThread.run(body)
        } catch {
            throw CommandFailure(
                "the token cannot be used: \(error)",
                hint: "pkcs11-tool --module PATH --list-token-slots shows the tokens; nothing was tried after this")
        }
    }

    // MARK: After

    private func deliver(_ report: ConformanceReport, _ target: ConformanceSource.Target) throws {
        let text =
            if json {
                try report.json()
            } else if junit {
                report.junit
            } else if markdown {
                report.markdown
            } else {
                report.text
            }
        if let output {
            do {
                try Data((text + "\n").utf8).write(to: URL(filePath: output), options: .atomic)
            } catch {
                throw CommandFailure("\(output) cannot be written: \(errorText())")
            }
        } else {
            put(text + "\n", on: 1)
        }
        if let writeProfile {
            let name = writeProfile.split(separator: "/").last.map(String.init) ?? writeProfile
            let draft = ProfileDraft(report, base: target.profile, module: target.configuration.settings.modulePath)
            let yaml = draft.yaml(name: name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name)
            try NewFile.write(Array(yaml.utf8), to: writeProfile)
        }
        for warning in report.warnings { note(warning) }
    }
}

/// Whether the user wants the run to end.
private final class StopFlag: Sendable {
    private let flag = Mutex(false)

    var isSet: Bool { flag.withLock { $0 } }

    /// Answers whether it was not set before.
    func set() -> Bool {
        flag.withLock { flag in
            defer { flag = true }
            return !flag
        }
    }
}
