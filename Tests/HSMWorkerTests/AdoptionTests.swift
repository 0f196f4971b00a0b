import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite(.serialized) struct `A key that was in the token before` {
    private func make(_ rig: Rig, _ label: String, kind: String = "aes:32", _ more: String...) async throws {
        let arguments = ["--keygen", "--key-type", kind, "--label", label] + more
        _ = try await Program.offPool { try rig.token.pkcs11Tool(arguments) }
    }

    private func adopt(_ rig: Rig, _ label: String) async throws -> MaterialReference {
        let id = ObjectID.random()
        let made = try await rig.client.adoptKey(labelled: label, as: id)
        return MaterialReference(object: id, checkValue: made.checkValue)
    }

    @Test(arguments: [[], ["--id", "0102"]])
    func `is found by its label, used where it is, and by later generations`(more: [String]) async throws {
        let rig = try await Rig.ready()
        let arguments = ["--keygen", "--key-type", "aes:32", "--label", "theirs"] + more
        _ = try await Program.offPool { try rig.token.pkcs11Tool(arguments) }
        let key = try await adopt(rig, "theirs")
        #expect(rig.client.adoptedObject(of: key) != nil)
        let sealed = try await rig.seal(Array("hello".utf8), with: key)
        try await rig.client.verifyKey(key)
        try await rig.client.forgetKey(key.object)
        #expect(try await rig.open(sealed, with: key) == Array("hello".utf8))
        try await rig.client.checkHealth()
        #expect(try await rig.client.inventory().isEmpty, "it is none of ours")
    }

    @Test func `is never destroyed`() async throws {
        let rig = try await Rig.ready()
        try await make(rig, "theirs", "--id", "0102")
        let key = try await adopt(rig, "theirs")
        let sealed = try await rig.seal([1], with: key)
        try await rig.client.destroyKey(key.object)
        #expect(try await rig.open(sealed, with: key) == [1])
    }

    @Test func `that is another now is missing, and no ciphertext's fault`() async throws {
        let rig = try await Rig.ready()
        try await make(rig, "theirs")
        let key = try await adopt(rig, "theirs")
        let sealed = try await rig.seal([1], with: key)
        _ = try await Program.offPool {
            try rig.token.pkcs11Tool(["--delete-object", "--type", "secrkey", "--label", "theirs"])
        }
        try await make(rig, "theirs")
        try await rig.client.forgetKey(key.object)
        await expect(.materialMissing) { _ = try await rig.open(sealed, with: key) }
        try await make(rig, "theirs")
        await expect(.materialMissing, "two are no key") { try await rig.client.verifyKey(key) }
    }

    @Test func `has to be one AES-256 key that encrypts and decrypts`() async throws {
        let rig = try await Rig.ready()
        try await make(rig, "short", kind: "aes:16")
        try await make(rig, "twice")
        try await make(rig, "twice")
        _ = try await rig.newKey()
        for label in ["short", "twice", "nobody", "strongroom", ""] {
            await expect(.validation) { _ = try await adopt(rig, label) }
        }
    }

    @Test func `has a place that is read as it is written, and no other`() {
        for place in [AdoptedPlace(.id, [1]), AdoptedPlace(.label, Array(repeating: 7, count: 1024))] {
            let read = place.flatMap { AdoptedPlace.read(($0.bytes + [9, 9])[...]) }
            #expect(read?.place == place && read?.rest == [9, 9][...])
        }
        #expect(AdoptedPlace(.id, []) == nil && AdoptedPlace(.id, Array(repeating: 0, count: 1025)) == nil)
        for bytes: [UInt8] in [[], [1], [1, 0], [1, 0, 0], [1, 0, 2, 1], [3, 0, 1, 1], [1, 255, 255, 1]] {
            #expect(AdoptedPlace.read(bytes[...]) == nil)
        }
    }
}
