import ArgumentParser
import AuditLog
import FoundationEssentials
import KMSCore
import LibCrypto
import SQLiteStore

/// Where a log is: in a state directory, or in a folder of its own, as a copy that is kept elsewhere.
struct AuditLocation: ParsableArguments {
    @Option(help: "The state directory that `strongroom init` made.")
    var state: String?

    @Option(help: "The log's folder. (default: audit.folder in strongroom.yaml)")
    var folder: String?

    func validate() throws {
        guard state != nil || folder != nil else {
            throw ValidationError("no log is named: give --state DIR, or --folder DIR.")
        }
    }

    func open(mustExist: Bool = true) throws(CommandFailure) -> LogFolder {
        let path: String
        if let folder {
            path = folder
        } else {
            let directory = StateDirectory(state ?? "")
            path = try ServerConfiguration.load(directory).auditSettings(in: directory).folder
        }
        let log = LogFolder(path)
        guard log.isThere || !mustExist else {
            throw CommandFailure(
                "there is no audit log in \(path)", hint: "a log is begun by the first `strongroom serve`")
        }
        return log
    }

    /// The public key that the server keeps in its database, apart from the log.
    func pinnedKey() async throws -> PublicKey {
        guard let state else {
            throw CommandFailure(
                "no key to verify with", hint: "give --public-key FILE, or the state directory that has it with --state"
            )
        }
        let image = try await SQLiteStore(readingOnly: StateDirectory(state).database).load()
        guard let bytes = image.systemPublicKeys[.auditDigests], !bytes.isEmpty else {
            throw CommandFailure(
                "this server has no key for its audit log yet", hint: "it is made by the first `strongroom serve`")
        }
        return try Self.key(bytes, from: "the database")
    }

    /// A PEM file (RFC 7468).
    static func key(in file: String) throws(CommandFailure) -> PublicKey {
        guard let text = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("\(file) cannot be read: \(errorText())")
        }
        let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
        let body = lines.drop { $0 != "-----BEGIN PUBLIC KEY-----" }.dropFirst()
            .prefix { $0 != "-----END PUBLIC KEY-----" }
        guard let bytes = Data(base64Encoded: body.joined()), !bytes.isEmpty else {
            throw CommandFailure(
                "\(file) holds no public key in PEM", hint: "get it with: strongroom audit public-key --state DIR")
        }
        return try key(Array(bytes), from: file)
    }

    private static func key(_ bytes: [UInt8], from place: String) throws(CommandFailure) -> PublicKey {
        guard let key = try? PublicKey(subjectPublicKeyInfo: bytes) else {
            throw CommandFailure("the public key in \(place) cannot be understood")
        }
        return key
    }
}

struct AuditPublicKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "public-key",
        abstract: "Print the public key that the audit log's digests are verified with, as PEM.",
        discussion: """
            strongroom audit public-key --state /var/lib/strongroom > audit.pem

            Keep it apart from the server: a log that is verified with it cannot have been replaced by another.
            """
    )

    @OptionGroup var state: StateOption

    func run() async throws {
        let key = try await AuditLocation(state: state.path).pinnedKey()
        print(PEM.text("PUBLIC KEY", der: key.subjectPublicKeyInfo), terminator: "")
    }
}

extension AuditLocation {
    init(state: String?, folder: String? = nil) {
        self.init()
        self.state = state
        self.folder = folder
    }
}
