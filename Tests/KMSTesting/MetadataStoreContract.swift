package import KMSCore
internal import Testing

/// What every ``MetadataStore`` must do, one fact at a time. A test target runs them all on each store it has:
///
///     @Test(arguments: MetadataStoreContract.facts)
///     func `keeps the contract`(fact: MetadataStoreContract.Fact) async throws {
///         try await MetadataStoreContract { InMemoryMetadataStore() }.check(fact)
///     }
package struct MetadataStoreContract: Sendable {
    package struct Fact: Sendable, CustomTestStringConvertible {
        let statement: String
        let check: @Sendable (MetadataStoreContract) async throws -> Void

        init(_ statement: String, _ check: @escaping @Sendable (MetadataStoreContract) async throws -> Void) {
            self.statement = statement
            self.check = check
        }

        package var testDescription: String { statement }
    }

    package static var facts: [Fact] {
        keyFacts + materialFacts + reservationFacts + nameFacts + useFacts + grantFacts + identityFacts + sessionFacts
            + customKeyStoreFacts + xksFacts + commitFacts
    }

    let makeStore: @Sendable () async throws -> any MetadataStore
    let reopen: (@Sendable (any MetadataStore) async throws -> any MetadataStore)?

    /// - Parameters:
    ///   - makeStore: Makes an empty store. Called once a fact.
    ///   - reopen: Opens anew what a store has kept, as after a restart; nil for a store that keeps nothing. With it,
    ///     every fact is also one about what is durable.
    package init(
        makeStore: @escaping @Sendable () async throws -> any MetadataStore,
        reopen: (@Sendable (any MetadataStore) async throws -> any MetadataStore)? = nil
    ) {
        self.makeStore = makeStore
        self.reopen = reopen
    }

    package func check(_ fact: Fact) async throws {
        try await fact.check(self)
    }

    /// Expects `store` to hold exactly `image`, in any order, and to hold it still when it is opened anew.
    func expect(_ image: MetadataImage, in store: any MetadataStore) async throws {
        #expect(try await store.load().inOrder == image.inOrder)
        guard let reopen else { return }
        let reopened = try await reopen(store)
        #expect(try await reopened.load().inOrder == image.inOrder, "what was committed outlives the store")
    }

    /// Expects `changes` to be refused whole, with an error that is the store's own.
    func expectRefusal(_ changes: [MetadataChange], by store: any MetadataStore) async throws {
        let before = try await store.load()
        let error = await #expect(throws: KMSError.self) { try await store.commit(changes) }
        #expect(error?.code == .internalFailure)
        #expect(error?.cause != nil, "an operator needs the cause")
        try await expect(before, in: store)
    }
}

extension MetadataImage {
    /// The same image in a fixed order: a store may answer in any, but for the outbox.
    package var inOrder: MetadataImage {
        var image = self
        image.keys.sort { $0.address.arn < $1.address.arn }
        image.aliases.sort { $0.scope.aliasARN($0.name) < $1.scope.aliasARN($1.name) }
        image.accessKeys.sort { $0.id < $1.id }
        image.wrappingKeys.sort { $0.reference.object.description < $1.reference.object.description }
        image.grants.sort { ($0.key.arn, $0.id) < ($1.key.arn, $1.id) }
        image.accounts.sort { $0.id < $1.id }
        image.identities.sort { $0.uniqueID < $1.uniqueID }
        image.managedPolicies.sort { $0.arn < $1.arn }
        image.multiFactorDevices.sort { $0.serialNumber < $1.serialNumber }
        image.sessions.sort { $0.id < $1.id }
        image.customKeyStores.sort { $0.id < $1.id }
        image.xksStores.sort { $0.prefix < $1.prefix }
        image.xksCredentials.sort { $0.id < $1.id }
        return image
    }
}
