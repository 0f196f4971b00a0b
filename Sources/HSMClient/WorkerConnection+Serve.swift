import HSMWorkerProtocol
import KMSCore
import Logging
import SecureMemory
import Synchronization

// A worker's time of service.
extension WorkerConnection {
    /// Serves through the worker until it ends, and sees it off. Answers why it did.
    func serve(
        _ started: consuming Started, _ outage: inout Outage
    ) throws(WorkerStartError) -> String {
        let process = started.process
        do throws(WorkerStartError) {
            try enter(process, started.report, started.status)
        } catch {
            detach()
            _ = process.reap()
            throw error
        }
        let generation = generationNumber
        // A first start that went well is no repair.
        if generation > 1 || outage.attempts > 0 {
            tell(
                .repaired(
                    worker: number, generation: generation, attempts: outage.attempts,
                    seconds: Double(Self.now - outage.since) / 1e9))
        }
        let reason = serve(process, &started.input)
        detach()
        // In an orderly end the worker may finish what it is at; else it is of no more use.
        let end = process.reap(killAfter: isStopped ? 3 : 0)
        state.withLock { $0.record.end("\(reason) (\(end))") }
        if !isStopped {
            logger.error("the HSM worker ended, starting another", metadata: ["reason": "\(reason)", "end": "\(end)"])
        }
        return reason
    }

    /// The worker serves from now on: first of all what waited for it.
    private func enter(
        _ process: WorkerProcess, _ report: TokenReport, _ status: WorkerStatus?
    ) throws(WorkerStartError) {
        setOutgoing(process.socket)
        let now = Self.now
        let waiting = state.withLock { state -> [CheckedContinuation<Result<TokenReport, KMSError>, Never>]? in
            if case .stopped = state.phase { return nil }
            state.phase = .ready
            state.process = process
            state.report = report
            state.calls.begin(now)
            state.record.begin(now)
            _ = state.record.noteCanary(status, now)
            for id in state.calls.ids { enqueue(id, &state) }
            updateLoad(state)
            defer { state.waitingForReady = [] }
            return state.waitingForReady
        }
        flush()
        guard let waiting else { throw WorkerStartError("the server is shutting down") }
        for continuation in waiting { continuation.resume(returning: .success(report)) }
        logger.info("the HSM worker is ready", metadata: ["token": "\(report.label)", "pid": "\(process.processID)"])
    }

    /// Hands replies to whom they are for, until the worker ends or hangs. Answers why it did.
    private func serve(_ process: WorkerProcess, _ input: inout FrameInput) -> String {
        var lastLook = Self.now
        // What the worker told last, when it told that it ends.
        var ending: String?
        var nextCanary = lastLook + Self.nanoseconds(configuration.canaryInterval)
        while true {
            do throws(FrameError) {
                switch try input.next() {
                case .closed: return ending ?? "it closed its socket"
                case .frame(let reply):
                    if reply.frameCode == Status.ending.rawValue {
                        var fields = FrameCursor(reply)
                        ending = try? fields.text()
                    }
                    deliver(reply)
                case .timeout: break
                }
            } catch {
                return error.reason
            }
            let now = Self.now
            if now - lastLook > UInt64(WorkerProcess.receiveTimeout) * 1_000_000 {
                lastLook = now
                if now >= nextCanary {
                    nextCanary = now + Self.nanoseconds(configuration.canaryInterval)
                    sendCanary(now)
                }
                flush()
                moveStranded(now)
                expire(now)
                if let reason = look(now, ending) { return reason }
            }
        }
    }

    /// How long a worker that has something to do may say nothing before others are asked first.
    private static let hesitation: UInt64 = 100_000_000
    private static let maximumFailedCanaries = 3
    /// How long a worker that has said that it ends may take to do so.
    private static let longestEnding: UInt64 = 1_000_000_000

    /// Why the worker is to be replaced, if it is.
    private func look(_ now: UInt64, _ ending: String?) -> String? {
        state.withLock { state in
            state.isSilent = state.calls.isSilent(for: Self.hesitation, now)
            updateLoad(state)
            if state.calls.isHung(now) { return "it did not answer in time" }
            if state.record.failedInARow >= Self.maximumFailedCanaries {
                return state.record.cause ?? "its canaries failed"
            }
            if case .retiring(let end) = state.phase, now >= end || !state.calls.isBusy {
                return ending ?? state.record.cause ?? "it was retired"
            }
            return nil
        }
    }

    private func deliver(_ reply: SecureBuffer) {
        let now = Self.now
        let call = state.withLock { state -> PendingCall? in
            defer { updateLoad(state) }
            state.isSilent = false
            if reply.frameCode == Status.ending.rawValue {
                // It gets nothing more, and what may be repeated waits for the next worker.
                if case .ready = state.phase { state.phase = .retiring(until: now + Self.longestEnding) }
                if state.calls.staysForNext(reply.frameID) { return nil }
            }
            return state.calls.answer(reply.frameID, now)
        }
        // A reply that nobody waits for any more came after its deadline.
        guard let call else { return }
        if call.isCanary { take(canary: reply, now) } else { call.finish(.success(reply)) }
    }

    /// Gives back what waits behind slow work, which may take a minute when a call in it hangs.
    private func moveStranded(_ now: UInt64) {
        let stranded = state.withLock { state in
            defer { updateLoad(state) }
            return state.calls.takeStranded(now)
        }
        for call in stranded { call.finish(.success(Self.stranded)) }
    }

    /// Gives those their error whose time is over.
    func expire(_ now: UInt64) {
        let expired = state.withLock { state in
            defer { updateLoad(state) }
            let expired = state.calls.expire(now)
            let canaries = expired.count(where: \.isCanary)
            state.record.failedCanaries += canaries
            state.record.failedInARow += canaries
            return expired
        }
        for call in expired {
            call.finish(.failure(.hsmTooLate))
        }
    }
}
