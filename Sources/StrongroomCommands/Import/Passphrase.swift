import Glibc
import SecureMemory

/// Where a backup's passphrase comes from: the first line of a file, as openssl's `file:` has it, or the terminal.
struct PassphraseSource {
    let file: String?

    /// Fewer bytes are too easy to guess for what a backup protects.
    static let minimumSize = 12
    private static let instead = "give --passphrase-file FILE"

    /// For opening: asked once.
    func read() throws(CommandFailure) -> SecretBytes {
        if let file { return try Self.readFile(file) }
        return try SecretAnswer.ask("Passphrase of the backup: ", Self.instead)
    }

    /// For sealing: asked twice, and not too short.
    func readNew() throws(CommandFailure) -> SecretBytes {
        let passphrase: SecretBytes
        if let file {
            passphrase = try Self.readFile(file)
        } else {
            passphrase = try SecretAnswer.ask("New passphrase for the backup: ", Self.instead)
            let again = try SecretAnswer.ask("The same once more: ", Self.instead)
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
            try SecretAnswer.line(span, "the passphrase file \(path)")
        }
    }
}
