import FoundationEssentials
import Glibc
import HSMWorkerProtocol

/// One worker process of a conformance run, from its start to its end.
struct ConformanceWorker {
    private let configuration: HSMClientConfiguration
    private let patience: Double

    init(_ configuration: HSMClientConfiguration, patience: Double) {
        self.configuration = configuration
        self.patience = patience
    }

    /// A check that has begun.
    struct Check {
        let id: String
        let fact: String
        let concerns: [ConformanceCapability]
    }

    enum Ending {
        /// All was done.
        case ended
        /// The process ended by itself, in the way that is told.
        case died(String)
        /// It told nothing for so many seconds, and was killed.
        case silent(seconds: Double)
        /// It gave up, and said why.
        case refused(Status, String)
        /// The user did not want to go on. It had time to remove what it made, or had not.
        case stopped(isOrderly: Bool)
        case notStarted(String)

        /// Whether the worker had time to remove what it made.
        var isOrderly: Bool {
            switch self {
            case .ended, .stopped(isOrderly: true): true
            default: false
            }
        }

        var text: String {
            switch self {
            case .ended: "it ended without a word"
            case .died(let how): "the module crashed: the worker process ended by \(how)"
            case .silent(let seconds): "no answer within \(Self.rounded(seconds)) s; the worker was killed"
            case .refused(_, let why): why
            case .stopped: "it was stopped"
            case .notStarted(let why): why
            }
        }

        private static func rounded(_ seconds: Double) -> String {
            seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
        }
    }

    /// Starts a worker for `request` and hears what it tells, to its end.
    func run(
        _ request: ConformanceRequest, isStopped: () -> Bool, hear: (ConformanceMessage) -> Void
    ) -> Ending {
        var settings = configuration.settings
        settings.task = .conform(request)
        let process: WorkerProcess
        do throws(WorkerStartError) {
            process = try WorkerProcess(configuration, &settings)
        } catch {
            return .notStarted(error.description)
        }
        do throws(WorkerTaskError) {
            try WorkerTask.send(settings, to: process)
        } catch {
            return .died(Self.signalName(process.reap()))
        }
        return listen(to: process, isStopped, hear)
    }

    /// How long a worker may take to come to its end when it is asked to: the check that is under way, at most.
    private static let stopTime = 20.0

    private func listen(
        to process: WorkerProcess, _ isStopped: () -> Bool, _ hear: (ConformanceMessage) -> Void
    ) -> Ending {
        var input = FrameInput(descriptor: process.socket)
        var deadline = ContinuousClock.now + .seconds(patience)
        var isLeaving = false
        while true {
            if !isLeaving, isStopped() {
                // The worker sees it, and ends its check.
                shutdown(process.socket, Int32(SHUT_WR))
                isLeaving = true
                deadline = .now + .seconds(min(patience, Self.stopTime))
            }
            switch try? input.next() {
            case .timeout:
                guard ContinuousClock.now >= deadline else { continue }
                _ = process.reap(killAfter: isLeaving ? 5 : 0)
                return isLeaving ? .stopped(isOrderly: false) : .silent(seconds: patience)
            case .closed, nil:
                let ending = process.reap(killAfter: 1)
                return isLeaving ? .stopped(isOrderly: false) : .died(Self.signalName(ending))
            case .frame(let frame):
                if !isLeaving { deadline = .now + .seconds(patience) }
                var fields = FrameCursor(frame)
                let body = (try? fields.bytes()) ?? []
                guard frame.frameCode == Status.ok.rawValue else {
                    _ = process.reap(killAfter: 5)
                    return .refused(
                        Status(rawValue: frame.frameCode) ?? .failed, String(decoding: body, as: UTF8.self))
                }
                guard let message = try? JSONDecoder().decode(ConformanceMessage.self, from: Data(body)) else {
                    _ = process.reap(killAfter: 5)
                    return .refused(.failed, "the worker's answer cannot be read: are both programs of one version?")
                }
                hear(message)
                if case .ended = message {
                    _ = process.reap(killAfter: 5)
                    return isLeaving ? .stopped(isOrderly: true) : .ended
                }
            }
        }
    }

    /// `signal 11` with its name, where it is one that a module's fault raises.
    private static func signalName(_ ending: String) -> String {
        let names = [
            SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
            SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGTERM: "SIGTERM", SIGSYS: "SIGSYS",
        ]
        let number = ending.hasPrefix("signal ") ? Int32(ending.dropFirst("signal ".count)) : nil
        return number.flatMap { names[$0] } ?? ending
    }
}

extension ConformanceFinding {
    /// A check that its worker did not live through.
    static func of(
        _ check: ConformanceWorker.Check, isKnown: Bool, _ group: ConformanceGroup, _ ending: ConformanceWorker.Ending
    ) -> ConformanceFinding {
        // What follows a finding is the check's own removal.
        ConformanceFinding(
            isKnown ? check.id + "-afterwards" : check.id, group,
            isKnown ? "The module goes on after: \(check.fact)" : check.fact, .fail, ending.text,
            consequence: ending.consequence, concerns: check.concerns)
    }

    /// A group that could not be begun, or not go on.
    static func ofGroup(
        _ group: ConformanceGroup, _ name: String, _ fact: String, _ ending: ConformanceWorker.Ending
    ) -> ConformanceFinding {
        ConformanceFinding(
            "\(group.rawValue).\(name)", group, fact, .fail, ending.text,
            consequence: "The key store's workers do not come back by themselves.", concerns: [.everything])
    }
}

extension ConformanceWorker.Ending {
    fileprivate var consequence: String {
        switch self {
        case .died: "A call ends the worker process, and the requests that it serves just then fail."
        case .silent: "A call hangs until its worker is killed, and the requests that it serves just then fail."
        default: "The module fails where it should not."
        }
    }
}
