/// How long a worker's replies take, smoothed. Times are nanoseconds.
struct ReplyPace {
    /// Nothing is known of a worker that has just begun.
    private var time: UInt64 = 10_000_000

    var isQuick: Bool { time < 500_000 }

    mutating func note(_ reply: UInt64) {
        time = time - time / 16 + reply / 16
    }
}
