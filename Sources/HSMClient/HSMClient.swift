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
    /// The worker through which the token's objects are listed and changed.
    private let catalogue = Mutex(0)
    private let missing = Mutex(MissingMaterial())
    let profile: HSMProfile
    private let logger: Logger

    /// Starts the token's workers; requests wait until they are ready.
    public init(_ configuration: HSMClientConfiguration, logger: Logger) {
        profile = configuration.settings.profile
        self.logger = logger
        let starts = StartTurn(configuration.settings, longestBackOff: configuration.longestBackOff)
        let workers = (0..<max(1, profile.workers)).map { WorkerConnection($0, configuration, starts, logger) }
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

    /// What kept the workers from starting, when ``tokenReport()`` has thrown, and whether no waiting helps.
    package var startFault: (fault: WorkerFault, isLasting: Bool) {
        workers[0].state.withLock { ($0.record.fault, $0.record.rung == .operator) }
    }

    /// Whether a request would be served now, as far as the last canaries tell.
    public var isReady: Bool { workers.contains(where: \.isReady) }

    public func status() -> HSMStatus {
        let workers = workers.map(\.status)
        return HSMStatus(isReady: workers.contains { $0.phase == .ready }, workers: workers)
    }

    /// Creation, destruction and listing go through one worker at a time, which lets them exclude each other: the first
    /// that is ready, until it is down and nothing of it can be under way any more.
    func callFirst(_ frame: SecureBuffer, repeats: Int = 0) async throws(KMSError) -> FrameCursor {
        let reply = try await WorkerConnection.call(
            frame, timeout: profile.callTimeout, isSlow: false, repeats: repeats, submitToFirst)
        return try await believe(reply, to: frame, of: workers[catalogue.withLock { $0 }])
    }

    /// The same for what may take long.
    func callFirstSlowly(_ frame: SecureBuffer, repeats: Int = 0) async throws(KMSError) -> FrameCursor {
        try await decode(
            WorkerConnection.call(
                frame, timeout: profile.keyGenerationTimeout, isSlow: true, repeats: repeats, submitToFirst))
    }

    /// What may take long and needs no one worker: all of it goes to the same, so that the others stay quick.
    func callAnySlowly(_ frame: SecureBuffer) async throws(KMSError) -> FrameCursor {
        try await callFirstSlowly(frame, repeats: 1)
    }

    /// Under the lock, so that nobody is handed to one worker while the next is handed to another.
    private func submitToFirst(_ call: PendingCall) {
        catalogue.withLock { current in
            if workers.count > 1, !workers[current].isReady, workers[current].isOutOfWork,
                let next = workers.firstIndex(where: \.isReady)
            {
                current = next
            }
            workers[current].submit(call)
        }
    }

    /// Everything else goes to the worker with the least to do, and once more when that one dies meanwhile.
    func callAny(_ frame: SecureBuffer) async throws(KMSError) -> FrameCursor {
        let (reply, worker) = try await answer(to: frame)
        if reply.frameCode == Status.ok.rawValue { return FrameCursor(reply) }
        return try await believe(reply, to: frame, of: worker)
    }

    /// How long a request waits behind slow work before another worker is asked, in seconds.
    private static let patience = 0.5

    private func answer(to frame: SecureBuffer) async throws(KMSError) -> (SecureBuffer, WorkerConnection) {
        let first = leastBusy
        guard workers.count > 1 else {
            return (try await first.call(frame, timeout: profile.callTimeout, repeats: 1), first)
        }
        if let reply = try await first.call(
            frame, timeout: profile.callTimeout, patience: Self.patience, repeats: 1)
        {
            return (reply, first)
        }
        // The worker has turned to slow work meanwhile, so it is not the least busy one any more. A frame of its own, as
        // the id in the first may not have been sent yet.
        let second = leastBusy
        let copy = SecureBuffer(capacity: frame.count)
        frame.withExposedBytes { copy.append($0) }
        if let reply = try await second.call(
            copy, timeout: profile.callTimeout, patience: profile.callTimeout, repeats: 1)
        {
            return (reply, second)
        }
        throw .hsmTooLate
    }

    // MARK: Missing material

    /// The answer, unless it is that the token does not show a key: then it is asked again through a new worker, where
    /// that may help. A caller is told the same error as ever when it does not.
    private func believe(
        _ reply: SecureBuffer, to frame: SecureBuffer, of worker: WorkerConnection
    ) async throws(KMSError) -> FrameCursor {
        guard reply.frameCode == Status.materialMissing.rawValue, let (generation, age) = worker.generation,
            let key = Self.firstKey(of: frame),
            missing.withLock({ $0.begin(key, workerAge: age, WorkerConnection.now) })
        else { return try decode(reply) }
        logger.warning(
            "the token does not show a key that it should: asking again through a new worker",
            metadata: ["object": "\(key)", "worker": "\(worker.number)"])
        worker.retire(generation, because: "the token did not show a key through it")
        let second: SecureBuffer?
        do throws(KMSError) {
            second = try await worker.call(
                frame, timeout: profile.callTimeout, patience: profile.callTimeout, repeats: 1)
        } catch {
            missing.withLock { $0.end(key, helped: nil, WorkerConnection.now) }
            throw error
        }
        guard let second else {
            missing.withLock { $0.end(key, helped: nil, WorkerConnection.now) }
            throw .hsmTooLate
        }
        let helped = second.frameCode != Status.materialMissing.rawValue
        missing.withLock { $0.end(key, helped: helped, WorkerConnection.now) }
        return try decode(second)
    }

    /// What a request with a key begins with.
    private static func firstKey(of frame: SecureBuffer) -> ObjectID? {
        guard let high = frame.integer(at: Frame.headerSize, as: UInt64.self),
            let low = frame.integer(at: Frame.headerSize + 8, as: UInt64.self)
        else { return nil }
        return ObjectID(high: high, low: low)
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
        case .unfit:
            throw KMSError(.validation, "The key cannot be used: \(cause ?? "no reason given").")
        case .materialMissing:
            throw KMSError(.materialMissing, "The HSM does not show the key material.", cause: cause)
        case .unsupported:
            throw KMSError(.unsupported, "The HSM does not support the operation: \(cause ?? "no reason given").")
        case .unavailable, .ending, .operatorNeeded:
            throw .hsmUnavailable(cause: cause)
        }
    }

    /// Server and worker do not speak the same protocol.
    static let unreadable = KMSError(
        .internalFailure, "The HSM's answer could not be read.",
        cause: "a worker's frame is malformed: are server and worker of one version?"
    )
}
