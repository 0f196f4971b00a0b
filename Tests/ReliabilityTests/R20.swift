import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R20: a key is as well protected as was asked for, or there is none` {
    private static let extractable = "0x162"
    private static let sensitive = "0x103"

    /// A rig on a module that does what `rule` says from the first call on.
    private func rig(_ rule: String) async throws -> Rig {
        try await Program.offPool {
            let rig = try Rig(.faulty, starts: false)
            try rig.faults.obey(rule)
            rig.startClient()
            return rig
        }
    }

    // X
    @Test func `a token that ignores what was asked for gets none`() async throws {
        let rig = try await Rig.ready(.faulty)
        for rule in [
            "forceattr \(Self.extractable) 1", "forceattr \(Self.sensitive) 0", "lieattr \(Self.extractable) 1",
        ] {
            try rig.faults.obey(rule)
            await #expect(throws: KMSError.self, "\(rule)") { _ = try await rig.newKey() }
            await #expect(throws: KMSError.self, "\(rule)") { _ = try await rig.newKey(.p256, .signVerify) }
            await #expect(throws: KMSError.self, "\(rule)") { _ = try await rig.newKey(.hmac256, .generateVerifyMAC) }
            #expect(try rig.token.objectFiles.isEmpty, "what was made for the try is gone: \(rule)")
        }
    }

    // X
    @Test func `nor does it get one where it ignores that from the start`() async throws {
        let rig = try await rig("forceattr \(Self.extractable) 1")
        await #expect(throws: KMSError.self) { _ = try await rig.newKey() }
        #expect(try rig.token.objectFiles.isEmpty)
    }

    // X: the reason is told.
    @Test func `and its operator is told which attribute`() async throws {
        let rig = try await rig("forceattr \(Self.extractable) 1")
        do {
            _ = try await rig.newKey()
        } catch let error as KMSError {
            #expect(error.cause?.contains("extractable") == true, "\(error.cause ?? error.message)")
        }
    }

    // X: a template that is refused now and then is not made smaller.
    @Test func `a template that was refused once is not made weaker`() async throws {
        let rig = try await rig("rv C_GenerateKey 0xd1 times 1 shared")
        let key = try await rig.newKey()
        try rig.faults.clear()
        try await rig.client.verifyKey(key)
        let listing = try await Program.offPool { try rig.token.pkcs11Tool("--list-objects", "--type", "secrkey") }
        #expect(listing.contains("Access:     sensitive, always sensitive, never extractable, local"), "\(listing)")
        #expect(listing.contains("Usage:      encrypt, decrypt\n"), "\(listing)")
    }
}
