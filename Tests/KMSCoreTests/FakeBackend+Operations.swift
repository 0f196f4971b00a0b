import KMSCore
import KMSTesting
import SecureMemory

extension FakeBackend {
    func generateKey(_ spec: KeySpec, for usage: KeyUsage, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await run(.generateKey) { () throws(KMSError) in
            try keep(SoftwareKey.generate(spec, for: usage, supply, scheme: newScheme), as: id)
        }
    }

    func checkSupport(of spec: KeySpec, for usage: KeyUsage, imported: Bool) async throws(KMSError) {
        // Asked before anything is done, so it is no call that tests count.
        try SoftwareKey.checkSupport(of: spec)
        guard !imported || spec != .symmetricDefault || newScheme == .aesGCM else {
            throw KMSError(.unsupported, "symmetric keys of this token cannot be imported")
        }
    }

    func sealingScheme(of key: MaterialReference) -> SealingScheme { SoftwareKey.scheme(of: key.checkValue) }

    func generateWrappingKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await run(.generateWrappingKey) { () throws(KMSError) in
            try keep(SoftwareKey.generateWrappingKey(spec, supply), as: id)
        }
    }

    func importKey(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, id: ObjectID, expecting checkValue: [UInt8]?
    ) async throws(KMSError) -> ImportedKey {
        try await run(.importKey) { () throws(KMSError) in
            let key = try unwrap(material, of: spec, for: usage)
            if let checkValue, checkValue != key.checkValue {
                throw KMSError(.incorrectKeyMaterial, "The key material is not the one that was expected.")
            }
            return ImportedKey(key: try keep(key, as: id), place: place)
        }
    }

    func generateMovableKey(_ spec: KeySpec, for usage: KeyUsage, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await run(.generateMovableKey) { () throws(KMSError) in
            try keep(SoftwareKey.generate(spec, for: usage, supply, scheme: newScheme).movable(), as: id)
        }
    }

    func wrapKey(
        _ key: MaterialReference, under publicKey: [UInt8], _ algorithm: String
    ) async throws(KMSError) -> [UInt8] {
        try await run(.wrapKey) { () throws(KMSError) in try self.key(key).wrapped(under: publicKey, algorithm) }
    }

    func unwrapKey(
        _ material: WrappedMaterial, as id: ObjectID, matching source: MaterialReference, of spec: KeySpec,
        for usage: KeyUsage
    ) async throws(KMSError) -> GeneratedKey {
        try await run(.unwrapKey) { () throws(KMSError) in
            let key = try unwrap(material, of: spec, for: usage).movable()
            guard key.checkValue == source.checkValue else {
                throw KMSError(.incorrectKeyMaterial, "The key is not the one that was to be moved.")
            }
            return try keep(key, as: id)
        }
    }

    func identify(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, among candidates: [MaterialReference]
    ) async throws(KMSError) -> Int? {
        try await run(.identify) { () throws(KMSError) in
            let key = try unwrap(material, of: spec, for: usage)
            return candidates.firstIndex { $0.checkValue == key.checkValue }
        }
    }

    private func unwrap(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage
    ) throws(KMSError) -> SoftwareKey {
        let bytes = try key(material.wrappingKey).unwrap(material.bytes, material.algorithm)
        return try SoftwareKey.imported(bytes, as: spec, for: usage)
    }

    func destroyKey(_ id: ObjectID) async throws(KMSError) {
        try await run(.destroyKey) { () throws(KMSError) in destroy(id) }
    }

    func forgetKey(_ id: ObjectID) async throws(KMSError) {
        try await run(.forgetKey) { () throws(KMSError) in forget(id) }
    }

    func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        try await run(.verifyKey) { () throws(KMSError) in _ = try self.key(key) }
    }

    func inventory() async throws(KMSError) -> Set<ObjectID> {
        try await run(.inventory) { () throws(KMSError) in shownObjects }
    }

    func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        let bytes = plaintext.exposedArray
        return try await run(.encrypt) { () throws(KMSError) in try seal(bytes, aad, key) }
    }

    func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        let bytes = try await run(.decrypt) { () throws(KMSError) in try self.key(key).open(sealed, aad) }
        return SecretBytes(copying: bytes)
    }

    func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await run(.reEncrypt) { () throws(KMSError) in
            try seal(key(source).open(sealed, sourceAAD), destinationAAD, destination)
        }
    }

    func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        let bytes = [UInt8].random(count)
        let sealed = try await run(.generateDataKey) { () throws(KMSError) in try seal(bytes, aad, key) }
        return DataKey(plaintext: SecretBytes(copying: bytes), sealed: sealed)
    }

    func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await run(.generateDataKeyWithoutPlaintext) { () throws(KMSError) in try seal(.random(count), aad, key) }
    }

    func generateDataKeyPair(
        _ spec: KeySpec, authenticating aad: [UInt8], with key: MaterialReference, showingPrivateKey: Bool
    ) async throws(KMSError) -> DataKeyPair {
        let pair = try SoftwareKey.generateDataKeyPair(spec, supply)
        let sealed = try await run(.generateDataKeyPair) { () throws(KMSError) in try seal(pair.privateKey, aad, key) }
        return DataKeyPair(
            publicKey: pair.publicKey, sealedPrivateKey: sealed,
            privateKey: showingPrivateKey ? SecretBytes(copying: pair.privateKey) : nil
        )
    }

    func sign(_ input: [UInt8], _ algorithm: String, with key: MaterialReference) async throws(KMSError) -> [UInt8] {
        try await run(.sign) { () throws(KMSError) in try self.key(key).sign(input, algorithm) }
    }

    func generateMAC(
        of message: borrowing SecretBytes, _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        let bytes = message.exposedArray
        return try await run(.generateMAC) { () throws(KMSError) in
            try self.key(key).authenticationCode(of: bytes, algorithm)
        }
    }

    func decryptRSA(
        _ ciphertext: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        let bytes = try await run(.decryptRSA) { () throws(KMSError) in
            try self.key(key).decryptRSA(ciphertext, algorithm)
        }
        return SecretBytes(copying: bytes)
    }

    func deriveSharedSecret(with point: [UInt8], key: MaterialReference) async throws(KMSError) -> SecretBytes {
        let bytes = try await run(.deriveSharedSecret) { () throws(KMSError) in
            try self.key(key).sharedSecret(with: point)
        }
        return SecretBytes(copying: bytes)
    }

    func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        SecretBytes(copying: try await run(.generateRandom) { () throws(KMSError) in .random(count) })
    }

    func checkHealth() async throws(KMSError) {
        try await run(.checkHealth) { () throws(KMSError) in }
    }

    private func seal(_ bytes: [UInt8], _ aad: [UInt8], _ key: MaterialReference) throws(KMSError) -> SealedBytes {
        let key = try self.key(key)
        return try key.seal(bytes, aad, iv: nextIV)
    }
}
