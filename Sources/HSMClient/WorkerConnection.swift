import Glibc
import HSMWorkerProtocol
import KMSCore
import Logging
import SecureMemory
import Synchronization

/// One worker process and everything that waits for it. Starts it, starts it anew when it dies, and kills it when it
/// hangs; see ``run()``, which a thread of its own lives in.
final class WorkerConnection: Sendable {
    enum Phase {
        /// A worker is being started; requests wait for it until their deadline.
        case starting
        case ready
        /// The worker does what it has begun, until then at the latest; requests wait for the one after it.
        case retiring(until: UInt64)
        /// The last attempt to start one failed: requests fail at once, with this text for the log.
        case down(String)
        case stopped
    }

    struct State {
        var phase = Phase.starting
        var process: WorkerProcess?
        var report: TokenReport?
        var calls: CallTable
        /// What is to be sent, in order.
        var outbox: [SecureBuffer] = []
        var waitingForReady: [CheckedContinuation<Result<TokenReport, KMSError>, Never>] = []
        /// Whether the worker has something to do and says nothing: others are asked first.
        var isSilent = false
        var record = WorkerRecord()
    }

    /// Which worker of the token it is.
    let number: Int
    let configuration: HSMClientConfiguration
    let logger: Logger
    let starts: StartTurn
    let state: Mutex<State>
    private let outgoing = Mutex(OutgoingSocket())
    /// See ``load``; written with the state, read without it.
    private let visibleLoad = Atomic(1 << 20)

    init(_ number: Int, _ configuration: HSMClientConfiguration, _ starts: StartTurn, _ logger: Logger) {
        self.number = number
        self.configuration = configuration
        self.starts = starts
        self.logger = logger
        state = Mutex(State(calls: CallTable(patience: Self.nanoseconds(configuration.settings.profile.callTimeout))))
    }

    /// How much a new request would have to wait for: see ``CallTable/load``, and much more while there is no worker,
    /// or none in sight.
    var load: Int { visibleLoad.load(ordering: .relaxed) }

    func updateLoad(_ state: State) {
        let load =
            switch state.phase {
            case .ready: state.calls.load + (state.isSilent ? 1 << 16 : 0)
            case .starting, .retiring: state.calls.load + 1 << 20
            case .down, .stopped: Int.max
            }
        visibleLoad.store(load, ordering: .relaxed)
    }

    var isReady: Bool {
        state.withLock { if case .ready = $0.phase { true } else { false } }
    }

    // MARK: Requests

    /// Sends a request and waits for the reply, `timeout` seconds or, behind a slow one, longer. The frame's id is
    /// given here.
    func call(
        _ frame: SecureBuffer, timeout: Double, isSlow: Bool = false, repeats: Int
    ) async throws(KMSError) -> SecureBuffer {
        try await Self.call(frame, timeout: timeout, isSlow: isSlow, repeats: repeats) { submit($0) }
    }

    /// The same for what can be given up: nil when it has waited for `patience` seconds behind slow work.
    func call(
        _ frame: SecureBuffer, timeout: Double, patience: Double, repeats: Int
    ) async throws(KMSError) -> SecureBuffer? {
        let reply = try await Self.call(frame, timeout: timeout, isSlow: false, repeats: repeats) {
            var call = $0
            call.strandedAfter = Self.nanoseconds(patience)
            submit(call)
        }
        return reply === Self.stranded ? nil : reply
    }

    /// What a call is answered that was taken out of a worker's queue. Never sent.
    static let stranded = SecureBuffer(capacity: 1)

    /// The same, through whatever worker `hand` submits it to.
    static func call(
        _ frame: SecureBuffer, timeout: Double, isSlow: Bool, repeats: Int, _ hand: (PendingCall) -> Void
    ) async throws(KMSError) -> SecureBuffer {
        let now = now
        let result = await withCheckedContinuation { continuation in
            hand(
                PendingCall(
                    frame: frame, continuation: continuation, submitted: now, timeout: nanoseconds(timeout),
                    isSlow: isSlow, repeats: repeats
                )
            )
        }
        return try result.get()
    }

