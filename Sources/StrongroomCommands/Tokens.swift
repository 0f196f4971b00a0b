import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging
import XKSCore

/// What keeps the server's keys: the workers of its token, and what is known of them.
struct Tokens: Sendable {
    struct Token: Sendable {
        /// For the operator, who knows it from the configuration.
        let name: String
        let client: HSMClient
    }

    let tokens: [Token]
    /// What they are together, where there are several.
    let cluster: HSMCluster?
    let backend: any KeyBackend
    /// Tokens that Regions have of their own. The server serves while one of them does not.
    let regional: [(regions: Set<Region>, token: Token)]

    /// Starts the workers. One token is used directly; several as a cluster, each of which has to show the key store's
    /// own keys, that `metadata` names.
    init(
        _ configuration: ServerConfiguration, _ state: StateDirectory, lock: ServerLock, metadata: any MetadataStore,
        logger: Logger, onEvent: @escaping @Sendable (_ token: String, HSMEvent) -> Void
    ) async throws {
        let members = try HSM.members(configuration, try ProfileFile.load(state.profile), state, lock: lock)
        let elsewhere = Set(try configuration.regionTokenList().flatMap(\.regions))
        let known = try await metadata.load().systemKeys
            .filter { !$0.value.checkValue.isEmpty && !($0.key.region.map(elsewhere.contains) ?? false) }.map(\.value)
        let makeToken = { (member: HSM.Member) -> Token in
            var settings = member.configuration
            settings.onEvent = { onEvent(member.name, $0) }
            if case .environment(let name) = settings.settings.pinSource {
                logger.warning(
                    "the PIN came from the environment, where others may have seen it",
                    metadata: ["variable": "\(name)", "hint": "let hsm.pin be a file, a credential or a descriptor"])
            }
            var logger = logger
            if members.count > 1 || configuration.regionTokens != nil {
                logger[metadataKey: "member"] = "\(member.name)"
            }
            return Token(name: member.name, client: HSMClient(settings, logger: logger))
        }
        let profile = try ProfileFile.load(state.profile)
        let others = try configuration.regionTokenList().map { token in
            (token.regions, try HSM.regionToken(token, configuration, profile, state, lock: lock))
        }
        tokens = members.map(makeToken)
        regional = others.map { (regions: $0.0, token: makeToken($0.1)) }
        guard tokens.count > 1 else {
            cluster = nil
            backend = tokens[0].client
            return
        }
        let cluster = HSMCluster(
            tokens.map { HSMCluster.Member(name: $0.name, backend: $0.client) },
            settings: configuration.clusterSettings(), knownKeys: known, logger: logger)
        self.cluster = cluster
        backend = cluster
    }

    /// Whether a request would be served.
    var isReady: Bool { cluster?.isReady ?? tokens.contains { $0.client.isReady } }

    /// What the first token that answers tells of itself.
    func report() async throws(KMSError) -> TokenReport {
        let token = tokens.first { $0.client.isReady } ?? tokens[0]
        return try await token.client.tokenReport()
    }

    /// What the keys of every Region are in.
    func regions(_ served: Set<Region>) -> Regions {
        Regions(
            served,
            tokens: regional.map { Regions.Token(of: $0.regions, backend: $0.token.client) })
    }

    var statuses: [(name: String, status: HSMStatus)] {
        (tokens + regional.map(\.token)).map { ($0.name, $0.client.status()) }
    }

    /// As the XKS proxy tells of them.
    var fleet: [XKSFleetMember] {
        let phases = cluster?.status().members.map(\.phase)
        return tokens.enumerated().map { index, token in
            let workers = token.client.status().workers
            let status: XKSFleetMember.Status =
                if phases?[index] == .drained || !workers.contains(where: { $0.phase == .ready }) {
                    .unavailable
                } else {
                    workers.allSatisfy { $0.phase == .ready } ? .active : .degraded
                }
            return XKSFleetMember(id: token.name, status: status)
        }
    }

    /// Ends all workers, and waits for them.
    func stop() {
        cluster?.stop()
        for token in tokens + regional.map(\.token) { token.client.stop() }
    }
}
