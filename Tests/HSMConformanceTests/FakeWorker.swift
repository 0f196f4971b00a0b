import Foundation
import HSMWorkerProtocol
import KMSTesting
import Synchronization

@testable import HSMClient

/// A worker program that plays what a test wrote down, so that the run is tried without a module's help.
///
/// It is a script: each start takes the checks of its group and does with each what its word says.
final class FakeWorker: Sendable {
    let folder: String

    /// - Parameter groups: For each group its checks, by name, and what becomes of them: a verdict (`PASS`), `crash`,
    ///   `hang`, `wait` (until the server wants no more), `waitAndEnd` (and then in order), `exit`, `throw`, `refuse` (as
    ///   after a PIN), `dieAfter` (a PASS first), `stubborn` (a crash, whatever is to be skipped); and for the start
    ///   itself `start` with `refuse`, `unavailable` or `crash`, which may be for the nth start alone (`start2`).
    init(_ groups: [String: [[String]]]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "fake-worker-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try JSONEncoder().encode(groups).write(to: URL(filePath: folder + "/groups.json"))
        try Program.install(Self.program, at: program)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var program: String { folder + "/worker" }

    /// One start of a worker: the group, the scope, and what it was to skip.
    struct Start: Decodable {
        let group: String
        let scope: String
        let skip: [String]
        let run: [UInt8]
    }

    var starts: [Start] {
        get throws {
            let text = (try? String(contentsOfFile: folder + "/starts", encoding: .utf8)) ?? ""
            return try text.split(separator: "\n").map { try JSONDecoder().decode(Start.self, from: Data($0.utf8)) }
        }
    }

    func run(_ groups: [ConformanceGroup], patience: Double = 20) -> ConformanceRun {
        ConformanceRun(
            HSMClientConfiguration(
                workerProgram: program,
                settings: WorkerSettings(
                    modulePath: "/none", tokenURI: "pkcs11:token=fake", pinSource: .file("/none"), profile: HSMProfile()
                ),
                environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"]),
            groups: groups, patience: patience)
    }

    private static let program = """
        #!/usr/bin/env python3
        import json, os, signal, socket, struct, sys, time
        folder = os.path.dirname(os.path.abspath(sys.argv[0]))
        server = socket.socket(fileno=3)
        def take(count):
            data = b""
            while len(data) < count:
                data += server.recv(count - len(data))
            return data
        def send(code, body):
            field = struct.pack(">I", len(body)) + body
            server.sendall(struct.pack(">IQB", 9 + len(field), 0, code) + field)
        def tell(name, **fields):
            send(0, json.dumps({name: fields}).encode())
        body = take(struct.unpack(">I", take(4))[0])[13:]
        request = json.loads(body)["task"]["conform"]["_0"]
        group, scope, skip = request["group"], request["scope"], request.get("skip", [])
        with open(folder + "/starts", "a") as log:
            log.write(json.dumps({"group": group, "scope": scope, "skip": sorted(skip), "run": request["run"]}) + "\\n")
        with open(folder + "/starts") as log:
            number = len([line for line in log if json.loads(line)["group"] == group])
        checks = json.load(open(folder + "/groups.json")).get(group, [])
        starts = [word for name, word in checks if name in ("start", f"start{number}")]
        if starts:
            if starts[0] == "crash":
                os.kill(os.getpid(), signal.SIGABRT)
            send({"refuse": 5, "unavailable": 4}[starts[0]], b"the token says no")
            sys.exit(1)
        tell("token", _0={"module": "fake", "label": "fake", "serial": "1", "model": "m", "manufacturer": "f",
                          "missingMechanisms": [], "lanes": 1, "isMemoryLocked": True})
        if scope != "checks":
            tell("ended", removed=7 if scope == "removal" else 0)
            sys.exit(0)
        for name, word in checks:
            check = f"{group}.{name}"
            if name.startswith("start") or (check in skip and word != "stubborn"):
                continue
            tell("begins", check=check, fact=f"Fact {name}", concerns=[{"spec": "RSA_2048"}])
            tell("progress", done=1, of=2)
            if word in ("crash", "stubborn"):
                os.kill(os.getpid(), signal.SIGSEGV)
            elif word == "hang":
                time.sleep(600)
            elif word in ("wait", "waitAndEnd"):
                server.recv(1)
                if word == "waitAndEnd":
                    tell("ended", removed=3)
                sys.exit(0)
            elif word == "exit":
                sys.exit(3)
            elif word in ("throw", "refuse"):
                send(4 if word == "throw" else 5, b"it went wrong")
                sys.exit(1)
            else:
                verdict = "PASS" if word == "dieAfter" else word
                tell("finding", _0={"check": check, "group": group, "fact": f"Fact {name}", "verdict": verdict,
                                    "detail": "seen", "settings": {}, "concerns": [], "measurements": []})
                if word == "dieAfter":
                    os.kill(os.getpid(), signal.SIGBUS)
        tell("ended", removed=2)
        """
}

/// What a run told, in its order.
final class Told: Sendable {
    private let list = Mutex<[String]>([])

    func hear(_ event: ConformanceRun.Event) {
        let text =
            switch event {
            case .group(let group, let number, let count): "group \(group.rawValue) \(number)/\(count)"
            case .check(let check, let fact): "check \(check): \(fact)"
            case .progress(let done, let count): "progress \(done)/\(count)"
            case .finding(let finding): "\(finding.verdict.rawValue) \(finding.check)"
            case .groupEnded(let group, _): "ended \(group.rawValue)"
            case .removing: "removing"
            }
        list.withLock { $0.append(text) }
    }

    var events: [String] { list.withLock { $0 } }
}