    func submit(_ call: PendingCall) {
        guard call.frame.count <= Frame.maximumSize else {
            // The worker would take it for garbage, and end.
            call.finish(.failure(KMSError(.validation, "The request is too large for the HSM.")))
            return
        }
        let refusal = state.withLock { state -> KMSError? in
            switch state.phase {
            case .stopped:
                return .hsmGivenUp
            case .down(let cause):
                return .hsmUnavailable(cause: cause)
            case .starting, .ready, .retiring:
                break
            }
            guard state.calls.count < configuration.maximumPending,
                !call.isSlow || state.calls.slowCount < configuration.maximumSlow
            else {
                return KMSError(.throttled, "Too many requests are waiting for the HSM. Try again later.")
            }
            let id = state.calls.insert(call)
            if case .ready = state.phase { enqueue(id, &state) }
            updateLoad(state)
            return nil
        }
        if let refusal {
            call.finish(.failure(refusal))
        } else {
            flush()
        }
    }

    /// Puts a request where ``flush()`` takes it from.
    func enqueue(_ id: UInt64, _ state: inout State) {
        if let frame = state.calls.send(id) { state.outbox.append(frame) }
    }

    /// Hands what is to be sent to the socket, as far as it takes it.
    ///
    /// Not under the state's lock, which every request and every reply needs. Who finds another one sending leaves it
    /// its frames: that one looks again when it is done.
    func flush() {
        var isBlocked = false
        repeat {
            let sent: Void? = outgoing.withLockIfAvailable { socket in
                while !isBlocked {
                    let frames = state.withLock { state in
                        defer { state.outbox.removeAll(keepingCapacity: true) }
                        return state.outbox
                    }
                    if frames.isEmpty, !socket.hasRest { return }
                    isBlocked = !socket.send(frames)
                }
            }
            guard sent != nil else { return }
        } while !isBlocked && state.withLock { !$0.outbox.isEmpty }
    }

    /// From now on `socket` is sent to; nil waits for whoever is sending, so that it can be closed.
    func setOutgoing(_ socket: Int32?) {
        outgoing.withLock { $0 = OutgoingSocket(descriptor: socket) }
    }

    // MARK: Another worker

    /// Has the worker of that generation replaced, once it has done what it has begun.
    func retire(_ generation: Int, because reason: String) {
        let end = Self.now + Self.nanoseconds(configuration.settings.profile.callTimeout)
        state.withLock { state in
            guard case .ready = state.phase, state.record.generation == generation else { return }
            state.phase = .retiring(until: end)
            state.record.cause = reason
            updateLoad(state)
        }
    }

    /// The generation that serves, and how long it has done so; nil while none does.
    var generation: (number: Int, age: UInt64)? {
        state.withLock { state in
            guard case .ready = state.phase else { return nil }
            return (state.record.generation, Self.now - state.record.readySince)
        }
    }

    /// Whether another worker may take over what goes through one worker alone: nothing of it is or will be under way
    /// here.
    var isOutOfWork: Bool {
        state.withLock { state in
            switch state.phase {
            case .down, .stopped: true
            // A process that is being taken apart may still be at something.
            case .starting: state.process == nil && !state.record.isEnding && state.calls.count == 0
            case .ready, .retiring: false
            }
        }
    }

    // MARK: The end

    /// Refuses new requests and closes the socket; the worker finishes what it is at and ends.
    func stop() {
        failAll(.hsmGivenUp) { state in
            state.phase = .stopped
            if let socket = state.process?.socket { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Changes the phase to one that takes no requests, and gives everybody who waits `error`.
    func failAll(_ error: KMSError, _ change: (inout State) -> Void) {
        let (calls, waiting) = state.withLock { state in
            change(&state)
            defer {
                state.waitingForReady = []
                updateLoad(state)
            }
            return (state.calls.removeAll(), state.waitingForReady)
        }
        for call in calls { call.finish(.failure(error)) }
        for continuation in waiting { continuation.resume(returning: .failure(error)) }
    }

    /// The worker's report as soon as there is one; throws when it cannot be started.
    func ready() async throws(KMSError) -> TokenReport {
        let result = await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Result<TokenReport, KMSError>? in
                switch state.phase {
                case .ready:
                    if let report = state.report { return .success(report) }
                case .down(let cause):
                    return .failure(KMSError(.keyUnavailable, "The HSM is not available.", cause: cause))
                case .stopped:
                    return .failure(.hsmGivenUp)
                case .starting, .retiring:
                    break
                }
                state.waitingForReady.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
        return try result.get()
    }

    static func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(seconds * 1e9) }

    static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
