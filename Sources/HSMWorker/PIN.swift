import Glibc
import HSMWorkerProtocol
import SecureMemory

/// Reading a PIN. Only this process does it, and nothing here ever prints what it read.
extension PINSource {
    /// How long a PIN may be, in bytes.
    static let maximumSize = 256

    /// The PIN without its end of line. Errors say what is wrong with the source, never with what is in it.
    func read() throws(OperatorError) -> SecretBytes {
        switch self {
        case .file(let path):
            return try Self.readFile(path)
        case .credential(let name):
            guard let folder = unsafe getenv("CREDENTIALS_DIRECTORY").map({ unsafe String(cString: $0) }) else {
                throw OperatorError(
                    "the PIN source is the credential \(name), but CREDENTIALS_DIRECTORY is not set; start the "
                        + "server from a systemd unit with LoadCredential=\(name):…"
                )
            }
            guard !name.contains("/") else { throw OperatorError("the credential's name \(name) has a slash in it") }
            return try Self.readFile(folder + "/" + name)
        case .command(let words):
            return try Self.readCommand(words)
        case .descriptor(let descriptor), .handed(_, let descriptor):
            defer { close(descriptor) }
            return try Self.readLine(from: descriptor, "the PIN descriptor \(descriptor)")
        case .environment(let name):
            throw OperatorError("the variable \(name) does not reach the worker")
        }
    }

    private static func readFile(_ path: String) throws(OperatorError) -> SecretBytes {
        let descriptor = unsafe path.withCString { unsafe open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw OperatorError("the PIN file \(path) cannot be opened: \(errorText())")
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw OperatorError("the PIN file \(path) is not a file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw OperatorError(
                "the PIN file \(path) can be read by others; its mode has to be 0600: chmod 600 \(path)")
        }
        return try readLine(from: descriptor, "the PIN file \(path)")
    }

    private static func readCommand(_ words: [String]) throws(OperatorError) -> SecretBytes {
        guard let program = words.first, program.hasPrefix("/") else {
            throw OperatorError("the PIN command has to begin with the absolute path of a program")
        }
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw OperatorError("no pipe could be made: \(errorText())") }
        defer { close(ends[0]) }
        // The program gets the writing end as its standard output and nothing else of the pipe.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let result = unsafe posix_spawn(&process, program, &actions, nil, &arguments, environ)
        close(ends[1])
        guard result == 0 else {
            throw OperatorError("the PIN command \(program) cannot be started: \(errorText(result))")
        }
        let pin = Result { () throws(OperatorError) in try readLine(from: ends[0], "the PIN command \(program)") }
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        guard status == 0 else { throw OperatorError("the PIN command \(program) failed (wait status \(status))") }
        return try pin.get()
    }

    private static func readLine(from descriptor: Int32, _ source: String) throws(OperatorError) -> SecretBytes {
        // Read into locked memory from the first byte on.
        let buffer = SecureBuffer(capacity: maximumSize + 2)
        var received = 1
        while received > 0, buffer.count < buffer.capacity {
            buffer.appendWithin { (room: inout MutableRawSpan) in
                received = unsafe room.withUnsafeMutableBytes {
                    unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
                }
                return max(received, 0)
            }
        }
        guard received >= 0 else { throw OperatorError("\(source) cannot be read: \(errorText())") }
        var size = buffer.count
        while size > 0, let last = buffer.integer(at: size - 1, as: UInt8.self), last == 10 || last == 13 { size -= 1 }
        guard size > 0 else { throw OperatorError("\(source) is empty") }
        guard size <= maximumSize else { throw OperatorError("\(source) has more than \(maximumSize) bytes") }
        return buffer.withExposedBytes(in: 0..<size) { SecretBytes(copying: $0) }
    }
}

/// Something that only the operator can put right: trying again would not help, and with a PIN would do harm.
struct OperatorError: Error, CustomStringConvertible {
    let description: String
    let fault: WorkerFault

    init(_ description: String, fault: WorkerFault = .other) {
        self.description = description
        self.fault = fault
    }
}

func errorText(_ code: Int32 = errno) -> String {
    unsafe String(cString: strerror(code))
}
