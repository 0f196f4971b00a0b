import Glibc
import SecureMemory

/// Writes files that did not exist before, for their owner alone.
enum NewFile {
    /// Throws where something is in the way, before any work is done for it.
    static func check(_ path: String) throws(CommandFailure) {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 || isStream(path) else { throw inTheWay(path) }
    }

    /// Writes, and waits until it is on the disk. A named pipe or a terminal is written to as it is.
    static func write(_ bytes: RawSpan, to path: String) throws(CommandFailure) {
        if isStream(path) {
            let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw CommandFailure("\(path) cannot be written to: \(errorText())") }
            defer { close(descriptor) }
            guard put(bytes, descriptor) else { throw CommandFailure("\(path) cannot be written to: \(errorText())") }
            return
        }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST ? inTheWay(path) : CommandFailure("\(path) cannot be made: \(errorText())")
        }
        defer { close(descriptor) }
        guard put(bytes, descriptor), fsync(descriptor) == 0 else {
            let reason = errorText()
            unsafe unlink(path)
            throw CommandFailure("\(path) cannot be written: \(reason)")
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        // Unsafe in general for the padding of larger elements; bytes have none.
        unsafe try write(bytes.span.bytes, to: path)
    }

    private static func inTheWay(_ path: String) -> CommandFailure {
        CommandFailure("\(path) is there already", hint: "nothing is overwritten: give another name, or move it away")
    }

    private static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT)
    }

    private static func put(_ bytes: RawSpan, _ descriptor: Int32) -> Bool {
        unsafe bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = unsafe Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
                if count < 0, errno != EINTR { return false }
                written += max(count, 0)
            }
            return true
        }
    }
}
