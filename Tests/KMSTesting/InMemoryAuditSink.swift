package import KMSCore
internal import Synchronization

/// An audit log that forgets at the end, for tests. It can be told to fail.
package final class InMemoryAuditSink: AuditSink {
    private struct Content {
        var records: [AuditRecord] = []
        var items: [OutboxItem] = []
        var failure: KMSError?

        func check() throws(KMSError) {
            if let failure { throw failure }
        }
    }

    private let content = Mutex(Content())

    package init() {}

    /// What was given to ``append(_:)``, in its order.
    package var records: [AuditRecord] { content.withLock { $0.records } }

    /// What came out of the outbox, in its order, each once.
    package var items: [OutboxItem] { content.withLock { $0.items } }

    /// The JSON of all records: those of the outbox first, and then the others.
    package var texts: [String] {
        content.withLock { content in
            (content.items.map(\.body) + content.records.map(\.json)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// From now on nothing is taken and everything throws `failure`; nil lets the sink work again.
    package func fail(with failure: KMSError?) {
        content.withLock { $0.failure = failure }
    }

    package func checkAccepting() throws(KMSError) {
        try content.withLock { content throws(KMSError) in try content.check() }
    }

    package func append(_ record: AuditRecord) throws(KMSError) {
        try content.withLock { content throws(KMSError) in
            try content.check()
            content.records.append(record)
        }
    }

    package func append(durably items: [OutboxItem]) async throws(KMSError) {
        try content.withLock { content throws(KMSError) in
            try content.check()
            for item in items where !content.items.contains(where: { $0.id == item.id }) {
                content.items.append(item)
            }
        }
    }
}

/// For tests that look at no event of the key store.
package struct NoKeyEvents: KeyStoreEventSink {
    package init() {}

    package func record(_: KeyStoreEvent) {}
}

/// Takes events and tells nobody.
package struct NoEvents: EventOutlet {
    package init() {}

    package func deliver(_ events: [OutboxItem]) {}
}
