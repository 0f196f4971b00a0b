import Glibc
package import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

/// The whole of the worker process: it gets its settings from the socket it was started with, logs in, and serves.
package enum Worker {
    /// The descriptor of the socket to the server.
    private static let socket: Int32 = 3

    /// Whether the server has said that it will send no more: what takes long is to come to its end then.
    package static var isServerLeaving: Bool {
        var byte: UInt8 = 0
        return unsafe recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    /// Runs a group of conformance checks and tells of it. It is above this target, so it is handed in.
    package typealias Conformance = (
        WorkerSettings, ConformanceRequest, _ tell: @escaping (ConformanceMessage) -> Void
    ) throws -> Void

    /// Runs until the server closes its end. The answer is the process's exit status.
    package static func main(conformance: Conformance) -> Int32 {
        // A peer that goes away is an error of the write, not a signal that kills; modules' own sockets likewise.
        signal(SIGPIPE, SIG_IGN)
        // The server decides when it is over, also when a terminal sends its signals to the whole group.
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_IGN)
        // A core dump would hold what the module keeps in memory.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        watchForHangUp()

        var input = FrameInput(descriptor: socket)
        let output = FrameOutput(descriptor: socket)
        guard case .frame(let frame)? = try? input.next(), frame.frameCode == Operation.configure.rawValue else {
            complain("strongroom-hsm-worker is started by `strongroom serve`, which it talks to on descriptor 3")
            return 64
        }
        do {
            var fields = FrameCursor(frame)
            let settings = try WorkerSettings(json: try fields.bytes())
            let turn = StartLock(settings.startLockPath)
            switch settings.task {
            case .initializeToken(let label, let pinFile, let officerPINFile):
                let report = try TokenSetup.run(
                    settings, label: label, pinFile: pinFile, securityOfficerPINFile: officerPINFile
                )
                output.send(greeting: .ok, report.jsonBytes)
                // A worker that ends is replaced: stay until the server has no more use for one.
                _ = try? input.next()
            case .examine:
                output.send(greeting: .ok, try Token.examine(settings).jsonBytes)
                _ = try? input.next()
            case .trustKeys(let keys):
                output.send(greeting: .ok, Array("\(try TrustedKeys.make(keys, settings))".utf8))
                _ = try? input.next()
            case .wrapKey(let request):
                do {
                    let exported = try KeyExport(Token(settings), TokenURI(settings.tokenURI), request).run()
                    output.send(greeting: .ok, exported.jsonBytes)
                } catch {
                    let failure = error as? KeyExportFailure ?? KeyExportFailure("\(error)")
                    output.send(greeting: .failed, failure.jsonBytes)
                }
                _ = try? input.next()
            case .conform(let request):
                _ = consume turn
                try conformance(settings, request) { output.send(greeting: .ok, $0.jsonBytes) }
                _ = try? input.next()
            case .serve:
                if settings.labelsKeysByID { KeyTemplate.labelling.withLock { $0 = .byID } }
                let token = try Token(settings)
                _ = consume turn
                let lanes = LaneSet(token, input: consume input, socket: socket, output)
                let first = try lanes.first()
                output.send(greeting: .ok, token.report.jsonBytes)
                lanes.run(first)
            }
            return 0
        } catch {
            // A token that is not there may come, as a network HSM's does: no PIN was tried, so trying again is safe.
            let status: Status = error is OperatorError ? .operatorNeeded : .unavailable
            output.send(greeting: status, Array("\(error)".utf8), WorkerFault(error))
            return 1
        }
    }

    /// Ends the process when the server is gone, also while a call into the module hangs.
    private static func watchForHangUp() {
        LaneThread {
            var poll = pollfd(fd: socket, events: 0, revents: 0)
            while unsafe Glibc.poll(&poll, 1, -1) < 0, errno == EINTR {}
            // Calls that are under way may end: what they do is better done than half done.
            sleep(1)
            _exit(0)
        }.detach()
    }

    private static func complain(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }
}

/// The writing half of the socket. Lanes answer in whatever order they finish.
final class FrameOutput: Sendable {
    private let descriptor: Int32
    private let turn = Mutex(())

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Sends a whole frame; a server that is gone is noticed by who reads.
    func send(_ frame: SecureBuffer) {
        turn.withLock { _ in
            frame.withExposedBytes { span in
                unsafe span.withUnsafeBytes { bytes in
                    var sent = 0
                    while sent < bytes.count {
                        let result = unsafe write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
                        if result < 0, errno != EINTR { return }
                        sent += max(result, 0)
                    }
                }
            }
        }
    }

    /// A greeting, with what is wrong where the worker ends.
    func send(greeting status: Status, _ body: [UInt8], _ fault: WorkerFault? = nil) {
        let frame = SecureBuffer(frame: Frame.greeting, code: status.rawValue, capacity: Frame.maximumSize)
        frame.appendField(Array(body.prefix(Frame.maximumSize - 64)))
        if let fault { frame.append(fault.rawValue) }
        frame.endFrame()
        send(frame)
    }
}
