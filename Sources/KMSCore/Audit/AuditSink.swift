/// Where audit records go. Two kinds come: such as were written with the change that they tell of, and wait in the
/// outbox until they are here for good; and all others.
package protocol AuditSink: Sendable {
    /// Throws `internalFailure` if records cannot be taken now, so that the work is not done either.
    func checkAccepting() throws(KMSError)

    /// Takes a record that is nowhere else. It is on its way to the disk when this returns, and there within a second.
    /// Throws when it cannot be taken: the queue is full, or the disk.
    func append(_ record: AuditRecord) throws(KMSError)

    /// Takes records out of the outbox, in their order; each is one JSON object. Returns when they are on the disk for
    /// good. Those whose ids are there already, as after a crash, are not written twice.
    func append(durably items: [OutboxItem]) async throws(KMSError)
}
