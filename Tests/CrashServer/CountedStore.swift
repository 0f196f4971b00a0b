import KMSCore

/// A metadata store whose commits are steps.
struct CountedStore: MetadataStore {
    let store: any MetadataStore
    let steps: Steps

    func load() async throws(KMSError) -> MetadataImage {
        try await store.load()
    }

    func commit(_ changes: [MetadataChange]) async throws(KMSError) {
        try await steps.take("commit") { () async throws(KMSError) in try await store.commit(changes) }
    }
}
