import KMSCore
import Testing

@testable import HSMClient

@Suite struct `Routing among a cluster's members` {
    private static let second: UInt64 = 1_000_000_000
    private let key = MaterialReference(object: .random(), checkValue: [1])

    private func routing(_ count: Int, known: [MaterialReference] = []) -> Routing {
        var routing = Routing(members: count, known: known, settings: ClusterSettings())
        for index in 0..<count { _ = routing.restore(index, 1) }
        return routing
    }

    @Test func `equals take turns, and the less busy one comes first`() {
        var routing = routing(3)
        let nobody = MemberSet()
        let first = (0..<3).compactMap { _ in routing.choose(except: nobody, isSlow: false, 1) }
        #expect(Set(first) == [0, 1, 2])
        routing.end(1, isSlow: false, 1)
        let lessBusy = routing.choose(except: nobody, isSlow: false, 1)
        #expect(lessBusy == 1)
    }

    @Test func `a member that is drained or excluded gets nothing, and one in doubt only when nobody else is left`() {
        var routing = routing(3)
        let isNews = routing.drain(0, "gone")
        #expect(isNews)
        let isNewsAgain = routing.drain(0, "still gone")
        #expect(!isNewsAgain, "that is no news")
        routing.noteTimeout(1)
        let healthy = routing.choose(except: MemberSet(), isSlow: false, 1)
        #expect(healthy == 2)
        var excluded = MemberSet()
        excluded.insert(2)
        let doubtful = routing.choose(except: excluded, isSlow: false, 1)
        #expect(doubtful == 1)
        excluded.insert(1)
        let nobody = routing.choose(except: excluded, isSlow: false, 1)
        #expect(nobody == nil)
        let wasDrained = routing.restore(0, 2)
        #expect(wasDrained, "it was drained")
        let restored = routing.choose(except: excluded, isSlow: false, 2)
        #expect(restored == 0)
    }

    @Test func `one that has requests and says nothing hesitates, unless it is at something slow`() {
        var routing = routing(2)
        let asked = routing.choose(except: MemberSet(allOf: 1), isSlow: false, 1)
        #expect(asked == 1)
        #expect(!routing.isHesitant(1, 1 + Self.second))
        #expect(routing.isHesitant(1, 2 + Self.second))
        for _ in 0..<5 {
            let other = routing.choose(except: MemberSet(), isSlow: false, 2 + Self.second)
            #expect(other == 0, "however busy the other is")
        }
        routing.noteSign(1, 2 * Self.second)
        #expect(!routing.isHesitant(1, 2 * Self.second + 1))
        routing.begin(1, isSlow: true, 2 * Self.second)
        #expect(!routing.isHesitant(1, 20 * Self.second))
        routing.end(1, isSlow: true, 20 * Self.second)
        #expect(routing.isHesitant(1, 20 * Self.second))
        routing.end(1, isSlow: false, 20 * Self.second)
        #expect(!routing.isHesitant(1, 20 * Self.second), "it has nothing to do")
    }

    @Test func `whoever lacks a key is left out, unless all do`() {
        var routing = routing(2)
        let isNew = routing.lacks.insert(key, of: 0, 1)
        #expect(isNew)
        let isNewAgain = routing.lacks.insert(key, of: 0, 1)
        #expect(!isNewAgain)
        #expect(routing.withoutKeys(key, nil).contains(0))
        #expect(!routing.withoutKeys(key, nil).contains(1))
        let other = MaterialReference(object: key.object, checkValue: [2])
        #expect(routing.withoutKeys(other, nil).isEmpty, "the same id with another check value is another key")
        #expect(routing.withoutKeys(other, key).contains(0))
        let isNewOfOther = routing.lacks.insert(key, of: 1, 1)
        #expect(isNewOfOther)
        #expect(routing.withoutKeys(key, nil).isEmpty)
        let isShown = routing.lacks.remove(key, of: 0)
        #expect(isShown)
        let isShownAgain = routing.lacks.remove(key, of: 0)
        #expect(!isShownAgain)
        routing.forget(key.object)
        #expect(routing.withoutKeys(key, nil).isEmpty)
    }

    @Test func `a key that is lacking is looked for less and less often, and at once when its member returns`() {
        var table = LackTable(members: 2, firstPause: Self.second)
        _ = table.insert(key, of: 1, 0)
        #expect(table.due(of: 1, Self.second - 1).isEmpty)
        var now = Self.second
        var pauses: [UInt64] = []
        for _ in 0..<8 {
            #expect(table.due(of: 1, now) == [key])
            #expect(table.due(of: 0, now).isEmpty)
            _ = table.insert(key, of: 1, now)
            let next = (1...120).first { !table.due(of: 1, now + UInt64($0) * Self.second).isEmpty } ?? 0
            pauses.append(UInt64(next))
            now += UInt64(next) * Self.second
        }
        #expect(pauses == [2, 4, 8, 16, 32, 60, 60, 60])
        _ = table.insert(key, of: 1, now)
        table.lookAgain(at: 1, now)
        #expect(table.due(of: 1, now) == [key])
    }

    @Test func `no member can fill the memory with keys that it lacks`() {
        var table = LackTable(members: 1, firstPause: Self.second)
        for _ in 0..<(LackTable.limit + 100) {
            _ = table.insert(MaterialReference(object: .random(), checkValue: []), of: 0, 1)
        }
        #expect(table.count(of: 0) == LackTable.limit)
        #expect(table.due(of: 0, 10 * Self.second).count <= 4, "some at a time")
    }

    @Test func `the keys that every member must show are those it was given, or else the first that were used`() {
        let others = (0..<20).map { _ in MaterialReference(object: .random(), checkValue: [1]) }
        var given = routing(2, known: [key])
        given.noteProof(0, of: others[0], 1)
        #expect(given.known == [key])
        for index in 0...1 { given.noteKnown(key, isShown: false, by: index) }
        #expect(given.known == [key], "the key store's own stay")

        var learned = routing(2)
        learned.forget(others[0].object)
        for other in others { learned.noteProof(0, of: other, 1) }
        #expect(learned.known == Array(others[1...Routing.maximumKnown]), "not one that was just destroyed")
        learned.noteKnown(others[1], isShown: false, by: 0)
        learned.noteKnown(others[1], isShown: true, by: 1)
        learned.noteKnown(others[1], isShown: false, by: 1)
        #expect(learned.known.contains(others[1]), "one of them showed it meanwhile")
        learned.noteKnown(others[1], isShown: false, by: 0)
        #expect(!learned.known.contains(others[1]), "no member shows it")
    }
}
