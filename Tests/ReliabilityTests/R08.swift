import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R8: a session in which a call failed is not used again` {
    // X: the wrapped module is then in the middle of an operation (CKR_OPERATION_ACTIVE).
    @Test(arguments: [
        "rv C_Encrypt 0x30 skip 5 times 1 shared", "rv C_Encrypt 0xb3 skip 5 times 1 shared",
        "rv C_Decrypt 0x5 skip 5 times 1 shared",
        "rv C_FindObjects 0x5 times 1 shared", "rv C_FindObjectsFinal 0x5 times 1 shared",
    ])
    func `so that no later call finds an operation active`(rule: String) async throws {
        let rig = try await Rig.ready(.faulty)
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        try await rig.client.forgetKey(key.object)
        rig.faults.forgetCalls()
        try rig.faults.obey(rule)
        let outcomes = Outcomes()
        for _ in 0..<times(200, full: 1000) {
            await outcomes.note {
                _ = try await rig.seal([1], with: key)
                let answer = try await rig.open(sealed, with: key)
                #expect(answer == [1])
            }
        }
        #expect(outcomes.failures.count <= 1, "\(outcomes.failures)")
        let active = rig.faults.calls.filter { $0.returnValue == 0x90 }
        #expect(active.isEmpty, "\(active.map(\.function))")
        let inits = rig.faults.calls(of: "C_FindObjectsInit").filter { $0.returnValue == 0 }
        #expect(rig.faults.calls(of: "C_FindObjectsFinal").count >= inits.count - 1, "searches are ended")
    }

    // X
    @Test func `and a session that cannot be closed is given up`() async throws {
        let rig = try await Rig.ready(.faulty)
        let key = try await rig.newKey()
        try rig.faults.obey("rv C_CloseSession 0x5", "rv C_Encrypt 0xb3 every 10")
        for _ in 0..<100 { _ = try await rig.seal([1], with: key) }
    }
}
