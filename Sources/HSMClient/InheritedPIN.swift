import Glibc
package import HSMWorkerProtocol
package import SecureMemory
import Synchronization

/// A PIN that this process was given: at its start, on a descriptor or in its environment, or while it runs. It can be
/// taken from there once; so it is kept, in locked memory, and each worker gets a pipe with it.
package final class InheritedPIN: Sendable {
    private let secret: SecretBytes
    private static let known = Mutex<[PINSource: InheritedPIN]>([:])
    private static let maximumSize = 256

    /// One that is in this process already, and in no other: it is gone with the last that uses it.
    package init(_ secret: consuming SecretBytes) {
        self.secret = secret
    }

    /// The PIN of a source that only this process can read; nil of one that the worker reads. Taken from the source the
    /// first time.
    package static func of(_ source: PINSource) throws(WorkerStartError) -> InheritedPIN? {
        let take: () throws(WorkerStartError) -> SecretBytes
        switch source {
        case .file, .credential, .command, .handed: return nil
        case .descriptor(let descriptor):
            take = { () throws(WorkerStartError) in try Self.take(from: descriptor) }
        case .environment(let name):
            take = { () throws(WorkerStartError) in try Self.take(fromVariable: name) }
        }
        return try known.withLock { known throws(WorkerStartError) in
            if let pin = known[source] { return pin }
            let pin = InheritedPIN(try take())
            known[source] = pin
            return pin
        }
    }

    /// The reading end of a stream that holds the PIN and nothing else; the caller closes it.
    func pipe() throws(WorkerStartError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        // A socket, because it is closed on exec from its first moment; a pipe only a moment later.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw WorkerStartError("no socket pair could be made: \(Self.text(errno))")
        }
        // It fits: a socket takes some pages at least.
        let written = secret.withExposedBytes { span in
            unsafe span.withUnsafeBytes { unsafe write(ends[1], $0.baseAddress, $0.count) }
        }
        close(ends[1])
        guard written == secret.count else {
            close(ends[0])
            throw WorkerStartError("the PIN could not be written into a socket: \(Self.text(errno))")
        }
        return ends[0]
    }

    // MARK: Taking it

    private static func take(from descriptor: Int32) throws(WorkerStartError) -> SecretBytes {
        guard descriptor > 2, fcntl(descriptor, F_GETFD) >= 0 else {
            throw WorkerStartError(
                "descriptor \(descriptor) for the PIN is not open; start the server with it, as in: \(descriptor)< FILE",
                needsOperator: true)
        }
        defer { close(descriptor) }
        let buffer = SecureBuffer(capacity: maximumSize + 2)
        var received = 1
        while received > 0, buffer.count < buffer.capacity {
            buffer.appendWithin { (room: inout MutableRawSpan) in
                received = unsafe room.withUnsafeMutableBytes {
                    unsafe read(descriptor, $0.baseAddress, $0.count)
                }
                return max(received, 0)
            }
        }
        guard received >= 0 else {
            throw WorkerStartError(
                "descriptor \(descriptor) for the PIN cannot be read: \(text(errno))", needsOperator: true)
        }
        return try line(of: buffer, "descriptor \(descriptor)")
    }

    private static func take(fromVariable name: String) throws(WorkerStartError) -> SecretBytes {
        guard let value = unsafe getenv(name) else {
            throw WorkerStartError("the variable \(name) for the PIN is not set", needsOperator: true)
        }
        let size = unsafe strlen(value)
        let buffer = SecureBuffer(capacity: maximumSize + 2)
        if size <= buffer.capacity {
            unsafe buffer.append(RawSpan(_unsafeStart: value, byteCount: size))
        }
        // Also where the system shows it to other processes of the user.
        unsafe explicit_bzero(value, size)
        unsafe unsetenv(name)
        guard size <= maximumSize else {
            throw WorkerStartError(
                "the variable \(name) for the PIN has more than \(maximumSize) bytes", needsOperator: true)
        }
        return try line(of: buffer, "the variable \(name)")
    }

    /// Without the end of the line.
    private static func line(of buffer: SecureBuffer, _ source: String) throws(WorkerStartError) -> SecretBytes {
        var size = buffer.count
        while size > 0, let last = buffer.integer(at: size - 1, as: UInt8.self), last == 10 || last == 13 { size -= 1 }
        guard size > 0, size <= maximumSize else {
            throw WorkerStartError(
                size == 0
                    ? "\(source) for the PIN is empty" : "\(source) for the PIN has more than \(maximumSize) bytes",
                needsOperator: true)
        }
        return buffer.withExposedBytes(in: 0..<size) { SecretBytes(copying: $0) }
    }

    private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
