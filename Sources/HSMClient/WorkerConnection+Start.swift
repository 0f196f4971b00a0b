import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSCore
import SecureMemory
import Synchronization

// The beginning of a worker.
extension WorkerConnection {
    /// A new worker, when it is this one's turn: it has logged in, and answered a canary.
    func start(_ outage: inout Outage) throws(WorkerStartError) -> Started {
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
}
