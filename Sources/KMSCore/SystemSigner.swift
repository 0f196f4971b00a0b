import LibCrypto

/// Signs with a token-resident key pair of the server's own: ECDSA on P-256 with SHA-256.
package struct SystemSigner: Sendable {
    /// DER SubjectPublicKeyInfo.
    package let publicKey: [UInt8]
    private let reference: MaterialReference
    private let backend: any KeyBackend

    /// Whether the key pair for `purpose` has been made, so that things may be signed with it.
    package static func exists(for purpose: SystemKeyPurpose, in metadata: any MetadataStore) async throws(KMSError)
        -> Bool
    {
        try await metadata.load().systemPublicKeys[purpose].map { !$0.isEmpty } ?? false
    }

    /// Makes the key pair for `purpose` when there is none yet, by the same steps as every other key (intent, token,
    /// commit). To be called by one at a time.
    package init(
        for purpose: SystemKeyPurpose, backend: any KeyBackend, metadata: any MetadataStore
    ) async throws(KMSError) {
        self.backend = backend
        let image = try await metadata.load()
        let known = image.systemKeys[purpose]
        if let known, !known.checkValue.isEmpty {
            guard let publicKey = image.systemPublicKeys[purpose], !publicKey.isEmpty else {
                throw KMSError(
                    .internalFailure, "The store has a key pair for \(purpose.rawValue), but not its public key.")
            }
            reference = known
            self.publicKey = publicKey
            return
        }
        if let known { try await backend.destroyKey(known.object) }
        let object = known?.object ?? .random()
        try await metadata.commit([.saveSystemKey(purpose, MaterialReference(object: object, checkValue: []))])
        let made = try await backend.generateKey(.p256, for: .signVerify, id: object)
        reference = MaterialReference(object: object, checkValue: made.checkValue)
        publicKey = made.publicKey
        try await metadata.commit([.saveSystemKey(purpose, reference, publicKey: publicKey)])
    }

    /// A signature of `bytes` in DER (RFC 3279, section 2.2.3).
    package func sign(_ bytes: [UInt8]) async throws(KMSError) -> [UInt8] {
        try await backend.sign(Digest.sha256.hash(bytes), "ECDSA_SHA_256", with: reference)
    }
}
