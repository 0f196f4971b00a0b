import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R4: while the HSM is down, requests fail at once with an error that SDKs try again` {
    // R
    @Test func `99 of 100 within 10 milliseconds, all of them retryable`() async throws {
        let rig = try await Rig.ready(.remote)
        let key = try await rig.newKey(.hmac256, .generateVerifyMAC)
        try await Program.offPool { rig.remote.kill() }
        try await waitUntil("it is known to be down") {
            _ = await rig.serves(key)
            return !rig.client.isReady && rig.client.status().workers.allSatisfy { $0.phase == .down }
        }
        let outcomes = Outcomes()
        for _ in 0..<1000 { await outcomes.note { _ = try await rig.mac([1], with: key) } }
        #expect(outcomes.successes.isEmpty)
        #expect(outcomes.codes == ["keyUnavailable"], "\(outcomes.codes)")
        let slowest = outcomes.all.map(\.duration).quantile(0.99)
        #expect(slowest < .milliseconds(10), "99 of 100 within \(slowest)")
    }

    // R: what a worker is just being started for waits, but only for that.
    @Test func `and one probe at a time decides that it is back`() async throws {
        let rig = try await Rig.ready(.faulty) { $0.settings.profile.workers = 3 }
        let key = try await rig.newKey()
        try rig.faults.obey("rv C_Initialize 0x30")
        rig.faults.forgetCalls()
        Processes.kill(rig.workers)
        let outcomes = try await underLoad(tasks: 8, every: .milliseconds(2)) {
            _ = try await rig.seal([1], with: key)
        } while: { _ in
            try await Task.sleep(for: .seconds(2))
        }
        let probes = rig.faults.calls(of: "C_Initialize").count
        #expect(probes < 12, "\(probes) probes for \(outcomes.all.count) requests")
        #expect(outcomes.all.count > 500)
        #expect(outcomes.areRetryable)
        try rig.faults.clear()
        try await waitUntil("served again", seconds: 5) { await rig.serves(key) }
    }
}
