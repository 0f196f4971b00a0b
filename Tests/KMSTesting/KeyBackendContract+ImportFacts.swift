internal import KMSCore
internal import SecureMemory
internal import Testing

extension KeyBackendContract {
    static let importFacts = [
        Fact("imported material of every kind does what it does outside", needs: [.wrappingKey(.rsa3072)]) { contract in
            let wrappingKey = try await BackendWrappingKey(.rsa3072, in: contract.backend)
            // The larger RSA keys take long to make, and differ in nothing here.
            let kinds = KnownMaterial.kinds.filter { ![.rsa3072, .rsa4096].contains($0.spec) }
            for kind in try await contract.importable(kinds) {
                let known = try KnownMaterial(kind)
                for algorithm in KnownMaterial.algorithms where !kind.isRSA || algorithm.hasPrefix("RSA_AES") {
                    let (key, imported) = try await contract.importKey(known, algorithm, wrappingKey)
                    #expect(imported.key.publicKey == known.key.publicKey, "\(kind)")
                    try await known.expectSame(as: key, in: contract.backend)
                    try await contract.backend.verifyKey(key)
                    #expect(try await contract.backend.inventory().contains(key.object))
                    try await contract.backend.destroyKey(key.object)
                }
            }
        },
        Fact(
            "material that was destroyed is imported again under its id and check value, and no other is",
            needs: [.wrappingKey(.rsa2048)]
        ) { contract in
            let backend = contract.backend
            let wrappingKey = try await BackendWrappingKey(in: backend)
            for kind in try await contract.importable(contract.fewKinds) {
                let known = try KnownMaterial(kind)
                let other = try KnownMaterial(kind, 1)
                let algorithm = "RSA_AES_KEY_WRAP_SHA_256"
                let (key, first) = try await contract.importKey(known, algorithm, wrappingKey)
                try await backend.destroyKey(key.object)
                let wrong = try wrappingKey.wrap(other, algorithm)
                await contract.expect(.incorrectKeyMaterial, "\(kind)") {
                    _ = try await backend.importKey(
                        wrong, of: kind.spec, for: kind.usage, id: key.object, expecting: key.checkValue)
                }
                #expect(try await !backend.inventory().contains(key.object), "\(kind)")
                let again = try await backend.importKey(
                    wrappingKey.wrap(known, "RSA_AES_KEY_WRAP_SHA_1"), of: kind.spec, for: kind.usage, id: key.object,
                    expecting: key.checkValue
                )
                #expect(again.key.publicKey == first.key.publicKey)
                try await backend.verifyKey(key)
                try await known.expectSame(as: key, in: backend)
                let fresh = MaterialReference(object: key.object, checkValue: again.key.checkValue)
                try await backend.verifyKey(fresh)
            }
        },
        Fact(
            "to identify material finds the key that it is, whether its object is there or not",
            needs: [.wrappingKey(.rsa2048)]
        ) { contract in
            let backend = contract.backend
            let wrappingKey = try await BackendWrappingKey(in: backend)
            for kind in try await contract.importable(contract.fewKinds) {
                let known = try (0..<3).map { try KnownMaterial(kind, $0) }
                var keys: [MaterialReference] = []
                for material in known {
                    keys.append(try await contract.importKey(material, "RSA_AES_KEY_WRAP_SHA_1", wrappingKey).0)
                }
                try await backend.destroyKey(keys[1].object)
                for (index, material) in known.enumerated() {
                    let wrapped = try wrappingKey.wrap(material, "RSA_AES_KEY_WRAP_SHA_256")
                    #expect(try await backend.identify(wrapped, of: kind.spec, for: kind.usage, among: keys) == index)
                    let others = keys.filter { $0 != keys[index] }
                    #expect(
                        try await backend.identify(wrapped, of: kind.spec, for: kind.usage, among: others) == nil)
                    #expect(try await backend.identify(wrapped, of: kind.spec, for: kind.usage, among: []) == nil)
                }
                let inventory = try await backend.inventory()
                #expect(
                    keys.map { inventory.contains($0.object) } == [true, false, true], "it makes and destroys none")
            }
        },
        Fact(
            "material of another size or kind is incorrect key material, and makes nothing",
            needs: [.wrappingKey(.rsa2048)]
        ) { contract in
            let wrappingKey = try await BackendWrappingKey(in: contract.backend)
            var pool = [1, 16, 28, 31, 32, 33, 64].map { [UInt8].random($0) }
            let kinds = try await contract.importable(contract.fewKinds)
            // What a token unwraps as nothing at all is to it as if it were wrapped wrongly.
            for kind in kinds where !kind.isSecret { pool.append(try KnownMaterial(kind).bytes) }
            for kind in kinds {
                for bytes in pool {
                    // What happens to be of the kind is no wrong material.
                    guard (try? KnownMaterial(bytes, kind.spec, kind.usage)) == nil else { continue }
                    for algorithm in ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1"] {
                        let wrapped = try KnownMaterial.wrap(bytes, algorithm, under: wrappingKey.publicKey)
                        guard let wrapped else { continue }
                        try await contract.expectRefused(
                            .incorrectKeyMaterial, wrappingKey.material(wrapped, algorithm), kind,
                            "\(bytes.count) bytes as \(kind.spec.rawValue) by \(algorithm)"
                        )
                    }
                }
            }
        },
        Fact(
            "what was wrapped under another key, by another algorithm, or never, is an invalid ciphertext",
            needs: [.importing(.symmetricDefault, .encryptDecrypt), .wrappingKey(.rsa2048)]
        ) { contract in
            let wrappingKey = try await BackendWrappingKey(in: contract.backend)
            let other = try await BackendWrappingKey(in: contract.backend)
            let kind = KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt)
            let known = try KnownMaterial(kind)
            for algorithm in KnownMaterial.algorithms {
                var wrong = [
                    try known.wrap(algorithm, under: other.publicKey), [], [0], .random(256), .random(296),
                    [UInt8](repeating: 0, count: 256), [UInt8](repeating: 0xff, count: 256), .random(6144),
                ]
                for another in KnownMaterial.algorithms where another != algorithm {
                    wrong.append(try known.wrap(another, under: wrappingKey.publicKey))
                }
                let right = try known.wrap(algorithm, under: wrappingKey.publicKey)
                wrong += [right.dropLast(), right + [0], right + [UInt8](repeating: 0, count: 8)].map(Array.init)
                for bytes in wrong {
                    try await contract.expectRefused(
                        .invalidCiphertext, wrappingKey.material(bytes, algorithm), kind,
                        "\(bytes.count) bytes by \(algorithm)"
                    )
                }
            }
        },
        Fact(
            "an import to an id that is taken is refused, and its key is left as it was",
            needs: [.symmetric, .importing(.symmetricDefault, .encryptDecrypt), .wrappingKey(.rsa2048)]
        ) { contract in
            let key = try await contract.newKey()
            let wrappingKey = try await BackendWrappingKey(in: contract.backend)
            let known = try KnownMaterial(KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt))
            let sealed = try await contract.seal([1], with: key)
            await #expect(throws: KMSError.self) {
                _ = try await contract.backend.importKey(
                    wrappingKey.wrap(known, "RSAES_OAEP_SHA_256"), of: .symmetricDefault, for: .encryptDecrypt,
                    id: key.object, expecting: nil
                )
            }
            #expect(try await contract.open(sealed, with: key) == [1])
        },
        Fact(
            "a wrapping key that was destroyed unwraps nothing",
            needs: [.importing(.symmetricDefault, .encryptDecrypt), .wrappingKey(.rsa2048)]
        ) { contract in
            let wrappingKey = try await BackendWrappingKey(in: contract.backend)
            let known = try KnownMaterial(KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt))
            let wrapped = try wrappingKey.wrap(known, "RSAES_OAEP_SHA_1")
            try await contract.backend.destroyKey(wrappingKey.reference.object)
            let kind = KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt)
            try await contract.expectRefused(.materialMissing, wrapped, kind, "destroyed")
        },
    ]

    /// Those of `kinds` of which the backend takes material.
    private func importable(_ kinds: [KnownMaterial.Kind]) async throws -> [KnownMaterial.Kind] {
        let held = try await held(kinds.map { .importing($0.spec, $0.usage) })
        return kinds.filter { held.contains(.importing($0.spec, $0.usage)) }
    }

    /// One of each way in which material is compared.
    var fewKinds: [KnownMaterial.Kind] {
        [
            KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt), KnownMaterial.Kind(.hmac224, .generateVerifyMAC),
            KnownMaterial.Kind(.hmac512, .generateVerifyMAC), KnownMaterial.Kind(.rsa2048, .signVerify),
            KnownMaterial.Kind(.p256, .keyAgreement), KnownMaterial.Kind(.edwards25519, .signVerify),
        ]
    }

    func importKey(
        _ known: KnownMaterial, _ algorithm: String, _ wrappingKey: BackendWrappingKey
    ) async throws -> (MaterialReference, ImportedKey) {
        let id = ObjectID.random()
        let imported = try await backend.importKey(
            wrappingKey.wrap(known, algorithm), of: known.spec, for: known.usage, id: id, expecting: nil)
        return (MaterialReference(object: id, checkValue: imported.key.checkValue), imported)
    }

    private func expectRefused(
        _ code: KMSError.Code, _ wrapped: WrappedMaterial, _ kind: KnownMaterial.Kind, _ comment: Comment
    ) async throws {
        let id = ObjectID.random()
        await expect(code, comment) {
            _ = try await backend.importKey(wrapped, of: kind.spec, for: kind.usage, id: id, expecting: nil)
        }
        await expect(code, comment) {
            _ = try await backend.identify(wrapped, of: kind.spec, for: kind.usage, among: [])
        }
        #expect(try await !backend.inventory().contains(id), comment)
    }
}
