import AuditLog
import EventDelivery
import HSMClient
import IAMCore
import KMSCore
import Logging
import XKSCore

/// Puts a server together, and can be asked again when its HSM failed meanwhile: an audit log that is open stays open.
actor Assembler {
    private let configuration: ServerConfiguration
    private let state: StateDirectory
    private let backend: any KeyBackend
    private let keyStores: any KeyStoreConnector
    private let regions: Regions
    private let metadata: any MetadataStore
    private let logger: Logger
    private var audit: FileAuditLog?

    init(
        _ configuration: ServerConfiguration, in state: StateDirectory, backend: any KeyBackend, regions: Regions,
        keyStores: any KeyStoreConnector, metadata: any MetadataStore, logger: Logger
    ) {
        self.keyStores = keyStores
        self.configuration = configuration
        self.state = state
        self.backend = backend
        self.regions = regions
        self.metadata = metadata
        self.logger = logger
    }

    /// What is configured, checked: to be called before the HSM is waited for.
    func check() throws {
        _ = try configuration.webhookSettings(in: state).map { try Webhook($0, logger: logger) }
        _ = try configuration.auditSettings(in: state)
        _ = try configuration.quotaLimits()
    }

    /// Reads all metadata, opens what is sealed, and hands on what an earlier server left in the outbox.
    func make() async throws -> Assembly {
        let clock = SystemClock()
        let webhook = try configuration.webhookSettings(in: state).map { try Webhook($0, logger: logger) }
        let settings = try configuration.auditSettings(in: state)
        let audit = try await openLog(settings)
        let image = try await metadata.load()
        let journal = Journal(metadata: metadata, clock: clock, sink: audit, events: webhook)
        let identities = IdentityStore(
            backend: backend, journal: journal, metadata: metadata, clock: clock,
            operatorAccount: try configuration.scopes().account)
        try await identities.start(image)
        let store = KeyStore(
            backend: backend, journal: journal, principals: identities,
            quotas: RequestQuotas(try configuration.quotaLimits(), clock: clock),
            events: LoggedEvents(logger: logger), regions: regions, customKeyStores: keyStores)
        store.start(image)
        let xksStores = XKSStores(keys: store, backend: backend, journal: journal, metadata: metadata)
        try await xksStores.start(image)
        try await journal.start(image.outbox)
        // Those that fail are tried again.
        try? await store.mendConnections()
        // Whoever serves closes it from now on.
        self.audit = nil
        return Assembly(
            store: store, identities: identities, xksStores: xksStores, audit: audit, journal: journal,
            webhook: webhook,
            watch: Watch(store), place: Scope(account: settings.account, region: settings.region))
    }

    /// To be called when nothing was put together in the end.
    func stop() async {
        await audit?.close()
        audit = nil
    }

    /// A log is begun before there is a key that signs for it: one that is not there afterwards was removed.
    private func openLog(_ settings: AuditLogSettings) async throws -> FileAuditLog {
        if let audit { return audit }
        if try await !SystemSigner.exists(for: .auditDigests, in: metadata) {
            try FileAuditLog.begin(in: settings.folder)
        }
        let signer = try await SystemSigner(for: .auditDigests, backend: backend, metadata: metadata)
        let logger = logger
        let audit = try await FileAuditLog.open(settings, signer, clock: SystemClock()) { logger.log($0) }
        self.audit = audit
        return audit
    }
}
