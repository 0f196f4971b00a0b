import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R6: every call has a deadline, and what hangs hinders nobody else` {
    // X
    @Test func `a worker in whose call nothing comes back is ended, while the other serves`() async throws {
        let rig = try await Rig.ready(.faulty) { $0.settings.profile.callTimeout = 1 }
        let key = try await rig.newKey()
        for _ in 0..<20 { _ = try await rig.seal([1], with: key) }
        let threads = Processes.threads(of: getpid())
        let descriptors = Processes.descriptors(of: getpid())
        for _ in 0..<times(2, full: 100) {
            try await waitUntil("two workers") { rig.client.status().workers.allSatisfy { $0.phase == .ready } }
            let victim = try #require(rig.client.status().workers[0].processID)
            try rig.faults.obey("delay C_Encrypt 60000 pid \(victim)")
            let outcomes = try await underLoad(tasks: 4, every: .milliseconds(20)) {
                _ = try await rig.seal([1], with: key)
            } while: { _ in
                try await Task.sleep(for: .milliseconds(2500))
            }
            let hung = outcomes.all.filter { $0.error != nil }
            #expect(hung.allSatisfy { $0.error?.code == .dependencyTimeout || $0.error?.code == .keyUnavailable })
            #expect(hung.allSatisfy { $0.duration < .milliseconds(2500) }, "who hung has an answer at the deadline")
            #expect(hung.count <= 8, "each task met the worker once: \(hung.count) failures")
            #expect(outcomes.successes.count > 100)
            let quick = outcomes.successes.map(\.duration).quantile(0.95)
            #expect(quick < .milliseconds(200), "the others do not wait: \(quick)")
            try await waitUntil("the hung one is gone") { !rig.workers.contains(victim) }
        }
        try rig.faults.clear()
        try await waitUntil("two workers") { rig.client.status().workers.allSatisfy { $0.phase == .ready } }
        #expect(Processes.threads(of: getpid()) <= threads + 16, "no thread is left of those that hung")
        #expect(Processes.descriptors(of: getpid()) <= descriptors + 40, "no descriptor either; other tests have some")
    }

    // R
    @Test func `an HSM that stops answering costs each request its deadline and no more`() async throws {
        let rig = try await Rig.ready(.remote) { $0.settings.profile.callTimeout = 1 }
        let key = try await rig.newKey(.hmac256, .generateVerifyMAC)
        _ = try await rig.mac([1], with: key)
        rig.remote.stop()
        let outcomes = Outcomes()
        for _ in 0..<3 { await outcomes.note { _ = try await rig.mac([1], with: key) } }
        #expect(outcomes.failures.count == 3)
        #expect(outcomes.areRetryable)
        #expect(outcomes.all.allSatisfy { $0.duration < .seconds(3) }, "\(outcomes.all.map(\.duration))")
        rig.remote.resume()
        try await waitUntil("served again", seconds: 8) { await rig.serves(key) }
    }
}
