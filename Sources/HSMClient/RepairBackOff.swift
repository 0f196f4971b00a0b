/// When the next worker of a token may be started: at once after one that had served for a while, and else after a time
/// that doubles, of which half is random. A value without a clock: times are nanoseconds of the monotonic one.
struct RepairBackOff {
    /// Attempts and short lives since a worker last served for a while.
    private(set) var failures = 0
    private var notBefore: UInt64 = 0
    private let longest: UInt64

    private static let first: UInt64 = 50_000_000
    /// The longest after a worker that had begun to serve. The token let it log in: what ended it is not the token.
    private static let longestAfterLife: UInt64 = 500_000_000
    /// How long a worker has to live for its end to be a first one again.
    static let lifeThatCounts: UInt64 = 1_000_000_000

    init(longest seconds: Double) {
        longest = UInt64(max(0.05, seconds) * 1e9)
    }

    func mayStart(_ now: UInt64) -> Bool { now >= notBefore }

    /// How long it is until the next attempt.
    func wait(_ now: UInt64) -> UInt64 { notBefore > now ? notBefore - now : 0 }

    /// An attempt to start a worker failed. `random` is from 0 to 1.
    mutating func startFailed(_ now: UInt64, random: Double = .random(in: 0...1)) {
        pause(now, longest, random)
    }

    /// A worker ended after it had served for `life`.
    mutating func workerEnded(after life: UInt64, _ now: UInt64, random: Double = .random(in: 0...1)) {
        if life >= Self.lifeThatCounts {
            failures = 0
        } else {
            pause(now, min(longest, Self.longestAfterLife), random)
        }
    }

    private mutating func pause(_ now: UInt64, _ longest: UInt64, _ random: Double) {
        let step = min(longest, Self.first << UInt64(min(failures, 20)))
        failures += 1
        notBefore = max(notBefore, now + step / 2 + UInt64(Double(step / 2) * random))
    }
}
