import HSMWorkerProtocol
import KMSTesting
import Testing

@testable import HSMClient

@Suite(.serialized) struct `Conformance checks on a module with a fault` {
    private func findings(
        _ groups: [ConformanceGroup], _ rules: String..., patience: Double = 60
    ) async throws -> ConformanceRun.Outcome {
        let rig = try await ConformanceRig.make()
        try rig.faults.obey(rules)
        let found = try await rig.run(groups, patience: patience)
        #expect(found.isClean)
        // Whatever the module did to the run, the token has nothing of it.
        try rig.faults.clear()
        #expect(try rig.token.objectFiles.isEmpty)
        return found
    }

    private func failed(_ found: ConformanceRun.Outcome) -> [String] {
        found.findings.filter { $0.verdict == .fail }.map(\.check)
    }

    @Test func `find none in a good one`() async throws {
        let found = try await findings([.login, .aesGCM, .hmac, .random])
        #expect(failed(found).isEmpty, "\(found.findings.filter { $0.verdict == .fail })")
        #expect(found.groups == [.login, .aesGCM, .hmac, .random])
    }

    @Test func `tell a call that crashes, and go on with the rest`() async throws {
        let found = try await findings([.hmac, .random], "crash C_Verify")
        let crashed = found.findings.filter { $0.detail.contains("SIGSEGV") }
        #expect(!crashed.isEmpty)
        #expect(crashed.allSatisfy { $0.verdict == .fail && $0.group == .hmac })
        #expect(found.findings.contains { $0.group == .hmac && $0.verdict == .pass }, "not all of it needs C_Verify")
        #expect(found.groups == [.hmac, .random])
    }

    @Test func `tell a call that hangs, and go on with the rest`() async throws {
        let found = try await findings([.hmac, .random], "delay C_Verify 600000", patience: 4)
        let silent = found.findings.filter { $0.detail.contains("no answer within 4 s") }
        #expect(!silent.isEmpty)
        #expect(silent.allSatisfy { $0.verdict == .fail && $0.group == .hmac })
        #expect(found.groups == [.hmac, .random])
    }

    @Test func `find keys that can leave the token against all that was asked for`() async throws {
        // CKA_EXTRACTABLE, of whatever is made.
        let found = try await findings([.attributes], "forceattr 0x162 1")
        let bad = found.findings.filter { $0.verdict == .fail }
        #expect(bad.contains { $0.concerns.contains { $0.spec == nil || $0.spec == "SYMMETRIC_DEFAULT" } })
        #expect(bad.contains { $0.check == "attributes.kept-aes" })
    }

    @Test(arguments: ["same", "zero"])
    func `find an IV that is the module's and cannot be told`(mode: String) async throws {
        let found = try await findings([.aesGCM], "gcmiv \(mode)")
        let bad = found.findings.filter { $0.verdict == .fail || $0.settings["zeroIV"] == "true" }
        #expect(!bad.isEmpty, "\(mode)")
    }

    @Test(arguments: [("back", "writtenBack"), ("append", "appended")])
    func `find an IV that is the module's and can be told, and how`(mode: String, setting: String) async throws {
        let found = try await findings([.aesGCM], "gcmiv \(mode)")
        let finding = try #require(found.findings.first { $0.settings["gcmIV"] != nil })
        #expect(finding.verdict == .quirk)
        #expect(finding.settings["gcmIV"] == setting)
        #expect(failed(found).isEmpty, "\(found.findings.filter { $0.verdict == .fail })")
    }

    @Test func `find what is missing, and blame nothing else for it`() async throws {
        // CKM_AES_GCM, and CKM_AES_CBC with and without padding.
        let found = try await findings(
            [.aesGCM, .encryptThenMAC, .hmac], "nomech 0x1087", "nomech 0x1082", "nomech 0x1085")
        #expect(failed(found).isEmpty, "\(found.findings.filter { $0.verdict == .fail })")
        let missing = found.findings.filter { $0.verdict == .missing && $0.group == .aesGCM }
        #expect(missing.contains { $0.concerns.contains { $0.spec == "SYMMETRIC_DEFAULT" } })
        #expect(missing.allSatisfy { $0.consequence != nil })
        #expect(found.findings.filter { $0.group == .hmac }.allSatisfy { $0.verdict == .pass })
    }

    @Test func `find what can stand in for what is missing`() async throws {
        let found = try await findings([.aesGCM, .encryptThenMAC], "nomech 0x1087")
        #expect(failed(found).isEmpty)
        #expect(found.finding("aesGCM.mechanism")?.verdict == .quirk)
        #expect(found.finding("aesGCM.mechanism")?.settings == ["encryptThenMAC": "true"])
        #expect(found.findings.contains { $0.group == .encryptThenMAC && $0.verdict == .pass })
    }

    @Test func `find a generator that repeats itself`() async throws {
        let found = try await findings([.random], "constrandom")
        #expect(!failed(found).isEmpty)
    }

    @Test func `find a cap on sessions that the token does not tell of`() async throws {
        let found = try await findings([.sessions], "maxsess 8")
        #expect(found.findings.contains { $0.settings["sessionLimit"] != nil }, "\(found.findings)")
    }
}
