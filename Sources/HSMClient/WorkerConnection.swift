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
        /// The last attempt to start one failed: requests fail at once, with this text for the log.
        case down(String)
        case stopped
    }

    struct State {
        var phase = Phase.starting
        var process: WorkerProcess?
        var report: TokenReport?
        var pending: [UInt64: PendingCall] = [:]
        var nextID: UInt64 = 1
        /// What did not fit into the socket yet.
        var outbox: [SecureBuffer] = []
        var outboxOffset = 0
        var waitingForReady: [CheckedContinuation<Result<TokenReport, KMSError>, Never>] = []
    }

    let configuration: HSMClientConfiguration
    let logger: Logger
    let state = Mutex(State())

    init(_ configuration: HSMClientConfiguration, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    var pendingCount: Int { state.withLock { $0.pending.count } }

    var isReady: Bool {
        state.withLock { if case .ready = $0.phase { true } else { false } }
    }

    /// Whether a request would not be refused at once.
    var acceptsRequests: Bool {
        state.withLock { state in
            switch state.phase {
            case .ready, .starting: true
            case .down, .stopped: false
            }
        }
    }

    // MARK: Requests

    /// Sends a request and waits for the reply. The frame's id is given here.
    func call(_ frame: SecureBuffer, timeout: Double, repeats: Int) async throws(KMSError) -> SecureBuffer {
        let deadline = Self.now + UInt64(timeout * 1e9)
        let result = await withCheckedContinuation { continuation in
            submit(PendingCall(frame: frame, continuation: continuation, deadline: deadline, repeats: repeats))
        }
        return try result.get()
    }

    private func submit(_ call: PendingCall) {
        let refusal = state.withLock { state -> KMSError? in
            switch state.phase {
            case .stopped:
                return KMSError(.keyUnavailable, "The server is shutting down.")
            case .down(let cause):
                return KMSError(.keyUnavailable, "The HSM is not available. Try again later.", cause: cause)
            case .starting, .ready:
                break
            }
            guard state.pending.count < configuration.maximumPending else {
                return KMSError(.throttled, "Too many requests are waiting for the HSM. Try again later.")
            }
            let id = state.nextID
            state.nextID += 1
            call.frame.replace(bigEndian: id, at: 4)
            state.pending[id] = call
            if case .ready = state.phase { send(id, &state) }
            return nil
        }
        if let refusal { call.continuation.resume(returning: .failure(refusal)) }
    }

    /// Hands a request to the socket, as far as it takes it.
    func send(_ id: UInt64, _ state: inout State) {
        guard let frame = state.pending[id]?.frame else { return }
        state.pending[id]?.isSent = true
        state.outbox.append(frame)
        if state.outbox.count == 1 { flush(&state) }
    }

    func flush(_ state: inout State) {
        guard let socket = state.process?.socket else { return }
        while let frame = state.outbox.first {
            let offset = state.outboxOffset
            let sent = frame.withExposedBytes { span in
                unsafe span.withUnsafeBytes { bytes in
                    unsafe Glibc.send(
                        socket, bytes.baseAddress! + offset, bytes.count - offset,
                        Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                    )
                }
            }
            // Full, or broken: whoever reads the socket goes on with it, or finds it closed.
            guard sent > 0 else { return }
            state.outboxOffset += sent
            guard state.outboxOffset == frame.count else { continue }
            state.outbox.removeFirst()
            state.outboxOffset = 0
        }
    }

    // MARK: The end

    /// Refuses new requests and closes the socket; the worker finishes what it is at and ends.
    func stop() {
        let (calls, waiting) = state.withLock { state in
            state.phase = .stopped
            if let socket = state.process?.socket { shutdown(socket, Int32(SHUT_RDWR)) }
            defer {
                state.pending = [:]
                state.waitingForReady = []
            }
            return (Array(state.pending.values), state.waitingForReady)
        }
        let error = KMSError(.keyUnavailable, "The server is shutting down.")
        for call in calls { call.continuation.resume(returning: .failure(error)) }
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
                    return .failure(KMSError(.keyUnavailable, "The server is shutting down."))
                case .starting:
                    break
                }
                state.waitingForReady.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
        return try result.get()
    }

    static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
