import Foundation
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R12: the PIN is where it was given, and nowhere else` {
    // S
    @Test func `not in what a server and its workers show of themselves, nor in what they write`() async throws {
        let server = try await Program.offPool {
            let server = try LiveServer()
            try server.start()
            return server
        }
        let key = try await server.createKey()
        _ = try await server.encrypt([1], with: key)
        let pin = Processes.file(server.pinFile).trimmingCharacters(in: .whitespacesAndNewlines)
        try #require(pin.count >= 8)
        let id = try #require(server.process?.processIdentifier)
        let workers = Self.workers(of: id)
        try #require(workers.count == 2)
        for process in [id] + workers {
            #expect(!Processes.environment(of: process).contains(pin))
            #expect(!Processes.commandLine(of: process).contains(pin))
        }
        #expect(!server.log.contains(pin))
        for file in try FileManager.default.subpathsOfDirectory(atPath: server.state) where file != "pin" {
            let data = FileManager.default.contents(atPath: server.state + "/" + file)
            #expect(data?.range(of: Data(pin.utf8)) == nil, "\(file)")
        }
        for file in ["profile.yaml", "log"] { #expect(!Processes.file(server.folder + "/" + file).contains(pin)) }
        // What a core would have: neither process may leave one.
        for process in [id] + workers {
            let limits = Processes.file("/proc/\(process)/limits").split(separator: "\n")
            let core = limits.first { $0.hasPrefix("Max core file size") }
            #expect(core?.split(separator: " ").contains("0") == true, "\(core ?? "")")
        }
    }

    static func workers(of server: pid_t) -> [pid_t] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid_t($0) }.filter { Processes.parent(of: $0) == server }
    }

    // S
    @Test func `another PIN is taken while it serves, without a restart`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let outcomes = try await underLoad(tasks: 2, every: .milliseconds(10)) {
            _ = try await rig.seal([1], with: key)
        } while: { _ in
            try await Program.offPool {
                try rig.token.pkcs11Tool("--change-pin", "--new-pin", "9876543210")
                try rig.token.writePIN("9876543210")
            }
            // What is logged in stays so; the next worker needs the new PIN.
            for worker in rig.workers {
                Processes.kill([worker])
                try await waitUntil("a new worker") { !rig.workers.contains(worker) && rig.workers.count == 2 }
                try await waitUntil("it serves") { rig.client.status().workers.allSatisfy { $0.phase == .ready } }
            }
        }
        #expect(outcomes.areRetryable)
        #expect(await rig.serves(key))
    }
}
