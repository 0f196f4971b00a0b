import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R10: a worker logs in once, and never logs out` {
    // X, which only counts here.
    @Test func `eight workers that start together all serve, with one login each`() async throws {
        for _ in 0..<times(2, full: 100) {
            let rig = try await Rig.ready(.faulty) { $0.settings.profile.workers = 8 }
            let key = try await rig.newKey()
            for _ in 0..<50 { _ = try await rig.seal([1], with: key) }
            #expect(rig.workers.count == 8)
            #expect(rig.faults.calls(of: "C_Login").count == 8)
            #expect(rig.faults.calls(of: "C_Logout").isEmpty)
            #expect(rig.faults.calls(of: "C_CloseAllSessions").isEmpty)
            try await rig.stop()
            #expect(rig.faults.calls(of: "C_Logout").isEmpty)
        }
    }

    @Test func `already logged in is as good as logged in`() async throws {
        let rig = try await Program.offPool {
            let rig = try Rig(.faulty, starts: false)
            try rig.faults.obey("rvafter C_Login 0x100")
            rig.startClient()
            return rig
        }
        let key = try await rig.newKey()
        #expect(await rig.serves(key))
    }

    @Test(arguments: ["rv C_Encrypt 0x101 times 1", "endlogin"])
    func `a login that is gone is made again once, whoever needs it`(rule: String) async throws {
        let rig = try await Rig.ready(.faulty) {
            $0.settings.profile.workers = 1
            $0.settings.profile.lanes = 4
            $0.canaryInterval = 60
        }
        let key = try await rig.newKey()
        _ = try await rig.seal([1], with: key)
        rig.faults.forgetCalls()
        try rig.faults.obey(rule)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await rig.seal([1], with: key) } }
            try await group.waitForAll()
        }
        #expect(rig.faults.calls(of: "C_Login").count == 1)
        #expect(rig.faults.calls(of: "C_Initialize").isEmpty)
    }
}
