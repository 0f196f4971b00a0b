package import KMSCore
package import SecureMemory

extension InMemoryKeyBackend {
    package func sign(
        _ input: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        try await begin(.sign)
        return try self.key(key).sign(input, algorithm)
    }

    package func generateMAC(
        of message: borrowing SecretBytes, _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        let bytes = message.exposedArray
        try await begin(.generateMAC)
        return try self.key(key).authenticationCode(of: bytes, algorithm)
    }

    package func decryptRSA(
        _ ciphertext: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await begin(.decryptRSA)
        return SecretBytes(copying: try self.key(key).decryptRSA(ciphertext, algorithm))
    }

    package func deriveSharedSecret(
        with point: [UInt8], key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await begin(.deriveSharedSecret)
        return SecretBytes(copying: try self.key(key).sharedSecret(with: point))
    }
}
