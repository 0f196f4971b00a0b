import KMSCore
import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import XKSCore

@Suite struct `An external key` {
    @Test func `is a KMS key that the KMS API does not work with`() async throws {
        let rig = try await Rig()
        try await rig.store()
        let key = try await rig.key()
        let id = key.address.id.description
        let context = rig.context()
        let nothing = try EncryptionContext([:])
        await expect(.unsupported) {
            _ = try await rig.keys.encrypt(SecretBytes(copying: [1]), with: id, context: nothing, by: rig.context())
        }
        await expect(.unsupported) {
            _ = try await rig.keys.generateDataKey(bytes: 32, with: id, context: nothing, by: rig.context())
        }
        #expect(try await rig.keys.describeKey(id, by: context).state == .enabled)
        try await rig.keys.disableKey(id, by: rig.context())
        #expect(try rig.exposed(for: .getKeyMetadata).state == .disabled)
        await expect(.disabled) { _ = try rig.exposed() }
        try await rig.keys.enableKey(id, by: rig.context())
        try await rig.keys.createAlias("alias/external", target: id, by: rig.context())
        try await rig.keys.enableKeyRotation(id, periodInDays: nil, by: rig.context())
        _ = try rig.exposed()
    }

    @Test func `never decrypts what the KMS API was given under its id`() async throws {
        let rig = try await Rig()
        try await rig.store()
        let id = try await rig.key().address.id
        let plain = try await rig.keys.createKey(NewKey(), by: rig.context()).key.address.id
        let nothing = try EncryptionContext([:])
        let other = try await rig.keys.encrypt(
            SecretBytes(copying: [1]), with: plain.description, context: nothing, by: rig.context())
        // A header that names the external key can be written by anybody.
        let forged = CiphertextBlob.encode(
            header: CiphertextBlob.header(keyID: id, materialNumber: 1, format: .aesGCM),
            try CiphertextBlob(decoding: other.ciphertext).content)
        await expect(.unsupported) {
            _ = try await rig.keys.decrypt(forged, with: id.description, context: nothing, by: rig.context())
        }
    }

    @Test(arguments: ["", "a b", "a/b", "ä", String(repeating: "a", count: 129)])
    func `has no id that the specification has not`(id: String) async throws {
        let rig = try await Rig()
        try await rig.store()
        await expect(.validation) { try await rig.key(id) }
    }

    @Test func `has its id to itself in its store, and not beyond`() async throws {
        let rig = try await Rig()
        try await rig.store("a")
        try await rig.store("b")
        let first = try await rig.key("one", of: "a")
        await expect(.alreadyExists) { try await rig.key("one", of: "a") }
        let second = try await rig.key("one", of: "b")
        #expect(first.address != second.address)
        let made = try await rig.encrypt("a", under: try rig.exposed(of: "a")).ciphertext
        await expect(.invalidCiphertext) { _ = try await rig.decrypt(made, under: try rig.exposed(of: "b")) }
    }

    @Test func `may be for one use, or none`() async throws {
        let rig = try await Rig()
        try await rig.store()
        for (id, uses) in [("e", [.encrypt]), ("d", [.decrypt]), ("n", [])] as [(String, Set<KeyExposure.Use>)] {
            try await rig.key(id, uses: uses)
            for (operation, use) in [(XKSOperation.encrypt, KeyExposure.Use.encrypt), (.decrypt, .decrypt)] {
                if uses.contains(use) {
                    _ = try rig.exposed(id, for: operation)
                } else {
                    await expect(.invalidKeyUsage) { _ = try rig.exposed(id, for: operation) }
                }
            }
            _ = try rig.exposed(id, for: .getKeyMetadata)
        }
        try await rig.stores.updateKey("e", of: "acme", uses: [.decrypt], by: rig.context())
        await expect(.invalidKeyUsage) { _ = try rig.exposed("e") }
        let (_, stores) = try await rig.restarted()
        #expect(
            try stores.listKeys(of: "acme", by: rig.context()).map(\.exposure.uses) == [[.decrypt], [.decrypt], []])
    }

    @Test func `that the token does not show is no key that is not found`() async throws {
        let rig = try await Rig()
        try await rig.store()
        let address = try await rig.key().address
        let key = try rig.exposed()
        let object = try #require(try await rig.metadata.load().keys.first { $0.address == address })
        rig.backend.lose(object.materials[0].reference.object)
        await expect(.keyUnavailable) { _ = try await rig.encrypt("a", under: key) }
        #expect(try rig.exposed(for: .getKeyMetadata).state == .unavailable)
    }

    @Test func `is refused by a token without AES-GCM, and leaves nothing there`() async throws {
        let rig = try await Rig()
        try await rig.store()
        rig.backend.setNewScheme(.encryptThenMAC)
        let before = try await rig.backend.inventory()
        await expect(.unsupported) { try await rig.key() }
        try await rig.keys.performDueWork()
        #expect(try await rig.backend.inventory() == before)
    }

    @Test func `counts its encryptions, and spends no more than it may`() async throws {
        let rig = try await Rig()
        try await rig.store()
        let address = try await rig.key().address
        _ = try await rig.encrypt("a", under: try rig.exposed())
        let stored = try #require(try await rig.metadata.load().keys.first { $0.address == address })
        #expect(stored.materials[0].reservedEncryptions > 0)
        try await rig.metadata.commit([.reserveEncryptions(address, material: 1, total: 1 << 32)])
        let (_, stores) = try await rig.restarted()
        let entry = try #require(stores.table.withLock { $0.stores["acme"] })
        let key = try stores.resolve("one", of: entry, for: .encrypt, .sample) { _ in }
        await expect(.limitExceeded) {
            _ = try await stores.encrypt(
                SecretBytes(copying: [1]), under: key, authenticating: [], withIntegrityValue: false, requestID: "r")
        }
    }

    @Test func `is never one of a token that cannot give any of its own`() async throws {
        let rig = try await Rig()
        try await rig.store()
        let address = try await rig.key().address
        let stored = try #require(try await rig.metadata.load().keys.first { $0.address == address })
        #expect(rig.backend.adoptedObject(of: stored.materials[0].reference) == nil)
        await expect(.unsupported) {
            _ = try await rig.stores.createKey(
                "x", of: "acme", from: .labelled("x"), uses: [.encrypt], description: "", by: rig.context())
        }
    }
}
