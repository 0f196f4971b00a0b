import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R14: an object's id is random, ours, and one object's only` {
    // S
    @Test func `a second object of the id makes the key refuse, and stays untouched`() async throws {
        let scene = try await StoreScene()
        let key = try await scene.newKey()
        let ciphertext = try await scene.encrypt([1], with: key)
        let object = try await scene.object(of: key)
        try await Program.offPool {
            _ = try scene.rig.token.pkcs11Tool(
                "--keygen", "--key-type", "AES:32", "--id", "\(object)", "--label", "strongroom", "--sensitive")
        }
        try await scene.rig.client.forgetKey(object)
        await expect(.keyUnavailable) { _ = try await scene.decrypt(ciphertext) }
        await expect(.keyUnavailable) { _ = try await scene.encrypt([1], with: key) }
        #expect(scene.alarms.contains { $0.contains(key) }, "an operator is told")
        #expect(try scene.rig.token.objectFiles.count == 2, "neither was destroyed")
    }

    // S
    @Test func `an id that is taken is not made a second time`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        await #expect(throws: KMSError.self) {
            _ = try await rig.client.generateKey(.symmetricDefault, for: .encryptDecrypt, id: key.object)
        }
        #expect(try rig.token.objectFiles.count == 1)
        #expect(try await rig.open(sealed, with: key) == [1])
    }

    // S
    @Test func `many keys have many ids`() async throws {
        let scene = try await StoreScene()
        let count = times(60, full: 10_000)
        for _ in 0..<count { _ = try await scene.newKey() }
        let ids = try await scene.metadata.load().keys.flatMap(\.materials).map(\.reference.object)
        #expect(Set(ids).count == count)
        #expect(try await scene.rig.client.inventory() == Set(ids))
    }
}
