import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Synchronization
import Testing

@testable import HSMClient

@Suite(.serialized) struct `A token that goes away and comes back` {
    /// Ends all workers at once, as the loss of a module's connection does.
    private func endWorkers(_ rig: Rig) { Rig.kill(rig.workers) }

    @Test func `is refused at once meanwhile, and served within 5 seconds of its return`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        try rig.token.moveAway()
        endWorkers(rig)
        try await waitUntil("the loss is known") { !rig.client.isReady && rig.client.status().rung != .none }
        try await waitUntil("and nothing is waited for") {
            rig.client.workers.allSatisfy { if case .down = $0.state.withLock({ $0.phase }) { true } else { false } }
        }
        var slowest = Duration.zero
        for _ in 0..<200 {
            let start = ContinuousClock.now
            await expect(.keyUnavailable) { _ = try await rig.seal([1], with: key) }
            slowest = max(slowest, ContinuousClock.now - start)
        }
        // One of two hundred may have been preempted.
        #expect(slowest < .milliseconds(200))
        let status = rig.client.status()
        #expect(status.workers.allSatisfy { $0.cause != nil && $0.processID == nil })
        // They take turns.
        #expect(status.workers.contains { $0.failedStarts > 0 })

        try rig.token.moveBack()
        let start = ContinuousClock.now
        try await waitUntil("served again", seconds: 5) { await rig.serves(key) }
        #expect(ContinuousClock.now - start < .seconds(5))
        try await waitUntil("by all") { rig.client.workers.allSatisfy(\.isReady) }
        #expect(rig.client.status().workers.allSatisfy { $0.generation == 2 && $0.restarts == 1 })
    }

    @Test func `without a worker that dies of it is found out by a key that is not shown, and heals by a new one`()
        async throws
    {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1, 2], with: key)
        // Young workers are believed.
        try await Task.sleep(for: .milliseconds(2100))
        try rig.token.moveAway()
        try await rig.forget(key)
        await #expect(throws: KMSError.self) { _ = try await rig.open(sealed, with: key) }
        try rig.token.moveBack()
        try await waitUntil("the key is there again", seconds: 5) {
            (try? await rig.open(sealed, with: key)) == [1, 2]
        }
    }

    @Test func `and shows a key no more costs few workers, however often it is asked for`() async throws {
        let rig = try await Rig.ready()
        let gone = try await rig.newKey()
        let key = try await rig.newKey()
        try rig.token.pkcs11Tool("--delete-object", "--type", "secrkey", "--id", "\(gone.object)")
        try await rig.forget(gone)
        try await Task.sleep(for: .milliseconds(2100))
        for _ in 0..<300 {
            let error = await #expect(throws: KMSError.self) { _ = try await rig.seal([1], with: gone) }
            #expect(error?.code == .materialMissing || error?.code == .keyUnavailable)
            _ = try await rig.seal([1], with: key)
        }
        #expect(rig.client.status().workers.map(\.restarts).reduce(0, +) <= 2)
    }
}

@Suite(.serialized) struct `Canaries` {
    @Test func `tell how each worker is, without any traffic`() async throws {
        let rig = try await Rig.ready { $0.canaryInterval = 0.2 }
        let key = try await rig.newKey()
        _ = try await rig.seal([1], with: key)
        for _ in 0..<2 {
            try await Task.sleep(for: .milliseconds(1000))
            for worker in rig.client.status().workers {
                #expect(worker.phase == .ready && worker.rung == .none && worker.failedCanaries == 0)
                #expect(try #require(worker.canaryAge) < 0.9)
            }
        }
        #expect(rig.client.status().workers.map(\.pending) == [0, 0])
    }

    @Test func `find a worker that hangs while nobody asks for anything, and have it replaced`() async throws {
        let rig = try await Rig.ready {
            $0.canaryInterval = 0.2
            $0.settings.profile.callTimeout = 1
        }
        let hung = try #require(rig.workers.first)
        Rig.stop(hung)
        try await waitUntil("it is replaced", seconds: 6) { !rig.workers.contains(hung) && rig.workers.count == 2 }
    }

    @Test func `keep requests away from a worker that says nothing`() async throws {
        let rig = try await Rig.ready {
            $0.canaryInterval = 0.1
            $0.settings.profile.callTimeout = 3
        }
        let key = try await rig.newKey()
        for _ in 0..<10 { _ = try await rig.seal([1], with: key) }
        let hung = try #require(rig.client.workers[0].state.withLock { $0.process?.processID })
        Rig.stop(hung)
        try await waitUntil("its silence is noticed") { rig.client.workers[0].load >= 1 << 16 }
        let start = ContinuousClock.now
        for _ in 0..<100 { _ = try await rig.seal([1], with: key) }
        #expect(ContinuousClock.now - start < .seconds(2), "none of them waited for the one that hangs")
    }
}

@Suite(.serialized) struct `Workers that share a token` {
    @Test func `make keys through the next one when the first is down`() async throws {
        let rig = try await Rig.ready()
        rig.client.workers[0].stop()
        try await waitUntil("only the second serves") { !rig.client.workers[0].isReady && rig.client.isReady }
        let key = try await rig.newKey()
        _ = try await rig.seal([1], with: key)
        #expect(try await rig.client.inventory().contains(key.object))
        try await rig.client.destroyKey(key.object)
        #expect(try await !rig.client.inventory().contains(key.object))
    }

    @Test func `are started one after the other, with a pause that grows while that fails`() async throws {
        let token = try SoftHSMToken()
        let log = token.folder + "/starts"
        let script = token.folder + "/worker"
        try Data("#!/bin/sh\ndate +%s%N >> \(log)\nexit 1\n".utf8).write(to: URL(filePath: script))
        unsafe chmod(script, 0o755)
        let rig = try Rig {
            $0.workerProgram = script
            $0.settings.profile.workers = 4
        }
        try await Task.sleep(for: .seconds(4))
        let starts = Rig.file(log).split(separator: "\n").compactMap { Int($0) }
        // 0, 50, 150, 350, 750, 1550, 3150 ms if chance is at its longest, and half of that at its shortest.
        #expect((5...11).contains(starts.count), "\(starts.count) attempts of four workers in 4 s")
        try await rig.stop()
    }

    @Test func `that die as soon as they serve are not started without a pause`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let end = ContinuousClock.now + .seconds(3)
        var deaths = 0
        while ContinuousClock.now < end {
            if !rig.workers.isEmpty, rig.client.isReady {
                Rig.kill(rig.workers)
                deaths += 1
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(deaths < 20, "\(deaths) in 3 s")
        try await waitUntil("and is served again") { await rig.serves() }
    }

    @Test func `tell of each loss and each repair`() async throws {
        let events = EventLog()
        let rig = try await Rig.ready {
            $0.settings.profile.workers = 1
            $0.onEvent = { events.add($0) }
        }
        Rig.kill(rig.workers)
        try await waitUntil("repaired") { events.names.count >= 2 }
        #expect(events.names.prefix(2) == ["ended 1", "repaired 2"])
    }
}

/// What was told, by short names.
private final class EventLog: Sendable {
    private let state = Mutex<[String]>([])

    var names: [String] { state.withLock { $0 } }

    func add(_ event: HSMEvent) {
        let name =
            switch event {
            case .workerEnded(_, let generation, _): "ended \(generation)"
            case .unavailable: "unavailable"
            case .operatorNeeded: "operator"
            case .repaired(_, let generation, _, _): "repaired \(generation)"
            case .repairedWithin(_, _, let rung, _): "within \(rung)"
            }
        state.withLock { $0.append(name) }
    }
}
