import KMSCore
import KMSTesting
import Synchronization
import Testing

/// Takes events, and remembers them.
private final class Outlet: EventOutlet {
    private let events = Mutex<[OutboxItem]>([])

    var ids: [String] { events.withLock { $0.map(\.id) } }
    var texts: [String] { events.withLock { $0.map { String(decoding: $0.body, as: UTF8.self) } } }

    func deliver(_ events: [OutboxItem]) {
        self.events.withLock { $0 += events }
    }
}

@Suite struct `The journal` {
    private let rig = Rig()
    private let sink = InMemoryAuditSink()
    private let outlet = Outlet()

    private func journal() -> Journal {
        Journal(metadata: rig.metadata, clock: rig.clock, sink: sink, events: outlet)
    }

    private func store(_ journal: Journal) async throws -> KeyStore {
        let store = KeyStore(
            backend: rig.backend, journal: journal, principals: EveryPrincipal(),
            quotas: RequestQuotas(.unlimited, clock: rig.clock), events: rig.events)
        let image = try await rig.metadata.load()
        store.start(image)
        try await journal.start(image.outbox)
        return store
    }

    private func call(_ name: String) -> CallContext {
        let context = CallContext.alice
        context.draft.begin(name, isReadOnly: false, parameters: nil)
        return context
    }

    private func outbox() async throws -> [OutboxItem] { try await rig.metadata.load().outbox }

    /// The log takes records behind the caller's back.
    private func forwarded(_ count: Int) async throws {
        while sink.items.count < count { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func `writes a change and the record of its call in one transaction`() async throws {
        let store = try await store(journal())
        sink.fail(with: KMSError(.internalFailure, "full"))
        _ = try await store.createKey(NewKey(), by: call("CreateKey"))
        let records = try await outbox()
        #expect(records.count == 1 && records[0].queue == .audit)
        #expect(String(decoding: records[0].body, as: UTF8.self).contains(#""eventName":"CreateKey""#))
    }

    @Test func `writes no record of a change that was not made`() async throws {
        let store = try await store(journal())
        let key = try await store.newKey(by: call("CreateKey"))
        try await forwarded(1)
        let context = call("DisableKey")
        rig.metadata.fail(commit: 1, .before)
        await expect(.internalFailure) { try await store.disableKey(key.id, by: context) }
        #expect(sink.items.count == 1)
        let record = try #require(
            context.draft.record(
                of: context, at: rig.clock.now, failure: AuditRecord.Failure(code: "KMSInternalException", message: ""))
        )
        #expect(record.name == "DisableKey", "its refusal can still be recorded")
    }

    @Test func `hands on at the next start what a crash left behind, and each once`() async throws {
        sink.fail(with: KMSError(.internalFailure, "full"))
        let store = try await store(journal())
        _ = try await store.createKey(NewKey(), by: call("CreateKey"))
        let left = try await outbox()
        #expect(left.count == 1)
        sink.fail(with: nil)
        let next = journal()
        try await next.start(left)
        #expect(sink.items.map(\.id) == left.map(\.id))
        try await next.tidy()
        #expect(try await outbox().isEmpty)
        try await next.start(left)
        #expect(sink.items.count == 1)
    }

    @Test func `keeps an event until its receiver has it, over restarts`() async throws {
        let first = journal()
        let store = try await store(first)
        let key = try await store.newKey(by: call("CreateKey"))
        try await store.disableKey(key.id, by: call("DisableKey"))
        try await forwarded(2)
        #expect(outlet.texts.count == 1)
        #expect(outlet.texts[0].contains("KMS CMK Disabled") && outlet.texts[0].contains(key.arn))
        try await first.tidy()
        let left = try await outbox()
        #expect(left.map(\.queue) == [.events])

        let second = journal()
        try await second.start(left)
        #expect(outlet.ids == [left[0].id, left[0].id], "it is given again")
        second.didDeliver([left[0].id])
        try await second.tidy()
        #expect(try await outbox().isEmpty)
    }

    @Test func `records what the server does of itself`() async throws {
        let store = try await store(journal())
        let key = try await store.newKey(by: call("CreateKey"))
        try await store.enableKeyRotation(key.id, periodInDays: 90, by: call("EnableKeyRotation"))
        rig.clock.advance(byDays: 90)
        try await store.performDueWork()
        try await forwarded(3)
        let rotation = try #require(sink.texts.last)
        #expect(rotation.contains(#""eventName":"RotateKey""#) && rotation.contains("AwsServiceEvent"))
        #expect(outlet.texts.last?.contains(#""detail-type":"KMS CMK Rotation""#) == true)
    }
}

@Suite struct `The watch` {
    private let rig = Rig()

    @Test func `tells once that the HSM is lost, and once that it is back`() async throws {
        let watch = Watch(try await rig.start())
        await watch.look()
        #expect(rig.events.take().isEmpty)
        rig.backend.fail(.checkHealth, with: KMSError(.keyUnavailable, "gone"), isLasting: true)
        for _ in 0..<3 { await watch.look() }
        #expect(rig.events.take() == ["HSM lost"])
        rig.backend.heal()
        for _ in 0..<3 { await watch.look() }
        #expect(rig.events.take() == ["HSM found again"])
    }

    @Test func `tells once of imported material that expires within 30 days`() async throws {
        let store = try await rig.start()
        let key = try await store.newImportedKey()
        let expiry = rig.clock.now.adding(days: 60)
        try await store.importSecret(Array(repeating: 7, count: 32), into: key, validTo: expiry)
        _ = rig.events.take()
        let watch = Watch(store)
        await watch.look()
        #expect(rig.events.take().isEmpty)
        rig.clock.advance(byDays: 31)
        for _ in 0..<2 { await watch.look() }
        let told = rig.events.take()
        #expect(told.count == 1 && told[0].hasPrefix("expiring \(key.id)"))
    }
}
