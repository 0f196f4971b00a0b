import ArgumentParser
import HSMClient
import IAMCore
import KMSCore
import Logging
import SQLiteStore
import SecureMemory

struct NewRootKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-root-key",
        abstract: "Make an access key of the account's root, without the API: when all others are lost.",
        discussion: """
            strongroom identity new-root-key --state DIR --output root.credentials

            The server has to be stopped. The root may do everything in its account that key policies do not deny; \
            make other identities with it, and delete the access key when it is not needed any more.
            """
    )

    @OptionGroup var state: StateOption

    @Option(help: "The account. (default: the one in strongroom.yaml)")
    var account: String?

    @Option(help: "The root's access key to delete, where it has two already.")
    var replacing: String?

    @OptionGroup var secret: SecretOutput

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        let directory = StateDirectory(state.path)
        let sink = try secret.sink("root", state: state.path)
        let change = try OfflineChange(directory, command: "strongroom identity new-root-key")
        let (first, regions) = try change.configuration.scopes()
        guard let account = account.map({ AccountID($0) }) ?? first, let region = regions.sorted().first else {
            throw CommandFailure("the account \(account ?? "") is not 12 digits")
        }
        let made = try await issue(change, directory, account, region)
        let text = made.secret.withExposedBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
        try sink.take(
            NewCredentials(
                accessKeyID: made.id, secretAccessKey: text, region: change.configuration.regions[0],
                endpoint: try change.configuration.endpoint), json: nil)
        if let use = sink.use { print("The access key \(made.id) of \(account.rootARN) is made.\n\(use)") }
    }

    private func issue(
        _ change: OfflineChange, _ directory: StateDirectory, _ account: AccountID, _ region: Region
    ) async throws -> IssuedAccessKey {
        let profile = try ProfileFile.load(directory.profile)
        var logger = Logger(label: "strongroom") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        let client = HSMClient(
            try HSM.configuration(change.configuration, profile, directory, lock: change.lock), logger: logger)
        defer { client.stop() }
        _ = try await HSM.connect(client)
        let identities = IdentityStore(
            backend: client, journal: change.journal, metadata: change.metadata, clock: change.clock)
        try await identities.start(try await change.metadata.load())
        guard identities.look(up: account.rootARN) == .account else {
            throw CommandFailure("this server has no account \(account)")
        }
        func root(_ operation: String) -> CallContext {
            change.root(of: account, in: region, operation, of: "iam.amazonaws.com")
        }
        let ids = try identities.listAccessKeys(ofUser: nil, PageRequest(), by: root("ListAccessKeys")).items.map(\.id)
        try check(ids)
        try confirmation.ask(
            "This makes an access key that may do everything in account \(account)"
                + (replacing.map { ", and deletes \($0)" } ?? ""),
            otherwise: "nothing was made")
        if let replacing {
            try await identities.deleteAccessKey(replacing, ofUser: nil, by: root("DeleteAccessKey"))
        }
        return try await identities.createAccessKey(ofUser: nil, by: root("CreateAccessKey"))
    }

    private func check(_ ids: [String]) throws(CommandFailure) {
        if let replacing, !ids.contains(replacing) {
            throw CommandFailure("the root has no access key \(replacing)", hint: "leave --replacing out")
        }
        guard ids.count < IdentityLimits.standard.accessKeys || replacing != nil else {
            throw CommandFailure(
                "the root has two access keys already, \(ids.joined(separator: " and "))",
                hint: "name the one to delete: --replacing \(ids[0])")
        }
    }
}

extension ServerConfiguration {
    /// Where clients on the same machine find the server; nil where the port is not known before the server runs.
    fileprivate var endpoint: String? {
        get throws(CommandFailure) {
            let address = try ListenAddress(listen)
            return address.port == 0
                ? nil : "\(tls == nil ? "http" : "https")://\(address.bracketedHost):\(address.port)"
        }
    }
}
