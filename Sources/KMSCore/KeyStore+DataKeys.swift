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
        noteUse(of: entry, "GenerateDataKey", by: context)
        let sealed = entry.sealedDataKey(dataKey.sealed)
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
        noteUse(of: entry, "GenerateDataKeyWithoutPlaintext", by: context)
        return entry.sealedDataKey(sealed)
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
        return try await connectedBackend(of: find(keyStore, in: context.scope)).generateRandom(bytes)
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

    private static func checkSize(_ bytes: Int) throws(KMSError) {
        guard (1...AlgorithmTable.maximumRandomBytes).contains(bytes) else {
            throw KMSError(.validation, "NumberOfBytes must be from 1 to \(AlgorithmTable.maximumRandomBytes).")
        }
    }
}

extension KeyEntry {
    fileprivate func sealedDataKey(_ sealed: SealedBytes) -> SealedDataKey {
        SealedDataKey(ciphertext: ciphertext(sealed), keyARN: arn, keyMaterialID: current.idText)
    }
}
