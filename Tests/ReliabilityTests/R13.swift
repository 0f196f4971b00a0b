import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R13: a token is chosen by its label or serial, never by its slot` {
    // S
    @Test func `so that slots may move while it serves`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        // SoftHSM numbers its slots by the tokens' serials, in the order of their folders.
        for round in 0..<3 {
            try await Program.offPool { try rig.token.addToken(label: "other \(round)") }
            let old = rig.workers
            Processes.kill(old)
            try await waitUntil("new workers") { rig.workers.count == 2 && Set(rig.workers).isDisjoint(with: old) }
            #expect(try await rig.open(sealed, with: key) == [1])
        }
    }

    @Test func `and two of one label are refused, until the serial tells which`() async throws {
        let rig = try await Program.offPool { try Rig(prepare: { try $0.addToken(label: $0.label) }) }
        let error = await expect(.keyUnavailable) { _ = try await rig.client.tokenReport() }
        #expect(error?.cause?.contains("2 tokens match") == true, "\(error?.cause ?? "")")
        let listing = try await Program.offPool {
            try Program.run(
                "pkcs11-tool", "--module", SoftHSMToken.modulePath, "--list-slots",
                environment: rig.token.environment)
        }
        let serials = listing.split(separator: "\n").filter { $0.contains("serial num") }.compactMap {
            $0.split(separator: " ").last.map(String.init)
        }
        try #require(serials.count >= 2)
        let module = rig.token
        let chosen = try Rig.client(of: module, uri: "pkcs11:token=strongroom%20test;serial=\(serials[0])")
        let report = try await chosen.tokenReport()
        #expect(report.serial == serials[0])
        try await Program.offPool { chosen.stop() }
    }
}
