import HSMWorkerProtocol
import KMSTesting
import Synchronization
import Testing

@testable import HSMClient

@Suite struct `A run of conformance checks` {
    /// Runs to the end on a thread of its own.
    private func outcome(
        of run: ConformanceRun, told: Told = Told(), isStopped: @escaping @Sendable () -> Bool = { false }
    ) async throws -> ConformanceRun.Outcome {
        try await Program.offPool { try run.run(isStopped: isStopped) { told.hear($0) } }
    }

    @Test func `has a worker for each group, and tells all that it hears`() async throws {
        let worker = try FakeWorker([
            "login": [["one", "PASS"], ["two", "QUIRK"]], "random": [["three", "MISSING"]],
        ])
        let told = Told()
        let found = try await outcome(of: worker.run([.login, .random]), told: told)
        #expect(found.token.label == "fake")
        #expect(found.findings.map(\.check) == ["login.one", "login.two", "random.three"])
        #expect(found.findings.map(\.verdict) == [.pass, .quirk, .missing])
        #expect(found.groups == [.login, .random])
        #expect(found.removed == 4)
        #expect(found.isClean && !found.isStopped && found.failure == nil)
        #expect(
            told.events == [
                "group login 1/2", "check login.one: Fact one", "progress 1/2", "PASS login.one",
                "check login.two: Fact two", "progress 1/2", "QUIRK login.two", "ended login", "group random 2/2",
                "check random.three: Fact three", "progress 1/2", "MISSING random.three", "ended random",
            ])
        let starts = try worker.starts
        #expect(starts.map(\.group) == ["login", "random"])
        #expect(starts.allSatisfy { $0.scope == "checks" && $0.skip.isEmpty })
        #expect(Set(starts.map(\.run)).count == 1, "the objects of one run have one mark")
        #expect(starts[0].run.count == 4)
    }

    @Test(arguments: [
        ("crash", "the module crashed: the worker process ended by SIGSEGV"),
        ("exit", "the module crashed: the worker process ended by exit status 3"),
        ("throw", "it went wrong"),
    ])
    func `goes on behind a check that was its worker's end`(word: String, detail: String) async throws {
        let worker = try FakeWorker([
            "sessions": [["one", "PASS"], ["two", word], ["three", "PASS"]], "random": [["four", "PASS"]],
        ])
        let found = try await outcome(of: worker.run([.sessions, .random]))
        #expect(found.findings.map(\.check) == ["sessions.one", "sessions.two", "sessions.three", "random.four"])
        let bad = found.findings[1]
        #expect(bad.verdict == .fail)
        #expect(bad.detail == detail)
        #expect(bad.fact == "Fact two")
        #expect(bad.consequence != nil)
        #expect(bad.concerns == [ConformanceCapability(spec: "RSA_2048")], "what the check said it is about")
        #expect(found.groups == [.sessions, .random])
        #expect(found.isClean)
        let starts = try worker.starts
        #expect(starts.map(\.group) == ["sessions", "sessions", "random"])
        #expect(starts[1].skip == ["sessions.one", "sessions.two"])
        #expect(starts[2].skip.isEmpty)
    }

    @Test func `kills a worker that does not answer any more`() async throws {
        let worker = try FakeWorker(["ec": [["one", "hang"], ["two", "PASS"]]])
        let found = try await outcome(of: worker.run([.ec], patience: 5))
        #expect(found.findings.map(\.verdict) == [.fail, .pass])
        #expect(found.findings[0].detail == "no answer within 5 s; the worker was killed")
        #expect(found.isClean)
    }

    @Test func `tells of a check whose removal was its worker's end, beside its finding`() async throws {
        let worker = try FakeWorker(["objects": [["one", "dieAfter"], ["two", "PASS"]]])
        let found = try await outcome(of: worker.run([.objects]))
        #expect(found.findings.map(\.check) == ["objects.one", "objects.one-afterwards", "objects.two"])
        #expect(found.findings[1].verdict == .fail)
        #expect(found.findings[1].detail.contains("SIGBUS"))
    }

    @Test func `does not begin the same check for ever`() async throws {
        let worker = try FakeWorker(["hmac": [["one", "stubborn"]], "random": [["two", "PASS"]]])
        let found = try await outcome(of: worker.run([.hmac, .random]))
        #expect(try worker.starts.map(\.group) == ["hmac", "hmac", "random"])
        #expect(found.groups == [.random])
        #expect(found.findings.last?.check == "random.two")
    }

    // MARK: Workers that cannot begin

    @Test(arguments: ["refuse", "unavailable", "crash"])
    func `ends at once when the first worker cannot begin, and tries no PIN a second time`(word: String) async throws {
        let worker = try FakeWorker(["login": [["start", word]], "random": [["one", "PASS"]]])
        let run = worker.run([.login, .random])
        let error = await #expect(throws: ConformanceStartError.self) { try await outcome(of: run) }
        #expect(error?.description.contains(word == "crash" ? "SIGABRT" : "the token says no") == true)
        #expect(try worker.starts.count == 1)
    }

    @Test func `starts nothing more after a PIN was refused, not even to remove`() async throws {
        let worker = try FakeWorker([
            "login": [["one", "PASS"]], "sessions": [["start", "refuse"]], "random": [["two", "PASS"]],
        ])
        let found = try await outcome(of: worker.run([.login, .sessions, .random]))
        #expect(try worker.starts.map(\.group) == ["login", "sessions"])
        #expect(found.findings.map(\.check) == ["login.one", "sessions.login"])
        #expect(found.findings[1].verdict == .fail)
        #expect(found.failure == "the token says no")
        #expect(found.isClean, "the worker before it has removed all")
    }

    @Test func `says that something may be left where a PIN was refused after a crash`() async throws {
        let worker = try FakeWorker(["login": [["one", "PASS"], ["two", "crash"], ["start2", "refuse"]]])
        let found = try await outcome(of: worker.run([.login]))
        #expect(try worker.starts.map(\.scope) == ["checks", "checks"])
        #expect(!found.isClean)
    }

    @Test func `tries three times where the token is away, and then goes on with the next group`() async throws {
        let worker = try FakeWorker([
            "login": [["one", "PASS"]], "sessions": [["start", "unavailable"]], "random": [["two", "PASS"]],
        ])
        let found = try await outcome(of: worker.run([.login, .sessions, .random]))
        #expect(try worker.starts.map(\.group) == ["login", "sessions", "sessions", "sessions", "random"])
        #expect(found.findings.map(\.check) == ["login.one", "sessions.start", "random.two"])
        #expect(found.groups == [.login, .random])
        #expect(found.isClean, "the next worker has removed what was left")
    }

    @Test func `goes on where the token is back`() async throws {
        let worker = try FakeWorker([
            "login": [["one", "PASS"], ["two", "crash"], ["start2", "unavailable"], ["three", "PASS"]]
        ])
        let found = try await outcome(of: worker.run([.login]))
        #expect(found.findings.map(\.verdict) == [.pass, .fail, .pass])
        #expect(try worker.starts.last?.skip == ["login.one", "login.two"])
    }

    @Test func `has a last worker remove what a group left behind that could not be ended`() async throws {
        let worker = try FakeWorker(["rsa": [["one", "stubborn"]]])
        let told = Told()
        let found = try await outcome(of: worker.run([.rsa]), told: told)
        #expect(try worker.starts.last?.scope == "removal")
        #expect(told.events.last == "removing")
        #expect(found.isClean)
        #expect(found.removed == 7)
    }

    // MARK: Before and in between

    @Test func `looks at the token first, and changes nothing then`() async throws {
        let worker = try FakeWorker(["login": [["one", "PASS"]]])
        let run = worker.run([.login])
        #expect(try await Program.offPool { try run.look() }.label == "fake")
        #expect(try worker.starts.map(\.scope) == ["look"])
    }

    @Test func `that is stopped has its worker remove what it made`() async throws {
        let worker = try FakeWorker([
            "login": [["one", "PASS"], ["two", "waitAndEnd"]], "random": [["three", "PASS"]],
        ])
        let told = Told()
        let found = try await outcome(of: worker.run([.login, .random]), told: told) {
            told.events.contains("check login.two: Fact two")
        }
        #expect(found.isStopped && found.isClean)
        #expect(found.removed == 3)
        #expect(found.findings.map(\.check) == ["login.one"])
        #expect(try worker.starts.map(\.scope) == ["checks"])
        #expect(!told.events.contains("removing"))
    }

    @Test func `that is stopped has another worker remove where its own does not end in order`() async throws {
        let worker = try FakeWorker(["login": [["one", "PASS"], ["two", "wait"]], "random": [["three", "PASS"]]])
        let told = Told()
        let found = try await outcome(of: worker.run([.login, .random]), told: told) {
            told.events.contains("check login.two: Fact two")
        }
        #expect(found.isStopped)
        #expect(found.isClean)
        #expect(found.groups.isEmpty)
        #expect(found.findings.map(\.check) == ["login.one"])
        #expect(try worker.starts.map(\.scope) == ["checks", "removal"])
        #expect(told.events.last == "removing")
    }

    @Test func `needs a program`() async throws {
        let worker = try FakeWorker([:])
        var run = worker.run([.login])
        run.configuration.workerProgram = "/none/worker"
        let changed = run
        let error = await #expect(throws: ConformanceStartError.self) { try await outcome(of: changed) }
        #expect(error?.description.contains("/none/worker cannot be started") == true)
    }
}
