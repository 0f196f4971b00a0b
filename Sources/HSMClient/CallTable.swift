import SecureMemory

/// What one worker was asked for and has not answered: which callers to give up, and whether the worker hangs.
///
/// Every caller has a deadline. But requests wait in the socket for the worker to begin with them, behind a key that
/// takes seconds to make or behind a thousand signatures, and a worker that is busy must not be killed for one that
/// hangs. So:
/// - What may have to wait for a **slow** request has its time counted from when that one has ended.
/// - A request that is given up is **abandoned**: the worker still has it. It hangs when nothing at all has come from
///   it for the time of a call, which is that of a slow one as long as it is at one; or when it has answered what came
///   much later than the abandoned one.
struct CallTable {
    private var pending: [UInt64: PendingCall] = [:]
    /// Those of the pending that are slow.
    private var slow: Set<UInt64> = []
    /// Those of the pending that may take the token long.
    private var lengthy: Set<UInt64> = []
    private var pace = ReplyPace()
    /// Id to when the last request must have been made that may be answered before it.
    private var abandoned: [UInt64: UInt64] = [:]
    private var nextID: UInt64 = 1
    /// When the worker was last heard of.
    private(set) var lastSign: UInt64 = 0
    /// Nothing came from the worker for the whole time of a slow request.
    private var wasSilent = false
    /// When the newest of all answered requests was made.
    private var newestAnswered: UInt64 = 0
    /// The time of a call that is not slow.
    private let patience: UInt64

    init(patience: UInt64) {
        self.patience = patience
    }

    /// How many wait.
    var count: Int { pending.count }

    /// How many slow ones wait.
    var slowCount: Int { slow.count }

    /// What a slow request counts in ``load``: others go elsewhere, unless a great many wait there.
    private static let slowLoad = 512

    /// How many requests of a worker that is quick count for nothing: to wait behind them takes less time than another
    /// process takes to wake up, and their replies go in fewer writes.
    private static let row = 8

    /// How many requests a new one would have to wait for.
    var load: Int {
        let row = pace.isQuick && lengthy.isEmpty ? min(Self.row, pending.count) : 0
        return pending.count - row + abandoned.count + (slow.isEmpty ? 0 : Self.slowLoad)
    }

    /// The ids of all that wait, in the order in which they came.
    var ids: [UInt64] { pending.keys.sorted() }

    /// Takes a call in and gives its frame an id.
    mutating func insert(_ call: PendingCall) -> UInt64 {
        let id = nextID
        nextID += 1
        call.frame.replace(bigEndian: id, at: 4)
        pending[id] = call
        if call.isSlow { slow.insert(id) }
        if call.isLengthy { lengthy.insert(id) }
        return id
    }

    /// The frame of a call that is being sent.
    mutating func send(_ id: UInt64) -> SecureBuffer? {
        pending[id]?.isSent = true
        return pending[id]?.frame
    }

    /// The worker is there and has done nothing yet.
    mutating func begin(_ now: UInt64) {
        lastSign = now
        wasSilent = false
        newestAnswered = 0
        pace = ReplyPace()
    }

    /// A reply has come. Nil when nobody waits for it any more.
    mutating func answer(_ id: UInt64, _ now: UInt64) -> PendingCall? {
        lastSign = now
        guard let call = take(id, now) else {
            abandoned[id] = nil
            return nil
        }
        newestAnswered = max(newestAnswered, call.submitted)
        pace.note(now - min(now, call.submitted))
        return call
    }

    /// Whether a call that the worker ends with stays, to be repeated by the next.
    func staysForNext(_ id: UInt64) -> Bool { (pending[id]?.repeats ?? 0) > 0 }

    /// Takes a call out. When it was slow, the time of those that may have waited for it begins now.
    private mutating func take(_ id: UInt64, _ now: UInt64) -> PendingCall? {
        guard let call = pending.removeValue(forKey: id) else { return nil }
        lengthy.remove(id)
        guard slow.remove(id) != nil else { return call }
        restartTime(behind: id, call, now)
        return call
    }

