import KMSCore

/// Which member lacks which keys, so that it is not asked for them; it is looked at again by and by.
///
/// No more than a help: who is asked for a key in vain says so, and the next one is asked. So it may forget.
struct LackTable {
    private struct Look {
        var due: UInt64
        var pause: UInt64
    }

    /// The most that is kept for one member. One that lacks more than a few is not in step at all.
    static let limit = 1024
    private static let longestPause: UInt64 = 60_000_000_000

    private var lacks: [[MaterialReference: Look]]
    private let firstPause: UInt64

    init(members: Int, firstPause: UInt64) {
        lacks = Array(repeating: [:], count: members)
        self.firstPause = firstPause
    }

    /// How many keys a member lacks.
    func count(of member: Int) -> Int { lacks[member].count }

    /// Who lacks the key, as bits.
    func members(without key: MaterialReference) -> MemberSet {
        var members = MemberSet()
        for index in lacks.indices where !lacks[index].isEmpty && lacks[index][key] != nil { members.insert(index) }
        return members
    }

    /// Remembers it, or that it is still so. Answers whether it is news.
    mutating func insert(_ key: MaterialReference, of member: Int, _ now: UInt64) -> Bool {
        if let look = lacks[member][key] {
            // The requests that were under way tell the same again: that is no new look.
            guard look.due <= now else { return false }
            let pause = min(look.pause * 2, Self.longestPause)
            lacks[member][key] = Look(due: now + pause, pause: pause)
            return false
        }
        if lacks[member].count >= Self.limit, let other = lacks[member].keys.first { lacks[member][other] = nil }
        lacks[member][key] = Look(due: now + firstPause, pause: firstPause)
        return true
    }

    /// The member shows the key. Answers whether that is news.
    mutating func remove(_ key: MaterialReference, of member: Int) -> Bool {
        lacks[member].removeValue(forKey: key) != nil
    }

    /// The object was destroyed.
    mutating func remove(_ id: ObjectID) {
        for index in lacks.indices where !lacks[index].isEmpty {
            lacks[index] = lacks[index].filter { $0.key.object != id }
        }
    }

    /// What to ask the member for again, some at a time.
    func due(of member: Int, _ now: UInt64) -> [MaterialReference] {
        guard !lacks[member].isEmpty else { return [] }
        return Array(lacks[member].lazy.filter { $0.value.due <= now }.map(\.key).prefix(4))
    }

    /// The member came back: all that it lacked is to be asked for again.
    mutating func lookAgain(at member: Int, _ now: UInt64) {
        lacks[member] = lacks[member].mapValues { _ in Look(due: now, pause: firstPause) }
    }
}

/// Some of a cluster's members, by their numbers.
struct MemberSet: Hashable, Sendable {
    private var bits: UInt64 = 0

    /// The most members that a cluster may have.
    static let limit = 64

    init() {}

    init(allOf count: Int) {
        for index in 0..<count { insert(index) }
    }

    var count: Int { bits.nonzeroBitCount }
    var isEmpty: Bool { bits == 0 }

    func contains(_ index: Int) -> Bool { bits >> UInt64(index) & 1 == 1 }
    mutating func insert(_ index: Int) { bits |= 1 << UInt64(index) }
    mutating func formUnion(_ other: MemberSet) { bits |= other.bits }
}
