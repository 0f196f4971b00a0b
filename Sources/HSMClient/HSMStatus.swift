package import HSMWorkerProtocol

/// How the workers of one token are, at one moment.
public struct HSMStatus: Codable, Sendable {
    public enum Phase: String, Codable, Sendable {
        /// A worker is being started; requests wait for it.
        case starting
        case ready
        /// The worker finishes what it has, and is replaced then.
        case retiring
        /// The last attempt to start one failed; requests are refused at once.
        case down
        case stopped
    }

    /// Which rung of the repair ladder is being taken.
    public enum Rung: String, Codable, Sendable, CaseIterable {
        /// None: it serves.
        case none
        /// A new worker, which is a new C_Initialize, begins.
        case newWorker
        /// The next attempt waits for its time.
        case backOff
        /// Nothing is tried before the operator has changed something.
        case `operator`
    }

    public struct Worker: Codable, Sendable {
        public internal(set) var phase: Phase
        /// The number of the process: handles of one are never used in another.
        public internal(set) var generation: Int
        public internal(set) var processID: Int32?
        /// Requests that wait, and the slow ones among them.
        public internal(set) var pending: Int
        public internal(set) var slow: Int
        /// How often a process was replaced that had served.
        public internal(set) var restarts: Int
        /// Attempts to start a process that failed.
        public internal(set) var failedStarts: Int
        /// Seconds since anything came from it.
        public internal(set) var lastSignAge: Double?
        /// Seconds since it last answered a canary well.
        public internal(set) var canaryAge: Double?
        /// Canaries that it did not answer well.
        public internal(set) var failedCanaries: Int
        public internal(set) var rung: Rung
        /// Why it does not serve, or why the one before it ended.
        public internal(set) var cause: String?
        /// What the process told of itself with the last canary.
        package internal(set) var report: WorkerStatus?
        /// The counts of all its processes together.
        package internal(set) var totals: WorkerStatus
    }

    /// Whether a request is served now.
    public internal(set) var isReady: Bool
    public internal(set) var workers: [Worker]

    /// One worker that serves is enough to serve; and where one waits for the operator, the others will.
    public var rung: Rung {
        let order: [Rung] = [.none, .operator, .newWorker, .backOff]
        return order.first { rung in workers.contains { $0.rung == rung } } ?? .operator
    }

    /// Seconds since the last good canary of any worker.
    public var canaryAge: Double? { workers.compactMap(\.canaryAge).min() }
}

extension WorkerStatus {
    /// Adds the counts of a process that has ended.
    mutating func add(_ other: WorkerStatus) {
        logins += other.logins
        repairs.merge(other.repairs) { $0 + $1 }
        returnValues.merge(other.returnValues) { $0 + $1 }
    }
}
