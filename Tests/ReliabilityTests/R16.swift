import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R16: keys are made and destroyed one at a time, and what was half made is undone` {
    // S
    @Test func `16 clients make keys at once without an error and without an orphan`() async throws {
        let scene = try await StoreScene()
        let outcomes = try await underLoad(tasks: 16, every: .zero) {
            _ = try await scene.newKey()
        } while: { _ in
            try await Task.sleep(for: .seconds(times(2, full: 60)))
        }
        #expect(outcomes.failures.isEmpty, "\(outcomes.failures.first.map { "\($0)" } ?? "")")
        let keys = try await scene.metadata.load().keys
        #expect(keys.count == outcomes.all.count)
        #expect(try scene.rig.token.objectFiles.count == keys.count)
    }

    // X: refused, or done and refused all the same.
    @Test func `a failure that may pass is tried once more, after a look at what is there`() async throws {
        let scene = try await StoreScene(.faulty)
        var made = 0
        for kind in ["rv", "rvafter"] {
            for value in ["0x5", "0x6", "0xd1"] {
                try scene.rig.faults.obey("\(kind) C_GenerateKey \(value) times 1 shared")
                let key = try await scene.newKey()
                made += 1
                #expect(try await scene.decrypt(try await scene.encrypt([1], with: key)) == [1], "\(kind) \(value)")
                #expect(try scene.rig.token.objectFiles.count == made, "no orphan of the first try: \(kind) \(value)")
            }
        }
    }

    // X
    @Test(arguments: ["rv C_GenerateKey 0x5", "rvafter C_GenerateKey 0x5", "rvafter C_GenerateKey 0x30 times 1 shared"])
    func `a failure that stays leaves nothing behind`(rule: String) async throws {
        let scene = try await StoreScene(.faulty)
        _ = try await scene.newKey()
        try scene.rig.faults.obey(rule)
        do {
            _ = try await scene.newKey()
        } catch let error as KMSError {
            #expect(error.code.isRetryable, "\(error)")
        }
        try scene.rig.faults.clear()
        try await waitUntil("nothing is left over") {
            try? await scene.store.performDueWork()
            let keys = try await scene.metadata.load().keys.count
            return try scene.rig.token.objectFiles.count == keys
        }
        let report = try await ConsistencyReport(comparing: scene.metadata, with: scene.rig.client)
        #expect(report.orphans.isEmpty && report.intents.isEmpty && report.faultyKeys.isEmpty)
    }
}
