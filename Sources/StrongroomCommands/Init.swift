import ArgumentParser
import FoundationEssentials
import Glibc
import HSMClient
import HSMWorkerProtocol
import IAMCore
import KMSCore
import Logging
import SQLiteStore
import SecureMemory

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a state directory: token, database, configuration and the first credentials.",
        discussion: """
            strongroom init --state /var/lib/strongroom --profile hsm-config/my-hsm.yaml
            strongroom init --state DIR --profile hsm-config/luna.yaml --token 'pkcs11:token=kms' --pin-file /etc/kms.pin

            Without --token a new token is made, where the profile allows it. Whatever is missing is asked for on a \
            terminal, and is an error elsewhere.
            """
    )

    @OptionGroup var state: StateOption

    @Option(help: "The HSM's profile: a file, or the name of one in hsm-config/.")
    var profile: String?

    @Option(help: "The PKCS#11 module, an absolute path. (default: the first of the profile's that is there)")
    var module: String?

    @Option(help: "The PKCS#11 URI of an existing token (RFC 7512).")
    var token: String?

    @Option(help: "The label of the token to make.")
    var tokenLabel = "strongroom"

    @Option(help: "A file with the token's PIN, of mode 0600. Only the HSM worker reads it.")
    var pinFile: String?

    @Option(help: "The name of a systemd credential that holds the token's PIN.")
    var pinCredential: String?

    @Option(help: "Where to listen, as HOST:PORT.")
    var listen = "127.0.0.1:8470"

    @Option(help: "A Region to serve; can be given several times. (default: us-east-1)")
    var region: [String] = []

    @Option(help: "The AWS account id that keys and identities belong to.")
    var account = "111122223333"

    func run() async throws {
        let directory = StateDirectory(state.path)
        let profilePath = try locateProfile()
        let profile = try ProfileFile.load(profilePath)
        let address = try ListenAddress(listen)
        var configuration = ServerConfiguration(
            account: account, regions: region.isEmpty ? ["us-east-1"] : region, listen: listen, tls: nil,
            hsm: ServerConfiguration.HSM(
                module: try modulePath(profile), token: token ?? "", pin: try pin(profile)
            )
        )
        let (accountID, _) = try configuration.scopes()
        if token == nil, !profile.initializeToken {
            configuration.hsm.token = try ask("PKCS#11 URI of the token", option: "--token")
        }

        let isNew = try directory.create()
        do {
            try writeFiles(profile, from: profilePath, to: directory)
            if configuration.hsm.token.isEmpty {
                configuration.hsm.token = try await makeToken(configuration, profile, directory)
            }
            try await makeStore(configuration, profile, directory, accountID, address)
            // Last: it is what tells that a state directory is whole.
            try directory.write(configuration.yaml, to: directory.configuration)
        } catch {
            // Nothing of a half-made state is of use, and it would be in the way of the next try.
            if isNew { try? FileManager.default.removeItem(atPath: directory.path) }
            throw error
        }
        print(
            """
            token: \(configuration.hsm.token)
            state: \(directory.path)

            Serve it:
              strongroom serve --state \(state.path)
            Use it, in another terminal:
              export AWS_SHARED_CREDENTIALS_FILE=\(directory.credentials) AWS_PROFILE=strongroom
              aws kms create-key
            """
        )
    }

    // MARK: What was given

    private func locateProfile() throws(CommandFailure) -> String {
        let name: String
        if let profile {
            name = profile
        } else {
            name = try ask("HSM profile, a file or the name of one in hsm-config/", option: "--profile")
        }
        return try ProfileFile.locate(name)
    }

    private func modulePath(_ profile: HSMProfile) throws(CommandFailure) -> String {
        if let module { return module }
        if let found = profile.installedModule { return found }
        guard profile.module.isEmpty else {
            throw CommandFailure(
                "none of the profile's PKCS#11 modules is here: \(profile.module.joined(separator: ", "))",
                hint: "install the HSM's client software, or give --module the path of its library"
            )
        }
        return try ask("PKCS#11 module, an absolute path", option: "--module")
    }

    private func pin(_ profile: HSMProfile) throws(CommandFailure) -> ServerConfiguration.PIN {
        switch (pinFile, pinCredential) {
        case (let file?, nil): return ServerConfiguration.PIN(file: file)
        case (nil, let name?): return ServerConfiguration.PIN(credential: name)
        case (_?, _?): throw CommandFailure("both --pin-file and --pin-credential are given", hint: "give one of them")
        case (nil, nil) where token == nil && profile.initializeToken: return ServerConfiguration.PIN(file: "pin")
        case (nil, nil):
            return ServerConfiguration.PIN(file: try ask("file with the token's PIN", option: "--pin-file"))
        }
    }

    private func ask(_ what: String, option: String) throws(CommandFailure) -> String {
        guard isatty(0) == 1 else { throw CommandFailure("\(option) is missing", hint: "see: strongroom init --help") }
        print("\(what): ", terminator: "")
        guard let line = readLine(), !line.isEmpty else { throw CommandFailure("\(option) is missing") }
        return line
    }

    // MARK: What is made

    private func writeFiles(
        _ profile: HSMProfile, from path: String, to directory: StateDirectory
    ) throws(CommandFailure) {
        // Copied, so that the server does not depend on where the profile came from.
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        try directory.write(text, to: directory.profile)
        for (name, template) in profile.files {
            try directory.write(ProfileFile.expand(template, directory), to: directory.resolve(name))
        }
        if profile.initializeToken, token == nil {
            // Software tokens keep their objects here; a module does not make the folder itself.
            try? FileManager.default.createDirectory(
                atPath: directory.resolve("tokens"), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
    }

    /// Has a worker make the token: PINs are made, written and read by no other process. Answers the token's URI.
    private func makeToken(
        _ configuration: ServerConfiguration, _ profile: HSMProfile, _ directory: StateDirectory
    ) async throws -> String {
        var settings = try HSM.configuration(configuration, profile, directory)
        settings.settings.task = .initializeToken(
            label: tokenLabel, pinFile: directory.pin, securityOfficerPINFile: directory.securityOfficerPIN
        )
        settings.settings.profile.workers = 1
        let report = try await withClient(settings) { client in try await HSM.connect(client) }
        return "pkcs11:token=\(Self.escaped(report.label));serial=\(Self.escaped(report.serial))"
    }

    private func makeStore(
        _ configuration: ServerConfiguration, _ profile: HSMProfile, _ directory: StateDirectory,
        _ account: AccountID, _ address: ListenAddress
    ) async throws {
        let metadata = try SQLiteStore(path: directory.database)
        let settings = try HSM.configuration(configuration, profile, directory)
        try await withClient(settings) { client in
            _ = try await HSM.connect(client)
            let made = try await FirstIdentity.make(in: account, backend: client, metadata: metadata)
            let secret = made.secret.withExposedBytes { bytes in
                unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            }
            // A port that is picked anew at each start cannot be written down.
            let endpoint =
                address.port == 0 ? "" : "endpoint_url = http://\(address.bracketedHost):\(address.port)\n"
            try directory.write(
                """
                # AWS shared credentials. The region and the endpoint are in it too, so that a client needs no more
                # than AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE=strongroom.
                [strongroom]
                aws_access_key_id = \(made.id)
                aws_secret_access_key = \(secret)
                region = \(configuration.regions[0])
                \(endpoint)
                """,
                to: directory.credentials
            )
        }
    }

    private func withClient<T: Sendable>(
        _ settings: HSMClientConfiguration, _ body: (HSMClient) async throws -> T
    ) async throws -> T {
        var logger = Logger(label: "strongroom") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        let client = HSMClient(settings, logger: logger)
        defer { client.stop() }
        return try await body(client)
    }

    /// A label or serial number as a PKCS#11 URI has it: percent-encoded but for RFC 7512's unreserved characters.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || "-._~".contains(character))
                ? String(character)
                : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
