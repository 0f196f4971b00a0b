import KMSTesting
import Testing

@testable import KMSCore

/// As `After a SIGKILL`, for a multi-Region key that is made, replicated and rotated, and whose primary moves.
@Suite(.serialized, .timeLimit(.minutes(8))) struct `Multi-Region keys after a SIGKILL` {
    /// The wrapping key that brings material to the other Region's token, from its making to its end. SoftHSM refuses the
    /// first way of wrapping.
    private static let move = [
        "commit", "generateWrappingKey", "commit", "wrapKey", "wrapKey", "unwrapKey", "commit", "destroyKey", "commit",
    ]
    static let life =
        ["commit", "generateMovableKey", "commit"] + ["commit"]  // its budget
        + ["commit"] + move  // the replica
        + ["commit", "generateMovableKey", "commit"] + move + ["commit"]  // the rotation
        + ["verifyKey", "verifyKey", "commit"]  // the primary

    @Test func `the steps are those that are killed here`() async throws {
        let scene = try await CrashScene()
        // The wrapping key goes beside what follows.
        #expect(try await scene.run("replicate", at: CrashScene.start).steps.sorted() == Self.life.sorted())
        try await scene.expectRecovery(at: CrashScene.start, keeping: scene.liveCiphertexts)
        #expect(try await scene.run("due-work", at: CrashScene.start).steps.isEmpty)
    }

    /// To die before a step is the same as after the one before it.
    @Test(arguments: 1...life.count)
    func `at any step, the set is whole, and every ciphertext is readable in each of its Regions`(
        step: Int
    ) async throws {
        let scene = try await CrashScene()
        let ending = try await scene.run(
            "replicate", at: CrashScene.start, CrashScene.Death(moment: "before", step: step))
        #expect(ending.wasKilled)
        try await scene.expectRecovery(at: CrashScene.start, keeping: scene.liveCiphertexts)
        let told = ending.lines.first { $0.hasPrefix("key ") }?.split(separator: " ")
        try await scene.withStore(at: CrashScene.start) { (store: KeyStore) async throws in
            let regions = [CallContext.alice.region, Scope.otherRegion.region]
            var set: [KeyAddress] = []
            for region in regions {
                let keys = try store.listKeys(PageRequest(limit: 1000), by: .alice(in: region)).items
                set += keys.filter(\.id.isMultiRegion)
            }
            let shown = try await store.table(set)
            #expect(set.isEmpty || shown.count { $0.isPrimary } == 1)
            #expect(Set(shown.map(\.currentMaterial)).count <= 1 && shown.allSatisfy { $0.lifecycle == .enabled })
            for region in regions {
                for key in set {
                    guard set.contains(where: { $0.scope.region == region }) else { continue }
                    let context = CallContext.alice(in: region)
                    if let told {
                        let ciphertext = try #require(Hexadecimal.decode(Array(told[2].utf8)))
                        #expect(try await store.decrypt(ciphertext, by: context) == String(told[1]))
                    }
                    let new = try await store.encrypt("new", with: "\(key.id)", by: .alice(in: key.scope.region))
                    #expect(try await store.decrypt(new, by: context) == "new")
                }
            }
        }
    }
}

extension KeyStore {
    fileprivate func table(_ addresses: [KeyAddress]) async throws -> [Key] {
        var keys: [Key] = []
        for address in addresses {
            keys.append(try await describeKey("\(address.id)", by: .alice(in: address.scope.region)).key)
        }
        return keys
    }
}
