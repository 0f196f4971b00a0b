import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R25: an idle session is used now and then, so that nobody ends it` {
    // X: an HSM, or a firewall, that ends what was idle for 2 seconds.
    @Test func `a request after a long pause finds its session alive`() async throws {
        let rig = try await Rig.ready(.faulty) {
            $0.settings.profile.workers = 1
            $0.settings.profile.lanes = 3
            $0.settings.profile.keepAlive = 0.5
            // Not by the canary, which uses one session only.
            $0.canaryInterval = 0.5
        }
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        try rig.faults.obey("idle 2")
        rig.faults.forgetCalls()
        let pauses = times(2, full: 720)
        for _ in 0..<pauses {
            try await Task.sleep(for: .seconds(4))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let answer = try await rig.open(sealed, with: key)
                        #expect(answer == [1])
                    }
                }
                try await group.waitForAll()
            }
        }
        let dead = rig.faults.calls.filter { $0.returnValue == 0xb3 }
        #expect(dead.isEmpty, "\(dead.count) calls met a dead session")
    }

    // X: with too long a pause in the profile a dead session is replaced, and the caller does not notice.
    @Test func `and where it died all the same, the caller does not notice`() async throws {
        let rig = try await Rig.ready(.faulty) { $0.settings.profile.keepAlive = 60 }
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        for _ in 0..<3 {
            try rig.faults.obey("endsessions")
            #expect(try await rig.open(sealed, with: key) == [1])
            _ = try await rig.seal([1], with: key)
        }
    }
}
