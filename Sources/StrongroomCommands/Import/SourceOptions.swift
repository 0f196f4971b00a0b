import ArgumentParser
import LibCrypto
import SecureMemory

/// Where key material comes from. A secret is never an argument: everybody on the machine sees those.
struct SourceOptions: ParsableArguments {
    @Option(help: "A file with the key material: raw bytes, or the PKCS#8 DER of a key pair.")
    var file: String?

    @Flag(help: "Read the key material from standard input.")
    var stdin = false

    @Flag(help: "The file or standard input holds the key material in hexadecimal.")
    var hex = false

    @Flag(help: "The file or standard input holds the key material in base64.")
    var base64 = false

    @Option(help: "A file with a key pair, in PEM or DER: PKCS#8 (also encrypted), PKCS#1 or SEC 1.")
    var pem: String?

    @Flag(help: "Make new key material now, of the key's spec.")
    var generate = false

    @Option(help: "With --generate: keep the key material in this new file, encrypted under a passphrase.")
    var backup: String?

    @Option(help: "A backup file that --backup made.")
    var restore: String?

    @Option(help: "The file whose first line is the backup's passphrase. (default: asked for on the terminal)")
    var passphraseFile: String?

    @Option(help: "An object in another PKCS#11 token, as a PKCS#11 URI (RFC 7512). It is wrapped there.")
    var fromToken: String?

    @Option(help: "With --from-token: the token's PKCS#11 module, an absolute path. (default: the URI's module-path)")
    var module: String?

    @Option(help: "With --from-token: a file with the token's PIN, of mode 0600. (default: the URI's pin-source)")
    var pinFile: String?

    /// The options that were given, by the names that the user knows.
    var given: [String] {
        let all: [(name: String, isGiven: Bool)] = [
            ("--file", file != nil), ("--stdin", stdin), ("--pem", pem != nil), ("--generate", generate),
            ("--restore", restore != nil), ("--from-token", fromToken != nil), ("--hex", hex), ("--base64", base64),
            ("--backup", backup != nil), ("--passphrase-file", passphraseFile != nil), ("--module", module != nil),
            ("--pin-file", pinFile != nil),
        ]
        return all.filter(\.isGiven).map(\.name)
    }

    var passphrase: PassphraseSource { PassphraseSource(file: passphraseFile) }

    /// The one source that was named, with what belongs to it.
    func source() throws(CommandFailure) -> MaterialSource {
        let sources = given.filter { Self.sourceNames.contains($0) }
        guard let name = sources.first else {
            throw CommandFailure(
                "no source of the key material is given",
                hint: "give one of \(Self.sourceNames.joined(separator: ", "))"
            )
        }
        guard sources.count == 1 else {
            throw CommandFailure("\(sources.joined(separator: " and ")) are given", hint: "give one source alone")
        }
        let belongs = Self.companions[name] ?? []
        if let stray = given.first(where: { $0 != name && !belongs.contains($0) }) {
            throw CommandFailure(
                "\(stray) means nothing with \(name)", hint: "see: strongroom import-key-material --help")
        }
        return try makeSource()
    }

    private static let sourceNames = ["--file", "--stdin", "--pem", "--generate", "--restore", "--from-token"]
    private static let companions: [String: Set<String>] = [
        "--file": ["--hex", "--base64"], "--stdin": ["--hex", "--base64"], "--pem": ["--passphrase-file"],
        "--generate": ["--backup", "--passphrase-file"], "--restore": ["--passphrase-file"],
        "--from-token": ["--module", "--pin-file"],
    ]

    private func makeSource() throws(CommandFailure) -> MaterialSource {
        guard !(hex && base64) else { throw CommandFailure("--hex and --base64 are given", hint: "give one of them") }
        let encoding: SecretEncoding = hex ? .hexadecimal : base64 ? .base64 : .raw
        if let fromToken { return .token(try TokenSource(fromToken, module: module, pinFile: pinFile)) }
        if let file { return .file(file, encoding) }
        if let pem { return .pem(pem) }
        if let restore { return .backup(restore) }
        if stdin { return .standardInput(encoding) }
        guard backup != nil || passphraseFile == nil else {
            throw CommandFailure("--passphrase-file means nothing without --backup")
        }
        return .generated(backup: backup)
    }
}

enum MaterialSource {
    case file(String, SecretEncoding)
    case standardInput(SecretEncoding)
    case pem(String)
    case backup(String)
    case generated(backup: String?)
    case token(TokenSource)

    /// For the report.
    var text: String {
        switch self {
        case .file(let path, _), .pem(let path): "the file \(path)"
        case .standardInput: "standard input"
        case .backup(let path): "the backup \(path)"
        case .generated(nil): "generated now, and kept nowhere else"
        case .generated(let path?): "generated now, with an encrypted backup in \(path)"
        case .token(let source): source.uri
        }
    }
}
