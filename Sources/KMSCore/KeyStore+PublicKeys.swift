import LibCrypto

package struct PublicKeyDescription: Sendable {
    package let key: Key
    /// DER SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    package let publicKey: [UInt8]
    package let algorithm: AlgorithmTable.Entry
}

extension KeyStore {
    /// GetPublicKey: from what is stored, without the backend.
    package func publicKey(of key: String, by context: CallContext) throws(KMSError) -> PublicKeyDescription {
        let entry = try resolve(key, for: .getPublicKey, by: context)
        // AWS sends no text.
        guard entry.algorithm.isAsymmetric else { throw KMSError(.unsupported, "") }
        return PublicKeyDescription(
            key: entry.key, publicKey: entry.current.subjectPublicKeyInfo, algorithm: entry.algorithm
        )
    }
}

extension GeneratedKey {
    /// Throws unless there is the public key that a key of `spec` needs, and it can be read: what is stored is not
    /// looked at again until it is used.
    func checkPublicKey(of spec: KeySpec) throws(KMSError) {
        guard AlgorithmTable.entry(for: spec)?.isAsymmetric == true else { return }
        do {
            _ = try PublicKey(subjectPublicKeyInfo: publicKey)
        } catch {
            throw KMSError(
                .internalFailure, "The key was not made.", cause: "its public key cannot be read: \(error.description)")
        }
    }
}
