import ArgumentParser
import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging

struct TrustRegions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust-regions",
        abstract: "Have one Region's token trust the wrapping keys of all Regions: for wrapWithTrusted.",
        discussion: """
            strongroom trust-regions --state DIR --in eu-central-1 --so-pin-file so-pin

            Keys that were made with wrapWithTrusted: true in the token's profile leave it wrapped under trusted keys \
            alone, and its security officer alone says which these are. The server has to be stopped, and all tokens have \
            to be there: each gets a wrapping key of its own, unless it has one. Run it once for each token, with the \
            PIN of its security officer, and again when there is another Region.
            """
    )

    @OptionGroup var state: StateOption

    @Option(name: .customLong("in"), help: "The Region whose token is to trust the others' wrapping keys.")
    var region: String

    @Option(help: "A file of mode 0600 with the PIN of that token's security officer.")
    var soPinFile: String

    func run() async throws {
        let directory = StateDirectory(state.path)
        let change = try OfflineChange(directory, command: "strongroom trust-regions")
        let (account, regions) = try change.configuration.scopes()
        guard let region = Region(region), regions.contains(region) else {
            throw CommandFailure("\(region) is no Region of this server", hint: "name one that is under regions:")
        }
        let keys = try await wrappingKeys(of: regions.sorted(), change, directory)
        var count = 0
        for member in try members(of: region, change, directory) {
            count += try trust(keys, in: member)
        }
        try await change.journal.commit(
            [], by: change.root(of: account, in: region, "TrustRegions", of: "strongroom"))
        print("The token of \(region) trusts the wrapping keys of \(keys.count) Regions, \(count) of them since now.")
    }

    /// Makes those that are not there yet.
    private func wrappingKeys(
        of regions: [Region], _ change: OfflineChange, _ directory: StateDirectory
    ) async throws -> [TrustedKey] {
        var logger = Logger(label: "strongroom") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        let tokens = try await Tokens(
            change.configuration, directory, lock: change.lock, metadata: change.metadata, logger: logger
        ) { _, _ in }
        defer { tokens.stop() }
        var keys: [TrustedKey] = []
        for region in regions {
            let backend = tokens.regions([]).backend(of: region) ?? tokens.backend
            do throws(KMSError) {
                let publicKey = try await SystemKeys(backend: backend, metadata: change.metadata).wrappingKey(
                    of: region)
                keys.append(TrustedKey(label: "strongroom wrapping key of \(region)", publicKey: publicKey))
            } catch {
                throw CommandFailure(
                    "the token of \(region) cannot be used: \(error.cause ?? error.message)", hint: HSM.hint)
            }
        }
        return keys
    }

    private func members(
        of region: Region, _ change: OfflineChange, _ directory: StateDirectory
    ) throws(CommandFailure) -> [HSM.Member] {
        let profile = try ProfileFile.load(directory.profile)
        let token = try change.configuration.regionTokenList().first { $0.regions.contains(region) }
        guard let token else {
            return try HSM.members(change.configuration, profile, directory, lock: change.lock)
        }
        return [try HSM.regionToken(token, change.configuration, profile, directory, lock: change.lock)]
    }

    private func trust(_ keys: [TrustedKey], in member: HSM.Member) throws(CommandFailure) -> Int {
        var configuration = member.configuration
        configuration.settings.pinSource = .file(soPinFile)
        do throws(WorkerTaskError) {
            return try WorkerTask.trust(keys, configuration)
        } catch {
            throw CommandFailure(
                "\(member.name): \(error.description)",
                hint: error.hint ?? "the token's security officer alone may say what it trusts")
        }
    }
}
