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
        if let size = source?.leastPlaintext { try entry.checkPlaintext(of: size, algorithm) }
        if dryRun { throw .dryRun }
        guard let source else { throw .invalidCiphertext }
        let moved = try await move(source, sourceContext, to: entry, algorithm, destinationContext, by: context)
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
        _ destinationContext: EncryptionContext, by context: CallContext
    ) async throws(KMSError) -> [UInt8] {
        let isOneToken = place(of: source.entry.key) == place(of: entry.key)
        if isOneToken, algorithm.oaepHash == nil {
            switch source.ciphertext {
            case .rsa:
                break
            case .sealed(let sealed):
                return try await moveInside(sealed, source, sourceContext, to: entry, destinationContext, by: context)
            case .double(let sealing):
                let sealed = try await open(sealing, source, sourceContext, for: "ReEncrypt", by: context)
                do throws(KMSError) {
                    return try await moveInside(
                        sealed, source, sourceContext, to: entry, destinationContext, by: context)
                } catch {
                    throw error.ofInnerSealing
                }
            }
        }
        let plaintext = try await open(source, sourceContext, for: "ReEncrypt", by: context)
        try entry.checkPlaintext(of: plaintext.count, algorithm)
        return try await encrypt(plaintext, under: entry, algorithm, destinationContext, for: "ReEncrypt", by: context)
    }

    private func moveInside(
        _ sealed: SealedBytes, _ source: Source, _ sourceContext: EncryptionContext, to entry: KeyEntry,
        _ destinationContext: EncryptionContext, by context: CallContext
    ) async throws(KMSError) -> [UInt8] {
        let material = entry.current
        try await spendEncryption(of: material, of: entry)
        let moved: SealedBytes
        do {
            moved = try await backend(of: entry).reEncrypt(
                sealed,
                authenticating: CiphertextBlob.authenticatedData(
                    header: source.material.header, context: sourceContext),
                with: source.material.reference,
                authenticating: CiphertextBlob.authenticatedData(header: material.header, context: destinationContext),
                with: material.reference
            )
        } catch {
            // Which of the two keys is missing, their next use alone will tell.
            throw error.code == .materialMissing ? KMSError(.keyUnavailable, error.message, cause: error.cause) : error
        }
        return try await ciphertext(of: moved, under: entry, destinationContext, for: "ReEncrypt", by: context)
    }
}
