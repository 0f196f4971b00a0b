import LibCrypto
package import SecureMemory

package struct EncryptResult: Sendable {
    package let ciphertext: [UInt8]
    package let keyARN: String
    package let algorithm: String
}

package struct DecryptResult: ~Copyable, Sendable {
    package let plaintext: SecretBytes
    package let keyARN: String
    /// Nil for key pairs.
    package let keyMaterialID: String?
    package let algorithm: String
}

// The hot path: in here nothing waits for anything but the backend, save for one reservation in 65,536 encryptions, and
// the first use of an alias/aws/… name.
extension KeyStore {
    /// A key pair's public part encrypts here, without the backend.
    package func encrypt(
        _ plaintext: consuming SecretBytes, with key: String, context encryptionContext: EncryptionContext,
        algorithm: String? = nil, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> EncryptResult {
        try await prepare(key, for: .encrypt, by: context, with: .encryption(encryptionContext, algorithm))
        let entry = try resolve(
            key, for: .encrypt, by: context, with: .encryption(encryptionContext, algorithm))
        try entry.checkUsage(.encryptDecrypt, for: "Encrypt")
        let algorithm = try entry.encryptionAlgorithm(algorithm, encryptionContext)
        try entry.checkPlaintext(of: plaintext.count, algorithm)
        if dryRun { throw .dryRun }
        let ciphertext = try await encrypt(
            plaintext, under: entry, algorithm, encryptionContext, for: "Encrypt", by: context)
        noteUse(of: entry, "Encrypt", by: context)
        return EncryptResult(ciphertext: ciphertext, keyARN: entry.arn, algorithm: algorithm.name)
    }

    /// `ciphertext` may be nil in a dry run that ignores it, if `key` is given.
    package func decrypt(
        _ ciphertext: [UInt8]?, with key: String?, context encryptionContext: EncryptionContext,
        algorithm: String? = nil, dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> DecryptResult {
        let source = try resolveSource(
            ciphertext, key, algorithm, encryptionContext, for: .decrypt, dryRun: dryRun, by: context
        )
        if dryRun { throw .dryRun }
        guard let source else { throw .invalidCiphertext }
        let plaintext = try await open(source, encryptionContext, for: "Decrypt", by: context)
        noteUse(of: source.entry, "Decrypt", by: context)
        return DecryptResult(
            plaintext: plaintext, keyARN: source.entry.arn,
            keyMaterialID: source.entry.shownID(of: source.material), algorithm: source.algorithm.name
        )
    }

    /// What callers get of `plaintext` encrypted under the key's current material.
    func encrypt(
        _ plaintext: borrowing SecretBytes, under entry: KeyEntry, _ algorithm: EncryptionAlgorithm,
        _ encryptionContext: EncryptionContext, for operation: String, by context: CallContext
    ) async throws(KMSError) -> [UInt8] {
        if let hash = algorithm.oaepHash {
            let publicKey = try entry.publicKey()
            do {
                return try publicKey.encryptOAEP(plaintext, hash)
            } catch {
                throw KMSError(.internalFailure, "The data was not encrypted.", cause: error.description)
            }
        }
        let sealed = try await sealing(under: entry, encryptionContext) { key, aad async throws(KMSError) in
            try await backend(of: entry).encrypt(plaintext, authenticating: aad, with: key)
        }
        return try await ciphertext(of: sealed, under: entry, encryptionContext, for: operation, by: context)
    }

    /// The plaintext of a source, and a note of whether its material is there.
    func open(
        _ source: Source, _ encryptionContext: EncryptionContext, for operation: String, by context: CallContext
    ) async throws(KMSError) -> SecretBytes {
        switch source.ciphertext {
        case .rsa(let ciphertext):
            return try await using(source.material, of: source.entry) { key async throws(KMSError) in
                try await backend(of: source.entry).decryptRSA(ciphertext, source.algorithm.name, with: key)
            }
        case .sealed(let sealed):
            return try await open(sealed, source, encryptionContext)
        case .double(let double):
            let sealed = try await open(double, source, encryptionContext, for: operation, by: context)
            do throws(KMSError) {
                return try await open(sealed, source, encryptionContext)
            } catch {
                throw error.ofInnerSealing
            }
        }
    }

    private func open(
        _ sealed: SealedBytes, _ source: Source, _ encryptionContext: EncryptionContext
    ) async throws(KMSError) -> SecretBytes {
        try await using(source.material, of: source.entry) { key async throws(KMSError) in
            try await backend(of: source.entry).decrypt(
                sealed,
                authenticating: CiphertextBlob.authenticatedData(
                    header: source.material.header, context: encryptionContext),
                with: key)
        }
    }

    /// What every operation does that seals under a key: account for it, do it, and note whether the material is there.
    func sealing<T: ~Copyable>(
        under entry: KeyEntry, _ encryptionContext: EncryptionContext,
        _ body: (MaterialReference, [UInt8]) async throws(KMSError) -> T
    ) async throws(KMSError) -> T {
        let material = entry.current
        try await spendEncryption(of: material, of: entry)
        let aad = CiphertextBlob.authenticatedData(header: material.header, context: encryptionContext)
        return try await using(material, of: entry) { key async throws(KMSError) in try await body(key, aad) }
    }

    /// Uses a material, and notes whether it is there.
    func using<T: ~Copyable>(
        _ material: MaterialEntry, of entry: KeyEntry, _ body: (MaterialReference) async throws(KMSError) -> T
    ) async throws(KMSError) -> T {
        do {
            let result = try await body(material.reference)
            noteFound(material, of: entry)
            return result
        } catch {
            throw note(error, material, of: entry)
        }
    }
}
