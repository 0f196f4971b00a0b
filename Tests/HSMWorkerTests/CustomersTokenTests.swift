import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import SecureMemory
import Testing

@testable import HSMClient

/// What a custom key store asks of the workers of its token.
@Suite(.serialized) struct `A customer's token` {
    /// A rig whose PIN is handed to the client, as a key store's password is.
    private func handed(
        _ pin: String? = nil, name: String = "first",
        _ edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }
    ) async throws -> Rig {
        let token = Box()
        return try await Program.offPool {
            try Rig {
                $0.settings.pinSource = .handed(name: name, descriptor: -1)
                $0.settings.labelsKeysByID = true
                $0.pin = InheritedPIN(SecretBytes(copying: Array((pin ?? token.pin).utf8)))
                edit(&$0)
            } prepare: {
                token.pin = $0.pin
            }
        }
    }

    private final class Box: @unchecked Sendable {
        // Unchecked because it is written before it is read, on one thread.
        var pin = ""
    }

    @Test func `is logged in to with a PIN that every worker is handed`() async throws {
        let rig = try await handed()
        _ = try await rig.client.tokenReport()
        try await waitUntil("all workers serve") { rig.client.workers.allSatisfy(\.isReady) }
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1, 2], with: key)
        for process in rig.workers { kill(process, SIGKILL) }
        try await waitUntil("new workers serve", seconds: 10) {
            (try? await rig.open(sealed, with: key)) == [1, 2]
        }
    }

    @Test func `shows a key under its own id, and only such keys count`() async throws {
        let rig = try await handed()
        let key = try await rig.newKey()
        let id = key.object.bytes
        let digits = id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let name = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(Array(digits)[$0]) }
            .joined(separator: "-")
        let found = try await Program.offPool {
            try rig.token.pkcs11Tool("--list-objects", "--type", "secrkey", "--label", name)
        }
        #expect(found.contains("ID:         \(digits)"), "\(found)")
        // What others keep there is none of ours, whatever its id looks like.
        let other = String(digits.reversed())
        _ = try await Program.offPool {
            try rig.token.pkcs11Tool("--keygen", "--key-type", "aes:32", "--label", "theirs", "--id", other)
        }
        #expect(try await rig.client.inventory() == [key.object])
        try await rig.client.verifyKey(key)
        try await rig.client.destroyKey(key.object)
        #expect(try await rig.client.inventory().isEmpty)
    }

    @Test func `whose PIN is refused is not asked again, unless it is another PIN`() async throws {
        let rig = try await handed("not this one")
        await #expect(throws: KMSError.self) { _ = try await rig.client.tokenReport() }
        #expect(rig.client.startFault.fault == .pinRefused && rig.client.startFault.isLasting)
        try await rig.stop()
        for (name, pin, isTaken) in [("first", rig.token.pin, false), ("second", rig.token.pin, true)] {
            var configuration = rig.configuration
            configuration.settings.pinSource = .handed(name: name, descriptor: -1)
            configuration.pin = InheritedPIN(SecretBytes(copying: Array(pin.utf8)))
            let settings = configuration
            let client = try await Program.offPool {
                HSMClient(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            }
            let report = try? await client.tokenReport()
            #expect((report != nil) == isTaken, "the right PIN under the name \(name)")
            try await Program.offPool { client.stop() }
        }
    }

    @Test func `that is not there, or not set up, is told`() async throws {
        let absent = try await handed(nil) { (configuration: inout HSMClientConfiguration) in
            configuration.settings.tokenURI = "pkcs11:token=nobody"
        }
        await #expect(throws: KMSError.self) { _ = try await absent.client.tokenReport() }
        #expect(absent.client.startFault.fault == .noToken)
        try await absent.stop()
        let failure = #expect(throws: WorkerTaskError.self) {
            _ = try WorkerTask.examine(absent.configuration)
        }
        #expect(failure?.fault == .noToken)
    }

    @Test func `can be looked at without a PIN`() async throws {
        let rig = try await handed()
        let configuration = rig.configuration
        let report = try await Program.offPool { try WorkerTask.examine(configuration) }
        #expect(report.label == "strongroom test" && report.missingMechanisms.isEmpty)
        let poor = try await Program.offPool {
            try Rig(edit: { $0.settings.pinSource = .handed(name: "", descriptor: -1) }, without: ["CKM_AES_GCM"])
        }
        let lacking = poor.configuration
        let missing = try await Program.offPool { try WorkerTask.examine(lacking) }
        #expect(missing.missingMechanisms == ["CKM_AES_GCM"])
    }
}
