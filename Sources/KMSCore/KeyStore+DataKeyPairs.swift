package import SecureMemory

package struct GeneratedDataKeyPair: ~Copyable, Sendable {
    /// DER SubjectPublicKeyInfo.
    package let publicKey: [UInt8]
    /// The private key, DER PKCS#8 PrivateKeyInfo, sealed; Decrypt opens it.
    package let ciphertext: [UInt8]
    /// The same in the clear, where it was asked for.
    package let privateKey: SecretBytes?
    package let keyARN: String
    package let keyMaterialID: String
    package let spec: String
}

extension KeyStore {
    /// GenerateDataKeyPair, and without `showingPrivateKey` GenerateDataKeyPairWithoutPlaintext: the backend makes a
    /// key pair that it does not keep, and seals the private part under a symmetric key.
    package func generateDataKeyPair(
        _ spec: String, with key: String, context encryptionContext: EncryptionContext, showingPrivateKey: Bool,
        dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> GeneratedDataKeyPair {
        let action: KMSAction = showingPrivateKey ? .generateDataKeyPair : .generateDataKeyPairWithoutPlaintext
        try await prepare(key, for: action, by: context, with: .dataKeyPair(encryptionContext, spec))
        let entry = try resolve(
            key, for: action, by: context, with: .dataKeyPair(encryptionContext, spec))
        try entry.checkSeals(for: action.rawValue)
        if entry.key.customKeyStore != nil { throw entry.originNotValid }
        let pairSpec = KeySpec(rawValue: spec)
        try Self.checkDataKeyPairSpec(pairSpec)
        if dryRun { throw .dryRun }
        let pair = try await sealing(under: entry, encryptionContext) { key, aad async throws(KMSError) in
            try await backend(of: entry).generateDataKeyPair(
                pairSpec, authenticating: aad, with: key, showingPrivateKey: showingPrivateKey
            )
        }
        let ciphertext = CiphertextBlob.encode(header: entry.current.header, .sealed(pair.sealedPrivateKey))
        noteUse(of: entry, action.rawValue, by: context)
        return GeneratedDataKeyPair(
            publicKey: pair.publicKey, ciphertext: ciphertext, privateKey: pair.privateKey, keyARN: entry.arn,
            keyMaterialID: entry.current.idText, spec: spec
        )
    }

    private static func checkDataKeyPairSpec(_ spec: KeySpec) throws(KMSError) {
        guard AlgorithmTable.entry(for: spec)?.isDataKeyPairSpec != true else { return }
        throw KMSError(.unsupported, "There are no data key pairs of spec \(spec.rawValue).")
    }
}
