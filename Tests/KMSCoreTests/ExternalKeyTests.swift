import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import KMSCore

@Suite struct `Keys in an external key store` {
    let scene = CustomKeyStoreScene()
    private var proxy: FakeXKSProxy { scene.keyStores.proxy() }
    private static let refusal = "origin is EXTERNAL_KEY_STORE which is not valid for this operation."

    @Test func `seal twice: in the own token, and by the external key`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let key = try await store.newKey(on: "one", in: id)
        #expect(key.key.origin == .externalKeyStore && key.key.xksKeyID == "one")
        #expect(key.key.customKeyStore?.description == id && key.state == .enabled)
        #expect(scene.rig.backend.objects.contains(key.key.materials[0].reference.object))
        #expect(try await scene.rig.stored(key)?.xksKeyID == "one")

        let ciphertext = try await store.encrypt("wages", with: key.id, in: ["a": "b"])
        let blob = try CiphertextBlob(decoding: ciphertext)
        guard case .double(let sealing) = blob.content else {
            Issue.record("it is sealed once")
            return
        }
        #expect(blob.format == .external && sealing.outer.ciphertext.count == 5 + 12)
        #expect(
            CiphertextBlob.encode(
                header: CiphertextBlob.header(keyID: key.key.address.id, materialNumber: 1, format: .external),
                blob.content) == ciphertext)
        #expect(try await store.decrypt(ciphertext, in: ["a": "b"]) == "wages")
        #expect(try await store.decrypt(ciphertext, with: key.id, in: ["a": "b"]) == "wages")

        // Neither opens it alone.
        let inner = try await proxy.decrypt(
            sealing.outer,
            authenticating: KeyStore.externalData(
                Array(ciphertext.prefix(26)), EncryptionContext(["a": "b"]), sealing.binding), under: "one",
            for: ExternalCall(principalARN: "", keyARN: nil, operation: "", requestID: ""))
        #expect(!inner.contains(Array("wages".utf8)))
        scene.keyStores.proxy().state.withLock { $0.keys["one"] = nil }
        await expect(
            .invalidState,
            "The external key store proxy rejected the request because it could not find the external key."
        ) {
            _ = try await store.decrypt(ciphertext, in: ["a": "b"])
        }
    }

    @Test func `tell the proxy who asks for what`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let key = try await store.newKey(on: "one", in: id)
        let other = try await store.newKey(on: "two", in: id)
        let ciphertext = try await store.encrypt("x", with: key.id)
        _ = try await store.decrypt(ciphertext)
        let dataKey = try await store.generateDataKey(bytes: 32, with: key.id, context: .empty, by: .alice)
        #expect(try await store.decrypt(dataKey.sealed.ciphertext).utf8.count > 0 || dataKey.plaintext.count == 32)
        _ = try await store.generateDataKeyWithoutPlaintext(bytes: 32, with: key.id, context: .empty, by: .alice)
        _ = try await store.reEncrypt(
            ciphertext, sourceKey: nil, sourceContext: .empty, destinationKey: other.id, destinationContext: .empty,
            by: .alice)
        let calls = proxy.calls
        #expect(
            calls.map(\.operation) == [
                "CreateKey", "CreateKey", "Encrypt", "Decrypt", "GenerateDataKey", "Decrypt",
                "GenerateDataKeyWithoutPlaintext", "ReEncrypt", "ReEncrypt",
            ])
        #expect(calls.allSatisfy { $0.principalARN == CallContext.alice.principal.arn })
        #expect(calls[0].keyARN == nil && calls[2].keyARN == key.arn && calls[8].keyARN == other.arn)
        #expect(calls.allSatisfy { $0.requestID == CallContext.alice.requestID && $0.viaService == nil })
    }

    @Test func `and keys elsewhere take what the others encrypted`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let cluster = try await scene.connected(store)
        let keys = [
            try await store.newKey(on: "one", in: id), try await store.newKey(on: "two", in: id),
            try await store.newKey(in: cluster), try await store.newKey(),
        ]
        for source in keys {
            for destination in keys {
                let ciphertext = try await store.encrypt("moved", with: source.id)
                let moved = try await store.reEncrypt(
                    ciphertext, sourceKey: nil, sourceContext: .empty, destinationKey: destination.id,
                    destinationContext: .empty, by: .alice)
                #expect(try await store.decrypt(moved.ciphertext, with: destination.id) == "moved")
            }
        }
    }

    @Test func `stand on an external key that no other stands on, and that can do what it has to`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let key = try await store.newKey(on: "one", in: id)
        await expect(.xksKeyAlreadyInUse) { _ = try await store.newKey(on: "one", in: id) }
        await expect(.xksKeyNotFound) { _ = try await store.newKey(on: "three", in: id) }
        for metadata in [
            ExternalKeyMetadata(spec: "AES_128", usage: ["ENCRYPT", "DECRYPT"], status: "ENABLED"),
            ExternalKeyMetadata(spec: "AES_256", usage: ["ENCRYPT", "WRAP"], status: "ENABLED"),
            ExternalKeyMetadata(spec: "AES_256", usage: ["ENCRYPT", "DECRYPT"], status: "DISABLED"),
        ] {
            proxy.state.withLock { $0.metadata = metadata }
            await expect(.xksKeyInvalidConfiguration) { _ = try await store.newKey(on: "two", in: id) }
        }
        proxy.state.withLock {
            $0.metadata = ExternalKeyMetadata(
                spec: "AES_256", usage: ["WRAP", "DECRYPT", "ENCRYPT"], status: "ENABLED")
        }
        for (kind, code) in [
            (XKSProxyFailure.Kind.accessDenied, KMSError.Code.customKeyStoreInvalidState),
            (.timedOut, .customKeyStoreInvalidState), (.invalidState, .xksKeyInvalidConfiguration),
            (.invalidKeyUsage, .xksKeyInvalidConfiguration), (.keyNotFound, .xksKeyNotFound),
        ] {
            proxy.fail(kind)
            await expect(code) { _ = try await store.newKey(on: "two", in: id) }
        }
        proxy.fail(nil)
        #expect(scene.rig.backend.objects.count == 2, "what is refused leaves no material, beside the server's own key")
        _ = try await store.newKey(on: "two", in: id)
        // Free again when the key is gone.
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        await expect(.xksKeyAlreadyInUse) { _ = try await store.newKey(on: "one", in: id) }
        scene.rig.clock.advance(byDays: 8)
        try await store.performDueWork()
        _ = try await store.newKey(on: "one", in: id)
    }

    @Test func `are made one at a time on one external key`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        proxy.state.withLock { $0.isSlow = true }
        async let first = store.newKey(on: "one", in: id)
        try await Task.sleep(for: .milliseconds(20))
        await expect(.xksKeyAlreadyInUse) { _ = try await store.newKey(on: "one", in: id) }
        proxy.state.withLock { $0.isSlow = false }
        _ = try await first
    }

    @Test func `need a key store and an external key, and are symmetric, of one Region, and never rotated`()
        async throws
    {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let cluster = try await scene.connected(store)
        await expect(.validation) { _ = try await store.newKey(on: nil, in: id) }
        await expect(.validation) { _ = try await store.newKey(on: "one", in: nil) }
        await expect(.validation) { _ = try await store.newKey(on: "one", in: cluster) }
        await expect(.validation) { _ = try await store.newKey(in: id) }
        await expect(.validation) { _ = try await store.newKey { $0.xksKeyID = "one" } }
        await expect(.unsupported) {
            _ = try await store.newKey {
                $0.origin = .externalKeyStore
                $0.customKeyStore = id
                $0.xksKeyID = "one"
                $0.spec = .hmac256
                $0.usage = .generateVerifyMAC
            }
        }
        await expect(.unsupported) { _ = try await store.generateRandom(bytes: 8, in: id, by: .alice) }
        let key = try await store.newKey(on: "one", in: id)
        let refusal = "\(key.arn) \(Self.refusal)"
        await expect(.unsupported, refusal) {
            try await store.enableKeyRotation(key.id, periodInDays: nil, by: .alice)
        }
        await expect(.unsupported, refusal) { _ = try await store.rotateKeyOnDemand(key.id, by: .alice) }
        await expect(.unsupported, refusal) {
            _ = try await store.generateDataKeyPair(
                "ECC_NIST_P256", with: key.id, context: .empty, showingPrivateKey: true, by: .alice)
        }
    }

    @Test func `are Unavailable while it is disconnected, and can be managed and deleted then`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let key = try await store.newKey(on: "one", in: id)
        let ciphertext = try await store.encrypt("x", with: key.id)
        try await store.disconnectCustomKeyStore(id, by: .alice)
        #expect(try await store.state(key) == .unavailable)
        await expect(.invalidState) { _ = try await store.encrypt("x", with: key.id) }
        await expect(.invalidState) { _ = try await store.decrypt(ciphertext) }
        await expect(.customKeyStoreInvalidState) { _ = try await store.newKey(on: "two", in: id) }
        try await store.updateKeyDescription(key.id, to: "still here", by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        await expect(.customKeyStoreHasKeys) { try await store.deleteCustomKeyStore(id, by: .alice) }
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        scene.rig.clock.advance(byDays: 8)
        try await store.performDueWork()
        #expect(!scene.rig.backend.objects.contains(key.key.materials[0].reference.object), "its material was here")
        try await store.deleteCustomKeyStore(id, by: .alice)
    }

    @Test(arguments: XKSProxyFailure.Kind.allCases)
    func `tell what the proxy has against it, as KMSInvalidStateException`(kind: XKSProxyFailure.Kind) async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let key = try await store.newKey(on: "one", in: id)
        let ciphertext = try await store.encrypt("x", with: key.id)
        proxy.fail(kind)
        for call in [
            { () async throws in _ = try await store.encrypt("x", with: key.id) },
            { () async throws in _ = try await store.decrypt(ciphertext) },
            { () async throws in
                _ = try await store.generateDataKey(bytes: 32, with: key.id, context: .empty, by: .alice)
            },
        ] {
            do {
                try await call()
                Issue.record("it worked")
            } catch let error as KMSError {
                #expect(error.code == .invalidState && error.message.contains("external key store proxy"))
                #expect(error.cause?.contains("as the test wants it") == true)
            }
        }
        #expect(try await store.state(key) == .enabled, "the proxy's state is not the key's")
    }

    @Test func `open nothing when the proxy takes one request for another`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let key = try await store.newKey(on: "one", in: id)
        // As alike as two requests can be.
        let (first, second) = (try await store.encrypt("11", with: key.id), try await store.encrypt("22", with: key.id))
        proxy.state.withLock { $0.answersForAnother = true }
        await expect(.invalidState) {
            _ = try await store.decrypt(first)
            _ = try await store.decrypt(second)
        }
        _ = try await store.encrypt("33", with: key.id)
        let mixedUp = try await store.encrypt("44", with: key.id)
        proxy.state.withLock { $0.answersForAnother = false }
        await expect(.invalidState) { _ = try await store.decrypt(mixedUp) }
        #expect(try await store.decrypt(first) == "11")
    }

    @Test func `open nothing that was changed, of another key, or of another version`() async throws {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let (key, other) = (try await store.newKey(on: "one", in: id), try await store.newKey(on: "two", in: id))
        let own = try await store.newKey()
        let ciphertext = try await store.encrypt("x", with: key.id, in: ["a": "b"])
        for offset in 26..<ciphertext.count {
            var changed = ciphertext
            changed[offset] ^= 1
            await #expect(throws: KMSError.self) { _ = try await store.decrypt(changed, in: ["a": "b"]) }
        }
        await #expect(throws: KMSError.self) { _ = try await store.decrypt(ciphertext) }
        func relabelled(_ id: KeyID, _ format: CiphertextFormat, _ bytes: [UInt8]) -> [UInt8] {
            CiphertextBlob.header(keyID: id, materialNumber: 1, format: format) + bytes.dropFirst(26)
        }
        await #expect(throws: KMSError.self) {
            _ = try await store.decrypt(relabelled(other.key.address.id, .external, ciphertext), in: ["a": "b"])
        }
        await expect(.invalidCiphertext) {
            _ = try await store.decrypt(relabelled(own.key.address.id, .external, ciphertext), in: ["a": "b"])
        }
        let plain = try await store.encrypt("x", with: own.id)
        await expect(.invalidCiphertext) {
            _ = try await store.decrypt(relabelled(key.key.address.id, .aesGCM, plain))
        }
    }
}

