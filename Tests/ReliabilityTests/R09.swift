import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R9: no more sessions are opened than the token has, and who finds none waits` {
    /// The most sessions that a process had open at once, by the log.
    private func most(_ rig: Rig) -> Int {
        let changes =
            rig.faults.calls(of: "C_OpenSession").filter { $0.returnValue == 0 }.map { ($0.end, $0.process, 1) }
            + rig.faults.calls(of: "C_CloseSession").map { ($0.end, $0.process, -1) }
        var open: [Int32: Int] = [:]
        var most = 0
        for (_, process, change) in changes.sorted(by: { $0.0 < $1.0 }) {
            open[process, default: 0] += change
            most = max(most, open[process] ?? 0)
        }
        return most
    }

    // X, with a token that says how many it has, and one that does not.
    @Test(arguments: ["maxsess 3 told", "maxsess 3", "maxsess 2"])
    func `64 clients share three without an error`(rule: String) async throws {
        let rig = try await Program.offPool {
            let rig = try Rig(
                .faulty,
                edit: {
                    $0.settings.profile.workers = 1
                    $0.settings.profile.lanes = 8
                }, starts: false)
            try rig.faults.obey(rule)
            rig.startClient()
            return rig
        }
        let key = try await rig.newKey()
        let outcomes = try await underLoad(tasks: 64, every: .milliseconds(10)) {
            _ = try await rig.seal([1], with: key)
        } while: { _ in
            try await Task.sleep(for: .seconds(times(3, full: 60)))
        }
        #expect(outcomes.failures.isEmpty, "\(outcomes.failures.first.map { "\($0)" } ?? "")")
        #expect(outcomes.successes.count > 200)
        #expect(most(rig) <= 3)
        if rule.contains("told") {
            #expect(!rig.faults.calls(of: "C_OpenSession").contains { $0.returnValue == 0xb1 }, "it was told")
        }
    }

    // X: one session is not enough for the login and a request; that is said, or it works.
    @Test func `one session works, or is refused with a reason`() async throws {
        let rig = try await Program.offPool {
            let rig = try Rig(.faulty, edit: { $0.settings.profile.workers = 1 }, starts: false)
            try rig.faults.obey("maxsess 1")
            rig.startClient()
            return rig
        }
        do {
            _ = try await rig.client.tokenReport()
            let key = try await rig.newKey()
            for _ in 0..<10 { _ = try await rig.seal([1], with: key) }
        } catch let error as KMSError {
            #expect(error.cause?.contains("session") == true, "\(error.cause ?? "no cause")")
        }
    }

    // X: the cap is found while it serves, as when another client of the HSM opens sessions.
    @Test func `a cap that comes later costs sessions, not requests`() async throws {
        let rig = try await Rig.ready(.faulty) {
            $0.settings.profile.workers = 1
            $0.settings.profile.lanes = 6
        }
        let key = try await rig.newKey()
        let outcomes = try await underLoad(tasks: 16, every: .milliseconds(10)) {
            _ = try await rig.seal([1], with: key)
        } while: { _ in
            try rig.faults.obey("maxsess 3", "endsessions")
            try await Task.sleep(for: .seconds(2))
        }
        // The end of all sessions may meet a request twice.
        #expect(outcomes.failures.count <= 16, "\(outcomes.failures.count): \(outcomes.failures.first?.cause ?? "")")
        #expect(await rig.serves(key))
    }
}
