import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R5: no object found is never read as key deleted` {
    // S
    @Test func `a token without its objects makes keys unavailable, and gets no new ones`() async throws {
        // A session copy would go on to serve.
        let scene = try await StoreScene { $0.settings.profile.sessionCopies = false }
        let key = try await scene.newKey()
        let ciphertext = try await scene.encrypt([1], with: key)
        try scene.rig.token.moveAway()
        for _ in 0..<20 {
            await expect(.keyUnavailable) { _ = try await scene.decrypt(ciphertext) }
            #expect(try await scene.store.describeKey(key, by: .operator).key.address.id.description == key)
        }
        try? await scene.store.performDueWork()
        #expect(try await scene.metadata.load().keys.count == 1)
        try scene.rig.token.moveBack()
        try await waitUntil("decrypts again", seconds: 5) {
            (try? await scene.decrypt(ciphertext)) == [1]
        }
        #expect(try scene.rig.token.objectFiles.count == 1, "and nothing was made anew")
    }

    // X
    @Test(arguments: ["loseobjects", "loseobjects byid"])
    func `a module that finds nothing makes keys unavailable, and gets no new ones`(rule: String) async throws {
        let scene = try await StoreScene(.faulty)
        let key = try await scene.newKey()
        let ciphertext = try await scene.encrypt([1], with: key)
        try scene.rig.faults.obey(rule)
        try await scene.rig.client.forgetKey(try await scene.object(of: key))
        for _ in 0..<20 {
            await expect(.keyUnavailable) { _ = try await scene.decrypt(ciphertext) }
            #expect(try await scene.store.describeKey(key, by: .operator).key.address.id.description == key)
        }
        try? await scene.store.performDueWork()
        #expect(try scene.rig.token.objectFiles.count == 1)
        try scene.rig.faults.clear()
        try await waitUntil("decrypts again", seconds: 5) { (try? await scene.decrypt(ciphertext)) == [1] }
        #expect(try scene.rig.token.objectFiles.count == 1)
        #expect(scene.alarms.contains { $0.contains(key) }, "there was an alarm: \(scene.alarms)")
    }
}
