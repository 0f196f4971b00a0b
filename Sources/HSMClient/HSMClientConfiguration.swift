public import HSMWorkerProtocol

/// What it takes to run the workers of one token.
public struct HSMClientConfiguration: Sendable {
    /// The absolute path of strongroom-hsm-worker.
    package var workerProgram: String
    package var settings: WorkerSettings
    /// The whole environment of the workers: nothing of the server's reaches them.
    package var environment: [String: String]
    /// A descriptor that the workers inherit, so that a lock on it lasts until the last of them is gone.
    package var lock: Int32?
    /// How many requests may wait for one worker; more are refused.
    package var maximumPending = 1024
    /// How many of those may be slow: whatever a worker of a single lane is asked for waits for them.
    package var maximumSlow = 128

    public init(workerProgram: String, settings: WorkerSettings, environment: [String: String], lock: Int32? = nil) {
        self.workerProgram = workerProgram
        self.settings = settings
        self.environment = environment
        self.lock = lock
    }
}
