import Glibc
package import HSMWorkerProtocol

/// A run of conformance checks: one worker process after the other, one for each group, and another one where a check
/// was the end of its worker.
///
/// Blocks, so it wants a thread of its own.
package struct ConformanceRun: Sendable {
    package var configuration: HSMClientConfiguration
    package var groups: [ConformanceGroup]
    /// How many objects the search group makes.
    package var objects: Int
    /// Seconds for one measurement of speed.
    package var measuringTime: Double
    /// Whether threads may make and search for token objects at once: see ``ConformanceRequest``.
    package var races: Bool
    /// After so many seconds without a message the module hangs.
    package var patience: Double
    /// Marks the objects of this run.
    private let mark: [UInt8]

    package init(
        _ configuration: HSMClientConfiguration, groups: [ConformanceGroup], objects: Int = 1000,
        measuringTime: Double = 0.5, races: Bool = false, patience: Double? = nil
    ) {
        self.configuration = configuration
        self.groups = groups
        self.objects = objects
        self.measuringTime = measuringTime
        self.races = races
        // A check may make a few keys without a word in between.
        self.patience = patience ?? 2 * configuration.settings.profile.keyGenerationTimeout
        mark = (0..<4).map { _ in UInt8.random(in: 0...255) }
    }

    /// What is told while it runs.
    package enum Event: Sendable {
        case group(ConformanceGroup, number: Int, of: Int)
        case check(String, fact: String)
        case progress(done: Int, of: Int)
        case finding(ConformanceFinding)
        case groupEnded(ConformanceGroup, seconds: Double)
        /// The user stopped the run, or the last worker died: its objects are being removed.
        case removing
    }

    package struct Outcome: Sendable {
        package var token: TokenReport
        package var findings: [ConformanceFinding] = []
        /// Those that were run to their end.
        package var groups: [ConformanceGroup] = []
        /// How many objects were removed again.
        package var removed = 0
        /// Whether nothing of the run is left in the token, as far as could be seen.
        package var isClean = true
        package var isStopped = false
        /// Why not all groups were run, where the user did not stop it.
        package var failure: String?
    }

    /// The token that the run would be on. Nothing in it changes.
    package func look() throws(ConformanceStartError) -> TokenReport {
        var found: TokenReport?
        let worker = ConformanceWorker(configuration, patience: patience)
        let ending = worker.run(request(groups[0], scope: .look), isStopped: { false }) { message in
            if case .token(let report) = message { found = report }
        }
        guard let found else { throw ConformanceStartError(ending) }
        return found
    }

    /// Runs all groups. Throws when the first worker cannot begin; then no other was started.
    package func run(
        isStopped: @escaping @Sendable () -> Bool, tell: (Event) -> Void
    ) throws(ConformanceStartError) -> Outcome {
        var progress = Progress()
        for (index, group) in groups.enumerated() where progress.goesOn {
            tell(.group(group, number: index + 1, of: groups.count))
            let start = ContinuousClock.now
            try run(group, &progress, isStopped, tell)
            tell(.groupEnded(group, seconds: (ContinuousClock.now - start) / .seconds(1)))
        }
        guard var outcome = progress.outcome else { throw ConformanceStartError("no group was to be run") }
        outcome.isStopped = progress.isStopped
        if progress.leavesObjects { remove(&outcome, mayLogIn: progress.refusal == nil, tell) }
        outcome.failure = progress.refusal
        return outcome
    }

    // MARK: One group

    private struct Progress {
        var outcome: Outcome?
        /// Whether the last worker ended before it had removed what it made.
        var leavesObjects = false
        var isStopped = false
        /// Why no further worker may be started.
        var refusal: String?

        var goesOn: Bool { !isStopped && refusal == nil }
    }

    /// What the current worker has told.
    private struct Told {
        var hasBegun = false
        var current: ConformanceWorker.Check?
        /// Whether it began a check again that it was to skip.
        var repeats = false
    }

    /// How often a worker is started anew that died before it had begun a check.
    private static let attempts = 3

    private func run(
        _ group: ConformanceGroup, _ progress: inout Progress, _ isStopped: @escaping @Sendable () -> Bool,
        _ tell: (Event) -> Void
    ) throws(ConformanceStartError) {
        var skip: Set<String> = []
        var attempts = 0
        while progress.goesOn {
            var told = Told()
            var outcome = progress.outcome
            var request = request(group)
            request.skip = skip
            let worker = ConformanceWorker(configuration, patience: patience)
            let ending = worker.run(request, isStopped: isStopped) { message in
                hear(message, &told, &outcome, &skip, tell)
            }
            progress.outcome = outcome
            guard outcome != nil else { throw ConformanceStartError(ending) }
            // One that did not come to its token has made nothing, and removed nothing.
            if told.hasBegun { progress.leavesObjects = !ending.isOrderly }
            switch ending {
            case .ended:
                progress.outcome?.groups.append(group)
                return
            case .stopped:
                progress.isStopped = true
                return
            case .refused(.operatorNeeded, let why):
                // A PIN that was right a moment ago: whatever it is, it is not tried again.
                progress.refusal = why
                note(.ofGroup(group, "login", "The token goes on accepting the PIN", ending), &progress, tell)
                return
            case .refused, .died, .silent, .notStarted:
                break
            }
            if let current = told.current {
                let isKnown = progress.outcome?.findings.contains { $0.check == current.id } == true
                note(.of(current, isKnown: isKnown, group, ending), &progress, tell)
                attempts = 0
                guard !told.repeats else { return }
            } else {
                attempts += 1
                guard attempts < Self.attempts else {
                    note(.ofGroup(group, "start", "A new worker can begin with the group", ending), &progress, tell)
                    return
                }
                wait(seconds: 1, isStopped)
            }
        }
    }

    private func hear(
        _ message: ConformanceMessage, _ told: inout Told, _ outcome: inout Outcome?, _ skip: inout Set<String>,
        _ tell: (Event) -> Void
    ) {
        switch message {
        case .token(let report):
            told.hasBegun = true
            if outcome == nil { outcome = Outcome(token: report) }
        case .begins(let check, let fact, let concerns):
            told.repeats = !skip.insert(check).inserted
            told.current = ConformanceWorker.Check(id: check, fact: fact, concerns: concerns)
            tell(.check(check, fact: fact))
        case .progress(let done, let of):
            tell(.progress(done: done, of: of))
        case .finding(let finding):
            skip.insert(finding.check)
            outcome?.findings.append(finding)
            tell(.finding(finding))
        case .ended(let removed):
            outcome?.removed += removed
        }
    }

    private func note(_ finding: ConformanceFinding, _ progress: inout Progress, _ tell: (Event) -> Void) {
        progress.outcome?.findings.append(finding)
        tell(.finding(finding))
    }

    private func wait(seconds: Double, _ isStopped: () -> Bool) {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end, !isStopped() { usleep(20_000) }
    }

    // MARK: Removal

    /// A last worker, which only removes.
    private func remove(_ outcome: inout Outcome, mayLogIn: Bool, _ tell: (Event) -> Void) {
        outcome.isClean = false
        guard mayLogIn else { return }
        tell(.removing)
        var removed: Int?
        let worker = ConformanceWorker(configuration, patience: patience)
        _ = worker.run(request(groups[0], scope: .removal), isStopped: { false }) { message in
            if case .ended(let count) = message { removed = count }
        }
        outcome.removed += removed ?? 0
        outcome.isClean = removed != nil
    }

    private func request(
        _ group: ConformanceGroup, scope: ConformanceRequest.Scope = .checks
    ) -> ConformanceRequest {
        ConformanceRequest(
            group: group, run: mark, objects: objects, measuringTime: measuringTime, scope: scope, races: races)
    }
}

/// Why a run could not begin, for whoever asked for it.
package struct ConformanceStartError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ ending: ConformanceWorker.Ending) {
        self.init("the worker did not begin: \(ending.text)")
    }
}
