import Glibc
import HSMWorkerProtocol
import KMSCore
import Logging
import Synchronization

extension WorkerConnection {
    /// A worker that has logged in and shown that it serves, before it is used.
    struct Started: ~Copyable {
        let process: WorkerProcess
        var input: FrameInput
        let report: TokenReport
        let status: WorkerStatus?
    }

    /// A time without a worker.
    struct Outage {
        var since: UInt64
        var attempts = 0
        var isTold = false
    }

    /// Keeps a worker running until ``stop()``. Blocks: it has a thread of its own.
    func run() {
        var outage = Outage(since: Self.now)
        while !isStopped {
            do throws(WorkerStartError) {
                let started = try start(&outage)
                let begin = Self.now
                let reason = try serve(started, &outage)
                guard !isStopped else { return }
                starts.workerEnded(after: Self.now - begin)
                outage = Outage(since: Self.now)
                tell(.workerEnded(worker: number, generation: generationNumber, reason: reason))
                prepareForNext(reason)
            } catch {
                guard !isStopped else { return }
                outage.attempts += 1
                fail(error, &outage)
                if error.needsOperator { waitForOperator() }
            }
        }
    }

    var isStopped: Bool {
        state.withLock { if case .stopped = $0.phase { true } else { false } }
    }

    var generationNumber: Int { state.withLock { $0.record.generation } }

    func tell(_ event: HSMEvent) { configuration.onEvent?(event) }

    /// Takes the worker's socket out of use before it is closed: its number may be another file's a moment later, and
    /// what is sent there are secrets.
    func detach() {
        state.withLock { state in
            switch state.phase {
            case .ready, .retiring: state.phase = .starting
            case .starting, .down, .stopped: break
            }
            state.process = nil
            state.outbox = []
            state.isSilent = false
            state.record.isEnding = true
            updateLoad(state)
        }
        setOutgoing(nil)
    }

    /// What may be repeated waits for the next worker; the rest gets a retryable error.
    func prepareForNext(_ reason: String) {
        let lost = state.withLock { state in
            if case .stopped = state.phase { return [PendingCall]() }
            defer { updateLoad(state) }
            return state.calls.lose(Self.now)
        }
        let error = KMSError(.keyUnavailable, "The HSM worker ended during the request. Try again.", cause: reason)
        for call in lost { call.finish(.failure(error)) }
    }

    /// No worker, and none at once: everything fails fast until there is one.
    func fail(_ error: WorkerStartError, _ outage: inout Outage) {
        let cause = error.description
        state.withLock { state in
            state.record.failedStarts += 1
            state.record.cause = cause
            state.record.fault = error.fault
            state.record.rung = error.needsOperator ? .operator : .newWorker
        }
        logger.log(
            level: error.needsOperator ? .critical : .error, "the HSM worker cannot serve",
            metadata: ["cause": "\(cause)"])
        if error.needsOperator {
            tell(.operatorNeeded(worker: number, cause: cause))
        } else if !outage.isTold {
            tell(.unavailable(worker: number, cause: cause))
        }
        outage.isTold = true
        failAll(.hsmUnavailable(cause: cause)) { state in
            if case .stopped = state.phase {} else { state.phase = .down(cause) }
        }
    }

    /// The same while it is being tried still: who waits for the first worker goes on waiting.
    func failFast(_ cause: String) {
        let calls = state.withLock { state -> [PendingCall] in
            guard case .starting = state.phase else { return [] }
            state.phase = .down(cause)
            state.record.cause = cause
            defer { updateLoad(state) }
            return state.calls.removeAll()
        }
        let error = KMSError.hsmUnavailable(cause: cause)
        for call in calls { call.finish(.failure(error)) }
    }

    /// A PIN that was refused is not tried again before its source has changed: three tries may lock a token for good.
    private func waitForOperator() {
        // Another worker may have seen the change first, and been refused again: then there is a newer reason to tell.
        guard let refusal = starts.standingRefusal else { return }
        while !isStopped, starts.standingRefusal == refusal { sleep(0.5) }
    }

    private func sleep(_ seconds: Double) {
        let end = Self.now + UInt64(seconds * 1e9)
        while Self.now < end, !isStopped { usleep(10_000) }
    }
}
