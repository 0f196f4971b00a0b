import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import HSMClient

/// What kills, stops or overloads workers: one test after the other, so that each has the machine to itself.
@Suite(.serialized) struct `HSM workers` {
    @Test func `killed under load cost a retry at the most, and are back within 2 seconds`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1, 2, 3], with: key)
        let end = ContinuousClock.now + .seconds(3)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var successes = 0
                    while ContinuousClock.now < end {
                        do {
                            #expect(try await rig.open(sealed, with: key) == [1, 2, 3])
                            _ = try await rig.seal([4], with: key)
                            successes += 1
                        } catch let error as KMSError {
                            #expect(error.code.isRetryable, "\(error)")
                        }
                    }
                    return successes
                }
            }
            for _ in 0..<3 {
                let killed = rig.workers
                try #require(killed.count == 2)
                for worker in killed { kill(worker, SIGKILL) }
                try await waitUntil("service is back", seconds: 2) { await rig.serves(key) }
                try await waitUntil("as many new workers as there were") {
                    rig.workers.count == 2 && Set(rig.workers).isDisjoint(with: killed)
                }
                try await Task.sleep(for: .milliseconds(300))
            }
            let successes = try await group.reduce(0, +)
            #expect(successes > 100, "there was load")
        }
    }

    @Test func `killed one after the other are not missed at all: requests are repeated elsewhere`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        for _ in 0..<3 {
            let victim = try #require(rig.workers.first)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = try await rig.seal([1], with: key) } }
                kill(victim, SIGKILL)
                // To repeat is safe once; two deaths would be an error.
                try await group.waitForAll()
            }
            try await waitUntil("a new worker") { rig.workers.count == 2 && !rig.workers.contains(victim) }
        }
    }

    @Test func `that hang are given up at the deadline, while the other goes on, and are replaced`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.callTimeout = 1 }
        let key = try await rig.newKey()
        #expect(await rig.serves(key))
        // The one that is asked first when none has anything to do.
        let hung = try #require(rig.client.workers[0].state.withLock { $0.process?.processID })
        kill(hung, SIGSTOP)
        let start = ContinuousClock.now
        let outcomes = await withTaskGroup(of: (KMSError?, Duration).self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(KMSError) {
                        _ = try await rig.seal([1], with: key)
                        return (nil, ContinuousClock.now - start)
                    } catch {
                        return (error, ContinuousClock.now - start)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let failures = outcomes.compactMap(\.0)
        #expect(!failures.isEmpty, "some requests were with the worker that hung")
        #expect(failures.allSatisfy { $0.code == .dependencyTimeout }, "\(failures)")
        #expect(outcomes.contains { $0.0 == nil && $0.1 < .seconds(1) }, "the other worker did not wait")
        for (error, time) in outcomes where error != nil {
            #expect(time >= .milliseconds(950) && time < .milliseconds(2500), "a deadline is kept: \(time)")
        }
        try await waitUntil("the one that hung is replaced", seconds: 5) {
            !rig.workers.contains(hung) && rig.workers.count == 2
        }
        #expect(await rig.serves(key))
    }

    @Test func `that hang while they start keep nobody longer than the deadline`() async throws {
        let folder = try SoftHSMToken()
        let script = folder.folder + "/hang"
        try Data("#!/bin/sh\nexec sleep 60\n".utf8).write(to: URL(filePath: script))
        unsafe chmod(script, 0o755)
        let rig = try Rig {
            $0.workerProgram = script
            $0.settings.profile.callTimeout = 1
        }
        let start = ContinuousClock.now
        await expect(.dependencyTimeout) { try await rig.client.checkHealth() }
        #expect(ContinuousClock.now - start < .seconds(3))
        try await rig.stop()
    }

    @Test func `take so many slow requests and no more, so that others need not wait for ever`() async throws {
        let rig = try await Rig.ready {
            $0.maximumSlow = 3
            $0.settings.profile.workers = 1
            $0.settings.profile.keyGenerationTimeout = 2
        }
        let worker = try #require(rig.workers.first)
        kill(worker, SIGSTOP)
        let codes = await withTaskGroup(of: KMSError.Code?.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do throws(KMSError) {
                        _ = try await rig.client.generateKey(.p256, for: .signVerify, id: .random())
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == .throttled } == 2)
        // The first is given up when its time is over, and the others with the worker that hangs: none waits longer.
        #expect(codes.contains(.dependencyTimeout))
        #expect(codes.count { $0 == .dependencyTimeout || $0 == .keyUnavailable } == 3, "\(codes)")
        try await waitUntil("served again") { await rig.serves() }
        _ = try await rig.newKey()
    }

    @Test func `have a queue with an end: what is too much is refused at once`() async throws {
        let rig = try await Rig.ready {
            $0.maximumPending = 10
            $0.settings.profile.workers = 1
            $0.settings.profile.callTimeout = 2
        }
        let worker = try #require(rig.workers.first)
        kill(worker, SIGSTOP)
        let start = ContinuousClock.now
        let outcomes = await withTaskGroup(of: (KMSError.Code?, Duration).self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do throws(KMSError) {
                        _ = try await rig.client.generateRandom(1)
                        return (nil, ContinuousClock.now - start)
                    } catch {
                        return (error.code, ContinuousClock.now - start)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let refused = outcomes.filter { $0.0 == .throttled }
        #expect(refused.count == 20, "10 wait, the others do not")
        #expect(refused.allSatisfy { $0.1 < .seconds(1) }, "and are told before the deadline of those")
        #expect(outcomes.count { $0.0 == .dependencyTimeout } == 10)
        try await waitUntil("served again") { await rig.serves() }
    }

    @Test func `take more at once than a socket holds`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let aad = [UInt8].random(60_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<100 {
                group.addTask {
                    let sealed = try await rig.seal([UInt8(task)], aad, with: key)
                    #expect(try await rig.open(sealed, aad, with: key) == [UInt8(task)])
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `re-encrypt under the two largest encryption contexts that there are`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        // 8,192 bytes of the shortest keys with empty values: each pair has 8 bytes of lengths besides.
        let short = (0..<128).map { String(UnicodeScalar(UInt8($0))) }
        let pairs = short + short.flatMap { first in short.map { first + $0 } }
        let context = try EncryptionContext(Dictionary(uniqueKeysWithValues: pairs.prefix(4160).map { ($0, "") }))
        let aad = context.canonicalBytes
        #expect(aad.count > 40_000)
        let plaintext = [UInt8].random(4096)
        let sealed = try await rig.seal(plaintext, aad, with: key)
        let moved = try await rig.client.reEncrypt(
            sealed, authenticating: aad, with: key, authenticating: aad, with: key
        )
        #expect(try await rig.open(moved, aad, with: key) == plaintext)
    }

    @Test func `are not sent what is too large for them: they would end`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let workers = rig.workers
        await expect(.validation) { _ = try await rig.seal([1], .random(Frame.maximumSize), with: key) }
        #expect(await rig.serves(key))
        #expect(rig.workers == workers)
    }

    @Test func `end when the server's end of the socket is closed`() async throws {
        let rig = try await Rig.ready()
        let workers = rig.workers
        try #require(workers.count == 2)
        let start = ContinuousClock.now
        try await rig.stop()
        #expect(rig.workers == [])
        #expect(ContinuousClock.now - start < .seconds(3), "in their own time, not by SIGKILL")
        await expect(.keyUnavailable, "and nothing waits for them") { try await rig.client.checkHealth() }
    }

    @Test func `end by themselves when the server is gone without a word`() async throws {
        let token = try SoftHSMToken()
        // A worker as the server starts it; then all that is done is what the system does when the server dies.
        let process = try WorkerProcess(
            program: try Program.built("strongroom-hsm-worker"), environment: token.environment, lock: nil
        )
        close(process.socket)
        var status: Int32 = 0
        var ended: pid_t = 0
        let end = ContinuousClock.now + .seconds(5)
        while ended == 0, ContinuousClock.now < end {
            ended = unsafe waitpid(process.processID, &status, WNOHANG)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(ended == process.processID)
        if ended == 0 { process.kill() }
    }

    @Test func `inherit nothing of the server's: neither its environment nor its descriptors`() async throws {
        // Without O_CLOEXEC, as a library would open it.
        let secret = unsafe open("/etc/hostname", O_RDONLY)
        defer { close(secret) }
        let lockFile = try SoftHSMToken()
        let lock = unsafe open(lockFile.pinFile, O_RDONLY | O_CLOEXEC)
        defer { close(lock) }
        let rig = try await Rig.ready { $0.lock = lock }
        let key = try await rig.newKey()
        _ = try await rig.seal([1], with: key)
        for worker in rig.workers {
            let variables = Set(rig.environment(of: worker).split(separator: "\0").map(String.init))
            #expect(variables == ["SOFTHSM2_CONF=\(rig.token.configurationFile)", "SWIFT_BACKTRACE=enable=no"])
            let open = rig.descriptors(of: worker)
            #expect(open[0] == "/dev/null")
            #expect(open[1] == open[2], "what a module prints goes to the log")
            #expect(open[3]?.hasPrefix("socket:") == true)
            #expect(open[4] == lockFile.pinFile, "the lock outlives the server")
            let others = open.filter {
                $0.key > 4 && !$0.value.hasPrefix(rig.token.folder) && $0.value != "/dev/urandom"
            }
            #expect(others.isEmpty, "\(others)")
        }
    }

    @Test func `show the PIN neither in their environment nor on their command line`() async throws {
        let rig = try await Rig.ready()
        for worker in rig.workers {
            #expect(rig.commandLine(of: worker).hasSuffix("strongroom-hsm-worker\0"), "no arguments at all")
            #expect(!rig.environment(of: worker).contains(rig.token.pin))
        }
        #expect(!rig.commandLine(of: getpid()).contains(rig.token.pin))
    }

    @Test func `make keys while four tasks search, without an error and without an orphan`() async throws {
        let rig = try await Rig.ready {
            $0.settings.profile.workers = 1
            $0.settings.profile.lanes = 4
            $0.settings.profile.sessionCopies = false
        }
        let first = try await rig.newKey()
        let end = ContinuousClock.now + .seconds(3)
        let kept = try await withThrowingTaskGroup(of: Set<ObjectID>.self) { group in
            for searcher in 0..<4 {
                group.addTask {
                    while ContinuousClock.now < end {
                        // Among what it lists are keys that are just being destroyed.
                        if searcher < 2 { _ = try await rig.client.inventory() }
                        // Each looks the key up anew.
                        try await rig.client.verifyKey(first)
                    }
                    return []
                }
            }
            group.addTask {
                var kept: Set<ObjectID> = []
                while ContinuousClock.now < end {
                    let key = try await rig.newKey()
                    _ = try await rig.seal([1], with: key)
                    if Bool.random() { kept.insert(key.object) } else { try await rig.client.destroyKey(key.object) }
                }
                return kept
            }
            return try await group.reduce(into: Set([first.object])) { $0.formUnion($1) }
        }
        #expect(kept.count > 5, "keys were made")
        #expect(try await rig.client.inventory() == kept)
        #expect(try rig.token.objectFiles.count == kept.count, "the token holds no object that nobody knows of")
    }
}
