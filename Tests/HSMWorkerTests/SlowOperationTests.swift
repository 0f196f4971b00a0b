import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Synchronization
import Testing

@testable import HSMClient

@Suite(.serialized) struct `While a worker makes RSA keys` {
    /// Makes keys that take long, all in the first worker.
    private func makeSlowKeys(_ rig: Rig, _ count: Int) async throws -> Duration {
        let clock = ContinuousClock()
        return try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask { _ = try await rig.newPair(.rsa4096) }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `the other worker serves, as quickly as ever`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.callTimeout = 3 }
        let key = try await rig.newKey()
        for _ in 0..<20 { _ = try await rig.seal([1], with: key) }
        let workers = rig.workers
        let (slowest, taken) = try await withThrowingTaskGroup(of: Duration?.self) { group in
            group.addTask {
                _ = try await makeSlowKeys(rig, 4)
                return nil
            }
            // The first of them is on its way.
            try await Task.sleep(for: .milliseconds(50))
            let start = ContinuousClock.now
            var slowest = Duration.zero
            var isDone = false
            group.addTask {
                var slowest = Duration.zero
                while ContinuousClock.now - start < .seconds(1) {
                    let begin = ContinuousClock.now
                    _ = try await rig.seal([1], with: key)
                    slowest = max(slowest, ContinuousClock.now - begin)
                }
                return slowest
            }
            var taken = Duration.zero
            for try await result in group {
                if let result { slowest = result } else { isDone = true }
                taken = ContinuousClock.now - start
            }
            #expect(isDone)
            return (slowest, taken)
        }
        #expect(slowest < taken / 3, "one request took \(slowest), the keys \(taken)")
        #expect(rig.workers == workers, "no worker was killed")
    }

    @Test func `the only one keeps its requests waiting longer than a call takes, and is not killed for it`()
        async throws
    {
        let rig = try await Rig.ready {
            $0.settings.profile.workers = 1
            $0.settings.profile.callTimeout = 0.2
        }
        let key = try await rig.newKey()
        let workers = rig.workers
        let taken = try await withThrowingTaskGroup(of: Duration?.self) { group in
            group.addTask { try await makeSlowKeys(rig, 4) }
            for task in 0..<50 {
                group.addTask {
                    try await Task.sleep(for: .milliseconds(10 * task))
                    _ = try await rig.seal([1], with: key)
                    return nil
                }
            }
            return try await group.reduce(Duration.zero) { max($0, $1 ?? .zero) }
        }
        #expect(taken > .milliseconds(400), "making the keys took longer than two calls may: \(taken)")
        #expect(rig.workers == workers)
    }

    @Test func `a call that hangs in slow work keeps nobody who came before it: others do what waits`() async throws {
        let faults = try FaultModule()
        let rig = try await Rig.ready {
            $0.settings.profile.callTimeout = 4
            $0.settings.profile.keyGenerationTimeout = 30
            $0.environment.merge(faults.environment) { $1 }
            try? $0.settings.wrap(in: faults)
        }
        let key = try await rig.newKey()
        _ = try await rig.seal([1], with: key)
        try faults.obey("delay C_GenerateKey 20000 times 1 shared")
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Both in the same moment, so that some are in the socket behind the key that hangs.
            for _ in 0..<20 {
                group.addTask {
                    for _ in 0..<20 { _ = try await rig.seal([1], with: key) }
                }
            }
            group.addTask { _ = try? await rig.newKey() }
            let start = ContinuousClock.now
            for _ in 0..<20 { try await group.next() }
            #expect(ContinuousClock.now - start < .seconds(4), "nobody waited for the hanging key")
            group.cancelAll()
            Rig.kill(rig.workers)
        }
    }

    @Test func `a worker that hangs is still found out`() async throws {
        let rig = try await Rig.ready {
            $0.settings.profile.callTimeout = 0.5
            $0.settings.profile.keyGenerationTimeout = 2
        }
        let key = try await rig.newKey()
        let hung = try #require(rig.client.workers[0].state.withLock { $0.process?.processID })
        Rig.stop(hung)
        let start = ContinuousClock.now
        await expect(.dependencyTimeout) { _ = try await rig.newPair(.p256) }
        #expect(ContinuousClock.now - start < .seconds(4))
        try await waitUntil("it is replaced") { !rig.workers.contains(hung) && rig.workers.count == 2 }
        #expect(await rig.serves(key))
    }
}

