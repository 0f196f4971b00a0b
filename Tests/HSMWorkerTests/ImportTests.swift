import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import Testing

@testable import HSMClient

@Suite(.serialized) struct `Imported key material` {
    /// What SoftHSM 2.6.1 opens itself: OAEP with SHA-1 only, no Ed25519 key, and of an HMAC key it lets nobody know
    /// whether it has 28 bytes or some more.
    private func place(_ kind: KnownMaterial.Kind, _ algorithm: String) -> KeyMaterial.Import.Place {
        let isOpened = algorithm.hasSuffix("SHA_1") && ![.edwards25519, .hmac224].contains(kind.spec)
        return isOpened ? .token : .worker
    }

    private static let large = SharedScene(.rsa4096) { $0.settings.profile.callTimeout = 60 }

    @Test(arguments: KnownMaterial.algorithms)
    func `is opened in the token where that is possible, and what the worker saw is told`(algorithm: String)
        async throws
    {
        let (rig, wrappingKey) = try await Self.large.made
        for kind in KnownMaterial.kinds where !kind.isRSA || algorithm.hasPrefix("RSA_AES") {
            let known = try KnownMaterial(kind)
            let (key, imported) = try await rig.importKey(known, algorithm, wrappingKey)
            #expect(imported.place == place(kind, algorithm), "\(kind.testDescription)")
            #expect(imported.key.publicKey == known.key.publicKey)
            try await known.expectSame(as: key, in: rig.client)
        }
    }

