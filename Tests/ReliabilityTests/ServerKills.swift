import KMSCore
import KMSTesting
import Testing

/// The server's own process is killed, 500 times in full (STRONGROOM_KILLS).
@Suite(.serialized) struct `SIGKILL of the server at any moment of creation, import, rotation and deletion` {
    private static let killsOfOneScene = 25

    @Test func `loses nothing, leaves nothing over, and the next start agrees with the token`() async throws {
        let kills = variable("STRONGROOM_KILLS") ?? times(20, full: 500)
        var done = 0
        var lost = 0
        while done < kills {
            let scene = try await KillScene()
            let count = min(Self.killsOfOneScene, kills - done)
            lost += try await Self.kill(count, in: scene)
            done += count
        }
        print("server kills: \(done), keys whose creation was in the middle: \(lost)")
    }

    /// Answers how many keys were made of which nobody had been told.
    private static func kill(_ count: Int, in scene: KillScene) async throws -> Int {
        var now = KillScene.start
        var kept: [String: [[UInt8]]] = [:]
        var ending: [String: [[UInt8]]] = [:]
        var there: Set<String> = []
        for turn in 1...count {
            // One turn of its work tells some 40 lines, in which every step of each operation is named.
            let lines = try await scene.run(
                at: now, until: Int.random(in: 1...45), then: .microseconds(Int.random(in: 0...20_000)))
            for words in lines.map({ $0.split(separator: " ").map(String.init) }) {
                switch words[0] {
                case "key": kept[words[1], default: []].append(Hexadecimal.decode(Array(words[2].utf8)) ?? [])
                case "end": ending[words[1]] = kept.removeValue(forKey: words[1])
                default: break
                }
            }
            // Later than the clock of the process ever was.
            now = now.adding(days: 7 * (lines.count + 1))
            // Sometimes the next one is killed as well, before anybody has repaired anything.
            guard turn.isMultiple(of: 2) || turn == count else { continue }
            there = try await scene.expectAgreement(at: now, keeping: kept)
            // One whose end was told, but had not begun: it lives on.
            for id in there { if let ciphertexts = ending.removeValue(forKey: id) { kept[id] = ciphertexts } }
        }
        return there.subtracting(kept.keys).count
    }
}
