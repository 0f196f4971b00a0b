import KMSCore

/// Which member the next request goes to. A value without a clock: times are nanoseconds of the monotonic one.
struct Routing {
    enum Phase: Equatable {
        /// Nothing is known of it yet.
        case unproven
        case serving
        /// It gets nothing to do until a look at it succeeds; with the reason, for the log.
        case drained(String)
    }

    struct Member {
        var phase = Phase.unproven
        /// What it was given and has not answered; slow requests are counted apart.
        var inFlight = 0
        var slow = 0
        /// When it last answered, or else when it was given the first of what it has.
        var lastSign: UInt64 = 0
        /// When an operation with a key last succeeded.
        var lastProof: UInt64 = 0
        /// A request ran out of time there, and none has succeeded since.
        var isSuspect = false
        /// How many requests it was given so far.
        var requests: UInt64 = 0
        /// How often it was drained.
        var drains: UInt64 = 0
    }

    private(set) var members: [Member]
    var lacks: LackTable
    /// Keys that every member has to show; by them it is told whether a member is one of this cluster and in its right
    /// mind.
    private(set) var known: [MaterialReference]
    /// Whether those were given by the key store. Else they are the first that were seen.
    private let areGiven: Bool
    /// Which members do not show them.
    private var missingKnown: [MaterialReference: MemberSet] = [:]
    /// What was destroyed last, so that a request that was under way does not make it known again.
    private var destroyed: [ObjectID] = []
    private let hesitation: UInt64
    /// Among equals each comes first in turn.
    private var turn = 0

    static let maximumKnown = 8
    private static let maximumDestroyed = 256

    init(members count: Int, known: [MaterialReference], settings: ClusterSettings) {
        members = Array(repeating: Member(), count: count)
        lacks = LackTable(members: count, firstPause: UInt64(settings.lackInterval * 1e9))
        self.known = Array(known.prefix(Self.maximumKnown))
        areGiven = !known.isEmpty
        hesitation = UInt64(settings.hesitation * 1e9)
    }

    var all: MemberSet { MemberSet(allOf: members.count) }

    func isDrained(_ index: Int) -> Bool {
        if case .drained = members[index].phase { true } else { false }
    }

    /// Whether the member has requests and has said nothing for long. Behind a slow one that is to be expected.
    func isHesitant(_ index: Int, _ now: UInt64) -> Bool {
        let member = members[index]
        return member.inFlight > 0 && member.slow == 0 && now > member.lastSign + hesitation
    }

    // MARK: Requests

    /// Who lacks one of the keys, and so is not asked; nobody, when nobody else would be left.
    func withoutKeys(_ keys: MaterialReference?, _ second: MaterialReference?) -> MemberSet {
        guard let keys else { return MemberSet() }
        var without = lacks.members(without: keys)
        if let second { without.formUnion(lacks.members(without: second)) }
        return without == all ? MemberSet() : without
    }

    /// Gives a request to the member that has the least to do of those that serve, or else of those that may. Nil when
    /// there is none.
    mutating func choose(except excluded: MemberSet, isSlow: Bool, _ now: UInt64) -> Int? {
        var best: Int?
        var least = (rank: Int.max, load: Int.max)
        turn = (turn + 1) % members.count
        for step in members.indices {
            let index = (turn + step) % members.count
            guard !excluded.contains(index), let rank = rank(of: index, now) else { continue }
            let load = members[index].inFlight + members[index].slow
            if (rank, load) < least { (best, least) = (index, (rank, load)) }
        }
        if let best {
            members[best].requests += 1
            begin(best, isSlow: isSlow, now)
        }
        return best
    }

    private func rank(of index: Int, _ now: UInt64) -> Int? {
        switch members[index].phase {
        case .drained: nil
        case .unproven: 1
        case .serving: members[index].isSuspect || isHesitant(index, now) ? 2 : 0
        }
    }

    mutating func begin(_ index: Int, isSlow: Bool, _ now: UInt64) {
        if isSlow {
            members[index].slow += 1
        } else {
            if members[index].inFlight == 0 { members[index].lastSign = now }
            members[index].inFlight += 1
        }
    }

    /// The request has ended. What it says of the member is noted apart.
    mutating func end(_ index: Int, isSlow: Bool, _ now: UInt64) {
        if isSlow { members[index].slow -= 1 } else { members[index].inFlight -= 1 }
    }

    /// The member answered: it lives, whatever the answer.
    mutating func noteSign(_ index: Int, _ now: UInt64) {
        members[index].lastSign = now
    }

    /// The member did what was asked with a key.
    mutating func noteProof(_ index: Int, of key: MaterialReference?, _ now: UInt64) {
        members[index].lastSign = now
        members[index].isSuspect = false
        guard let key else { return }
        members[index].lastProof = now
        guard !areGiven, known.count < Self.maximumKnown, !known.contains(key), !destroyed.contains(key.object) else {
            return
        }
        known.append(key)
    }

    /// A member shows a key that it must have, or does not. One that was seen once and that no member shows is no such
    /// key any more.
    mutating func noteKnown(_ key: MaterialReference, isShown: Bool, by index: Int) {
        guard !isShown else {
            missingKnown[key] = nil
            return
        }
        missingKnown[key, default: MemberSet()].insert(index)
        guard !areGiven, missingKnown[key] == all else { return }
        known.removeAll { $0 == key }
        missingKnown[key] = nil
    }

    mutating func noteTimeout(_ index: Int) {
        members[index].isSuspect = true
        members[index].lastProof = 0
    }

    /// The member did something odd: it is to be looked at soon.
    mutating func noteDoubt(_ index: Int) {
        members[index].lastProof = 0
    }

    /// Answers whether it was not drained before.
    mutating func drain(_ index: Int, _ cause: String) -> Bool {
        defer { members[index].phase = .drained(cause) }
        guard !isDrained(index) else { return false }
        members[index].drains += 1
        return true
    }

    /// A look at the member succeeded. Answers whether it was drained before.
    mutating func restore(_ index: Int, _ now: UInt64) -> Bool {
        let wasDrained = isDrained(index)
        if members[index].phase != .serving { lacks.lookAgain(at: index, now) }
        members[index].phase = .serving
        members[index].isSuspect = false
        members[index].lastSign = now
        members[index].lastProof = now
        return wasDrained
    }

    /// Whether nothing has shown for `interval` that the member works.
    func needsLook(_ index: Int, interval: UInt64, _ now: UInt64) -> Bool {
        let member = members[index]
        return member.phase != .serving || member.isSuspect || now > member.lastProof + interval
    }

    /// The key is not to be asked for any more.
    mutating func forget(_ id: ObjectID) {
        lacks.remove(id)
        known.removeAll { $0.object == id }
        missingKnown = missingKnown.filter { $0.key.object != id }
        destroyed.append(id)
        if destroyed.count > Self.maximumDestroyed { destroyed.removeFirst(Self.maximumDestroyed / 2) }
    }
}
