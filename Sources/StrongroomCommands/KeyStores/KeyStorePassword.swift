import ArgumentParser
import SecureMemory

/// Where a key store's password comes from: the first line of a file, or the terminal. Never an argument.
struct KeyStorePasswordOption: ParsableArguments {
    @Option(help: "A file of mode 0600 whose first line is the key store's password, which is its token's PIN.")
    var passwordFile: String?

    /// Asks on the terminal where no file is given.
    func read() throws(CommandFailure) -> String {
        let password: SecretBytes
        if let passwordFile {
            password = try SecretInput.line(of: passwordFile, called: "the password file")
        } else {
            password = try SecretAnswer.ask("Password of the key store: ", "give --password-file FILE")
        }
        // The request's JSON takes no other form, and this process ends when it is answered.
        return password.withExposedBytes { span in
            unsafe span.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}
