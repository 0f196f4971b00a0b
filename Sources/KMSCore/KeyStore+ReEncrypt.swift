import SecureMemory

package struct ReEncryptResult: Sendable {
    package let ciphertext: [UInt8]
    package let sourceKeyARN: String
    package let destinationKeyARN: String
    /// Nil for key pairs.
    package let sourceKeyMaterialID: String?
    package let destinationKeyMaterialID: String?
    package let sourceAlgorithm: String
    package let destinationAlgorithm: String
}

extension KeyStore {
    /// Between symmetric keys of one token the plaintext never leaves it. Where a key pair takes part, or two tokens do, it
    /// is here for a moment, in locked memory.
    package func reEncrypt(
        _ ciphertext: [UInt8]?, sourceKey: String?, sourceContext: EncryptionContext,
        sourceAlgorithm: String? = nil, destinationKey: String, destinationContext: EncryptionContext,
        destinationAlgorithm: String? = nil, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> ReEncryptResult {
        try await prepare(
            destinationKey, for: .reEncryptTo, by: context,
            with: .reEncryption(destinationContext, destinationAlgorithm, onSameKey: false))
        let source = try resolveSource(
            ciphertext, sourceKey, sourceAlgorithm, sourceContext, for: .reEncryptFrom, dryRun: dryRun, by: context,
            destination: destinationKey
        )
        let entry = try resolve(
            destinationKey, for: .reEncryptTo, by: context,
            with: .reEncryption(
                destinationContext, destinationAlgorithm,
                onSameKey: isSameKey(destinationKey, as: source?.entry.key.address, by: context)))
        try entry.checkUsage(.encryptDecrypt, for: "ReEncryptTo")
        let algorithm = try entry.encryptionAlgorithm(destinationAlgorithm, destinationContext)
        if let source, case .sealed(let sealed) = source.ciphertext,
            let sizes = source.material.scheme.plaintextSizes(of: sealed.bytes.count)
        {
            try entry.checkPlaintext(of: sizes.lowerBound, algorithm)
        }
        if dryRun { throw .dryRun }
        guard let source else { throw .invalidCiphertext }
        let moved = try await move(source, sourceContext, to: entry, algorithm, destinationContext)
        noteUse(of: source.entry, "ReEncrypt", by: context)
        noteUse(of: entry, "ReEncrypt", by: context)
        return ReEncryptResult(
            ciphertext: moved, sourceKeyARN: source.entry.arn, destinationKeyARN: entry.arn,
            sourceKeyMaterialID: source.entry.shownID(of: source.material),
            destinationKeyMaterialID: entry.shownID(of: entry.current), sourceAlgorithm: source.algorithm.name,
            destinationAlgorithm: algorithm.name
        )
    }

    private func move(
        _ source: Source, _ sourceContext: EncryptionContext, to entry: KeyEntry, _ algorithm: EncryptionAlgorithm,
        _ destinationContext: EncryptionContext
    ) async throws(KMSError) -> [UInt8] {
        let isOneToken = place(of: source.entry.key) == place(of: entry.key)
        if isOneToken, case .sealed(let sealed) = source.ciphertext, algorithm.oaepHash == nil {
            return try await moveInside(sealed, source, sourceContext, to: entry, destinationContext)
        }
        let plaintext = try await open(source, sourceContext)
        try entry.checkPlaintext(of: plaintext.count, algorithm)
        return try await encrypt(plaintext, under: entry, algorithm, destinationContext)
    }

    private func moveInside(
        _ sealed: SealedBytes, _ source: Source, _ sourceContext: EncryptionContext, to entry: KeyEntry,
        _ destinationContext: EncryptionContext
    ) async throws(KMSError) -> [UInt8] {
        let material = entry.current
        try await spendEncryption(of: material, of: entry)
        do {
            let moved = try await backend(of: entry).reEncrypt(
                sealed,
                authenticating: CiphertextBlob.authenticatedData(
                    header: source.material.header, context: sourceContext),
                with: source.material.reference,
                authenticating: CiphertextBlob.authenticatedData(header: material.header, context: destinationContext),
                with: material.reference
            )
            return CiphertextBlob.encode(header: material.header, sealed: moved)
        } catch {
            // Which of the two keys is missing, their next use alone will tell.
            throw error.code == .materialMissing ? KMSError(.keyUnavailable, error.message, cause: error.cause) : error
        }
    }
}
