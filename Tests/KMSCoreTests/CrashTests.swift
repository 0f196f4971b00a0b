import KMSCore
import KMSTesting
import Testing

/// The real key store, database and workers on a real token, killed with SIGKILL wherever it can hurt.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `After a SIGKILL` {
    /// What creation, deletion and the undoing of a creation do, one after the other. The first test of each makes
    /// sure that this is so: whoever adds a step is told to have it killed as well.
    static let creation = ["commit", "generateKey", "commit"]
    static let deletion = ["inventory", "commit", "destroyKey", "commit"]
    static let undoing = ["inventory", "destroyKey", "commit"]

    // Long before the due key is due, so that only the creation is at work.
    private static let early = CrashScene.start

    @Test func `there is nothing to repair when nobody was killed`() async throws {
        let scene = try await CrashScene()
        let creation = try await scene.run("create", at: Self.early)
        #expect(creation.steps == Self.creation)
        let deletion = try await scene.run("due-work")
        #expect(deletion.steps == Self.deletion)
        let there = try await scene.expectRecovery(keeping: scene.liveCiphertexts, gone: scene.dyingCiphertexts)
        #expect(there.count == 3, "two lived before, one was made")
        #expect(try await scene.run("due-work").steps.isEmpty, "and nothing is left to do")
    }

    // MARK: Creation

    @Test(arguments: CrashScene.Death.all(creation.count))
    func `at any step of a creation, the key is whole or gone`(death: CrashScene.Death) async throws {
        let scene = try await CrashScene()
        #expect(try await scene.run("create", at: Self.early, death).wasKilled)
        let there = try await scene.expectRecovery(at: Self.early, keeping: scene.liveCiphertexts)
        let isCommitted = death.step == 3 && death.moment == "after"
        #expect(there.count == (isCommitted ? 4 : 3), "it is there as soon as it was committed, and not before")
        #expect(there.contains(scene.dying), "its day has not come")
    }

    @Test(arguments: CrashScene.Death.all(undoing.count))
    func `at any step of undoing a creation, it is undone the next time`(death: CrashScene.Death) async throws {
        let scene = try await CrashScene()
        let first = CrashScene.Death(moment: "after", step: 2)
        #expect(try await scene.run("create", at: Self.early, first).wasKilled, "the object is made, nobody was told")
        let second = try await scene.run("due-work", at: Self.early, death)
        #expect(second.wasKilled)
        #expect(second.steps == Array(Self.undoing.prefix(death.step)))
        let there = try await scene.expectRecovery(at: Self.early, keeping: scene.liveCiphertexts)
        #expect(there.count == 3)
    }

    // MARK: Deletion

    @Test(arguments: CrashScene.Death.all(deletion.count))
    func `at any step of a deletion, the key goes and the others stay`(death: CrashScene.Death) async throws {
        let scene = try await CrashScene()
        #expect(try await scene.run("due-work", death).wasKilled)
        let there = try await scene.expectRecovery(keeping: scene.liveCiphertexts, gone: scene.dyingCiphertexts)
        #expect(there == Set(scene.live))
    }

    @Test(arguments: [2, 3], CrashScene.Death.all(deletion.count))
    func `at any step of repairing a deletion, it is repaired the next time`(
        firstStep: Int, death: CrashScene.Death
    ) async throws {
        let scene = try await CrashScene()
        let first = CrashScene.Death(moment: "after", step: firstStep)
        #expect(try await scene.run("due-work", first).wasKilled)
        // The intent stands in the database already, so that commit is left out the second time.
        let second = try await scene.run("due-work", death)
        #expect(second.wasKilled == (death.step <= 3))
        #expect(second.steps == Array(["inventory", "destroyKey", "commit"].prefix(death.step)))
        let there = try await scene.expectRecovery(keeping: scene.liveCiphertexts, gone: scene.dyingCiphertexts)
        #expect(there == Set(scene.live))
    }

    @Test func `a deletion that has begun is finished even if the clock was set back`() async throws {
        let scene = try await CrashScene()
        #expect(try await scene.run("due-work", CrashScene.Death(moment: "after", step: 3)).wasKilled)
        try await scene.expectRecovery(at: Self.early, keeping: scene.liveCiphertexts, gone: scene.dyingCiphertexts)
    }

    // MARK: Anywhere

    @Test func `at any time, twenty times over, no key is lost and none is left over`() async throws {
        let scene = try await CrashScene(workers: 2)
        var now = CrashScene.due
        var kept = scene.liveCiphertexts
        var gone = scene.dyingCiphertexts
        for round in 1...20 {
            // One turn of its work tells 17 lines.
            let patience = (lines: Int.random(in: 1...60), then: Duration.microseconds(Int.random(in: 0...20_000)))
            let ending = try await scene.run("churn", at: now, patience: patience)
            #expect(ending.wasKilled)
            for line in ending.lines {
                let words = line.split(separator: " ")
                guard words[0] != "step" else { continue }
                let key = KeyAddress(scope: .sample, id: try #require(KeyID(words[1])))
                if words[0] == "key" {
                    kept[key] = Hexadecimal.decode(Array(words[2].utf8))
                } else {
                    gone[key] = kept.removeValue(forKey: key)
                }
            }
            // Later than the clock of the process ever was.
            now = now.adding(days: 7 * (ending.lines.count + 1))
            // Every other time the next one is killed as well, before anybody has repaired anything.
            guard round.isMultiple(of: 2) else { continue }
            let there = try await scene.expectRecovery(at: now, keeping: kept, gone: [:])
            // A key whose end was told, but not yet begun: it lives on.
            for key in there where gone[key] != nil {
                kept[key] = gone.removeValue(forKey: key)
            }
            // A key that was made, but not told of yet.
            #expect(there.count <= kept.count + round * 2)
        }
        try await scene.expectRecovery(at: now, keeping: kept, gone: gone)
        #expect(kept.count + gone.count > 20, "the rounds were long enough to do something")
    }
}