@Suite struct `A ciphertext of version 3` {
    @Test func `has parts of the sizes that the XKS Proxy API allows, and is read as it was written`() throws {
        for metadata in [0, 1, 20] {
            for iv in [12, 16] {
                let sealing = try #require(
                    ExternalSealing(
                        metadata: .random(metadata), iv: .random(iv), tag: .random(16), ciphertext: .random(45)))
                let header = CiphertextBlob.header(keyID: .random(), materialNumber: 1, format: .external)
                let double = try #require(DoubleSealing(binding: .random(16), outer: sealing))
                let bytes = CiphertextBlob.encode(header: header, .double(double))
                #expect(bytes.count == 42 + 1 + metadata + 1 + iv + 16 + 45 && bytes[0] == 3)
                #expect(try CiphertextBlob(decoding: bytes).content == .double(double))
                for size in 26..<(bytes.count - 44) {
                    #expect(throws: KMSError.self) { try CiphertextBlob(decoding: Array(bytes.prefix(size))) }
                }
            }
        }
        #expect(ExternalSealing(metadata: .random(21), iv: .random(12), tag: .random(16), ciphertext: [1]) == nil)
        #expect(ExternalSealing(metadata: [], iv: .random(13), tag: .random(16), ciphertext: [1]) == nil)
        #expect(ExternalSealing(metadata: [], iv: .random(12), tag: .random(15), ciphertext: [1]) == nil)
        #expect(ExternalSealing(metadata: [], iv: .random(12), tag: .random(16), ciphertext: []) == nil)
    }

    @Test func `of the largest plaintext is within what the API takes, also when the token has no AES-GCM`() {
        let inner = SealingScheme.encryptThenMAC.sealedSize(of: 4096)
        #expect(inner <= 4300, "more than proxies have to take")
        #expect(26 + 1 + 20 + 1 + 16 + 16 + inner <= CiphertextBlob.maximumSize)
    }
}
