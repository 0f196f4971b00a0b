import Foundation
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R21: a worker never forks, and does with locking what the module can do` {
    // S under strace
    @Test func `no process comes of a worker that serves`() async throws {
        let rig = try await Program.offPool {
            try Rig(edit: { configuration in
                // The worker's path stands in the script: nothing else of it is changed.
                let folder = String((configuration.environment["SOFTHSM2_CONF"] ?? "").dropLast("softhsm2.conf".count))
                let script = folder + "traced"
                try Program.install(
                    """
                    #!/bin/sh
                    exec strace -f -qq -e trace=clone,clone3,fork,vfork,execve -o \(folder)trace.$$ \
                    \(configuration.workerProgram)

                    """, at: script)
                configuration.workerProgram = script
                configuration.environment["PATH"] = "/usr/bin:/bin"
                configuration.settings.profile.workers = 1
                configuration.settings.profile.lanes = 3
                configuration.settings.profile.callTimeout = 20
            })
        }
        let key = try await rig.newKey()
        for _ in 0..<20 { _ = try await rig.seal([1], with: key) }
        _ = try await rig.newKey(.p256, .signVerify)
        try await rig.stop()
        let files = try FileManager.default.contentsOfDirectory(atPath: rig.token.folder)
        let traces = files.filter { $0.hasPrefix("trace.") }.map { Processes.file(rig.token.folder + "/" + $0) }
        let lines: [Substring] = traces.flatMap { $0.split(separator: "\n") }
        #expect(!lines.isEmpty)
        for line in lines where !line.contains("execve(") {
            #expect(line.contains("CLONE_THREAD") || line.contains("+++") || line.contains("---"), "\(line)")
        }
        #expect(lines.count { $0.contains("execve(") } == 1, "only the worker itself was run")
    }

    // X
    @Test func `a module that cannot lock is called by one thread`() async throws {
        let rig = try await Program.offPool {
            let rig = try Rig(
                .faulty,
                edit: {
                    $0.settings.profile.workers = 1
                    $0.settings.profile.lanes = 4
                }, starts: false)
            try rig.faults.obey("cantlock")
            rig.startClient()
            return rig
        }
        let key = try await rig.newKey()
        rig.faults.forgetCalls()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { _ = try await rig.seal([1], with: key) } }
            try await group.waitForAll()
        }
        let calls = rig.faults.calls.sorted { $0.begin < $1.begin }
        #expect(calls.count >= 400)
        for (first, second) in zip(calls, calls.dropFirst()) {
            #expect(
                second.begin >= first.begin + first.duration / 2, "\(first.function) and \(second.function) overlap")
        }
    }

    // X
    @Test func `locking is asked for at every start`() async throws {
        let rig = try await Rig.ready(.faulty)
        Processes.kill(rig.workers)
        try await waitUntil("served again") { await rig.serves() }
        // The module of the rig would have said CKR_CANT_LOCK to no other call.
        try rig.faults.obey("cantlock")
        Processes.kill(rig.workers)
        try await waitUntil("served again") { await rig.serves() }
        #expect(rig.faults.calls(of: "C_Initialize").contains { $0.returnValue == 0xa })
    }

    @Test func `a module's path is absolute`() async throws {
        let rig = try await Program.offPool { try Rig(edit: { $0.settings.modulePath = "libsofthsm2.so" }) }
        let error = await expect(.keyUnavailable) { _ = try await rig.client.tokenReport() }
        #expect(error?.cause?.contains("absolute") == true, "\(error?.cause ?? "")")
    }
}
