package import SecureMemory

package struct SealedDataKey: Sendable {
    package let ciphertext: [UInt8]
    package let keyARN: String
    package let keyMaterialID: String
}

package struct GeneratedDataKey: ~Copyable, Sendable {
    package let plaintext: SecretBytes
    package let sealed: SealedDataKey
}

extension KeyStore {
    /// `bytes` is from 1 to 1,024.
    package func generateDataKey(
        bytes: Int, with key: String, context encryptionContext: EncryptionContext, dryRun: Bool = false,
        by context: CallContext
    ) async throws(KMSError) -> GeneratedDataKey {
        let entry = try await resolve(
            key, forDataKeyOf: bytes, .generateDataKey, encryptionContext, by: context)
        if dryRun { throw .dryRun }
        let dataKey = try await sealing(under: entry, encryptionContext) { key, aad async throws(KMSError) in
            try await backend(of: entry).generateDataKey(bytes, authenticating: aad, with: key)
        }
        let sealed = try await sealedDataKey(dataKey.sealed, entry, encryptionContext, "GenerateDataKey", by: context)
        noteUse(of: entry, "GenerateDataKey", by: context)
        return GeneratedDataKey(plaintext: dataKey.plaintext, sealed: sealed)
    }

    /// `bytes` is from 1 to 1,024.
    package func generateDataKeyWithoutPlaintext(
        bytes: Int, with key: String, context encryptionContext: EncryptionContext, dryRun: Bool = false,
        by context: CallContext
    ) async throws(KMSError) -> SealedDataKey {
        let entry = try await resolve(
            key, forDataKeyOf: bytes, .generateDataKeyWithoutPlaintext, encryptionContext, by: context)
        if dryRun { throw .dryRun }
        let sealed = try await sealing(under: entry, encryptionContext) { key, aad async throws(KMSError) in
            try await backend(of: entry).generateDataKeyWithoutPlaintext(bytes, authenticating: aad, with: key)
        }
        let dataKey = try await sealedDataKey(
            sealed, entry, encryptionContext, "GenerateDataKeyWithoutPlaintext", by: context)
        noteUse(of: entry, "GenerateDataKeyWithoutPlaintext", by: context)
        return dataKey
    }

    /// `bytes` is from 1 to 1,024. They come from the token of the custom key store, where one is named.
    package func generateRandom(
        bytes: Int, in keyStore: String? = nil, by context: CallContext
    ) async throws(KMSError) -> SecretBytes {
        try authorize(.generateRandom, on: .account(context.scope), by: context)
        try Self.checkSize(bytes)
        guard let keyStore else {
            return try await backend(in: regions.place(of: context.region)).generateRandom(bytes)
        }
        return try await backend(in: .keyStore(find(keyStore, in: context.scope).id)).generateRandom(bytes)
    }

    private func resolve(
        _ key: String, forDataKeyOf bytes: Int, _ action: KMSAction, _ encryptionContext: EncryptionContext,
        by context: CallContext
    ) async throws(KMSError) -> KeyEntry {
        try await prepare(key, for: action, by: context, with: .encryption(encryptionContext, nil))
        let entry = try resolve(
            key, for: action, by: context, with: .encryption(encryptionContext, nil))
        try entry.checkSeals(for: action.rawValue)
        try Self.checkSize(bytes)
        return entry
    }

    private func sealedDataKey(
        _ sealed: SealedBytes, _ entry: KeyEntry, _ encryptionContext: EncryptionContext, _ operation: String,
        by context: CallContext
    ) async throws(KMSError) -> SealedDataKey {
        SealedDataKey(
            ciphertext: try await ciphertext(of: sealed, under: entry, encryptionContext, for: operation, by: context),
            keyARN: entry.arn, keyMaterialID: entry.current.idText)
    }

    private static func checkSize(_ bytes: Int) throws(KMSError) {
        guard (1...AlgorithmTable.maximumRandomBytes).contains(bytes) else {
            throw KMSError(.validation, "NumberOfBytes must be from 1 to \(AlgorithmTable.maximumRandomBytes).")
        }
    }
}
