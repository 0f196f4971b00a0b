package import SecureMemory

package struct EncryptResult: Sendable {
    package let ciphertext: [UInt8]
    package let keyARN: String
}

package struct DecryptResult: ~Copyable, Sendable {
    package let plaintext: SecretBytes
    package let keyARN: String
    package let keyMaterialID: String
}

package struct SealedDataKey: Sendable {
    package let ciphertext: [UInt8]
    package let keyARN: String
    package let keyMaterialID: String
}

package struct GeneratedDataKey: ~Copyable, Sendable {
    package let plaintext: SecretBytes
    package let sealed: SealedDataKey
}

package struct ReEncryptResult: Sendable {
    package let ciphertext: [UInt8]
    package let sourceKeyARN: String
    package let destinationKeyARN: String
    package let sourceKeyMaterialID: String
    package let destinationKeyMaterialID: String
}

// The hot path: in here nothing waits for anything but the backend, save for one reservation in 65,536 encryptions.
extension KeyStore {
    package func encrypt(
        _ plaintext: consuming SecretBytes, with key: String, context encryptionContext: EncryptionContext,
        algorithm: String? = nil, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> EncryptResult {
        let entry = try resolve(key, for: .encrypt, by: context)
        try entry.checkUsage(.encryptDecrypt, for: "Encrypt")
        try entry.checkEncryptionAlgorithm(algorithm)
        guard plaintext.count <= entry.algorithm.maximumPlaintext else {
            throw KMSError(
                .validation,
                "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have "
                    + "length less than or equal to \(entry.algorithm.maximumPlaintext)"
            )
        }
        if dryRun { throw .dryRun }
        let sealed = try await sealing(under: entry, encryptionContext) { key, aad async throws(KMSError) in
            try await backend.encrypt(plaintext, authenticating: aad, with: key)
        }
        return EncryptResult(ciphertext: entry.ciphertext(sealed), keyARN: entry.arn)
    }

    /// `ciphertext` may be nil in a dry run that ignores it, if `key` is given.
    package func decrypt(
        _ ciphertext: [UInt8]?, with key: String?, context encryptionContext: EncryptionContext,
        algorithm: String? = nil, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> DecryptResult {
        let source = try resolveSource(ciphertext, key, algorithm, for: .decrypt, dryRun: dryRun, by: context)
        if dryRun { throw .dryRun }
        guard let source else { throw .invalidCiphertext }
        let aad = CiphertextBlob.authenticatedData(header: source.material.header, context: encryptionContext)
        do {
            let plaintext = try await backend.decrypt(
                source.sealed, authenticating: aad, with: source.material.reference
            )
            noteFound(source.material, of: source.entry)
            return DecryptResult(
                plaintext: plaintext, keyARN: source.entry.arn, keyMaterialID: source.material.idText
            )
        } catch {
            throw note(error, source.material, of: source.entry)
        }
    }

    /// The plaintext never leaves the backend.
    package func reEncrypt(
        _ ciphertext: [UInt8]?, sourceKey: String?, sourceContext: EncryptionContext,
        sourceAlgorithm: String? = nil, destinationKey: String, destinationContext: EncryptionContext,
        destinationAlgorithm: String? = nil, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> ReEncryptResult {
        let source = try resolveSource(
            ciphertext, sourceKey, sourceAlgorithm, for: .reEncryptFrom, dryRun: dryRun, by: context
        )
        let entry = try resolve(destinationKey, for: .reEncryptTo, by: context)
        try entry.checkUsage(.encryptDecrypt, for: "ReEncryptTo")
        try entry.checkEncryptionAlgorithm(destinationAlgorithm)
        if dryRun { throw .dryRun }
        guard let source else { throw .invalidCiphertext }
        let material = entry.current
        try await spendEncryption(of: material, of: entry)
        do {
            let sealed = try await backend.reEncrypt(
                source.sealed,
                authenticating: CiphertextBlob.authenticatedData(
                    header: source.material.header, context: sourceContext),
                with: source.material.reference,
                authenticating: CiphertextBlob.authenticatedData(header: material.header, context: destinationContext),
                with: material.reference
            )
            return ReEncryptResult(
                ciphertext: CiphertextBlob.encode(header: material.header, sealed: sealed),
                sourceKeyARN: source.entry.arn, destinationKeyARN: entry.arn,
                sourceKeyMaterialID: source.material.idText, destinationKeyMaterialID: material.idText
            )
        } catch {
            // Which of the two keys is missing, their next use alone will tell.
            throw error.code == .materialMissing ? KMSError(.keyUnavailable, error.message, cause: error.cause) : error
        }
    }

    /// `bytes` is from 1 to 1,024.
    package func generateDataKey(
        bytes: Int, with key: String, context encryptionContext: EncryptionContext, dryRun: Bool = false,
        by context: CallContext
    ) async throws(KMSError) -> GeneratedDataKey {
        let entry = try resolve(key, forDataKeyOf: bytes, .generateDataKey, by: context)
        if dryRun { throw .dryRun }
        let dataKey = try await sealing(under: entry, encryptionContext) { key, aad async throws(KMSError) in
            try await backend.generateDataKey(bytes, authenticating: aad, with: key)
        }
        let sealed = entry.sealedDataKey(dataKey.sealed)
        return GeneratedDataKey(plaintext: dataKey.plaintext, sealed: sealed)
    }

    /// `bytes` is from 1 to 1,024.
    package func generateDataKeyWithoutPlaintext(
        bytes: Int, with key: String, context encryptionContext: EncryptionContext, dryRun: Bool = false,
        by context: CallContext
    ) async throws(KMSError) -> SealedDataKey {
        let entry = try resolve(key, forDataKeyOf: bytes, .generateDataKeyWithoutPlaintext, by: context)
        if dryRun { throw .dryRun }
        let sealed = try await sealing(under: entry, encryptionContext) { key, aad async throws(KMSError) in
            try await backend.generateDataKeyWithoutPlaintext(bytes, authenticating: aad, with: key)
        }
        return entry.sealedDataKey(sealed)
    }

    private func resolve(
        _ key: String, forDataKeyOf bytes: Int, _ action: KMSAction, by context: CallContext
    ) throws(KMSError) -> KeyEntry {
        let entry = try resolve(key, for: action, by: context)
        try entry.checkUsage(.encryptDecrypt, for: action.rawValue)
        try Self.checkSize(bytes)
        return entry
    }

    /// What every operation does that seals under a key: account for it, do it, and note whether the material is there.
    private func sealing<T: ~Copyable>(
        under entry: KeyEntry, _ encryptionContext: EncryptionContext,
        _ body: (MaterialReference, [UInt8]) async throws(KMSError) -> T
    ) async throws(KMSError) -> T {
        let material = entry.current
        try await spendEncryption(of: material, of: entry)
        let aad = CiphertextBlob.authenticatedData(header: material.header, context: encryptionContext)
        do {
            let result = try await body(material.reference, aad)
            noteFound(material, of: entry)
            return result
        } catch {
            throw note(error, material, of: entry)
        }
    }

    /// `bytes` is from 1 to 1,024.
    package func generateRandom(bytes: Int, by context: CallContext) async throws(KMSError) -> SecretBytes {
        try authorizer.authorize(.generateRandom, on: .account(context.scope), by: context)
        try Self.checkSize(bytes)
        return try await backend.generateRandom(bytes)
    }

    private static func checkSize(_ bytes: Int) throws(KMSError) {
        guard (1...AlgorithmTable.maximumRandomBytes).contains(bytes) else {
            throw KMSError(.validation, "NumberOfBytes must be from 1 to \(AlgorithmTable.maximumRandomBytes).")
        }
    }
}

extension KeyEntry {
    /// What callers get of something sealed under the current material.
    fileprivate func ciphertext(_ sealed: SealedBytes) -> [UInt8] {
        CiphertextBlob.encode(header: current.header, sealed: sealed)
    }

    fileprivate func sealedDataKey(_ sealed: SealedBytes) -> SealedDataKey {
        SealedDataKey(ciphertext: ciphertext(sealed), keyARN: arn, keyMaterialID: current.idText)
    }
}
