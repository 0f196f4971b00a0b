import CProcess
import Glibc
import HSMWorkerProtocol

/// A worker process that was started, and the socket to it.
///
/// Spawned, never forked from a process with threads. It inherits its end of the socket as descriptor 3, the server's
/// lock as descriptor 4, and a pipe with the PIN where the server has it; no other descriptor and no environment of the
/// server's.
struct WorkerProcess: Sendable {
    let processID: pid_t
    let socket: Int32

    /// Starts a worker for `settings`, which are changed where they name a PIN source that it cannot read itself.
    init(_ configuration: HSMClientConfiguration, _ settings: inout WorkerSettings) throws(WorkerStartError) {
        var pin = configuration.pin
        if pin == nil { pin = try InheritedPIN.of(settings.pinSource) }
        let pipe = try pin?.pipe()
        defer { if let pipe { close(pipe) } }
        let descriptor: Int32 = configuration.lock == nil ? 4 : 5
        if case .handed(let name, _) = settings.pinSource {
            settings.pinSource = .handed(name: name, descriptor: descriptor)
        } else if pipe != nil {
            settings.pinSource = .descriptor(descriptor)
        }
        try self.init(
            program: configuration.workerProgram, environment: configuration.environment, lock: configuration.lock,
            pin: pipe)
    }

    /// Starts `program` (an absolute path).
    init(
        program: String, environment: [String: String], lock: Int32?, pin: Int32? = nil
    ) throws(WorkerStartError) {
        var ends: [Int32] = [-1, -1]
        // Close-on-exec from the first moment: another thread may be starting a program just now.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw WorkerStartError("no socket pair could be made: \(Self.text(errno))")
        }
        Self.configure(ends[0])
        var processID: pid_t = 0
        // A crash report of Swift's shows registers, and with them perhaps a key.
        let environment = environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { given, _ in given }
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe variables.forEach { unsafe free($0) } }
        let result = unsafe strongroom_spawn(&processID, program, &variables, ends[1], lock ?? -1, pin ?? -1)
        close(ends[1])
        guard result == 0 else {
            close(ends[0])
            throw WorkerStartError("\(program) cannot be started: \(Self.text(result))")
        }
        self.processID = processID
        socket = ends[0]
    }

    /// How often whoever reads the socket looks at deadlines while nothing comes, in milliseconds.
    static let receiveTimeout = 50

    private static func configure(_ socket: Int32) {
        var timeout = timeval(tv_sec: 0, tv_usec: receiveTimeout * 1000)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var room: Int32 = 1 << 20
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Ends the process whatever it is doing.
    func kill() {
        _ = Glibc.kill(processID, SIGKILL)
    }

    /// Waits for the process's end and gives its socket up. Answers how it ended, for the log.
    ///
    /// After `seconds` it is killed: a worker whose server has gone finishes its call and ends, unless it hangs.
    func reap(killAfter seconds: Double = 0) -> String {
        close(socket)
        var status: Int32 = 0
        for _ in 0..<Int(seconds * 100) {
            if unsafe waitpid(processID, &status, WNOHANG) == processID { return Self.ending(status) }
            usleep(10_000)
        }
        kill()
        while unsafe waitpid(processID, &status, 0) < 0, errno == EINTR {}
        return Self.ending(status)
    }

    private static func ending(_ status: Int32) -> String {
        let signal = status & 0x7f
        return signal == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(signal)"
    }

    private static func text(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}

/// Why no worker could be started, for the operator.
package struct WorkerStartError: Error, CustomStringConvertible {
    package let description: String
    /// Whether trying again would do no good, or even harm, until somebody has changed something.
    var needsOperator = false
    let fault: WorkerFault

    init(_ description: String, needsOperator: Bool = false, fault: WorkerFault = .other) {
        self.description = description
        self.needsOperator = needsOperator
        self.fault = fault
    }
}
