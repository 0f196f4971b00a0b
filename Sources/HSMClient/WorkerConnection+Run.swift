import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSCore
import Logging
import SecureMemory
import Synchronization

extension WorkerConnection {
    /// A worker that has logged in and shown that it serves, before it is used.
    private struct Started: ~Copyable {
        let process: WorkerProcess
        var input: FrameInput
        let report: TokenReport
        let status: WorkerStatus?
    }

    /// A time without a worker.
    private struct Outage {
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

    private var isStopped: Bool {
        state.withLock { if case .stopped = $0.phase { true } else { false } }
    }

    private var generationNumber: Int { state.withLock { $0.record.generation } }

    private func tell(_ event: HSMEvent) { configuration.onEvent?(event) }

    /// Takes the worker's socket out of use before it is closed: its number may be another file's a moment later, and
    /// what is sent there are secrets.
    private func detach() {
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

    // MARK: Starting

    /// A new worker, when it is this one's turn: it has logged in, and answered a canary.
    private func start(_ outage: inout Outage) throws(WorkerStartError) -> Started {
        let since = max(outage.since, Self.now)
        state.withLock { $0.record.rung = .newWorker }
        return try starts.take { () throws(WorkerStartError) in
            var settings = configuration.settings
            let process = try WorkerProcess(configuration, &settings)
            var input = FrameInput(descriptor: process.socket)
            do throws(WorkerStartError) {
                let report = try greet(process, settings, &input, since)
                let status = try probe(process, &input, since)
                return Started(process: process, input: input, report: report, status: status)
            } catch {
                _ = process.reap()
                throw error
            }
        } meanwhile: { () throws(WorkerStartError) in
            // Another worker is logging in, and may hang; or there was an attempt just now, which failed.
            if let cause = starts.failure { failFast(cause) }
            try wait(since)
        }
    }

    /// To be called while a worker is waited for: gives those their error whose time is over, and after the time of a
    /// call refuses the others at once.
    private func wait(_ since: UInt64) throws(WorkerStartError) {
        let now = Self.now
        expire(now)
        if isStopped { throw WorkerStartError("the server is shutting down") }
        let patience = Self.nanoseconds(configuration.settings.profile.callTimeout + 0.5)
        if now > since + patience { failFast("the HSM worker has been starting for more than a call may take") }
    }

    /// Sends the settings and waits until the worker has logged in.
    private func greet(
        _ process: WorkerProcess, _ settings: WorkerSettings, _ input: inout FrameInput, _ since: UInt64
    ) throws(WorkerStartError) -> TokenReport {
        guard let json = try? JSONEncoder().encode(settings) else {
            throw WorkerStartError("the worker's settings cannot be written as JSON", needsOperator: true)
        }
        let greeting = SecureBuffer(
            frame: Frame.greeting, code: Operation.configure.rawValue, capacity: Frame.maximumSize
        )
        greeting.appendField(Array(json))
        greeting.endFrame()
        let (status, body, fault) = try ask(greeting, process, &input, since)
        guard status == .ok else {
            throw WorkerStartError(
                String(decoding: body, as: UTF8.self), needsOperator: status == .operatorNeeded, fault: fault)
        }
        guard let report = try? JSONDecoder().decode(TokenReport.self, from: Data(body)) else {
            throw WorkerStartError("the worker's greeting cannot be read: are server and worker of one version?")
        }
        return report
    }

    /// Lets the worker use its token before it is given anything to do: a token that lets it log in may do no more
    /// than that.
    private func probe(
        _ process: WorkerProcess, _ input: inout FrameInput, _ since: UInt64
    ) throws(WorkerStartError) -> WorkerStatus? {
        guard case .serve = configuration.settings.task else { return nil }
        let canary = Self.canary()
        canary.replace(bigEndian: UInt64.max, at: 4)
        let (status, body, _) = try ask(canary, process, &input, since)
        guard status == .ok else {
            throw WorkerStartError("the HSM let the worker log in, but fails: \(String(decoding: body, as: UTF8.self))")
        }
        return Self.workerStatus(body)
    }

    /// Sends a worker that does not serve yet one frame, and waits for the answer.
    private func ask(
        _ frame: SecureBuffer, _ process: WorkerProcess, _ input: inout FrameInput, _ since: UInt64
    ) throws(WorkerStartError) -> (Status, [UInt8], WorkerFault) {
        let sent = frame.withExposedBytes { span in
            unsafe span.withUnsafeBytes {
                unsafe Glibc.send(process.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
        guard sent == frame.count else { throw WorkerStartError("the worker closed its socket") }
        let deadline = Self.now + Self.nanoseconds(configuration.startTimeout)
        while true {
            let received = try? input.next()
            try wait(since)
            switch received {
            case .timeout where Self.now < deadline: continue
            case .timeout:
                throw WorkerStartError("the worker did not get ready in time: does the HSM answer?", fault: .noAnswer)
            case .closed, nil: throw WorkerStartError("the worker ended before it was ready")
            case .frame(let reply):
                guard reply.frameID == frame.frameID, let status = Status(rawValue: reply.frameCode) else {
                    throw WorkerStartError("the worker's answer cannot be read: are server and worker of one version?")
                }
                var fields = FrameCursor(reply)
                return (status, (try? fields.bytes()) ?? [], fields.fault())
            }
        }
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

    // MARK: Serving

    /// Serves through the worker until it ends, and sees it off. Answers why it did.
    private func serve(
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
    private func expire(_ now: UInt64) {
        let expired = state.withLock { state in
            defer { updateLoad(state) }
            let expired = state.calls.expire(now)
            let canaries = expired.count(where: \.isCanary)
            state.record.failedCanaries += canaries
            state.record.failedInARow += canaries
            return expired
        }
        for call in expired {
            call.finish(.failure(KMSError(.dependencyTimeout, "The HSM did not answer in time. Try again.")))
        }
    }

    // MARK: Canaries

    private static func canary() -> SecureBuffer {
        let frame = SecureBuffer(frame: 0, code: Operation.checkHealth.rawValue, capacity: Frame.headerSize)
        frame.endFrame()
        return frame
    }

    /// Asks the worker whether it and its token are well, unless it has not answered the last time yet.
    private func sendCanary(_ now: UInt64) {
        let timeout = Self.nanoseconds(max(1, configuration.settings.profile.callTimeout))
        let call = PendingCall(
            frame: Self.canary(), continuation: nil, submitted: now, timeout: timeout, isSlow: false, repeats: 0)
        state.withLock { state in
            guard case .ready = state.phase, !state.calls.hasCanary else { return }
            let id = state.calls.insert(call)
            enqueue(id, &state)
        }
    }

    private func take(canary reply: SecureBuffer, _ now: UInt64) {
        var fields = FrameCursor(reply)
        let body = (try? fields.bytes()) ?? []
        let repairs = state.withLock { state -> [HSMEvent] in
            guard reply.frameCode == Status.ok.rawValue else {
                state.record.failedCanaries += 1
                state.record.failedInARow += 1
                state.record.cause = "its canary failed: \(String(decoding: body, as: UTF8.self))"
                return []
            }
            return state.record.noteCanary(Self.workerStatus(body), now).map {
                .repairedWithin(worker: number, generation: state.record.generation, rung: $0.rung, count: $0.count)
            }
        }
        for repair in repairs { tell(repair) }
    }

    private static func workerStatus(_ body: [UInt8]) -> WorkerStatus? {
        body.isEmpty ? nil : try? JSONDecoder().decode(WorkerStatus.self, from: Data(body))
    }

    // MARK: After the end

    /// What may be repeated waits for the next worker; the rest gets a retryable error.
    private func prepareForNext(_ reason: String) {
        let lost = state.withLock { state in
            if case .stopped = state.phase { return [PendingCall]() }
            defer { updateLoad(state) }
            return state.calls.lose(Self.now)
        }
        let error = KMSError(.keyUnavailable, "The HSM worker ended during the request. Try again.", cause: reason)
        for call in lost { call.finish(.failure(error)) }
    }

    /// No worker, and none at once: everything fails fast until there is one.
    private func fail(_ error: WorkerStartError, _ outage: inout Outage) {
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
        failAll(KMSError(.keyUnavailable, "The HSM is not available. Try again later.", cause: cause)) { state in
            if case .stopped = state.phase {} else { state.phase = .down(cause) }
        }
    }

    /// The same while it is being tried still: who waits for the first worker goes on waiting.
    private func failFast(_ cause: String) {
        let calls = state.withLock { state -> [PendingCall] in
            guard case .starting = state.phase else { return [] }
            state.phase = .down(cause)
            state.record.cause = cause
            defer { updateLoad(state) }
            return state.calls.removeAll()
        }
        let error = KMSError(.keyUnavailable, "The HSM is not available. Try again later.", cause: cause)
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