/// Which requests are given up, and when a worker hangs: with times of the test's own.
@Suite struct `The requests of a worker` {
    /// Runs `body` with something that makes calls whose results go nowhere.
    private func withCalls(
        _ body: (
            _ call: (_ submitted: UInt64, _ timeout: UInt64, _ isSlow: Bool, _ repeats: Int) -> PendingCall
        ) -> Void
    ) async {
        _ = await withCheckedContinuation { continuation in
            body { submitted, timeout, isSlow, repeats in
                let frame = SecureBuffer(frame: 0, code: 1, capacity: Frame.headerSize)
                frame.endFrame()
                return PendingCall(
                    frame: frame, continuation: continuation, submitted: submitted, timeout: timeout, isSlow: isSlow,
                    repeats: repeats
                )
            }
            continuation.resume(returning: Result<SecureBuffer, KMSError>.failure(.dryRun))
        }
    }

    @Test func `are given up when their time is over, and the worker hangs when it has been silent as long`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(100)
            let id = table.insert(call(100, 5, false, 0))
            _ = table.send(id)
            #expect(table.expire(104).isEmpty)
            #expect(table.expire(105).count == 1)
            #expect(table.isHung(105))
            #expect(table.count == 0 && table.load == 1, "the worker still has it")
        }
    }

    @Test func `that wait behind slow work and may be done elsewhere are taken out, and the worker is not blamed`()
        async
    {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            var movable = call(100, 5, false, 1)
            movable.strandedAfter = 1
            let ids = [
                table.insert(call(100, 60, true, 0)), table.insert(movable), table.insert(call(100, 5, false, 1)),
            ]
            for id in ids { _ = table.send(id) }
            #expect(table.takeStranded(100).isEmpty, "it has not waited yet")
            #expect(table.takeStranded(101).count == 1, "the one that may be done elsewhere")
            #expect(table.takeStranded(102).isEmpty)
            #expect(!table.isHung(140), "the worker is at slow work")
            #expect(table.answer(ids[0], 150) != nil)
            #expect(table.answer(ids[1], 150) == nil && !table.isHung(150), "an answer that nobody waits for any more")
        }
    }

    @Test func `of a worker that is quick count for little, and not when one of them may take long`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            func add(_ operation: HSMWorkerProtocol.Operation) -> UInt64 {
                let made = call(0, 5, false, 0)
                made.frame.replace(bigEndian: operation.rawValue, at: 12)
                return table.insert(made)
            }
            _ = add(.encrypt)
            #expect(table.load == 1, "nothing is known of it")
            for _ in 0..<100 { #expect(table.answer(add(.decrypt), 1) != nil) }
            #expect(table.load == 0, "it is quick")
            for _ in 0..<9 { _ = add(.encryptConfirmed) }
            #expect(table.load == 2, "but a row of them is not nothing")
            let sign = add(.sign)
            #expect(table.load == 11)
            #expect(table.answer(sign, 1) != nil)
            #expect(table.load == 2)
            table.begin(2)
            #expect(table.load == 10, "another worker, of which nothing is known")
        }
    }

    @Test func `that were never sent are given up without blame for the worker`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            _ = table.insert(call(100, 5, false, 0))
            #expect(table.expire(105).count == 1)
            #expect(!table.isHung(1000))
            #expect(table.load == 0)
        }
    }

    @Test func `that wait for a thousand others do not make the worker hang while it answers those`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let ids = (0..<1000).map { _ in table.insert(call(0, 5, false, 1)) }
            for id in ids { _ = table.send(id) }
            for time in 1...4 {
                for id in ids[((time - 1) * 100)..<(time * 100)] { #expect(table.answer(id, UInt64(time)) != nil) }
            }
            #expect(table.expire(5).count == 600, "they have waited long enough")
            #expect(!table.isHung(8), "but it was heard of 4 ago")
            #expect(table.answer(ids[400], 8) == nil, "nobody waits for that any more")
            #expect(table.load == 599)
            #expect(!table.isHung(12))
            #expect(table.isHung(13))
        }
    }

    @Test func `that never come back from one lane are found out while others answer`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let stuck = table.insert(call(0, 5, false, 0))
            _ = table.send(stuck)
            var hungAt: UInt64?
            for time in 1...20 as ClosedRange<UInt64> where hungAt == nil {
                let id = table.insert(call(time, 5, false, 0))
                _ = table.send(id)
                #expect(table.answer(id, time) != nil)
                _ = table.expire(time)
                if table.isHung(time) { hungAt = time }
            }
            #expect(hungAt == 11, "later than the time of two calls")
        }
    }

    @Test func `behind a slow one have their time counted from its end`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let slow = table.insert(call(0, 60, true, 0))
            let fast = table.insert(call(1, 5, false, 0))
            for id in [slow, fast] { _ = table.send(id) }
            #expect(table.load > 100, "others go elsewhere")
            #expect(table.expire(50).isEmpty)
            #expect(!table.isHung(50))
            #expect(table.answer(slow, 50) != nil)
            #expect(table.load == 1)
            #expect(table.expire(54).isEmpty)
            #expect(table.expire(55).count == 1)
            #expect(table.isHung(55))
        }
    }

    @Test func `behind many slow ones wait for each, and each of those for the ones before it`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let slow = (0..<3).map { _ in table.insert(call(0, 60, true, 0)) }
            let fast = table.insert(call(0, 5, false, 0))
            for id in slow + [fast] { _ = table.send(id) }
            for (index, id) in slow.enumerated() {
                let end = UInt64(index + 1) * 50
                #expect(table.expire(end).isEmpty && !table.isHung(end))
                #expect(table.answer(id, end) != nil)
            }
            #expect(table.answer(fast, 151) != nil)
        }
    }

    @Test func `wait for a slow one that came a little later, and not for one that came after their time`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let early = table.insert(call(0, 5, false, 0))
            let slow = table.insert(call(3, 60, true, 0))
            for id in [early, slow] { _ = table.send(id) }
            #expect(table.expire(10).isEmpty, "a lock that lanes share")
            let next = table.insert(call(20, 60, true, 0))
            _ = table.send(next)
            #expect(table.answer(slow, 21) != nil)
            #expect(table.expire(25).isEmpty)
            #expect(table.expire(26).count == 1, "no chain of slow ones holds anybody for ever")
        }
    }

    @Test func `that are slow have an end too, and take what waits for them along`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let slow = table.insert(call(0, 60, true, 0))
            let fast = table.insert(call(1, 5, false, 1))
            for id in [slow, fast] { _ = table.send(id) }
            #expect(table.expire(59).isEmpty)
            #expect(table.expire(60).count == 1)
            #expect(table.isHung(60))
            #expect(table.lose(60).isEmpty, "the other is sent to the next worker")
            #expect(table.ids == [fast])
            #expect(table.load == 1)
            table.begin(61)
            _ = table.send(fast)
            #expect(table.expire(64).isEmpty, "and has its time there")
        }
    }

    @Test func `that are slow and wait for others do not keep a worker that hangs`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let slow = (0..<3).map { _ in table.insert(call(0, 60, true, 1)) }
            for id in slow { _ = table.send(id) }
            #expect(table.answer(slow[0], 50) != nil)
            #expect(table.expire(109).isEmpty && !table.isHung(109))
            #expect(table.expire(110).count == 1)
            #expect(table.isHung(110), "the third is not given 60 more")
            #expect(table.lose(110).isEmpty, "but is sent to the next worker")
            table.begin(111)
            _ = table.send(slow[2])
            #expect(table.expire(169).isEmpty && !table.isHung(169))
        }
    }

    @Test func `behind a slow one that takes the worker along have their whole time with the next worker`() async {
        await withCalls { call in
            var table = CallTable(patience: 5)
            table.begin(0)
            let slow = table.insert(call(0, 60, true, 0))
            let fast = table.insert(call(1, 5, false, 1))
            for id in [slow, fast] { _ = table.send(id) }
            #expect(table.lose(40).count == 1, "nobody knows how far the slow one got")
            #expect(table.expire(44).isEmpty, "it was not the other's time that went by")
            table.begin(44)
            _ = table.send(fast)
            #expect(table.answer(fast, 44) != nil)
        }
    }
}
