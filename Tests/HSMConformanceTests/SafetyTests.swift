import Foundation
import HSMWorkerProtocol
import KMSTesting
import Synchronization
import Testing

@testable import HSMClient

/// A token as it may be in production: full of what is nothing of ours, some of it as like ours as can be.
private func furnish(_ rig: ConformanceRig) throws {
    let token = rig.token
    let file = token.folder + "/value"
    try Data("a secret of somebody else's".utf8).write(to: URL(filePath: file))
    for (label, id) in [
        ("payroll", "01"), ("strongroom", "00112233445566778899aabbccddeeff"),
        // The label of ours, with an id that is not; and an id like ours under another label.
        ("strongroom conformance", "f0f0"), ("strongroom conformance", "5352"),
        ("payroll", "53526366" + "00112233" + "0011223344556677"),
    ] {
        try token.pkcs11Tool("--keygen", "--key-type", "AES:32", "--label", label, "--id", id, "--sensitive")
    }
    try token.pkcs11Tool("--keygen", "--key-type", "AES:16", "--label", "open", "--id", "02", "--extractable")
    try token.pkcs11Tool("--keygen", "--key-type", "GENERIC:32", "--label", "strongroom conformance", "--id", "03")
    try token.pkcs11Tool("--keypairgen", "--key-type", "rsa:2048", "--label", "signer", "--id", "04")
    try token.pkcs11Tool(
        "--keypairgen", "--key-type", "EC:prime256v1", "--label", "strongroom conformance", "--id", "05")
    try token.pkcs11Tool("--write-object", file, "--type", "data", "--label", "strongroom conformance")
    try token.pkcs11Tool("--write-object", file, "--type", "data", "--label", "note", "--private")
    try FileManager.default.removeItem(atPath: file)
}

/// What may be called on a token in production: nothing here changes a PIN or a token.
private func expectHarmless(_ rig: ConformanceRig) {
    let calls = rig.faults.calls
    for function in ["C_InitToken", "C_InitPIN", "C_SetPIN"] {
        #expect(!calls.contains { $0.function == function }, "\(function)")
    }
    // OK, or USER_ALREADY_LOGGED_IN: never PIN_INCORRECT.
    let logins = calls.filter { $0.function == "C_Login" }
    #expect(!logins.isEmpty)
    #expect(logins.allSatisfy { $0.returnValue == 0 || $0.returnValue == 0x100 }, "a PIN was refused")
}

@Suite(.serialized) struct `Conformance checks on a token in production` {
    private func furnished() async throws -> (ConformanceRig, [String: Data]) {
        let rig = try await ConformanceRig.make()
        try await Program.offPool { try furnish(rig) }
        let before = try rig.contents()
        #expect(before.count == 14, "the token itself, five keys, two secrets, two pairs and two data objects")
        return (rig, before)
    }

    @Test func `leave every object as it was to the byte, and none of their own`() async throws {
        let (rig, before) = try await furnished()
        let told = Mutex<[String]>([])
        let found = try await rig.run(
            ConformanceGroup.allCases.filter { $0 != .speed && $0 != .leaks },
            told: { event in
                if case .finding(let finding) = event { told.withLock { $0.append(finding.check) } }
            })
        #expect(found.isClean && found.failure == nil)
        #expect(found.removed > 120, "it made objects")
        #expect(told.withLock { $0 } == found.findings.map(\.check))
        #expect(try rig.contents() == before)
        expectHarmless(rig)
    }

    @Test(arguments: [ConformanceGroup.speed, .leaks])
    func `leave every object as it was also when they measure`(group: ConformanceGroup) async throws {
        let (rig, before) = try await furnished()
        let found = try await rig.run([group])
        #expect(found.isClean)
        #expect(try rig.contents() == before)
        expectHarmless(rig)
    }

    @Test func `leave nothing behind when a worker is killed in the middle of its work`() async throws {
        let (rig, before) = try await furnished()
        let kills = Mutex(0)
        let found = try await rig.run(
            [.objects, .attributes],
            told: { event in
                // When there are objects.
                guard case .progress(let done, _) = event, done > 5 else { return }
                kills.withLock { $0 += 1 }
                for worker in rig.workers { kill(worker, SIGKILL) }
            })
        #expect(kills.withLock { $0 } > 0)
        #expect(found.findings.contains { $0.verdict == .fail && $0.detail.contains("SIGKILL") })
        #expect(found.isClean)
        // An object that the token was about to write when it was killed holds nothing, and nobody can say whose it is.
        let after = try rig.contents().filter { before[$0.key] != nil || !$0.value.isEmpty && rig.isNamed($0.value) }
        #expect(after == before)
        #expect(try rig.contents().count <= before.count + kills.withLock { $0 })
        #expect(rig.workers.isEmpty)
        expectHarmless(rig)
    }

    @Test func `leave nothing behind when they are stopped`() async throws {
        let (rig, before) = try await furnished()
        let isStopped = Mutex(false)
        let objects = Mutex(0)
        let found = try await rig.run(
            [.objects], isStopped: { isStopped.withLock { $0 } },
            told: { event in
                guard case .progress(let done, _) = event, done > 5 else { return }
                isStopped.withLock { $0 = true }
                objects.withLock { $0 = max($0, (try? rig.contents().count) ?? 0) }
            })
        #expect(found.isStopped && found.isClean)
        #expect(objects.withLock { $0 } > before.count, "there was something to remove")
        #expect(try rig.contents() == before)
        #expect(rig.workers.isEmpty)
        expectHarmless(rig)
    }

    @Test func `only look before they have been allowed to begin`() async throws {
        let (rig, before) = try await furnished()
        let run = ConformanceRun(rig.configuration, groups: [.objects])
        let report = try await Program.offPool { try run.look() }
        #expect(report.label == "production")
        #expect(try rig.contents() == before)
        let changing = ["C_CreateObject", "C_GenerateKey", "C_DestroyObject", "C_SetAttributeValue", "C_CopyObject"]
        #expect(rig.faults.calls.allSatisfy { !changing.contains($0.function) })
        #expect(rig.faults.calls(of: "C_Login").count == 1)
        expectHarmless(rig)
    }

    @Test func `remove what an earlier run had to leave`() async throws {
        let (rig, before) = try await furnished()
        let isDead = Mutex(false)
        let run = ConformanceRun(rig.configuration, groups: [.objects], objects: 120, measuringTime: 0.02)
        // As after a loss of power: the worker is gone, and nobody starts another one.
        _ = try? await Program.offPool {
            try run.run(isStopped: { false }) { event in
                guard case .progress(let done, _) = event, done > 5 else { return }
                isDead.withLock { isDead in
                    guard !isDead else { return }
                    isDead = true
                    try? rig.token.moveAway()
                    for worker in rig.workers { kill(worker, SIGKILL) }
                }
            }
        }
        try rig.token.moveBack()
        #expect(try rig.contents().count > before.count, "there was something left")
        let found = try await rig.run([.random])
        #expect(found.removed > 0)
        #expect(try rig.contents() == before)
    }

    @Test func `try a wrong PIN once`() async throws {
        let rig = try await ConformanceRig.make()
        try rig.token.writePIN("000000")
        let error = await #expect(throws: ConformanceStartError.self) {
            _ = try await rig.run([.login, .sessions, .random])
        }
        #expect(error?.description.contains("refused the PIN") == true, "\(error?.description ?? "")")
        #expect(rig.faults.calls(of: "C_Login").count == 1)
        #expect(rig.workers.isEmpty)
    }
}
