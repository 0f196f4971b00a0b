import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R3: repair takes the smallest step that helps, and one worker repairs at a time` {
    /// A rig whose one worker has used the key, with nothing in the log yet.
    private func prepared() async throws -> (Rig, MaterialReference) {
        let rig = try await Rig.ready(.faulty) {
            $0.settings.profile.workers = 1
            // No canary comes in between.
            $0.canaryInterval = 60
        }
        let key = try await rig.newKey()
        _ = try await rig.seal([1], with: key)
        rig.faults.forgetCalls()
        return (rig, key)
    }

    private func steps(_ rig: Rig) -> [String: Int] {
        var steps: [String: Int] = [:]
        for call in rig.faults.calls where ["C_OpenSession", "C_Login", "C_Initialize"].contains(call.function) {
            steps[call.function, default: 0] += 1
        }
        return steps
    }

    @Test func `a session's failure costs a session, and the caller nothing`() async throws {
        let (rig, key) = try await prepared()
        for value in ["0xb3", "0xb0", "0x90", "0x91"] {
            rig.faults.forgetCalls()
            try rig.faults.obey("rv C_Encrypt \(value) times 1")
            _ = try await rig.seal([1], with: key)
            #expect(steps(rig)["C_OpenSession", default: 0] >= 1, "\(value)")
            #expect(steps(rig)["C_Login"] == nil, "\(value)")
            #expect(steps(rig)["C_Initialize"] == nil, "\(value)")
        }
    }

    @Test func `a login that is gone costs one login, and the caller nothing`() async throws {
        let (rig, key) = try await prepared()
        try rig.faults.obey("rv C_Encrypt 0x101 times 1")
        _ = try await rig.seal([1], with: key)
        #expect(steps(rig)["C_Login"] == 1)
        #expect(steps(rig)["C_Initialize"] == nil)
    }

    @Test func `a handle that is dead is looked up anew, in the same generation`() async throws {
        let (rig, key) = try await prepared()
        for value in ["0x82", "0x60"] {
            rig.faults.forgetCalls()
            try rig.faults.obey("rv C_EncryptInit \(value) times 1")
            _ = try await rig.seal([1], with: key)
            #expect(!rig.faults.calls(of: "C_FindObjectsInit").isEmpty, "\(value)")
            #expect(steps(rig)["C_Login"] == nil, "\(value)")
            #expect(steps(rig)["C_Initialize"] == nil, "\(value)")
        }
    }

    @Test func `a broken generation costs a worker, which is initialised once and logs in once`() async throws {
        let (rig, key) = try await prepared()
        for value in ["0x30", "0x32", "0xe0", "0xe1", "0x03", "0x190"] {
            rig.faults.forgetCalls()
            try rig.faults.obey("rv C_EncryptInit \(value) times 1 shared")
            do throws(KMSError) {
                _ = try await rig.seal([1], with: key)
            } catch {
                #expect(error.code.isRetryable, "\(value): \(error)")
            }
            try await waitUntil("served again", seconds: 5) { await rig.serves(key) }
            #expect(steps(rig)["C_Initialize"] == 1, "\(value)")
            #expect(steps(rig)["C_Login"] == 1, "\(value)")
        }
    }

    @Test(arguments: ["C_OpenSession", "C_Login", "C_Initialize"])
    func `while every step fails, attempts never overlap and come less and less often`(
        function: String
    ) async throws {
        let rig = try await Rig.ready(.faulty) { $0.settings.profile.workers = 4 }
        let key = try await rig.newKey()
        rig.faults.forgetCalls()
        try rig.faults.obey("rv \(function) 0x30")
        Processes.kill(rig.workers)
        let seconds = times(2, full: 20)
        try await Task.sleep(for: .seconds(seconds))
        let starts = rig.faults.calls(of: "C_Initialize").sorted { $0.begin < $1.begin }
        #expect(starts.count >= 2, "it is tried again")
        // 50, 100, 200, 400, 800, 1,600, 2,000 ms, ... at least half of each; whoever many workers there are.
        #expect(starts.count <= 8 + seconds, "\(starts.count) attempts in \(seconds) s")
        for (first, second) in zip(starts, starts.dropFirst()) {
            #expect(second.begin >= first.end, "no two at once")
        }
        let logins = rig.faults.calls(of: "C_Login").sorted { $0.begin < $1.begin }
        #expect(logins.count <= starts.count, "one login an attempt at the most")
        for (first, second) in zip(logins, logins.dropFirst()) {
            #expect(second.begin >= first.end)
            #expect(second.begin - first.begin > 20_000_000, "with a pause between them")
        }
        try rig.faults.clear()
        try await waitUntil("served again", seconds: 5) { await rig.serves(key) }
    }
}
