import LibCrypto

/// An encryption algorithm as AWS KMS names it, and what holds for it with one key spec.
struct EncryptionAlgorithm: Sendable {
    /// What a request means that names none.
    static let symmetricDefault = "SYMMETRIC_DEFAULT"

    /// The hashes of RSAES-OAEP (RFC 8017, section 7.1), by the algorithm's name.
    private static let oaepHashes = ["RSAES_OAEP_SHA_1": Digest.sha1, "RSAES_OAEP_SHA_256": .sha256]

    let name: String
    /// The most bytes that one Encrypt call takes.
    let maximumPlaintext: Int
    /// Nil for the symmetric algorithm.
    let oaepHash: Digest?

    init(name: String, maximumPlaintext: Int) {
        self.name = name
        self.maximumPlaintext = maximumPlaintext
        oaepHash = name == Self.symmetricDefault ? nil : Self.oaepHashes[name]
    }

    /// Whether ciphertexts of the algorithm tell nothing of their key.
    static func isAsymmetric(_ name: String?) -> Bool {
        name.map { oaepHashes[$0] != nil } ?? false
    }
}

extension KeyEntry {
    /// The algorithm that a request names, if the key has it and it can be used with the request's context.
    func encryptionAlgorithm(
        _ name: String?, _ encryptionContext: EncryptionContext
    ) throws(KMSError) -> EncryptionAlgorithm {
        let name = name ?? EncryptionAlgorithm.symmetricDefault
        guard let found = algorithm.encryptionAlgorithms.first(where: { $0.name == name }) else {
            throw incompatible(name)
        }
        let known = EncryptionAlgorithm(name: name, maximumPlaintext: found.maximumPlaintext)
        guard known.oaepHash == nil || encryptionContext.pairs.isEmpty else {
            // OAEP has a place for it, its label, but other implementations would have to know.
            throw KMSError(
                .validation, "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
            )
        }
        return known
    }

    /// Throws when `count` bytes are more than the key encrypts at once.
    func checkPlaintext(of count: Int, _ algorithm: EncryptionAlgorithm) throws(KMSError) {
        guard count > algorithm.maximumPlaintext else { return }
        throw KMSError(
            .validation,
            algorithm.oaepHash == nil
                ? "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have "
                    + "length less than or equal to \(algorithm.maximumPlaintext)"
                : "Algorithm \(algorithm.name) and key spec \(key.spec.rawValue) cannot encrypt data larger than "
                    + "\(algorithm.maximumPlaintext) bytes."
        )
    }

    func checkUsage(_ usage: KeyUsage, for operation: String) throws(KMSError) {
        guard key.usage == usage else {
            throw KMSError(
                .invalidKeyUsage,
                "\(arn) key usage is \(key.usage.rawValue) which is not valid for \(operation)."
            )
        }
    }

    /// Throws unless the key seals data keys and such: a symmetric key for encryption.
    func checkSeals(for operation: String) throws(KMSError) {
        try checkUsage(.encryptDecrypt, for: operation)
        guard algorithm.isSymmetricEncryption else { throw incompatible(EncryptionAlgorithm.symmetricDefault) }
    }

    /// What a request gets that names an algorithm of other keys.
    func incompatible(_ algorithm: String) -> KMSError {
        KMSError(.invalidKeyUsage, "Algorithm \(algorithm) is incompatible with key spec \(key.spec.rawValue).")
    }

    /// The public part of a key pair, for work that needs no token.
    func publicKey() throws(KMSError) -> PublicKey {
        guard let publicKey = current.publicKey else {
            throw KMSError(
                .internalFailure, "The public key of \(arn) is not known.", cause: "none is stored that can be read")
        }
        return publicKey
    }
}
