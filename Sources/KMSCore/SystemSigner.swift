import LibCrypto

/// Signs with a token-resident key pair of the server's own: by ECDSA on P-256 with SHA-256, and where the token has no
/// curves, by RSASSA-PKCS1-v1_5 with 3,072 bits and SHA-256. The public key tells which.
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
        let made = try await Self.generate(object, in: backend)
        reference = MaterialReference(object: object, checkValue: made.checkValue)
        publicKey = made.publicKey
        try await metadata.commit([.saveSystemKey(purpose, reference, publicKey: publicKey)])
    }

    private static func generate(
        _ object: ObjectID, in backend: any KeyBackend
    ) async throws(KMSError) -> GeneratedKey {
        do {
            return try await backend.generateKey(.p256, for: .signVerify, id: object)
        } catch  where error.code == .unsupported {
            return try await backend.generateKey(.rsa3072, for: .signVerify, id: object)
        }
    }

    /// A signature of `bytes`: of ECDSA in DER (RFC 3279, section 2.2.3).
    package func sign(_ bytes: [UInt8]) async throws(KMSError) -> [UInt8] {
        let isRSA = (try? PublicKey(subjectPublicKeyInfo: publicKey))?.rsaModulus != nil
        let algorithm = isRSA ? "RSASSA_PKCS1_V1_5_SHA_256" : "ECDSA_SHA_256"
        return try await backend.sign(Digest.sha256.hash(bytes), algorithm, with: reference)
    }
}
