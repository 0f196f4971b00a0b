import AuditLog
import EventDelivery
import HSMClient
import IAMCore
import KMSCore
import Logging

/// Everything of a server that serves, put together: key store, identities, audit log and events.
struct Assembly: Sendable {
    let store: KeyStore
    let identities: IdentityStore
    let audit: FileAuditLog
    let journal: Journal
    let webhook: Webhook?
    let watch: Watch

    /// Reads all metadata, opens what is sealed, and hands on what an earlier server left in the outbox.
    static func make(
        _ configuration: ServerConfiguration, in state: StateDirectory, backend: HSMClient,
        metadata: any MetadataStore, logger: Logger
    ) async throws -> Assembly {
        let clock = SystemClock()
        let webhook = try configuration.webhookSettings(in: state).map { try Webhook($0, logger: logger) }
        let audit = try await openLog(
            configuration.auditSettings(in: state), backend: backend, metadata: metadata, logger: logger)
        let image = try await metadata.load()
        let journal = Journal(metadata: metadata, clock: clock, sink: audit, events: webhook)
        let identities = IdentityStore(
            backend: backend, journal: journal, metadata: metadata, clock: clock,
            operatorAccount: try configuration.scopes().account)
        try await identities.start(image)
        let store = KeyStore(
            backend: backend, journal: journal, principals: identities,
            quotas: RequestQuotas(try configuration.quotaLimits(), clock: clock),
            events: LoggedEvents(logger: logger))
        store.start(image)
        try await journal.start(image.outbox)
        return Assembly(
            store: store, identities: identities, audit: audit, journal: journal, webhook: webhook,
            watch: Watch(store))
    }

    /// A log is begun before there is a key that signs for it: one that is not there afterwards was removed.
    private static func openLog(
        _ settings: AuditLogSettings, backend: HSMClient, metadata: any MetadataStore, logger: Logger
    ) async throws(KMSError) -> FileAuditLog {
        if try await !SystemSigner.exists(for: .auditDigests, in: metadata) {
            try FileAuditLog.begin(in: settings.folder)
        }
        let signer = try await SystemSigner(for: .auditDigests, backend: backend, metadata: metadata)
        return try await FileAuditLog.open(settings, signer, clock: SystemClock()) { logger.log($0) }
    }

    /// Does what has become due. One part that fails does not hold up the others; the next round tries again.
    func performDueWork() async {
        // The store has told the log what could not be done.
        try? await store.performDueWork()
        try? await identities.performDueWork()
        try? await journal.tidy()
        await watch.look()
    }

    /// Writes what is only in memory. To be called once, after the last request.
    func stop() async throws {
        do {
            try await store.stop()
            try await journal.tidy()
        } catch {
            await audit.close()
            throw error
        }
        await audit.close()
    }
}

extension Logger {
    fileprivate func log(_ notice: AuditLogNotice) {
        switch notice {
        case .cannotWrite(let cause):
            critical("the audit log cannot be written", metadata: ["cause": "\(cause)"])
        case .writesAgain:
            self.notice("the audit log is written again")
        case .lost(let records):
            critical("calls were served without a record of them", metadata: ["records": "\(records)"])
        case .cannotSign(let cause):
            critical("the audit log's digests cannot be signed", metadata: ["cause": "\(cause)"])
        case .signsAgain:
            self.notice("the audit log's digests are signed again")
        case .movedAside(let bytes, let copy):
            warning(
                "the audit log ended in half a record, which was moved aside",
                metadata: ["bytes": "\(bytes)", "copy": "\(copy)"])
        case .signedLate(let records):
            warning(
                "the last records of an earlier server were not signed for before now",
                metadata: ["records": "\(records)"])
        }
    }
}
