import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R22: a module's crash costs its worker, and callers next to nothing` {
    // S
    @Test func `999 of 1,000 requests succeed while workers are killed by SIGSEGV`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        let kills = times(5, full: 100)
        let outcomes = try await underLoad(tasks: 4, every: .milliseconds(1)) {
            let answer = try await rig.open(sealed, with: key)
            #expect(answer == [1])
        } while: { _ in
            for _ in 0..<kills {
                try await waitUntil("both serve") { rig.client.status().workers.allSatisfy { $0.phase == .ready } }
                Processes.kill([try #require(rig.workers.randomElement())], SIGSEGV)
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        let share = Double(outcomes.successes.count) / Double(outcomes.all.count)
        #expect(share >= 0.999, "\(outcomes.failures.count) of \(outcomes.all.count) failed")
        #expect(outcomes.areRetryable)
    }

    // X: each time at the same call, so that a request meets it twice.
    @Test func `a request that crashes every module ends in an error, and others go on`() async throws {
        let rig = try await Rig.ready(.faulty)
        let key = try await rig.newKey()
        let signing = try await rig.newKey(.p256, .signVerify)
        // A worker tries encryption when it starts, but no signature.
        try rig.faults.obey("crash C_Sign")
        let digest = [UInt8](repeating: 1, count: 32)
        let error = await #expect(throws: KMSError.self) {
            _ = try await rig.client.sign(digest, "ECDSA_SHA_256", with: signing)
        }
        #expect(error?.code.isRetryable == true)
        try await waitUntil("served again", seconds: 5) { await rig.serves(key) }
        try rig.faults.clear()
        _ = try await rig.client.sign(digest, "ECDSA_SHA_256", with: signing)
    }

    // R: the client module writes to a socket that is gone.
    @Test func `a cut connection is an error, not a SIGPIPE`() async throws {
        let rig = try await Rig.ready(.remote)
        let key = try await rig.newKey(.hmac256, .generateVerifyMAC)
        _ = try await rig.mac([1], with: key)
        for worker in rig.workers {
            let status = Processes.file("/proc/\(worker)/status").split(separator: "\n")
            let ignored = status.first { $0.hasPrefix("SigIgn") }?.split(separator: "\t").last ?? ""
            let mask = try #require(UInt64(ignored, radix: 16))
            #expect(mask & (1 << UInt64(SIGPIPE - 1)) != 0)
        }
        try await Program.offPool { rig.remote.kill() }
        let error = await #expect(throws: KMSError.self) { _ = try await rig.mac([1], with: key) }
        #expect(error?.code.isRetryable == true)
        #expect(!rig.log.all.contains { $0.contains("signal \(SIGPIPE)") })
    }
}
