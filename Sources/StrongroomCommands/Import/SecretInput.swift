import Glibc
import SecureMemory

/// Reading secrets: into locked memory from the first byte on, past every buffer of a library.
enum SecretInput {
    /// Beyond any key material, in any encoding.
    static let maximumSize = 65_535

    static func file(_ path: String, called what: String) throws(CommandFailure) -> SecretBytes {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("\(what) \(path) cannot be read: \(errorText())") }
        defer { close(descriptor) }
        return try read(from: descriptor, "\(what) \(path)")
    }

    /// A file that its owner alone may read.
    static func privateFile(_ path: String, called what: String) throws(CommandFailure) -> SecretBytes {
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 {
            throw CommandFailure("\(what) \(path) can be read by others", hint: "run: chmod 600 \(path)")
        }
        return try file(path, called: what)
    }

    /// The first line of a file that its owner alone may read.
    static func line(of path: String, called what: String) throws(CommandFailure) -> SecretBytes {
        let content = try privateFile(path, called: what)
        return try content.withExposedBytes { (span: RawSpan) throws(CommandFailure) in
            try SecretAnswer.line(span, "\(what) \(path)")
        }
    }

    static func standardInput() throws(CommandFailure) -> SecretBytes {
        guard isatty(0) == 0 else {
            throw CommandFailure(
                "standard input is a terminal, which would show the key material",
                hint: "pipe the key material in, as in: some-program | strongroom import-key-material … --stdin"
            )
        }
        return try read(from: 0, "standard input")
    }

    private static func read(from descriptor: Int32, _ what: String) throws(CommandFailure) -> SecretBytes {
        // One byte more than there may be, to see that there is more.
        let buffer = SecureBuffer(capacity: maximumSize + 1)
        var received = 1
        while received > 0, buffer.count < buffer.capacity {
            buffer.appendWithin { (room: inout MutableRawSpan) in
                repeat {
                    received = unsafe room.withUnsafeMutableBytes {
                        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
                    }
                } while received < 0 && errno == EINTR
                return max(received, 0)
            }
        }
        guard received >= 0 else { throw CommandFailure("\(what) cannot be read: \(errorText())") }
        guard buffer.count > 0 else { throw CommandFailure("\(what) is empty") }
        guard buffer.count <= maximumSize else {
            throw CommandFailure("\(what) has more than \(maximumSize) bytes: that is no key material")
        }
        return buffer.withExposedBytes { SecretBytes(copying: $0) }
    }
}

extension RawSpan {
    func byte(at index: Int) -> UInt8 {
        // Unsafe in general for types with padding or rules of their own; a byte has neither. The index is checked.
        unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    /// Where `text` begins, or nil.
    func firstOffset(of text: String) -> Int? {
        let wanted = Array(text.utf8)
        guard !wanted.isEmpty, wanted.count <= byteCount else { return nil }
        for start in 0...(byteCount - wanted.count)
        where wanted.indices.allSatisfy({ byte(at: start + $0) == wanted[$0] }) {
            return start
        }
        return nil
    }
}
