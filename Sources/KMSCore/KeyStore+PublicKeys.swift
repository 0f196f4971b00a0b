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
            key: entry.key, publicKey: try entry.publicKey().subjectPublicKeyInfo, algorithm: entry.algorithm
        )
    }
}
