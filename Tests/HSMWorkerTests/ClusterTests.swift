import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Testing

@testable import HSMClient

@Suite struct `A cluster of tokens` {
    @Test func `spreads requests over its members`() async throws {
        let rig = try await ClusterRig.ready(3)
        let key = try await rig.newKey()
        let before = rig.cluster.status().members.map(\.requests)
        let sealed = try await rig.seal([7], with: key)
        for _ in 0..<59 { #expect(try await rig.open(sealed, with: key) == [7], "whoever sealed it") }
        let after = rig.cluster.status().members.map(\.requests)
        #expect(zip(after, before).map { $0 - $1 } == [20, 20, 20], "one after the other, in turn")
    }

    @Test func `a new key is on every member before it is told of`() async throws {
        let rig = try await ClusterRig.ready()
        for _ in 0..<5 {
            let key = try await rig.newKey()
            #expect(try await rig.membersThatShow(key.object) == [true, true])
            for client in rig.clients { try await client.verifyKey(key) }
        }
        #expect(rig.cluster.status().members.map(\.lackingKeys) == [0, 0])
    }

    @Test func `a key that does not come to the other member in time is not made, and leaves nothing`() async throws {
        let rig = try await ClusterRig.ready(settings: ClusterSettings(propagation: 0.5))
        rig.tokens.pause()
        let id = ObjectID.random()
        let error = await expect(.keyUnavailable, "it may be tried again") {
            _ = try await rig.cluster.generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        }
        #expect(error?.cause?.contains("not member ") == true, "it names the member: \(error?.cause ?? "")")
        rig.tokens.resume()
        // As the key store does with what it has an intent for.
        try await rig.cluster.destroyKey(id)
        #expect(try await rig.membersThatShow(id) == [false, false])
        #expect(try await rig.cluster.inventory() == [rig.systemKey.object], "no orphan on either")
        let key = try await rig.newKey()
        #expect(try await rig.membersThatShow(key.object) == [true, true])
    }

    @Test func `a member that lacks a key is not asked for it, until it shows it`() async throws {
        let rig = try await ClusterRig.ready(settings: ClusterSettings(quorum: 1, propagation: 1))
        rig.tokens.pause()
        let key = try await rig.newKey()
        let shown = try await rig.membersThatShow(key.object)
        #expect(shown.filter { $0 }.count == 1, "one is enough")
        let lacking = try #require(shown.firstIndex(of: false))
        let before = rig.member(lacking).requests
        for _ in 0..<50 { _ = try await rig.seal(with: key) }
        #expect(rig.member(lacking).requests == before, "from the first moment on")
        #expect(rig.member(lacking).phase == .serving, "it serves other keys")
        #expect(rig.member(lacking).lackingKeys == 1)

        rig.tokens.resume()
        try await waitUntil("the member is asked again") { rig.member(lacking).lackingKeys == 0 }
        for _ in 0..<50 { _ = try await rig.seal(with: key) }
        #expect(rig.member(lacking).requests == before + 25)
    }

    @Test func `a key that one member has lost is used through the other`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        rig.tokens.pause()
        try await rig.clients[1].destroyKey(key.object)
        for _ in 0..<20 { _ = try await rig.seal(with: key) }
        #expect(rig.member(1).lackingKeys == 1)
        try await rig.cluster.verifyKey(key)

        // The one that has it goes too: it may have it still.
        try rig.takeAway(0)
        try await rig.wait(for: .drained, of: 0)
        await expect(.keyUnavailable, "never missing while one that may have it is away") {
            _ = try await rig.seal(with: key)
        }
        await expect(.keyUnavailable) { try await rig.cluster.verifyKey(key) }
        try rig.giveBack(0)
        try await waitUntil("the key serves again") { (try? await rig.seal(with: key)) != nil }

        try await rig.clients[0].destroyKey(key.object)
        await expect(.materialMissing, "when all say so") { _ = try await rig.seal(with: key) }
        await expect(.materialMissing) { try await rig.cluster.verifyKey(key) }
    }

