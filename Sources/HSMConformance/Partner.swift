import CProcess
import FoundationEssentials
import Glibc
import HSMWorker
import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// A second worker process on the same token, which a check starts to see what one process notices of another.
enum Partner {
    /// In the second process: does what it was started for.
    static func run(
        _ order: ConformanceRequest.Partner, _ bench: Bench, _ tell: (ConformanceMessage) -> Void
    ) throws {
        bench.tune()
        let session = try bench.session()
        switch order {
        case .create(let id):
            bench.objects.nextID = id
            _ = try bench.makeAny(in: session)
        case .destroy(let id):
            for object in try session.findObjects([Attribute(.id, id)]) { try session.destroyObject(object) }
        case .measure(let id):
            let found = try session.findObjects([Attribute(.id, id)])
            guard let key = found.first else {
                throw Wrong("the second process does not find the object")
            }
            let work = Work.usual(bench, key)
            // Both begin when the other one is ready too: this one waits for the first to say so.
            tell(.progress(done: 0, of: 1))
            var byte: UInt8 = 0
            _ = unsafe read(3, &byte, 1)
            let rate = try work.rate(threads: 1, seconds: bench.request.measuringTime, bench)
            tell(.progress(done: Int(rate), of: 1))
        case .check(let id):
            guard let check = Conformance.checks(bench.request.group, bench).first(where: { $0.id == id }) else {
                throw Wrong("there is no check \(id)")
            }
            let outcome = check.run(bench)
            bench.objects.removeAll()
            tell(.finding(check.finding(outcome)))
        case .random(let count):
            for byte in try session.random(count) { tell(.progress(done: Int(byte), of: 256)) }
        }
    }

    // MARK: In the first process

    /// A process that was started, and the socket to it.
    final class Running {
        private let process: pid_t
        private let socket: Int32
        private var input: FrameInput

        fileprivate init(_ process: pid_t, _ socket: Int32) {
            self.process = process
            self.socket = socket
            input = FrameInput(descriptor: socket)
        }

        deinit {
            // It may hang in the module: it has nothing to lose.
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            close(socket)
        }

        /// What it tells next; throws when it failed or said nothing for the time that a call may take.
        func next() throws -> ConformanceMessage {
            switch try input.next() {
            case .frame(let frame):
                var fields = FrameCursor(frame)
                let body = try fields.bytes()
                guard frame.frameCode == Status.ok.rawValue else {
                    throw Wrong("the second process failed: \(String(decoding: body, as: UTF8.self))")
                }
                return try JSONDecoder().decode(ConformanceMessage.self, from: Data(body))
            case .timeout: throw Wrong("the second process did not answer in time")
            case .closed: throw Wrong("the second process ended before it had answered")
            }
        }

        /// Waits for the end of its work.
        func finish() throws {
            while true {
                if case .ended = try next() { return }
            }
        }

        /// The numbers that it tells until its end.
        func result() throws -> [Int] {
            var numbers: [Int] = []
            while true {
                switch try next() {
                case .progress(let done, _): numbers.append(done)
                case .ended: return numbers
                case .token, .begins, .finding: continue
                }
            }
        }

        /// What the check found that it runs.
        func finding() throws -> ConformanceFinding {
            while true {
                if case .finding(let finding) = try next() { return finding }
            }
        }

        func waitUntilReady() throws {
            while true {
                if case .progress = try next() { return }
            }
        }

        func begin() {
            var byte: UInt8 = 1
            _ = unsafe write(socket, &byte, 1)
        }
    }

    /// Runs a check in a process of its own, where a module that crashes or hangs ends that process alone. Gives what
    /// it found, or else why there is nothing.
    static func run(check id: String, _ bench: Bench) -> Result<Outcome, Wrong> {
        do {
            let found = try start(.check(id: id), bench).finding()
            return .success(
                Outcome(
                    verdict: found.verdict, detail: found.detail, consequence: found.consequence,
                    settings: found.settings, measurements: found.measurements))
        } catch {
            return .failure(Wrong("\(error)"))
        }
    }

    static func start(_ order: ConformanceRequest.Partner, _ bench: Bench) throws -> Running {
        var settings = bench.settings
        settings.profile = bench.worker.profile
        settings.task = .conform(
            ConformanceRequest(
                group: bench.request.group, run: bench.request.run, measuringTime: bench.request.measuringTime,
                races: bench.request.races,
                partner: order))
        // As its descriptor 4: see strongroom_spawn.
        settings.pinSource = .descriptor(4)
        let pin = try bench.pin.inPipe()
        defer { close(pin) }
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw Wrong("no socket pair could be made")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var process: pid_t = 0
        let error = unsafe strongroom_spawn(&process, "/proc/self/exe", environ, ends[1], pin, -1)
        close(ends[1])
        guard error == 0 else {
            close(ends[0])
            throw Wrong("a second process could not be started: error \(error)")
        }
        var patience = timeval(tv_sec: Int(bench.settings.profile.callTimeout.rounded(.up)) + 30, tv_usec: 0)
        unsafe setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let running = Running(process, ends[0])
        let frame = SecureBuffer(
            frame: Frame.greeting, code: HSMWorkerProtocol.Operation.configure.rawValue, capacity: Frame.maximumSize)
        frame.appendField(Array(try JSONEncoder().encode(settings)))
        frame.endFrame()
        frame.withExposedBytes { span in
            unsafe span.withUnsafeBytes { _ = unsafe write(ends[0], $0.baseAddress, $0.count) }
        }
        return running
    }
}
