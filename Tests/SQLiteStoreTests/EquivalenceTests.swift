import KMSCore
import KMSTesting
import SQLiteStore
import Testing

@Suite struct `SQLite and memory` {
    @Test(arguments: 1...20)
    func `hold the same image after any sequence of changes, and refuse the same ones`(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let durable = try folder.open()
        let model = InMemoryMetadataStore()
        var changes = RandomChanges(seed: seed)
        var refusals = 0
        for step in 1...60 {
            let drawn = changes.next()
            let accepted = await accepts(drawn, durable)
            // The first difference ends the sequence: all that follows would only repeat it.
            try #require(await accepts(drawn, model) == accepted, "seed \(seed), step \(step): \(drawn)")
            if !accepted { refusals += 1 }
            let image = try await durable.load().inOrder
            try #require(try await image == model.load().inOrder, "seed \(seed), step \(step): \(drawn)")
        }
        #expect((1..<60).contains(refusals), "both refusals and successes were drawn")
        #expect(try await folder.open().load().inOrder == model.load().inOrder)
    }

    private func accepts(_ changes: [MetadataChange], _ store: any MetadataStore) async -> Bool {
        do {
            try await store.commit(changes)
            return true
        } catch {
            return false
        }
    }
}
