import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

/// That creation, import, rotation and deletion survive a SIGKILL at each of their steps is proved in KMSCoreTests
/// (CrashTests, MaterialCrashTests), and at random moments in ServerKills.
@Suite(.serialized) struct `R15: nothing is destroyed while a live key cannot be found` {
    // X: what a search by id says and what a list says do not agree.
    @Test(arguments: ["loseobjects byid", "loseobjects"])
    func `a token that finds no key loses none`(rule: String) async throws {
        let scene = try await StoreScene(.faulty)
        let kept = try await scene.newKey()
        let ciphertext = try await scene.encrypt([1], with: kept)
        let dying = try await scene.newKey()
        _ = try await scene.store.scheduleKeyDeletion(dying, pendingWindowInDays: 7, by: .operator)
        // An object of ours that no row names: reported, never destroyed.
        _ = try await scene.rig.newKey()
        scene.clock.advance(byDays: 8)
        try scene.rig.faults.obey(rule)
        for key in [kept, dying] { try await scene.rig.client.forgetKey(try await scene.object(of: key)) }
        for _ in 0..<3 { try? await scene.store.performDueWork() }
        try scene.rig.faults.clear()
        #expect(try scene.rig.token.objectFiles.count == 3, "nothing was destroyed")
        try await waitUntil("decrypts") { (try? await scene.decrypt(ciphertext)) == [1] }
        try await scene.store.performDueWork()
        let report = try await ConsistencyReport(comparing: scene.metadata, with: scene.rig.client)
        // Where a list shows what a search does not find, the key that was to go counts as gone; its object is reported.
        #expect(report.orphans.count == (rule.contains("byid") ? 2 : 1), "the stranger is reported")
        #expect(report.faultyKeys.isEmpty && report.intents.isEmpty)
    }
}
