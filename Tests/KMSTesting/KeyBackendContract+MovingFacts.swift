internal import KMSCore
internal import SecureMemory
internal import Testing

extension KeyBackendContract {
    /// Of symmetric keys that move from token to token, where a token can wrap them.
    package static let movingFacts = [
        Fact("a movable key seals like any other") { contract in
            let key = try await contract.newMovableKey()
            let sealed = try await contract.backend.encrypt(
                SecretBytes(copying: [1, 2, 3]), authenticating: [4], with: key)
            let opened = try await contract.backend.decrypt(sealed, authenticating: [4], with: key)
            #expect(opened.exposedArray == [1, 2, 3])
            try await contract.backend.verifyKey(key)
            #expect(try await contract.backend.inventory().contains(key.object))
            try await contract.backend.destroyKey(key.object)
        },
        Fact("a key that is moved opens what the other sealed") { contract in
            let backend = contract.backend
            let source = try await contract.newMovableKey()
            let sealed = try await backend.encrypt(SecretBytes(copying: [1, 2, 3]), authenticating: [4], with: source)
            let copy = try await contract.move(source)
            let opened = try await backend.decrypt(sealed, authenticating: [4], with: copy)
            #expect(opened.exposedArray == [1, 2, 3])
            try await backend.verifyKey(copy)
            let again = try await contract.move(copy)
            let openedAgain = try await backend.decrypt(sealed, authenticating: [4], with: again)
            #expect(openedAgain.exposedArray == [1, 2, 3], "what was moved can be moved on")
            try await backend.destroyKey(source.object)
            let kept = try await backend.decrypt(sealed, authenticating: [4], with: copy)
            #expect(kept.exposedArray == [1, 2, 3], "each object is destroyed by itself")
            for key in [copy, again] { try await backend.destroyKey(key.object) }
        },
        Fact("a key that was not made for it is not wrapped") { contract in
            let wrappingKey = try await BackendWrappingKey(in: contract.backend)
            let key = try await contract.newKey(.symmetricDefault, .encryptDecrypt).reference
            await contract.expect(.internalFailure, "it is not extractable") {
                _ = try await contract.backend.wrapKey(
                    key, under: wrappingKey.publicKey, KeyBackendContract.movingAlgorithm)
            }
        },
        Fact("another key than was to be moved is refused, and makes nothing") { contract in
            let backend = contract.backend
            let wrappingKey = try await BackendWrappingKey(in: backend)
            let (key, other) = (try await contract.newMovableKey(), try await contract.newMovableKey())
            let wrapped = try await backend.wrapKey(
                other, under: wrappingKey.publicKey, KeyBackendContract.movingAlgorithm)
            let id = ObjectID.random()
            await contract.expect(.incorrectKeyMaterial, "it is another") {
                _ = try await backend.unwrapKey(
                    wrappingKey.material(wrapped, KeyBackendContract.movingAlgorithm), as: id, matching: key,
                    of: .symmetricDefault, for: .encryptDecrypt)
            }
            #expect(try await !backend.inventory().contains(id))
        },
    ]

    /// The one that every token has.
    static let movingAlgorithm = "RSAES_OAEP_SHA_1"

    func newMovableKey() async throws -> MaterialReference {
        let id = ObjectID.random()
        let made = try await backend.generateMovableKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        return MaterialReference(object: id, checkValue: made.checkValue)
    }

    /// The same key as another object, by way of a wrapping key.
    func move(_ key: MaterialReference) async throws -> MaterialReference {
        let wrappingKey = try await BackendWrappingKey(in: backend)
        let wrapped = try await backend.wrapKey(key, under: wrappingKey.publicKey, Self.movingAlgorithm)
        let id = ObjectID.random()
        let made = try await backend.unwrapKey(
            wrappingKey.material(wrapped, Self.movingAlgorithm), as: id, matching: key, of: .symmetricDefault,
            for: .encryptDecrypt)
        return MaterialReference(object: id, checkValue: made.checkValue)
    }
}
