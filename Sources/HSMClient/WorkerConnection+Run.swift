import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSCore
import Logging
import SecureMemory
import Synchronization

extension WorkerConnection {
    /// Seconds between attempts to start a worker: the first after a death comes at once.
    private static let backOff: [Double] = [0, 0.05, 0.2, 0.5, 1, 2, 5]

    /// Keeps a worker running until ``stop()``. Blocks: it has a thread of its own.
    func run() {
        var failures = 0
        while !isStopped {
            do throws(WorkerStartError) {
                let process = try WorkerProcess(
                    program: configuration.workerProgram, environment: configuration.environment,
                    lock: configuration.lock
                )
                let reason = try greetAndServe(process)
                failures = 0
                detach()
                // In an orderly end the worker may finish what it is at; else it is of no more use.
                let end = process.reap(killAfter: isStopped ? 3 : 0)
                guard !isStopped else { return }
                logger.error(
                    "the HSM worker ended, starting another", metadata: ["reason": "\(reason)", "end": "\(end)"])
                prepareForNext(reason)
            } catch {
                guard !isStopped else { return }
                failures += 1
                logger.error("the HSM worker cannot serve", metadata: ["cause": "\(error.description)"])
                fail(error.description)
                error.needsOperator ? waitForOperator() : pause(failures)
            }
        }
    }

    private var isStopped: Bool {
        state.withLock { if case .stopped = $0.phase { true } else { false } }
    }

    /// Takes the worker's socket out of use before it is closed: its number may be another file's a moment later, and
    /// what is sent there are secrets.
    private func detach() {
        state.withLock { state in
            if case .ready = state.phase { state.phase = .starting }
            state.process = nil
            state.outbox = []
            updateLoad(state)
        }
        setOutgoing(nil)
    }

    // MARK: Starting

    /// Serves through the worker until it ends; answers why it did.
    private func greetAndServe(_ process: WorkerProcess) throws(WorkerStartError) -> String {
        var input = FrameInput(descriptor: process.socket)
        do throws(WorkerStartError) {
            let report = try starts.take { () throws(WorkerStartError) in
                try greet(process, &input)
            } meanwhile: { () throws(WorkerStartError) in
                // Another worker is logging in, and may hang.
                expire(Self.now)
                if isStopped { throw WorkerStartError("the server is shutting down") }
            }
            try enter(process, report)
        } catch {
            detach()
            _ = process.reap()
            throw error
        }
        return serve(process, &input)
    }

    /// Sends the settings and waits until the worker has logged in.
    private func greet(_ process: WorkerProcess, _ input: inout FrameInput) throws(WorkerStartError) -> TokenReport {
        guard let json = try? JSONEncoder().encode(configuration.settings) else {
            throw WorkerStartError("the worker's settings cannot be written as JSON", needsOperator: true)
        }
        let greeting = SecureBuffer(
            frame: Frame.greeting, code: Operation.configure.rawValue, capacity: Frame.maximumSize
        )
        greeting.appendField(Array(json))
        greeting.endFrame()
        let sent = greeting.withExposedBytes { span in
            unsafe span.withUnsafeBytes {
                unsafe Glibc.send(process.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
        guard sent == greeting.count else { throw WorkerStartError("the worker closed its socket") }

        let deadline = Self.now + UInt64(configuration.settings.profile.keyGenerationTimeout * 1e9)
        while true {
            let reply: SecureBuffer
            let received = try? input.next()
            expire(Self.now)
            switch received {
            case .timeout where Self.now < deadline && !isStopped: continue
            case .timeout: throw WorkerStartError("the worker did not get ready in time: does the HSM answer?")
            case .closed, nil: throw WorkerStartError("the worker ended before it was ready")
            case .frame(let frame): reply = frame
            }
            var fields = FrameCursor(reply)
            let body = (try? fields.bytes()) ?? []
            guard reply.frameCode == Status.ok.rawValue else {
                throw WorkerStartError(
                    String(decoding: body, as: UTF8.self),
                    needsOperator: reply.frameCode == Status.operatorNeeded.rawValue
                )
            }
            guard let report = try? JSONDecoder().decode(TokenReport.self, from: Data(body)) else {
                throw WorkerStartError("the worker's greeting cannot be read: are server and worker of one version?")
            }
            return report
        }
    }

    /// The worker serves from now on: first of all what waited for it.
    private func enter(_ process: WorkerProcess, _ report: TokenReport) throws(WorkerStartError) {
        setOutgoing(process.socket)
        let waiting = state.withLock { state -> [CheckedContinuation<Result<TokenReport, KMSError>, Never>]? in
            if case .stopped = state.phase { return nil }
            state.phase = .ready
            state.process = process
            state.report = report
            state.calls.begin(Self.now)
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

    /// Hands replies to whom they are for, until the worker ends or hangs. Answers why it did.
    private func serve(_ process: WorkerProcess, _ input: inout FrameInput) -> String {
        var lastLook = Self.now
        while true {
            do throws(FrameError) {
                switch try input.next() {
                case .closed: return "it closed its socket"
                case .frame(let reply): deliver(reply)
                case .timeout: break
                }
            } catch {
                return error.reason
            }
            let now = Self.now
            if now - lastLook > UInt64(WorkerProcess.receiveTimeout) * 1_000_000 {
                lastLook = now
                flush()
                expire(now)
                if state.withLock({ $0.calls.isHung(now) }) { return "it did not answer in time" }
            }
        }
    }

    private func deliver(_ reply: SecureBuffer) {
        let call = state.withLock { state in
            defer { updateLoad(state) }
            return state.calls.answer(reply.frameID, Self.now)
        }
        // A reply that nobody waits for any more came after its deadline.
        call?.continuation.resume(returning: .success(reply))
    }

    /// Gives those their error whose time is over.
    private func expire(_ now: UInt64) {
        let expired = state.withLock { state in
            defer { updateLoad(state) }
            return state.calls.expire(now)
        }
        for call in expired {
            call.continuation.resume(
                returning: .failure(KMSError(.dependencyTimeout, "The HSM did not answer in time. Try again.")))
        }
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
        for call in lost { call.continuation.resume(returning: .failure(error)) }
    }

    /// No worker, and none at once: everything fails fast until there is one.
    private func fail(_ cause: String) {
        let error = KMSError(.keyUnavailable, "The HSM is not available. Try again later.", cause: cause)
        failAll(error) { state in
            if case .stopped = state.phase {} else { state.phase = .down(cause) }
        }
    }

    private func pause(_ failures: Int) {
        let step = Self.backOff[min(failures, Self.backOff.count - 1)]
        // Half of it at random, so that the workers of a token do not all come at once.
        sleep(step / 2 + step / 2 * Double.random(in: 0...1))
    }

    /// A PIN that was refused is not tried again before its source has changed: three tries may lock a token for good.
    private func waitForOperator() {
        // Another worker may have seen the change first, and been refused again: then there is a newer reason to tell.
        guard let refusal = starts.standingRefusal else { return }
        while !isStopped, starts.standingRefusal == refusal { sleep(1) }
    }

    private func sleep(_ seconds: Double) {
        let end = Self.now + UInt64(seconds * 1e9)
        while Self.now < end, !isStopped { usleep(10_000) }
    }
}
