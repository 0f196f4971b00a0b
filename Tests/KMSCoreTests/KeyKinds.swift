import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

/// What tests of signatures, MACs, key agreement and asymmetric encryption say all the time.
extension KeyStore {
    func newKey(_ spec: KeySpec, _ usage: KeyUsage) async throws -> KeyDescription {
        try await newKey {
            $0.spec = spec
            $0.usage = usage
        }
    }

    func sign(
        _ message: [UInt8], _ algorithm: String, _ type: MessageType = .raw, with key: String, dryRun: Bool = false,
        by context: CallContext = .alice
    ) async throws -> [UInt8] {
        try await sign(
            SecretBytes(copying: message), type, algorithm: algorithm, with: key, dryRun: dryRun, by: context
        ).signature
    }

    @discardableResult
    func verify(
        _ signature: [UInt8], of message: [UInt8], _ algorithm: String, _ type: MessageType = .raw, with key: String,
        dryRun: Bool = false
    ) throws -> String {
        try verify(
            signature, of: SecretBytes(copying: message), type, algorithm: algorithm, with: key, dryRun: dryRun,
            by: .alice
        )
    }

    func generateMAC(
        of message: [UInt8], _ algorithm: String, with key: String, dryRun: Bool = false
    ) async throws -> [UInt8] {
        try await generateMAC(
            of: SecretBytes(copying: message), algorithm: algorithm, with: key, dryRun: dryRun, by: .alice
        ).mac
    }

    @discardableResult
    func verifyMAC(
        _ mac: [UInt8], of message: [UInt8], _ algorithm: String, with key: String, dryRun: Bool = false
    ) async throws -> String {
        try await verifyMAC(
            mac, of: SecretBytes(copying: message), algorithm: algorithm, with: key, dryRun: dryRun, by: .alice
        )
    }

    func sharedSecret(with peer: [UInt8], key: String, dryRun: Bool = false) async throws -> [UInt8] {
        try await deriveSharedSecret(
            withPublicKey: peer, algorithm: "ECDH", key: key, dryRun: dryRun, by: .alice
        ).secret.exposedArray
    }

    func encrypt(_ plaintext: [UInt8], with key: String, _ algorithm: String?) async throws -> [UInt8] {
        try await encrypt(
            SecretBytes(copying: plaintext), with: key, context: .empty, algorithm: algorithm, by: .alice
        ).ciphertext
    }

    func decrypt(_ ciphertext: [UInt8], with key: String?, _ algorithm: String?) async throws -> [UInt8] {
        try await decrypt(
            ciphertext, with: key, context: .empty, algorithm: algorithm, by: .alice
        ).plaintext.exposedArray
    }

    /// The public key that anybody may ask for, as somebody who got it reads it.
    func publicKey(_ key: KeyDescription) throws -> PublicKey {
        try PublicKey(subjectPublicKeyInfo: publicKey(of: key.id, by: .alice).publicKey)
    }

    /// The operation that GetKeyLastUsage tells.
    func lastOperation(_ key: KeyDescription) throws -> String? {
        try keyLastUsage(key.id, by: .alice).lastUsage?.operation
    }
}

extension Rig {
    /// Runs `body` and expects that it neither asked the backend nor changed the database.
    func expectNothingDone(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async throws {
        let before = try await metadata.load().keys
        backend.clearCalls()
        try await body()
        #expect(backend.calls.isEmpty, sourceLocation: sourceLocation)
        #expect(try await metadata.load().keys == before, sourceLocation: sourceLocation)
    }
}
