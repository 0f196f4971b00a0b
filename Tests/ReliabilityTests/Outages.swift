import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

/// Two HSMs under load, one after the other away in one way or another, 100 times in full (STRONGROOM_OUTAGES).
@Suite(.serialized) struct `HSM outages, one after the other, without an operator` {
    /// What happens to an HSM.
    private enum Outage: CaseIterable {
        case workersKilled, workersCrash, callsHang, deviceErrors, sessionsEnd, storeAway
        case serverKilled, serverStopped

        /// Of a token behind a network, or of one that is not.
        var isRemote: Bool { self == .serverKilled || self == .serverStopped }
    }

    private struct Recovery {
        let outage: Outage
        let time: Duration
    }

    @Test func `no key is lost, no answer is wrong, and each is over within 5 seconds`() async throws {
        let count = variable("STRONGROOM_OUTAGES") ?? times(5, full: 100)
        let local = try await Rig.ready(.faulty) {
            $0.settings.profile.callTimeout = 2
            // Copies would go on to serve while the store is away.
            $0.settings.profile.sessionCopies = false
        }
        let remote = try await Rig.ready(.remote) { $0.settings.profile.callTimeout = 2 }
        var secrets: [(key: MaterialReference, sealed: SealedBytes)] = []
        for number in 0..<5 {
            let key = try await local.newKey()
            secrets.append((key, try await local.seal([UInt8(number)], with: key)))
        }
        let macKey = try await remote.newKey(.hmac256, .generateVerifyMAC)
        let mac = try await remote.mac([1, 2, 3], with: macKey)
        let known = secrets
        var recoveries: [Recovery] = []
        let localLoad = Outcomes(), remoteLoad = Outcomes()
        let all = try await underLoad(tasks: 4, every: .milliseconds(10)) {
            let number = Int.random(in: 0..<known.count)
            await localLoad.note {
                let answer = try await local.open(known[number].sealed, with: known[number].key)
                #expect(answer == [UInt8(number)], "a wrong answer")
            }
            await remoteLoad.note {
                let answer = try await remote.mac([1, 2, 3], with: macKey)
                #expect(answer == mac, "a wrong answer")
            }
        } while: { _ in
            for turn in 0..<count {
                let outage = Outage.allCases[turn % Outage.allCases.count]
                let (rig, load) = outage.isRemote ? (remote, remoteLoad) : (local, localLoad)
                let back = try await Self.undergo(outage, rig)
                try await waitUntil("\(outage) is over", seconds: 15) { load.firstSuccess(after: back) != nil }
                let first = try #require(load.firstSuccess(after: back))
                recoveries.append(Recovery(outage: outage, time: first.end - back))
                try await waitUntil("all workers serve") {
                    rig.client.status().workers.allSatisfy { $0.phase == .ready }
                }
            }
        }
        _ = all
        // A token whose store is away shows no keys; on the wire both are KeyUnavailableException.
        let retryable: Set<String> = ["dependencyTimeout", "keyUnavailable", "materialMissing", "internalFailure"]
        for load in [localLoad, remoteLoad] { #expect(load.codes.isSubset(of: retryable), "\(load.codes)") }
        for (number, secret) in secrets.enumerated() {
            try await local.client.verifyKey(secret.key)
            #expect(try await local.open(secret.sealed, with: secret.key) == [UInt8(number)])
        }
        try await remote.client.verifyKey(macKey)
        #expect(try local.token.objectFiles.count == secrets.count && remote.token.objectFiles.count == 1)
        Self.report(recoveries, localLoad, remoteLoad)
        let times = recoveries.map(\.time)
        #expect(times.quantile(0.5) < .seconds(2), "the median")
        #expect(times.quantile(1) < .seconds(5), "the worst")
    }

    private static func report(_ recoveries: [Recovery], _ local: Outcomes, _ remote: Outcomes) {
        let times = recoveries.map(\.time)
        print("outages: \(recoveries.count), recovery median \(times.quantile(0.5)), worst \(times.quantile(1))")
        for outage in Outage.allCases {
            let times = recoveries.filter { $0.outage == outage }.map(\.time)
            guard !times.isEmpty else { continue }
            print("  \(outage): \(times.count), median \(times.quantile(0.5)), worst \(times.quantile(1))")
        }
        for (name, load) in [("local", local), ("remote", remote)] {
            print("  \(name) requests: \(load.all.count), failed \(load.failures.count) (\(load.codes.sorted()))")
        }
    }

    /// Has the HSM be away for a moment. Answers when it was back.
    private static func undergo(_ outage: Outage, _ rig: Rig) async throws -> ContinuousClock.Instant {
        let pause = Duration.milliseconds(Int.random(in: 200...1500))
        switch outage {
        case .workersKilled:
            Processes.kill(rig.workers)
        case .workersCrash:
            Processes.kill(rig.workers, SIGSEGV)
        case .callsHang:
            try rig.faults.obey("delay * 60000")
            try await Task.sleep(for: pause)
            try rig.faults.clear()
        case .deviceErrors:
            try rig.faults.obey("rv * 0x30", "endlife 0x30")
            try await Task.sleep(for: pause)
            try rig.faults.clear()
        case .sessionsEnd:
            try rig.faults.obey("endsessions", "endlogin")
        case .storeAway:
            try rig.token.moveAway()
            try await Task.sleep(for: pause)
            try rig.token.moveBack()
        case .serverKilled:
            try await Program.offPool { rig.remote.kill() }
            try await Task.sleep(for: pause)
            try await Program.offPool { try rig.remote.start() }
        case .serverStopped:
            rig.remote.stop()
            try await Task.sleep(for: pause)
            rig.remote.resume()
        }
        return .now
    }
}
