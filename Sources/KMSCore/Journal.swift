import Synchronization

/// The way of every change into the metadata store: with the change goes, in the same transaction, the record of the
/// call that made it and the events that tell of it. What was written so is handed on afterwards, as often as it takes.
package final class Journal: Sendable {
    let metadata: any MetadataStore
    package let clock: any KMSClock
    private let sink: any AuditSink
    private let events: (any EventOutlet)?
    private let pending = Mutex(Pending())

    private struct Pending {
        var records: [OutboxItem] = []
        var isForwarding = false
        /// Handed on, and still in the outbox.
        var done: [String] = []
    }

    /// - Parameter events: Nil if nobody outside is to hear of anything.
    package init(
        metadata: any MetadataStore, clock: any KMSClock, sink: any AuditSink, events: (any EventOutlet)?
    ) {
        self.metadata = metadata
        self.clock = clock
        self.sink = sink
        self.events = events
    }

    /// Hands on what an earlier process left in the outbox. To be called once, before any request.
    package func start(_ outbox: [OutboxItem]) async throws(KMSError) {
        let records = outbox.filter { $0.queue == .audit }
        if !records.isEmpty {
            try await sink.append(durably: records)
            pending.withLock { $0.done += records.map(\.id) }
        }
        let told = outbox.filter { $0.queue == .events }
        if !told.isEmpty { deliver(told) }
    }

    /// Makes changes that a call asked for, with its record. Of several commits of one call, the record belongs to the
    /// one that makes it so; the others are ``prepare(_:)``.
    package func commit(
        _ changes: [MetadataChange], by context: CallContext, _ told: [KeyStoreEvent] = []
    ) async throws(KMSError) {
        let record = context.draft.record(of: context, at: clock.now)
        do {
            try await commit(changes, record, told)
        } catch {
            if record != nil { context.draft.unrecord() }
            throw error
        }
    }

    /// Makes changes that the server makes of itself, with a record of its own if it is to be told.
    package func commit(
        _ changes: [MetadataChange], _ record: AuditRecord? = nil, _ told: [KeyStoreEvent] = []
    ) async throws(KMSError) {
        let recorded = record.map { OutboxItem(id: $0.id, queue: .audit, body: $0.json, date: $0.date) }
        let events = events == nil ? [] : told.compactMap { $0.message(at: clock.now) }
        let items = [recorded].compactMap(\.self) + events
        try await metadata.commit(changes + items.map { .saveOutboxItem($0) })
        if let recorded { forward([recorded]) }
        if !events.isEmpty { deliver(events) }
    }

    /// Without a receiver, what an earlier configuration left is as good as delivered.
    private func deliver(_ messages: [OutboxItem]) {
        guard let events else { return didDeliver(messages.map(\.id)) }
        events.deliver(messages)
    }

    /// Makes a change that is a step on the way, or tells nobody anything.
    package func prepare(_ changes: [MetadataChange]) async throws(KMSError) {
        try await metadata.commit(changes)
    }

    /// Takes what has been handed on out of the outbox. To be called now and then, and at the end.
    package func tidy() async throws(KMSError) {
        let done = pending.withLock { pending in
            defer { pending.done = [] }
            return pending.done
        }
        guard !done.isEmpty else { return }
        do {
            try await metadata.commit([.removeOutboxItems(ids: done)])
        } catch {
            pending.withLock { $0.done += done }
            throw error
        }
    }

    /// An event has reached its receiver.
    package func didDeliver(_ ids: [String]) {
        pending.withLock { $0.done += ids }
    }

    private func forward(_ items: [OutboxItem]) {
        let isFirst = pending.withLock { pending in
            pending.records += items
            defer { pending.isForwarding = true }
            return !pending.isForwarding
        }
        guard isFirst else { return }
        Task { await self.forwardAll() }
    }

    private func forwardAll() async {
        while let batch = nextBatch() {
            do {
                try await sink.append(durably: batch)
                pending.withLock { $0.done += batch.map(\.id) }
            } catch {
                // The sink tells everybody by `checkAccepting`; the records are safe in the outbox meanwhile.
                pending.withLock { $0.records = batch + $0.records }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Nil, and nobody forwarding any more, when there is nothing left.
    private func nextBatch() -> [OutboxItem]? {
        pending.withLock { pending in
            guard !pending.records.isEmpty else {
                pending.isForwarding = false
                return nil
            }
            defer { pending.records = [] }
            return pending.records
        }
    }
}

/// Where events go that somebody outside shall hear of.
package protocol EventOutlet: Sendable {
    /// Takes events on their way; each is one JSON object in EventBridge's shape. ``Journal/didDeliver(_:)`` is to be
    /// called when they are there: they are given again at the next start until then.
    func deliver(_ events: [OutboxItem])
}
