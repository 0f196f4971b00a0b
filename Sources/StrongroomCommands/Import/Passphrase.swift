import SecureMemory

/// Where a backup's passphrase comes from: the first line of a file, as openssl's `file:` has it, or the terminal.
struct PassphraseSource {
    let file: String?

    /// Fewer bytes are too easy to guess for what a backup protects.
    static let minimumSize = 12
    private static let instead = "give --passphrase-file FILE"

    /// For opening: asked once.
    func read() throws(CommandFailure) -> SecretBytes {
        if let file { return try SecretInput.line(of: file, called: "the passphrase file") }
        return try SecretAnswer.ask("Passphrase of the backup: ", Self.instead)
    }

    /// For sealing: asked twice, and not too short.
    func readNew() throws(CommandFailure) -> SecretBytes {
        let passphrase: SecretBytes
        if let file {
            passphrase = try SecretInput.line(of: file, called: "the passphrase file")
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
}
