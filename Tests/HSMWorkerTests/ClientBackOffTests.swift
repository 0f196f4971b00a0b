import KMSCore
import Testing

@testable import HSMClient

/// With times of the tests' own, in nanoseconds.
@Suite struct `The time before a worker is started again` {
    private static let millisecond: UInt64 = 1_000_000

    /// The waits after so many failed attempts, each made as soon as it may be.
    private func waits(_ count: Int, random: Double) -> [UInt64] {
        var backOff = RepairBackOff(longest: 2)
        var now: UInt64 = 0
        return (0..<count).map { _ in
            backOff.startFailed(now, random: random)
            let wait = backOff.wait(now)
            now += wait
            #expect(backOff.mayStart(now) && !backOff.mayStart(now - 1))
            return wait / Self.millisecond
        }
    }

    @Test func `doubles from 50 ms to 2 s, and up to half of it is left to chance`() {
        #expect(waits(8, random: 1) == [50, 100, 200, 400, 800, 1600, 2000, 2000])
        #expect(waits(8, random: 0) == [25, 50, 100, 200, 400, 800, 1000, 1000])
        #expect(waits(40, random: 1).last == 2000)
    }

    @Test func `is none after a worker that has served for a while`() {
        var backOff = RepairBackOff(longest: 2)
        backOff.startFailed(0)
        backOff.workerEnded(after: RepairBackOff.lifeThatCounts, 60_000 * Self.millisecond)
        #expect(backOff.failures == 0 && backOff.mayStart(60_000 * Self.millisecond))
    }

    @Test func `grows for workers that die as soon as they serve, but not as long`() {
        var backOff = RepairBackOff(longest: 2)
        var now: UInt64 = 0
        var waits: [UInt64] = []
        for _ in 0..<8 {
            backOff.workerEnded(after: 10 * Self.millisecond, now, random: 1)
            waits.append(backOff.wait(now) / Self.millisecond)
            now += backOff.wait(now) + 20 * Self.millisecond
        }
        #expect(waits == [50, 100, 200, 400, 500, 500, 500, 500])
    }
}

@Suite struct `A key that a worker does not show` {
    private static let second: UInt64 = 1_000_000_000
    private let key = ObjectID(high: 1, low: 1)

    @Test func `is asked for again through a new worker, one at a time and none that is young`() {
        var missing = MissingMaterial()
        let now = 100 * Self.second
        let byYoung = missing.begin(key, workerAge: Self.second, now)
        #expect(!byYoung, "a new worker says so already")
        let byOld = missing.begin(key, workerAge: 2 * Self.second, now)
        #expect(byOld)
        let second = missing.begin(ObjectID(high: 2, low: 2), workerAge: 100 * Self.second, now)
        #expect(!second, "one at a time")
        missing.end(key, helped: true, now)
        let again = missing.begin(key, workerAge: 2 * Self.second, now)
        #expect(again, "it helped, so it may help again")
    }

    @Test func `costs less and less often a worker when that does not help`() {
        var missing = MissingMaterial()
        var now = 100 * Self.second
        var replaced: [UInt64] = []
        // An hour of requests, ten in a second, through workers that are as old as can be.
        for _ in 0..<36_000 {
            if missing.begin(key, workerAge: 3600 * Self.second, now) {
                replaced.append(now / Self.second)
                missing.end(key, helped: false, now)
            }
            now += Self.second / 10
        }
        #expect(replaced.count < 15, "\(replaced)")
    }

    @Test func `of many, all missing, costs a worker every 30 seconds at the most`() {
        var missing = MissingMaterial()
        var now = 100 * Self.second
        var born = now
        var replaced = 0
        for request in 0..<36_000 {
            let id = ObjectID(high: 3, low: UInt64(request))
            if missing.begin(id, workerAge: now - born, now) {
                replaced += 1
                born = now
                missing.end(id, helped: false, now)
            }
            now += Self.second / 10
        }
        #expect(replaced < 130, "\(replaced) in an hour")
    }
}
