import FoundationEssentials
import Glibc
package import HSMWorkerProtocol
import SecureMemory

/// What a worker does once, with no server around it: its greeting is the answer.
package enum WorkerTask {
    /// Has a worker wrap the key that the settings' token URI names, in its token. Blocks; the worker has ended then.
    package static func wrapKey(
        _ request: KeyExportRequest, _ configuration: HSMClientConfiguration
    ) throws(WorkerTaskError) -> ExportedKey {
        var settings = configuration.settings
        settings.task = .wrapKey(request)
        let process: WorkerProcess
        do throws(WorkerStartError) {
            process = try WorkerProcess(configuration, &settings)
        } catch {
            throw WorkerTaskError(error.description)
        }
        defer { _ = process.reap() }
        let answer = try answer(to: settings, of: process)
        guard let exported = try? JSONDecoder().decode(ExportedKey.self, from: Data(answer)) else {
            throw WorkerTaskError("the worker's answer cannot be read: are both programs of one version?")
        }
        return exported
    }

    /// Has a worker log in as the token's security officer, whose PIN the settings name, and have the token trust `keys`.
    /// Answers how many it did not trust yet. Blocks; the worker has ended then.
    package static func trust(
        _ keys: [TrustedKey], _ configuration: HSMClientConfiguration
    ) throws(WorkerTaskError) -> Int {
        var settings = configuration.settings
        settings.task = .trustKeys(keys)
        let process: WorkerProcess
        do throws(WorkerStartError) {
            process = try WorkerProcess(configuration, &settings)
        } catch {
            throw WorkerTaskError(error.description)
        }
        defer { _ = process.reap() }
        guard let count = Int(String(decoding: try answer(to: settings, of: process), as: UTF8.self)) else {
            throw WorkerTaskError("the worker's answer cannot be read: are both programs of one version?")
        }
        return count
    }

    /// Has a worker look at the settings' token without logging in. Blocks; the worker has ended then.
    package static func examine(_ configuration: HSMClientConfiguration) throws(WorkerTaskError) -> TokenReport {
        var settings = configuration.settings
        settings.task = .examine
        let process: WorkerProcess
        do throws(WorkerStartError) {
            process = try WorkerProcess(
                program: configuration.workerProgram, environment: configuration.environment, lock: configuration.lock)
        } catch {
            throw WorkerTaskError(error.description)
        }
        defer { _ = process.reap() }
        let answer = try answer(to: settings, of: process)
        guard let report = try? JSONDecoder().decode(TokenReport.self, from: Data(answer)) else {
            throw WorkerTaskError("the worker's answer cannot be read: are both programs of one version?")
        }
        return report
    }

    private static func answer(
        to settings: WorkerSettings, of process: WorkerProcess
    ) throws(WorkerTaskError) -> [UInt8] {
        try send(settings, to: process)
        var input = FrameInput(descriptor: process.socket)
        // A login, a key and some calls: as much as making a key may take.
        let deadline = ContinuousClock.now + .seconds(settings.profile.keyGenerationTimeout)
        while true {
            switch try? input.next() {
            case .timeout where ContinuousClock.now < deadline: continue
            case .timeout:
                throw WorkerTaskError("the worker did not answer in time: does the token answer?", fault: .noAnswer)
            case .closed, nil: throw WorkerTaskError("the worker ended before it had answered")
            case .frame(let frame):
                var fields = FrameCursor(frame)
                let body = (try? fields.bytes()) ?? []
                guard frame.frameCode == Status.ok.rawValue else {
                    let failure = try? JSONDecoder().decode(KeyExportFailure.self, from: Data(body))
                    // Plain text of a worker that did not come to its task.
                    throw WorkerTaskError(
                        failure ?? KeyExportFailure(String(decoding: body, as: UTF8.self)), fault: fields.fault())
                }
                return body
            }
        }
    }

    static func send(_ settings: WorkerSettings, to process: WorkerProcess) throws(WorkerTaskError) {
        guard let json = try? JSONEncoder().encode(settings) else {
            throw WorkerTaskError("the worker's settings cannot be written as JSON")
        }
        let frame = SecureBuffer(
            frame: Frame.greeting, code: Operation.configure.rawValue, capacity: Frame.maximumSize)
        frame.appendField(Array(json))
        frame.endFrame()
        let sent = frame.withExposedBytes { span in
            unsafe span.withUnsafeBytes {
                unsafe Glibc.send(process.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
        guard sent == frame.count else { throw WorkerTaskError("the worker closed its socket") }
    }
}

/// Why a task was not done, for whoever asked for it.
package struct WorkerTaskError: Error, Sendable, CustomStringConvertible {
    private let failure: KeyExportFailure
    package let fault: WorkerFault

    package var description: String { failure.description }
    /// What to do about it, where that is known.
    package var hint: String? { failure.hint }
    /// The algorithms by which the token does wrap the key, where it does not by the one that was asked for.
    package var alternatives: [String] { failure.alternatives }

    init(_ failure: KeyExportFailure, fault: WorkerFault = .other) {
        self.failure = failure
        self.fault = fault
    }

    init(_ text: String, fault: WorkerFault = .other) {
        self.init(KeyExportFailure(text), fault: fault)
    }
}
