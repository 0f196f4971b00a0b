import HSMClient
import HSMWorkerProtocol
import KMSCore

extension HSM {
    /// The token of one or several Regions, with its own module, PIN, profile, environment and start lock.
    static func regionToken(
        _ token: ServerConfiguration.RegionToken, _ server: ServerConfiguration, _ profile: HSMProfile,
        _ state: StateDirectory, lock: ServerLock? = nil
    ) throws(CommandFailure) -> Member {
        let source = try token.token.pin.source(in: state)
        do {
            _ = try InheritedPIN.of(source)
        } catch {
            throw CommandFailure(error.description, hint: "the pin of \(token.name) under regionTokens names it")
        }
        let profile =
            try token.token.profile.map { (file) throws(CommandFailure) in try ProfileFile.load(state.resolve(file)) }
            ?? profile
        var configuration = try configuration(server, profile, state, lock: lock)
        // In the order of their names, which is the same for every process that goes by this configuration.
        let first = token.regions.sorted().first?.description ?? ""
        configuration.settings = WorkerSettings(
            modulePath: token.token.module, tokenURI: token.token.token, pinSource: source,
            profile: ProfileFile.expand(profile, state), startLockPath: state.startLock(ofRegion: first))
        configuration.environment = ProfileFile.environment(profile, state)
        return Member(name: token.name, configuration: configuration)
    }
}
