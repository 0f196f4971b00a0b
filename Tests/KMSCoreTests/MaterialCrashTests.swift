import KMSCore
import KMSTesting
import Testing

/// As `After a SIGKILL`, for what happens to the material of keys that live on.
@Suite(.serialized, .timeLimit(.minutes(8))) struct `After a SIGKILL in the middle of a key's life` {
    static let rotation = ["commit", "generateKey", "commit"]
    /// Making the key that seals import tokens, a wrapping key, and the import itself.
    static let importing =
        ["commit", "generateKey", "commit"] + ["commit", "generateWrappingKey", "commit"]
        + ["commit", "importKey", "commit"]
    /// Expiry: of the material, and a day after it was made, of the wrapping key.
    static let expiry = ["inventory", "commit", "destroyKey", "commit", "destroyKey", "commit"]

    private static let early = CrashScene.start
    private static let expired = CrashScene.start.adding(days: 1)

    @Test func `the steps are those that are killed here`() async throws {
        let scene = try await CrashScene(withExternalKey: true)
        #expect(try await scene.run("rotate", at: Self.early).steps == Self.rotation)
        #expect(try await scene.run("import", at: Self.early).steps == Self.importing)
        #expect(try await scene.run("due-work", at: Self.expired).steps == Self.expiry)
        try await scene.expectRecovery(at: Self.expired, keeping: scene.liveCiphertexts)
        #expect(try await scene.run("due-work", at: Self.expired).steps.isEmpty)
    }

    @Test(arguments: CrashScene.Death.all(rotation.count))
    func `at any step of a rotation, every old ciphertext is readable and new ones are made`(
        death: CrashScene.Death
    ) async throws {
        let scene = try await CrashScene()
        #expect(try await scene.run("rotate", at: Self.early, death).wasKilled)
        let there = try await scene.expectRecovery(at: Self.early, keeping: scene.liveCiphertexts)
        #expect(there.count == 3)
        // And the next rotation works, whatever number it gets.
        #expect(try await !scene.run("rotate", at: Self.early).wasKilled)
        try await scene.expectRecovery(at: Self.early, keeping: scene.liveCiphertexts)
    }

    @Test(arguments: CrashScene.Death.all(importing.count))
    func `at any step of an import, the material is whole or not there, and can be imported`(
        death: CrashScene.Death
    ) async throws {
        let scene = try await CrashScene(withExternalKey: true)
        let external = try #require(scene.external)
        #expect(try await scene.run("import", at: Self.early, death).wasKilled)
        try await scene.expectRecovery(at: Self.early, keeping: scene.liveCiphertexts)
        let isCommitted = death.step == Self.importing.count && death.moment == "after"
        let ciphertext = try await scene.withStore(at: Self.early) { (store: KeyStore) async throws in
            let state = try await store.describeKey("\(external.id)", by: .alice).state
            #expect(state == (isCommitted ? .enabled : .pendingImport))
            return isCommitted ? try await store.encrypt("x", with: "\(external.id)") : nil
        }
        #expect(try await !scene.run("import", at: Self.early).wasKilled)
        try await scene.expectRecovery(at: Self.early, keeping: scene.liveCiphertexts)
        try await scene.withStore(at: Self.early) { (store: KeyStore) async throws in
            #expect(try await store.describeKey("\(external.id)", by: .alice).state == .enabled)
            if let ciphertext { #expect(try await store.decrypt(ciphertext) == "x") }
        }
    }

    @Test(arguments: CrashScene.Death.all(expiry.count))
    func `at any step of an expiry, the material goes, and the same can be imported again`(
        death: CrashScene.Death
    ) async throws {
        let scene = try await CrashScene(withExternalKey: true)
        let external = try #require(scene.external)
        #expect(try await !scene.run("import", at: Self.early).wasKilled)
        let ciphertext = try await scene.withStore(at: Self.early) { try await $0.encrypt("x", with: "\(external.id)") }
        #expect(try await scene.run("due-work", at: Self.expired, death).wasKilled)
        try await scene.expectRecovery(at: Self.expired, keeping: scene.liveCiphertexts)
        try await scene.withStore(at: Self.expired) { (store: KeyStore) async throws in
            #expect(try await store.describeKey("\(external.id)", by: .alice).state == .pendingImport)
            await KMSCoreTests.expect(.invalidState) { _ = try await store.decrypt(ciphertext) }
        }
        #expect(try await !scene.run("import", at: Self.expired).wasKilled)
        try await scene.withStore(at: Self.expired) { (store: KeyStore) async throws in
            #expect(try await store.decrypt(ciphertext) == "x")
        }
    }
}
