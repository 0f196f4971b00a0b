/// The server's own keys in the token, made when first needed.
package struct SystemKeys {
    let backend: any KeyBackend
    let metadata: any MetadataStore

    package init(backend: any KeyBackend, metadata: any MetadataStore) {
        self.backend = backend
        self.metadata = metadata
    }

    /// The key for `purpose`: made once, by the same steps as every other (intent, token, commit). To be called by one
    /// at a time.
    package func key(for purpose: SystemKeyPurpose) async throws(KMSError) -> MaterialReference {
        let known = try await metadata.load().systemKeys[purpose]
        if let known, !known.checkValue.isEmpty { return known }
        if let known { try await backend.destroyKey(known.object) }
        let object = known?.object ?? .random()
        try await metadata.commit([.saveSystemKey(purpose, MaterialReference(object: object, checkValue: []))])
        let made = try await backend.generateKey(.symmetricDefault, for: .encryptDecrypt, id: object)
        let reference = MaterialReference(object: object, checkValue: made.checkValue)
        try await metadata.commit([.saveSystemKey(purpose, reference)])
        return reference
    }
}
