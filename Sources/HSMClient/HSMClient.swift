package import HSMWorkerProtocol
public import KMSCore
public import Logging
import SecureMemory
import Synchronization

/// The ``KeyBackend`` over worker processes: it encodes whole operations, spreads them over the token's workers, and
/// turns their answers into values or ``KMSError``. Neither the PIN nor the module is ever in this process.
public final class HSMClient: KeyBackend {
    let workers: [WorkerConnection]
    private let threads: Mutex<[LaneThread]>
    let profile: HSMProfile

    /// Starts the token's workers; requests wait until they are ready.
    public init(_ configuration: HSMClientConfiguration, logger: Logger) {
        profile = configuration.settings.profile
        let starts = StartTurn(configuration.settings.pinSource)
        let workers = (0..<max(1, profile.workers)).map { _ in WorkerConnection(configuration, starts, logger) }
        self.workers = workers
        threads = Mutex(workers.map { worker in LaneThread { worker.run() } })
    }

    /// Ends the workers and waits until they are gone. Blocks; requests that are under way fail.
    public func stop() {
        for worker in workers { worker.stop() }
        for thread in threads.withLock({ threads in
            defer { threads = [] }
            return threads
        }) { thread.join() }
    }

    /// Waits for the first worker, and tells what it found. Throws `keyUnavailable` with the cause when it cannot serve.
    package func tokenReport() async throws(KMSError) -> TokenReport {
        try await workers[0].ready()
    }

    /// Creation, destruction and listing go through one worker, which lets them exclude each other.
    func callFirst(_ frame: SecureBuffer, repeats: Int = 0) async throws(KMSError) -> FrameCursor {
        try await decode(workers[0].call(frame, timeout: profile.callTimeout, repeats: repeats))
    }

    /// The same for what may take long.
    func callFirstSlowly(_ frame: SecureBuffer, repeats: Int = 0) async throws(KMSError) -> FrameCursor {
        try await callSlowly(workers[0], frame, repeats: repeats)
    }

    /// What may take long and needs no one worker: all of it goes to the same, so that the others stay quick.
    func callAnySlowly(_ frame: SecureBuffer) async throws(KMSError) -> FrameCursor {
        try await callSlowly(workers.first(where: \.isReady) ?? workers[0], frame, repeats: 1)
    }

    private func callSlowly(
        _ worker: WorkerConnection, _ frame: SecureBuffer, repeats: Int
    ) async throws(KMSError) -> FrameCursor {
        try await decode(
            worker.call(frame, timeout: profile.keyGenerationTimeout, isSlow: true, repeats: repeats))
    }

    /// Everything else goes to the worker with the least to do, and once more when that one dies meanwhile.
    func callAny(_ frame: SecureBuffer) async throws(KMSError) -> FrameCursor {
        try await decode(leastBusy.call(frame, timeout: profile.callTimeout, repeats: 1))
    }

    /// All workers hold handles, so all have to give them up.
    func callAll(_ makeFrame: () -> SecureBuffer) async throws(KMSError) {
        for worker in workers where worker.isReady {
            _ = try await decode(worker.call(makeFrame(), timeout: profile.callTimeout, repeats: 1))
        }
    }

    private var leastBusy: WorkerConnection {
        var best = workers[0]
        var least = best.load
        for worker in workers.dropFirst() {
            let load = worker.load
            if load < least { (best, least) = (worker, load) }
        }
        return best
    }

    private func decode(_ reply: SecureBuffer) throws(KMSError) -> FrameCursor {
        var fields = FrameCursor(reply)
        guard let status = Status(rawValue: reply.frameCode) else { throw Self.unreadable }
        if status == .ok { return fields }
        let cause = try? fields.text()
        switch status {
        case .ok, .failed:
            throw KMSError(.internalFailure, "The HSM refused the operation.", cause: cause)
        case .invalidCiphertext:
            throw .invalidCiphertext
        case .incorrectKeyMaterial:
            throw KMSError(
                .incorrectKeyMaterial,
                "The key material is not of the key's spec, or not the material that was imported before.", cause: cause
            )
        case .materialMissing:
            throw KMSError(.materialMissing, "The HSM does not show the key material.", cause: cause)
        case .unsupported:
            throw KMSError(.unsupported, "The HSM does not support the operation: \(cause ?? "no reason given").")
        case .unavailable, .operatorNeeded:
            throw KMSError(.keyUnavailable, "The HSM is not available. Try again later.", cause: cause)
        }
    }

    /// Server and worker do not speak the same protocol.
    static let unreadable = KMSError(
        .internalFailure, "The HSM's answer could not be read.",
        cause: "a worker's frame is malformed: are server and worker of one version?"
    )
}
