import KMSPolicy
import LibCrypto
package import SecureMemory

package struct SharedSecretResult: ~Copyable, Sendable {
    package let secret: SecretBytes
    package let keyARN: String
    package let algorithm: String
    package let origin: KeyOrigin
}

extension KeyStore {
    /// DeriveSharedSecret: ECDH of a key with somebody else's public key, DER SubjectPublicKeyInfo of a point on the
    /// same curve.
    package func deriveSharedSecret(
        withPublicKey subjectPublicKeyInfo: [UInt8], algorithm: String, key: String, dryRun: Bool = false,
        by context: CallContext
    ) async throws(KMSError) -> SharedSecretResult {
        let entry = try resolve(
            key, for: .deriveSharedSecret, by: context, with: .algorithm(.keyAgreementAlgorithm, algorithm))
        try entry.checkUsage(.keyAgreement, for: "DeriveSharedSecret")
        guard entry.algorithm.keyAgreementAlgorithms.contains(algorithm) else { throw entry.incompatible(algorithm) }
        let point = try entry.point(of: subjectPublicKeyInfo)
        if dryRun { throw .dryRun }
        let secret = try await using(entry.current, of: entry) { key async throws(KMSError) in
            try await backend(of: entry).deriveSharedSecret(with: point, key: key)
        }
        noteUse(of: entry, "DeriveSharedSecret", by: context)
        return SharedSecretResult(secret: secret, keyARN: entry.arn, algorithm: algorithm, origin: entry.key.origin)
    }
}

extension KeyEntry {
    /// The point of a public key on this key's curve. Everything else could make the token tell of its own key what it
    /// should not (invalid-curve attacks), so it is `validation`, as AWS answers it: without a text.
    fileprivate func point(of subjectPublicKeyInfo: [UInt8]) throws(KMSError) -> [UInt8] {
        guard let other = try? PublicKey(subjectPublicKeyInfo: subjectPublicKeyInfo), let point = other.point,
            case .ec = other.kind, other.kind == (try publicKey()).kind
        else { throw KMSError(.validation, "") }
        return point
    }
}