    /// The time of those that may have waited for a slow call begins now.
    private mutating func restartTime(behind slowID: UInt64, _ slow: PendingCall, _ now: UInt64) {
        for (id, waiting) in pending where Self.mayWait(id, waiting, for: slowID, slow) {
            pending[id]?.deadline = max(waiting.deadline, now + waiting.timeout)
        }
    }

    /// Whether a call may have to wait for a slow one. A slow one waits for those before it. Others may wait for one
    /// that came later too, where the worker's lanes share a lock; but only for those that came within their own time,
    /// so that nothing waits for ever.
    private static func mayWait(
        _ id: UInt64, _ call: PendingCall, for slowID: UInt64, _ slow: PendingCall
    ) -> Bool {
        guard call.isSent, slow.isSent, id != slowID else { return false }
        return call.isSlow ? slowID < id : slow.submitted < call.submitted + call.timeout
    }

    private func mayWait(_ id: UInt64, _ call: PendingCall) -> Bool {
        slow.contains { slowID in
            pending[slowID].map { Self.mayWait(id, call, for: slowID, $0) } ?? false
        }
    }

    /// Gives up those whose time is over.
    mutating func expire(_ now: UInt64) -> [PendingCall] {
        let expired = pending.filter { $0.value.deadline <= now && !mayWait($0.key, $0.value) }
        for (id, call) in expired {
            _ = take(id, now)
            guard call.isSent else { continue }
            abandoned[id] = call.deadline + patience
            if call.isSlow, now >= lastSign + call.timeout { wasSilent = true }
        }
        return Array(expired.values)
    }

    /// Whether the worker is of no more use.
    func isHung(_ now: UInt64) -> Bool {
        guard !abandoned.isEmpty else { return false }
        // Each of the slow ones that wait behind it would be given its whole time in turn.
        if wasSilent { return true }
        if abandoned.values.contains(where: { $0 < newestAnswered }) { return true }
        let isAtSlowWork = slow.contains { pending[$0]?.isSent == true }
        return !isAtSlowWork && now - lastSign >= patience
    }

    /// Whether the worker has something to do and was not heard of for `time`.
    func isSilent(for time: UInt64, _ now: UInt64) -> Bool {
        guard now >= lastSign + time else { return false }
        return pending.values.contains { $0.isSent && $0.submitted + time <= now }
    }

    var hasCanary: Bool { pending.values.contains(where: \.isCanary) }

    /// Whether the worker has something that it has not answered.
    var isBusy: Bool { !abandoned.isEmpty || pending.values.contains(where: \.isSent) }

    /// Takes out what another token may do as well; the worker may still be at it.
    mutating func giveBackRepeatable(_ now: UInt64) -> [PendingCall] {
        let given = pending.filter { $0.value.repeats > 0 && !$0.value.isCanary }
        for (id, call) in given {
            _ = take(id, now)
            if call.isSent { abandoned[id] = call.deadline + patience }
        }
        return Array(given.values)
    }

    /// Takes out what has waited for long enough while the worker is at slow work.
    mutating func takeStranded(_ now: UInt64) -> [PendingCall] {
        guard !slow.isEmpty else { return [] }
        let stranded = pending.filter { id, call in
            guard let time = call.strandedAfter else { return false }
            return call.submitted + time <= now && mayWait(id, call)
        }
        for id in stranded.keys {
            pending[id] = nil
            lengthy.remove(id)
            // It is answered when the slow work ends, however much came meanwhile.
            abandoned[id] = .max
        }
        return Array(stranded.values)
    }

    /// The worker has ended. What may be repeated stays, to be sent to the next; the rest is given up.
    mutating func lose(_ now: UInt64) -> [PendingCall] {
        abandoned = [:]
        for id in slow {
            if let call = pending[id] { restartTime(behind: id, call, now) }
        }
        var lost: [PendingCall] = []
        for (id, call) in pending where call.isSent {
            if call.repeats > 0 {
                pending[id]?.repeats -= 1
                pending[id]?.isSent = false
            } else {
                pending[id] = nil
                slow.remove(id)
                lengthy.remove(id)
                lost.append(call)
            }
        }
        return lost
    }

    mutating func removeAll() -> [PendingCall] {
        defer {
            pending = [:]
            slow = []
            lengthy = []
            abandoned = [:]
        }
        return Array(pending.values)
    }
}
