import KMSTesting
import Testing

@Suite struct `The metadata store contract` {
    @Test(arguments: MetadataStoreContract.facts)
    func `holds for SQLite`(fact: MetadataStoreContract.Fact) async throws {
        let folder = try TemporaryFolder()
        try await MetadataStoreContract(
            makeStore: { try folder.open() },
            // Beside the first one, which stays open: what is found is what was committed, not what closing wrote.
            reopen: { _ in try folder.open() }
        ).check(fact)
    }

    @Test(arguments: MetadataStoreContract.facts)
    func `holds in memory`(fact: MetadataStoreContract.Fact) async throws {
        try await MetadataStoreContract(makeStore: { InMemoryMetadataStore() }).check(fact)
    }
}