    @Test func `a destroyed key is gone from every member`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        for _ in 0..<4 { _ = try await rig.seal(with: key) }
        try await rig.cluster.destroyKey(key.object)
        #expect(try await rig.membersThatShow(key.object) == [false, false])
        await expect(.materialMissing, "copies in memory included") { _ = try await rig.seal(with: key) }
    }

    @Test func `a destruction that has not come to all members is not done, and can be repeated`() async throws {
        let rig = try await ClusterRig.ready(settings: ClusterSettings(propagation: 0.5))
        let key = try await rig.newKey()
        rig.tokens.pause()
        let error = await expect(.keyUnavailable) { try await rig.cluster.destroyKey(key.object) }
        #expect(error?.cause?.contains("still shows the object") == true)
        rig.tokens.resume()
        try await waitUntil("the members come in step") {
            try await rig.membersThatShow(key.object) == [false, false]
        }
        try await rig.cluster.destroyKey(key.object)
    }

    @Test func `nothing is destroyed while a member cannot be asked`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        try rig.takeAway(1)
        try await rig.wait(for: .drained, of: 1)
        let error = await expect(.keyUnavailable) { try await rig.cluster.destroyKey(key.object) }
        #expect(error?.cause?.contains("member 2") == true)
        await expect(.keyUnavailable) { _ = try await rig.cluster.establishedObjects() }
        #expect(try await rig.clients[0].shows(key.object))
        try rig.giveBack(1)
        try await rig.wait(for: .serving, of: 1)
        try await rig.cluster.destroyKey(key.object)
        #expect(try await rig.membersThatShow(key.object) == [false, false])
    }

    @Test func `only what enough members show counts as there, and orphans are those of any`() async throws {
        let rig = try await ClusterRig.ready()
        let key = try await rig.newKey()
        #expect(try await rig.cluster.establishedObjects() == [rig.systemKey.object, key.object])
        rig.tokens.pause()
        try await rig.clients[1].destroyKey(key.object)
        #expect(try await rig.cluster.establishedObjects() == [rig.systemKey.object])
        #expect(try await rig.cluster.inventory() == [rig.systemKey.object, key.object])
    }

    @Test func `a token of another cluster is never used`() async throws {
        let rig = try await ClusterRig.ready(stranger: true, settings: ClusterSettings(quorum: 2))
        try await rig.wait(for: .drained, of: 2)
        #expect(rig.member(2).cause?.contains("shows none of 1 keys") == true)
        for _ in 0..<5 {
            let key = try await rig.newKey()
            #expect(try await rig.membersThatShow(key.object) == [true, true, false])
            for _ in 0..<6 { _ = try await rig.seal(with: key) }
        }
        #expect(try await rig.clients[2].inventory().isEmpty)
    }

    @Test func `an import goes to a member that has the wrapping key, and its material comes to all`() async throws {
        let rig = try await ClusterRig.ready(settings: ClusterSettings(quorum: 1, propagation: 1))
        let known = try KnownMaterial(KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt))
        rig.tokens.pause()
        let wrappingKey = try await BackendWrappingKey(.rsa2048, in: rig.cluster)
        let shown = try await rig.membersThatShow(wrappingKey.reference.object)
        #expect(shown.filter { $0 }.count == 1)
        var imported: [MaterialReference] = []
        for _ in 0..<4 {
            let id = ObjectID.random()
            let made = try await rig.cluster.importKey(
                wrappingKey.wrap(known, "RSA_AES_KEY_WRAP_SHA_256"), of: known.spec, for: known.usage, id: id,
                expecting: nil)
            #expect(try await rig.membersThatShow(id) == shown)
            imported.append(MaterialReference(object: id, checkValue: made.key.checkValue))
        }
        rig.tokens.resume()
        for key in imported {
            try await waitUntil("it is on both") { try await rig.membersThatShow(key.object) == [true, true] }
            for client in rig.clients { try await known.expectSame(as: key, in: client) }
        }
    }

    @Test func `what one member cannot hold is not supported`() async throws {
        let rig = try await ClusterRig.ready()
        try await rig.cluster.checkSupport(of: .symmetricDefault, for: .encryptDecrypt, imported: false)
        await expect(.unsupported) {
            try await rig.cluster.checkSupport(of: KeySpec(rawValue: "ROT_13"), for: .encryptDecrypt, imported: false)
        }
    }
}
