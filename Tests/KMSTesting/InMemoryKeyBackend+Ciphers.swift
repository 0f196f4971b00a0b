package import KMSCore
package import SecureMemory

extension InMemoryKeyBackend {
    package func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        let bytes = plaintext.exposedArray
        try await begin(.encrypt)
        return try self.key(key).seal(bytes, aad)
    }

    package func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await begin(.decrypt)
        return SecretBytes(copying: try self.key(key).open(sealed, aad))
    }

    package func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await begin(.reEncrypt)
        let plaintext = try key(source).open(sealed, sourceAAD)
        return try key(destination).seal(plaintext, destinationAAD)
    }

    package func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        try await begin(.generateDataKey)
        let bytes = [UInt8].random(count)
        return DataKey(plaintext: SecretBytes(copying: bytes), sealed: try self.key(key).seal(bytes, aad))
    }

    package func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await begin(.generateDataKeyWithoutPlaintext)
        return try self.key(key).seal(.random(count), aad)
    }

    package func generateDataKeyPair(
        _ spec: KeySpec, authenticating aad: [UInt8], with key: MaterialReference, showingPrivateKey: Bool
    ) async throws(KMSError) -> DataKeyPair {
        try await begin(.generateDataKeyPair)
        let key = try self.key(key)
        let pair = try SoftwareKey.generateDataKeyPair(spec, supply)
        return DataKeyPair(
            publicKey: pair.publicKey, sealedPrivateKey: try key.seal(pair.privateKey, aad),
            privateKey: showingPrivateKey ? SecretBytes(copying: pair.privateKey) : nil
        )
    }

    package func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        try await begin(.generateRandom)
        return SecretBytes(copying: .random(count))
    }
}
