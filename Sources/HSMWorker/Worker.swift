import Glibc
import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

/// The whole of the worker process: it gets its settings from the socket it was started with, logs in, and serves.
package enum Worker {
    /// The descriptor of the socket to the server.
    private static let socket: Int32 = 3

    /// Runs until the server closes its end. The answer is the process's exit status.
    package static func main() -> Int32 {
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
            case .wrapKey(let request):
                do {
                    let exported = try KeyExport(Token(settings), TokenURI(settings.tokenURI), request).run()
                    output.send(greeting: .ok, exported.jsonBytes)
                } catch {
                    let failure = error as? KeyExportFailure ?? KeyExportFailure("\(error)")
                    output.send(greeting: .failed, failure.jsonBytes)
                }
                _ = try? input.next()
            case .serve:
                let token = try Token(settings)
                _ = consume turn
                let lanes = LaneSet(token, input: consume input, output)
                output.send(greeting: .ok, token.report.jsonBytes)
                try lanes.run()
            }
            return 0
        } catch {
            // A token that is not there may come, as a network HSM's does: no PIN was tried, so trying again is safe.
            let status: Status = error is OperatorError ? .operatorNeeded : .unavailable
            output.send(greeting: status, Array("\(error)".utf8))
            return 1
        }
    }

    /// Ends the process when the server is gone, also while a call into the module hangs.
    private static func watchForHangUp() {
        _ = LaneThread {
            var poll = pollfd(fd: socket, events: 0, revents: 0)
            while unsafe Glibc.poll(&poll, 1, -1) < 0, errno == EINTR {}
            // Calls that are under way may end: what they do is better done than half done.
            sleep(1)
            _exit(0)
        }
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

    func send(greeting status: Status, _ body: [UInt8]) {
        let frame = SecureBuffer(frame: Frame.greeting, code: status.rawValue, capacity: Frame.maximumSize)
        frame.appendField(Array(body.prefix(Frame.maximumSize - 64)))
        frame.endFrame()
        send(frame)
    }
}

/// The lanes of one token, and the socket that they take turns at.
final class LaneSet: Sendable {
    private let token: Token
    private let keys: KeyCache
    private let input: Mutex<FrameInput>
    private let output: FrameOutput

    init(_ token: Token, input: consuming sending FrameInput, _ output: FrameOutput) {
        self.token = token
        keys = KeyCache(token)
        self.input = Mutex(input)
        self.output = output
    }

    /// Serves until the server closes the socket, or the token has to be begun anew.
    func run() throws {
        let first = try Lane(token, keys)
        let others = (1..<token.lanes).map { _ in
            LaneThread {
                do {
                    self.serve(try Lane(self.token, self.keys))
                } catch {
                    // The token has fewer sessions than it said: the lanes that there are do the work.
                }
            }
        }
        serve(first)
        // What the other lanes are at is done too; the watch for the hang-up ends those that hang.
        for lane in others { lane.join() }
    }

    private func serve(_ lane: Lane) {
        let reply = SecureBuffer(capacity: Frame.maximumSize)
        let replies = SecureBuffer(capacity: 2 * Frame.maximumSize)
        while true {
            let request: SecureBuffer
            switch input.withLock({ input in (try? input.next()) ?? .closed }) {
            case .timeout: continue
            case .closed: return
            case .frame(let frame): request = frame
            }
            let start = Self.now
            let mayGoOn = lane.serve(request, into: reply)
            reply.withExposedBytes { replies.append($0) }
            reply.removeAll()
            if !mayGoOn || !mayWait(replies, after: Self.now - start) {
                output.send(replies)
                replies.removeAll()
            }
            // Other lanes' calls are as good as lost: the token is. The server starts another worker.
            if !mayGoOn { _exit(2) }
        }
    }

    /// Whether replies may wait for the next one, to be sent with it: a system call and a wake-up cost as much as an
    /// operation of a token that is this fast. Only where a single lane reads the socket, and the next request is here
    /// already.
    private func mayWait(_ replies: SecureBuffer, after nanoseconds: Int) -> Bool {
        token.lanes == 1 && nanoseconds < 30_000 && replies.count < Frame.maximumSize / 8
            && input.withLock { $0.hasFrame }
    }

    private static var now: Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
