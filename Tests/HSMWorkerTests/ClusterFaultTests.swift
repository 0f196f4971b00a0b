import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@testable import HSMClient

@Suite struct `A member of a cluster that fails` {
    @Test func `is drained when it is killed and cannot come back, without a request that fails`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        let load = try await rig.load(with: key) {
            try await waitUntil("both members have work") {
                rig.cluster.status().members.allSatisfy { $0.requests > 50 }
            }
            try rig.takeAway(1)
            try await rig.wait(for: .drained, of: 1)
            try rig.giveBack(1)
            try await rig.wait(for: .serving, of: 1)
            let before = rig.member(1).requests
            try await waitUntil("it has work again") { rig.member(1).requests > before + 50 }
        }
        #expect(load.errors.isEmpty, "\(load.errors.first.map { "\($0)" } ?? "") of \(load.count)")
    }

    @Test func `costs no request when only its worker is killed`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        let load = try await rig.load(with: key) {
            for round in 0..<6 {
                let before = rig.cluster.status().members.map(\.requests)
                Rig.kill(rig.workers(of: round % 2))
                try await waitUntil("both have work") {
                    zip(rig.cluster.status().members, before).allSatisfy { $0.requests > $1 + 20 }
                }
            }
        }
        #expect(load.errors.isEmpty, "\(load.errors.first.map { "\($0)" } ?? "") of \(load.count)")
    }

    @Test func `gets nothing more when it hangs, and what it had the other does`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        let load = try await rig.load(with: key) {
            try await waitUntil("both members have work") {
                rig.cluster.status().members.allSatisfy { $0.requests > 50 }
            }
            for process in rig.workers(of: 0) { Rig.stop(process) }
            try await rig.wait(for: .drained, of: 0)
            let before = rig.member(0).requests
            let other = rig.member(1).requests
            try await waitUntil("the other does all") { rig.member(1).requests > other + 200 }
            #expect(rig.member(0).requests == before)
            // Its worker is killed when its time is over, and the next one serves.
            try await rig.wait(for: .serving, of: 0)
        }
        #expect(load.errors.isEmpty, "\(load.errors.first.map { "\($0)" } ?? "") of \(load.count)")
        #expect(load.longest < .seconds(4.5), "nobody waited for the deadline of 5 s: \(load.longest)")
    }

    @Test func `is drained when it answers but shows no keys, and returns with them`() async throws {
        // The token's own objects, so that no copy in memory hides that they are gone.
        let rig = try await ClusterRig.ready { $0.settings.profile.sessionCopies = false }
        let key = try await rig.newKey()
        try rig.tokens.tokens[1].moveAway()
        try await rig.wait(for: .drained, of: 1)
        for _ in 0..<20 { _ = try await rig.seal(with: key) }
        await expect(.keyUnavailable, "it would call gone what comes back with it") {
            try await rig.cluster.destroyKey(key.object)
        }
        #expect(try await rig.clients[0].shows(key.object))
        try rig.giveBack(1)
        // A new worker is begun only once the old one is of some age.
        try await rig.wait(for: .serving, of: 1, seconds: 40)
    }

    @Test func `does not keep keys from being made where the quorum allows it`() async throws {
        let rig = try await ClusterRig.ready(settings: ClusterSettings(quorum: 1, propagation: 1))
        try rig.takeAway(0)
        try await rig.wait(for: .drained, of: 0)
        let key = try await rig.newKey()
        for _ in 0..<10 { _ = try await rig.seal(with: key) }
        try rig.giveBack(0)
        try await rig.wait(for: .serving, of: 0)
        try await waitUntil("the key came to it") { try await rig.membersThatShow(key.object) == [true, true] }
        try await waitUntil("and it is asked for it") { rig.member(0).lackingKeys == 0 }
        let before = rig.member(0).requests
        for _ in 0..<10 { _ = try await rig.seal(with: key) }
        #expect(rig.member(0).requests > before)
    }

    @Test func `keeps keys from being made where all have to show them, at once and with nothing made`() async throws {
        let rig = try await ClusterRig.ready()
        try rig.takeAway(1)
        try await rig.wait(for: .drained, of: 1)
        let begin = ContinuousClock.now
        let error = await expect(.keyUnavailable) { _ = try await rig.newKey() }
        #expect(ContinuousClock.now - begin < .seconds(3), "it does not wait for the propagation of 10 s")
        #expect(error?.cause?.contains("member 2") == true)
        #expect(try await rig.clients[0].inventory() == [rig.systemKey.object])
        _ = try await rig.seal(with: rig.systemKey)
    }

    @Test func `and the other too: all is retryable and fast, and serves again by itself`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        for index in 0...1 { try rig.takeAway(index) }
        for index in 0...1 { try await rig.wait(for: .drained, of: index) }
        #expect(!rig.cluster.isReady)
        for _ in 0..<20 {
            let begin = ContinuousClock.now
            let error = await expect(.keyUnavailable) { _ = try await rig.seal(with: key) }
            #expect(ContinuousClock.now - begin < .milliseconds(500))
            #expect(error?.cause?.contains("member 1 (") == true && error?.cause?.contains("member 2 (") == true)
        }
        await expect(.keyUnavailable) { try await rig.cluster.checkHealth() }
        await expect(.keyUnavailable) { _ = try await rig.newKey() }
        for index in 0...1 { try rig.giveBack(index) }
        try await waitUntil("it serves again", seconds: 10) { (try? await rig.seal(with: key)) != nil }
        for index in 0...1 { try await rig.wait(for: .serving, of: index) }
        _ = try await rig.newKey()
    }
}
