/// What happens to the workers of a token: for the operator's log, the audit log and the metrics.
public enum HSMEvent: Sendable {
    /// A worker ended or was ended, for that reason; a new one is being started.
    case workerEnded(worker: Int, generation: Int, reason: String)
    /// No worker could be started: the first of a row of failures, of which the others are not told.
    case unavailable(worker: Int, cause: String)
    /// Trying again would not help, or would do harm.
    case operatorNeeded(worker: Int, cause: String)
    /// A new worker serves, after so many attempts that failed, and so many seconds without this worker.
    case repaired(worker: Int, generation: Int, attempts: Int, seconds: Double)
    /// A worker repaired itself that often: it took a new `session`, `login` or `object`.
    case repairedWithin(worker: Int, generation: Int, rung: String, count: Int)
}
