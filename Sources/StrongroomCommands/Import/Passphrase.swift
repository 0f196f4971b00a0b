import Glibc
import SecureMemory

/// Where a backup's passphrase comes from: the first line of a file, as openssl's `file:` has it, or the terminal.
struct PassphraseSource {
    let file: String?

    /// Fewer bytes are too easy to guess for what a backup protects.
    static let minimumSize = 12
    private static let maximumSize = 1024

    /// For opening: asked once.
    func read() throws(CommandFailure) -> SecretBytes {
        if let file { return try Self.readFile(file) }
        return try Self.ask("Passphrase of the backup: ")
    }

    /// For sealing: asked twice, and not too short.
    func readNew() throws(CommandFailure) -> SecretBytes {
        let passphrase: SecretBytes
        if let file {
            passphrase = try Self.readFile(file)
        } else {
            passphrase = try Self.ask("New passphrase for the backup: ")
            let again = try Self.ask("The same once more: ")
            guard passphrase.isEqual(to: again) else { throw CommandFailure("the two passphrases are not the same") }
        }
        guard passphrase.count >= Self.minimumSize else {
            throw CommandFailure(
                "the passphrase has fewer than \(Self.minimumSize) bytes",
                hint: "make one with: openssl rand -base64 24 > FILE; chmod 600 FILE"
            )
        }
        return passphrase
    }

    private static func readFile(_ path: String) throws(CommandFailure) -> SecretBytes {
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 {
            throw CommandFailure("the passphrase file \(path) can be read by others", hint: "run: chmod 600 \(path)")
        }
        let content = try SecretInput.file(path, called: "the passphrase file")
        return try content.withExposedBytes { (span: RawSpan) throws(CommandFailure) in
            try line(span, "the passphrase file \(path)")
        }
    }

    /// The first line without its end.
    private static func line(_ span: RawSpan, _ source: String) throws(CommandFailure) -> SecretBytes {
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

    /// Asks on the terminal, which shows nothing of the answer.
    private static func ask(_ question: String) throws(CommandFailure) -> SecretBytes {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw CommandFailure("there is no terminal to ask for the passphrase", hint: "give --passphrase-file FILE")
        }
        defer { close(terminal) }
        var settings = termios()
        guard unsafe tcgetattr(terminal, &settings) == 0 else {
            throw CommandFailure("the terminal cannot be used: \(errorText())", hint: "give --passphrase-file FILE")
        }
        var silent = settings
        // Without signals as well: one would end the program and leave the terminal silent.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
        guard unsafe tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else {
            throw CommandFailure("the terminal cannot be used: \(errorText())", hint: "give --passphrase-file FILE")
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
}
