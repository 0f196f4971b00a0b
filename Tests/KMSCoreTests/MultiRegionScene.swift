import KMSCore
import KMSTesting
import Synchronization
import Testing

/// Two tokens, of which the second is that of us-east-1; all other Regions share the first.
struct MultiRegionRig: Sendable {
    let first = FakeBackend()
    let second = FakeBackend()
    let metadata = FaultyStore()
    let clock = TestClock()
    let events = EventLog()

    static let east = Scope.otherRegion.region
    static let south = Region("ap-south-1")!

    func start() async throws -> KeyStore {
        let regions = Regions(nil, tokens: [Regions.Token(of: [Self.east], backend: second)])
        let store = KeyStore(
            backend: first, metadata: metadata, clock: clock, events: events, regions: regions)
        try await store.start(reading: metadata)
        return store
    }

    /// Expects each token to hold what the database names of its Regions, no more and no less, and no work to be left.
    func expectAgreement(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        // A call leaves it to a task of its own to destroy the wrapping key of a move.
        for _ in 0..<500 {
            if try await disagreements().isEmpty { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await disagreements() == [], sourceLocation: sourceLocation)
    }

    private func disagreements() async throws -> [String] {
        let image = try await metadata.load()
        return [(first, false), (second, true)].flatMap { backend, isEast -> [String] in
            let keys = image.keys.filter { ($0.address.scope.region == Self.east) == isEast }
            let materials = keys.flatMap(\.materials)
            let wrapping = image.wrappingKeys.filter { ($0.key.scope.region == Self.east) == isEast }
            let named =
                materials.filter { $0.stage == .present }.map(\.reference.object)
                + wrapping.map(\.reference.object) + (isEast ? [] : image.systemKeys.values.map(\.object))
            let differences = backend.objects.symmetricDifference(named)
            let atWork = materials.filter { $0.stage != .present && $0.stage != .absent }
            return differences.map { "\($0) is in the token or in the database alone" }
                + atWork.map { "\($0.idText) is \($0.stage)" }
        }
    }
}

extension CallContext {
    static func alice(in region: Region) -> CallContext { CallContext(principal: alice.principal, region: region) }
    static var aliceInEast: CallContext { alice(in: MultiRegionRig.east) }
}

extension KeyStore {
    func newMultiRegionKey(_ edit: (inout NewKey) -> Void = { _ in }) async throws -> KeyDescription {
        try await newKey {
            $0.isMultiRegion = true
            edit(&$0)
        }
    }

    @discardableResult
    func replicate(
        _ key: KeyDescription, to region: Region = MultiRegionRig.east, by context: CallContext = .alice
    ) async throws -> KeyDescription {
        try await replicateKey(KeyReplication(key: key.id, region: region), by: context)
    }

    func state(_ key: KeyDescription, in region: Region) async throws -> KeyState {
        try await describeKey(key.id, by: .alice(in: region)).state
    }

    /// Waits until the replica's material is there.
    func replicateAndWait(_ key: KeyDescription, to region: Region = MultiRegionRig.east) async throws {
        try await replicate(key, to: region)
        try await waitUntil("the replica is Enabled") { try await self.state(key, in: region) == .enabled }
    }
}
