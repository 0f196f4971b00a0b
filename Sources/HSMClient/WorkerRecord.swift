import HSMWorkerProtocol
import Synchronization

/// What has become of one worker's processes so far: for the status, which tells it in ages. Times are nanoseconds of
/// the monotonic clock.
struct WorkerRecord {
    /// The number of the process; 0 before the first.
    var generation = 0
    var readySince: UInt64 = 0
    var restarts = 0
    var failedStarts = 0
    var rung = HSMStatus.Rung.newWorker
    var cause: String?
    /// What kept the last process from starting.
    var fault = WorkerFault.other
    /// The process is no longer served, and perhaps not gone yet.
    var isEnding = false

    var lastCanary: UInt64?
    var failedCanaries = 0
    /// Those since the last good one.
    var failedInARow = 0
    private(set) var report: WorkerStatus?
    /// The counts of the processes that are gone.
    private var past = WorkerStatus()

    var totals: WorkerStatus {
        var totals = past
        if let report { totals.add(report) }
        return totals
    }

    /// A canary came back well. Answers what the worker repaired in itself since the last one, by rung.
    mutating func noteCanary(_ status: WorkerStatus?, _ now: UInt64) -> [(rung: String, count: Int)] {
        lastCanary = now
        failedInARow = 0
        guard let status else { return [] }
        let before = report?.repairs ?? [:]
        report = status
        return status.repairs.compactMap { rung, count in
            let more = count - (before[rung] ?? 0)
            return more > 0 ? (rung, more) : nil
        }.sorted { $0.rung < $1.rung }
    }

    mutating func begin(_ now: UInt64) {
        generation += 1
        readySince = now
        rung = .none
        cause = nil
        failedInARow = 0
    }

    /// The process is gone, and its counts with it.
    mutating func end(_ reason: String) {
        isEnding = false
        restarts += 1
        cause = reason
        rung = .newWorker
        if let report { past.add(report) }
        report = nil
    }
}

extension WorkerConnection {
    var status: HSMStatus.Worker {
        let now = Self.now
        let isBackingOff = starts.isBackingOff
        return state.withLock { state in
            let record = state.record
            return HSMStatus.Worker(
                phase: state.phase.name, generation: record.generation, processID: state.process?.processID,
                pending: state.calls.count, slow: state.calls.slowCount, restarts: record.restarts,
                failedStarts: record.failedStarts,
                lastSignAge: state.calls.lastSign == 0 ? nil : Self.seconds(now - min(now, state.calls.lastSign)),
                canaryAge: record.lastCanary.map { Self.seconds(now - min(now, $0)) },
                failedCanaries: record.failedCanaries,
                rung: record.rung == .newWorker && isBackingOff ? .backOff : record.rung,
                cause: record.cause, report: record.report, totals: record.totals)
        }
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

extension WorkerConnection.Phase {
    fileprivate var name: HSMStatus.Phase {
        switch self {
        case .starting: .starting
        case .ready: .ready
        case .retiring: .retiring
        case .down: .down
        case .stopped: .stopped
        }
    }
}
