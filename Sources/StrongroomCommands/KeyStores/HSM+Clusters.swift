import HSMClient
import HSMWorkerProtocol
import KMSCore

extension HSM {
    /// What it takes to run the workers of a cluster's token; without a PIN, which only a key store has.
    static func configuration(
        ofCluster id: String, _ cluster: ServerConfiguration.Cluster, _ defaultProfile: HSMProfile,
        _ state: StateDirectory, lock: ServerLock?
    ) throws(CommandFailure) -> HSMClientConfiguration {
        let profile =
            try cluster.profile.map { (file) throws(CommandFailure) in try ProfileFile.load(state.resolve(file)) }
            ?? defaultProfile
        var settings = WorkerSettings(
            modulePath: cluster.module, tokenURI: cluster.token, pinSource: .handed(name: "", descriptor: -1),
            profile: ProfileFile.expand(profile, state), startLockPath: state.startLock(ofCluster: id))
        settings.labelsKeysByID = true
        return HSMClientConfiguration(
            workerProgram: try workerProgram(), settings: settings,
            environment: ProfileFile.environment(profile, state), lock: lock?.descriptor)
    }
}
