public import HSMWorkerProtocol

/// What it takes to run the workers of one token.
public struct HSMClientConfiguration: Sendable {
    /// The absolute path of strongroom-hsm-worker.
    package var workerProgram: String
    package var settings: WorkerSettings
    /// The PIN of the source ``HSMWorkerProtocol/PINSource/handed(name:descriptor:)``.
    package var pin: InheritedPIN?
    /// The whole environment of the workers: nothing of the server's reaches them.
    package var environment: [String: String]
    /// A descriptor that the workers inherit, so that a lock on it lasts until the last of them is gone.
    package var lock: Int32?
    /// How many requests may wait for one worker; more are refused.
    package var maximumPending = 1024
    /// How many of those may be slow: whatever a worker of a single lane is asked for waits for them.
    package var maximumSlow = 128
    /// Seconds after which each worker is asked whether it and its token are well, also when nobody needs them.
    package var canaryInterval = 2.0
    /// The longest pause in seconds between two attempts to start a worker, of 5 at the most: what a token that comes
    /// back may have to wait for.
    package var longestBackOff = 2.0
    /// Is told what happens to the workers, on their threads: it must return at once.
    package var onEvent: (@Sendable (HSMEvent) -> Void)?

    public init(workerProgram: String, settings: WorkerSettings, environment: [String: String], lock: Int32? = nil) {
        self.workerProgram = workerProgram
        self.settings = settings
        self.environment = environment
        self.lock = lock
    }

    /// Seconds that a worker may take to load its module, log in and answer for the first time.
    var startTimeout: Double {
        min(settings.profile.keyGenerationTimeout, max(15, 3 * settings.profile.callTimeout))
    }
}