    @Test func `is known again by a new generation`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        var keys: [(KnownMaterial, MaterialReference)] = []
        for kind in KnownMaterial.kinds where kind.spec != .rsa4096 {
            let known = try KnownMaterial(kind)
            keys.append((known, try await rig.importKey(known, "RSA_AES_KEY_WRAP_SHA_256", wrappingKey).0))
        }
        let old = rig.workers
        Rig.kill(old)
        try await waitUntil("a new generation") { rig.workers.count == 1 && rig.workers != old }
        for (known, key) in keys {
            try await rig.client.verifyKey(key)
            try await known.expectSame(as: key, in: rig.client)
        }
        // And the wrapping key unwraps still.
        _ = try await rig.importKey(keys[0].0, "RSA_AES_KEY_WRAP_SHA_1", wrappingKey)
    }

    @Test func `is sensitive and not extractable, and the token says that it was made elsewhere`() async throws {
        let rig = try await Rig.ready()
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        for (algorithm, kind) in [
            ("RSAES_OAEP_SHA_1", KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt)),
            ("RSAES_OAEP_SHA_256", KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt)),
            ("RSA_AES_KEY_WRAP_SHA_1", KnownMaterial.Kind(.p256, .signVerify)),
            ("RSA_AES_KEY_WRAP_SHA_256", KnownMaterial.Kind(.edwards25519, .signVerify)),
        ] {
            let known = try KnownMaterial(kind)
            let (key, _) = try await rig.importKey(known, algorithm, wrappingKey)
            let type = known.key.publicKey.isEmpty ? "secrkey" : "privkey"
            let listing = try await Program.offPool {
                try rig.token.pkcs11Tool("--list-objects", "--type", type, "--id", "\(key.object)")
            }
            #expect(listing.contains("Access:     sensitive\n"), "\(listing)")
            #expect(listing.contains("Usage:      \(type == "secrkey" ? "encrypt, decrypt" : "sign")\n"), "\(listing)")
            if type == "secrkey" {
                await #expect(throws: Program.Failure.self, "nobody reads the key's value") {
                    try await Program.offPool {
                        try rig.token.pkcs11Tool("--read-object", "--type", type, "--id", "\(key.object)")
                    }
                }
            }
        }
        let everything = try await Program.offPool { try rig.token.pkcs11Tool("--list-objects") }
        #expect(everything.split(separator: "Access:").count == 6, "four keys and the one that wraps:\n\(everything)")
    }

    @Test func `that was generated once is told from the same key imported`() async throws {
        let rig = try await Rig.ready()
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let generated = try await rig.newKey()
        let known = try KnownMaterial(KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt))
        let (key, _) = try await rig.importKey(known, "RSAES_OAEP_SHA_1", wrappingKey)
        #expect(generated.checkValue.count == 52)
        #expect(key.checkValue.count > 52)
        // An imported key's check value does not vouch for a generated object, nor the other way round.
        for (object, checkValue) in [(generated.object, key.checkValue), (key.object, generated.checkValue)] {
            await expect(.materialMissing) {
                try await rig.client.verifyKey(MaterialReference(object: object, checkValue: checkValue))
            }
        }
    }

    // MARK: What the worker may not, or the token cannot

    @Test func `that the worker would have to open is refused where the profile forbids it, and says what is missing`()
        async throws
    {
        let rig = try await Rig.ready { $0.settings.profile.workerOpensImports = false }
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        for kind in KnownMaterial.kinds where kind.spec != .rsa4096 && kind.spec != .rsa3072 {
            let known = try KnownMaterial(kind)
            for algorithm in KnownMaterial.algorithms where !kind.isRSA || algorithm.hasPrefix("RSA_AES") {
                guard let wrapped = try KnownMaterial.wrap(known.bytes, algorithm, under: wrappingKey.publicKey) else {
                    continue
                }
                let material = wrappingKey.material(wrapped, algorithm)
                if place(kind, algorithm) == .token, kind.spec != .p521 || algorithm.hasPrefix("RSA_AES") {
                    let imported = try await rig.client.importKey(
                        material, of: kind.spec, for: kind.usage, id: .random(), expecting: nil)
                    #expect(imported.place == .token)
                    continue
                }
                let before = try rig.token.objectFiles
                let error = await expect(.unsupported, "\(kind.testDescription) by \(algorithm)") {
                    _ = try await rig.client.importKey(
                        material, of: kind.spec, for: kind.usage, id: .random(), expecting: nil)
                }
                #expect(error?.message.contains("CKM_") == true, "\(error?.message ?? "")")
                await expect(.unsupported) {
                    _ = try await rig.client.identify(material, of: kind.spec, for: kind.usage, among: [])
                }
                #expect(try rig.token.objectFiles == before)
            }
        }
    }

    @Test func `goes through the worker when the token has no RFC 5649, all but RSA keys`() async throws {
        let rig = try await Rig.ready(without: ["CKM_AES_KEY_WRAP_PAD"])
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        for kind in KnownMaterial.kinds where !kind.isRSA {
            let known = try KnownMaterial(kind)
            let (key, imported) = try await rig.importKey(known, "RSA_AES_KEY_WRAP_SHA_1", wrappingKey)
            #expect(imported.place == .worker, "\(kind.testDescription)")
            try await known.expectSame(as: key, in: rig.client)
        }
        let known = try KnownMaterial(KnownMaterial.Kind(.rsa2048, .signVerify))
        let error = await expect(.unsupported) {
            _ = try await rig.importKey(known, "RSA_AES_KEY_WRAP_SHA_1", wrappingKey)
        }
        #expect(error?.message.contains("CKM_AES_KEY_WRAP_PAD or CKM_AES_KEY_WRAP_KWP") == true)
    }

    @Test func `goes through the worker when the token lets nobody measure what it unwrapped`() async throws {
        let rig = try await Rig.ready(without: ["CKM_AES_KEY_WRAP"])
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        for (spec, usage, place) in [
            (KeySpec.symmetricDefault, KeyUsage.encryptDecrypt, KeyMaterial.Import.Place.worker),
            (.hmac256, .generateVerifyMAC, .worker), (.p256, .signVerify, .token),
        ] {
            let known = try KnownMaterial(KnownMaterial.Kind(spec, usage))
            let (key, imported) = try await rig.importKey(known, "RSA_AES_KEY_WRAP_SHA_1", wrappingKey)
            #expect(imported.place == place, "\(spec.rawValue)")
            try await known.expectSame(as: key, in: rig.client)
        }
    }

    @Test func `on a curve goes through the worker when the token cannot tell the public key`() async throws {
        let rig = try await Rig.ready(without: ["CKM_ECDH1_DERIVE"])
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let known = try KnownMaterial(KnownMaterial.Kind(.p384, .signVerify))
        let (key, imported) = try await rig.importKey(known, "RSA_AES_KEY_WRAP_SHA_1", wrappingKey)
        #expect(imported.place == .worker)
        #expect(imported.key.publicKey == known.key.publicKey)
        try await known.expectSame(as: key, in: rig.client)
    }

    @Test func `of an operation that the token lacks is refused, by its mechanism's name`() async throws {
        let rig = try await Rig.ready(without: ["CKM_ECDSA", "CKM_SHA384_HMAC"])
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        for (spec, usage, name) in [
            (KeySpec.p256, KeyUsage.signVerify, "CKM_ECDSA"), (.hmac384, .generateVerifyMAC, "CKM_SHA384_HMAC"),
        ] {
            let known = try KnownMaterial(KnownMaterial.Kind(spec, usage))
            let error = await expect(.unsupported) {
                _ = try await rig.importKey(known, "RSA_AES_KEY_WRAP_SHA_1", wrappingKey)
            }
            #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
        }
    }
}

extension Rig {
    func importKey(
        _ known: KnownMaterial, _ algorithm: String, _ wrappingKey: BackendWrappingKey
    ) async throws -> (MaterialReference, ImportedKey) {
        let id = ObjectID.random()
        let imported = try await client.importKey(
            wrappingKey.wrap(known, algorithm), of: known.spec, for: known.usage, id: id, expecting: nil)
        return (MaterialReference(object: id, checkValue: imported.key.checkValue), imported)
    }
}
