import Glibc
import SecureMemory

/// A secret that the user types in.
enum SecretAnswer {
    private static let maximumSize = 1024

    /// Asks on the terminal, which shows nothing of the answer.
    ///
    /// - Parameter instead: What to do where there is none.
    static func ask(_ question: String, _ instead: String) throws(CommandFailure) -> SecretBytes {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw CommandFailure("there is no terminal to ask on: \(question.prefix { $0 != ":" })", hint: instead)
        }
        defer { close(terminal) }
        var settings = termios()
        guard unsafe tcgetattr(terminal, &settings) == 0 else {
            throw CommandFailure("the terminal cannot be used: \(errorText())", hint: instead)
        }
        var silent = settings
        // Without signals as well: one would end the program and leave the terminal silent.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
        guard unsafe tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else {
            throw CommandFailure("the terminal cannot be used: \(errorText())", hint: instead)
        }
        defer { unsafe tcsetattr(terminal, TCSAFLUSH, &settings) }
        put(question, on: terminal)
        defer { put("\n", on: terminal) }
        let answer = SecureBuffer(capacity: maximumSize + 1)
        answer.appendWithin { (room: inout MutableRawSpan) in
            max(0, unsafe room.withUnsafeMutableBytes { unsafe Glibc.read(terminal, $0.baseAddress, $0.count) })
        }
        return try answer.withExposedBytes { (span: RawSpan) throws(CommandFailure) in
            for index in 0..<span.byteCount where span.byte(at: index) == 3 {
                throw CommandFailure("stopped")
            }
            return try line(span, "the answer")
        }
    }

    /// The first line without its end.
    static func line(_ span: RawSpan, _ source: String) throws(CommandFailure) -> SecretBytes {
        var size = 0
        while size < span.byteCount, span.byte(at: size) != 10 {
            guard span.byte(at: size) != 0 else { throw CommandFailure("\(source) has a zero byte in it") }
            size += 1
        }
        if size > 0, span.byte(at: size - 1) == 13 { size -= 1 }
        guard size > 0, size <= maximumSize else {
            throw CommandFailure("\(source) has no first line of 1 to \(maximumSize) bytes")
        }
        return SecretBytes(copying: span.extracting(0..<size))
    }
}
