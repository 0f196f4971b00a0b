import AuditLog
import EventDelivery
import HSMClient
import IAMCore
import KMSCore
import Logging
import XKSCore

/// Everything of a server that serves, put together: key store, identities, audit log and events.
struct Assembly: Sendable {
    let store: KeyStore
    let identities: IdentityStore
    let xksStores: XKSStores
    let audit: FileAuditLog
    let journal: Journal
    let webhook: Webhook?
    let watch: Watch
    /// Where the server's own records belong.
    let place: Scope

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
    func log(_ notice: AuditLogNotice) {
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
