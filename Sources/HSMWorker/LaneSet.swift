import Glibc
import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

/// The lanes of one token, and the socket that they take turns at.
final class LaneSet: Sendable {
    private let token: Token
    private let keys: KeyCache
    private let input: InputTurn
    private let socket: Int32
    private let output: FrameOutput
    /// How many lanes have a session.
    private let open = Atomic(0)
    /// When somebody has to keep house next.
    private let housekeeping: Atomic<Int>
    /// Half of what the profile says: a lane may wait that long for its turn, and once more for a frame.
    private let patience: Int?

    /// Where idle sessions need no use, in nanoseconds.
    private static let housekeepingInterval = 60 * MonotonicTime.second

    init(_ token: Token, input: consuming FrameInput, socket: Int32, _ output: FrameOutput) {
        self.token = token
        keys = KeyCache(token)
        let seconds = token.profile.keepAlive
        let patience = seconds > 0 ? Int(min(seconds, 86_400) / 2 * Double(MonotonicTime.second)) : nil
        self.patience = patience
        housekeeping = Atomic(MonotonicTime.now + (patience ?? Self.housekeepingInterval))
        self.input = InputTurn(input, socket: socket, patience: patience)
        self.socket = socket
        self.output = output
    }

    /// The lane that there has to be, with its session, on a token that has passed its test.
    func first() throws -> Lane {
        try token.expectRoomForLane()
        do {
            try SelfTest(token).run()
            return try Lane(token, keys)
        } catch let error as PKCS11Error
            where error.function == "C_OpenSession" && token.failureClass(of: error) == .capacity
        {
            throw NoSessionError(token: token.info.label, cause: error)
        }
    }

    /// Serves until the server closes the socket, or the token has to be begun anew.
    func run(_ first: Lane) {
        // Before another one asks for a session in vain, and takes it that none has one.
        open.store(1, ordering: .relaxed)
        let others = (1..<token.lanes).map { _ in
            LaneThread { self.serve(Lane(openingLater: self.token, self.keys)) }
        }
        serve(first, isCounted: true)
        // What the other lanes are at is done too; the watch for the hang-up ends those that hang.
        for lane in others { lane.join() }
    }

    private func serve(_ lane: Lane, isCounted: Bool = false) {
        let reply = SecureBuffer(capacity: Frame.maximumSize)
        let replies = SecureBuffer(capacity: 2 * Frame.maximumSize)
        var isCounted = isCounted
        var attempts = 0
        while true {
            if !prepare(lane, &isCounted, &attempts) {
                if waitsForHangUp(attempts) { return }
                continue
            }
            let request: SecureBuffer
            switch input.next() {
            case .timeout:
                keepAlive(lane)
                continue
            case .closed: return
            case .frame(let frame): request = frame
            }
            let start = MonotonicTime.now
            let mayGoOn = lane.serve(request, into: reply)
            let end = MonotonicTime.now
            reply.withExposedBytes { replies.append($0) }
            reply.removeAll()
            if !mayGoOn || !mayWait(replies, after: end - start) {
                output.send(replies)
                replies.removeAll()
            }
            // Other lanes' calls are as good as lost: the token is. The server starts another worker.
            if !mayGoOn { Self.endGeneration() }
            if end >= housekeeping.load(ordering: .relaxed) { keepHouse(end) }
        }
    }

    /// Whether replies may wait for the next one, to be sent with it: a system call and a wake-up cost as much as an
    /// operation of a token that is this fast. Only where a single lane reads the socket, and the next request is here
    /// already.
    private func mayWait(_ replies: SecureBuffer, after nanoseconds: Int) -> Bool {
        token.lanes == 1 && nanoseconds < 30_000 && replies.count < Frame.maximumSize / 8 && input.hasFrame
    }

    // MARK: Sessions

    /// Sees that the lane has a session before it takes a request. Answers false when it gets none and others have: the
    /// token has fewer than it said, and those that there are do the work.
    private func prepare(_ lane: Lane, _ isCounted: inout Bool, _ attempts: inout Int) -> Bool {
        if isCounted, lane.session.isOpen { return true }
        do {
            try lane.prepare()
            if !isCounted { open.add(1, ordering: .relaxed) }
            isCounted = true
            attempts = 0
            return true
        } catch {
            guard token.failureClass(of: error) == .capacity else { Self.endGeneration() }
            if isCounted { open.subtract(1, ordering: .relaxed) }
            isCounted = false
            attempts += 1
            // With none at all each lane tells its clients so.
            return open.load(ordering: .relaxed) == 0
        }
    }

    /// Waits before the next attempt at a session: 50 ms to 5 s, half of it at random. Answers whether the server is
    /// gone.
    private func waitsForHangUp(_ attempts: Int) -> Bool {
        let step = min(5000, 50 << min(attempts, 7))
        var poll = pollfd(fd: socket, events: 0, revents: 0)
        return unsafe Glibc.poll(&poll, 1, Int32(step / 2 + Int.random(in: 0...(step / 2)))) > 0
    }

    /// The lane has been idle.
    private func keepAlive(_ lane: Lane) {
        do {
            try lane.keepAlive()
        } catch {
            if token.failureClass(of: error) == .generation { Self.endGeneration() }
        }
        keepHouse(MonotonicTime.now)
    }

    private func keepHouse(_ now: Int) {
        let due = housekeeping.load(ordering: .relaxed)
        let next = now + (patience ?? Self.housekeepingInterval)
        guard now >= due, housekeeping.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged
        else { return }
        do {
            try keys.keepHouse()
        } catch let error as PKCS11Error where token.failureClass(of: error) != .generation {
            // No room now, or refused: the next time will show more.
        } catch {
            Self.endGeneration()
        }
    }

    /// Nothing that this process could do would help. The server starts another one.
    private static func endGeneration() -> Never {
        _exit(2)
    }
}

/// A token that gives a worker no session for its requests.
struct NoSessionError: Error, CustomStringConvertible {
    let token: String
    let cause: PKCS11Error

    var description: String {
        "\(cause): the token \(token) gives this worker no second session, and it needs one for the login and one for "
            + "requests; close other programs' sessions, or set fewer workers in the profile"
    }
}
