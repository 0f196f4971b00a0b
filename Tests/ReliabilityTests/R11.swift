import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R11: a wrong PIN never locks the token` {
    /// A rig on a token that locks its PIN after three wrong ones; nothing is started.
    private func locking() async throws -> Rig {
        try await Program.offPool {
            let rig = try Rig(.faulty, prepare: { try $0.writePIN("0000") }, starts: false)
            try rig.faults.obey("maxpin 3")
            return rig
        }
    }

    // X
    @Test func `however often the service is started`() async throws {
        let rig = try await locking()
        for _ in 0..<20 {
            rig.startClient()
            let error = await expect(.keyUnavailable) { _ = try await rig.client.tokenReport() }
            #expect(error?.cause?.contains("PIN") == true, "\(error?.cause ?? "")")
            try await rig.stop()
        }
        let logins = rig.faults.calls(of: "C_Login").count
        #expect(logins < 3, "\(logins) logins in 20 starts")
        try rig.token.writePIN(rig.token.pin)
        rig.startClient()
        try await waitUntil("the right PIN is taken", seconds: 5) { await rig.serves() }
    }

    // X: killed in the middle of a login, so that nobody saw how it ended.
    @Test func `however often the service is killed in the middle of its login`() async throws {
        let rig = try await locking()
        for _ in 0..<5 {
            // Two such logins are the most. Of three they would leave the last, which is never taken.
            try rig.faults.obey("maxpin 4", "crash C_CloseSession", "rvafter C_Login 0x30")
            rig.startClient()
            try await Task.sleep(for: .milliseconds(400))
            try await rig.stop()
        }
        #expect(rig.faults.calls(of: "C_Login").count < 3)
        try rig.faults.obey("maxpin 4")
        try rig.token.writePIN(rig.token.pin)
        rig.startClient()
        try await waitUntil("the right PIN is taken", seconds: 5) { await rig.serves() }
    }

    // X
    @Test(arguments: ["0x20000", "0x40000", "0x60000"])
    func `nor is the last try taken, or one at a locked token`(flags: String) async throws {
        let rig = try await Program.offPool {
            let rig = try Rig(.faulty, starts: false)
            try rig.faults.obey("tokenflags \(flags)")
            rig.startClient()
            return rig
        }
        let error = await expect(.keyUnavailable) { _ = try await rig.client.tokenReport() }
        #expect(error?.cause?.contains("lock") == true, "\(error?.cause ?? "")")
        #expect(rig.faults.calls(of: "C_Login").isEmpty)
        try rig.faults.clear()
        try await waitUntil("served when the operator has put it right", seconds: 8) { await rig.serves() }
    }
}
