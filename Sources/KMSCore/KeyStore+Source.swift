import Synchronization

extension KeyStore {
    /// What a ciphertext was made with, found and permitted.
    struct Source {
        let entry: KeyEntry
        let material: MaterialEntry
        let sealed: SealedBytes
    }

    /// Finds the key of a ciphertext. Nil only in a dry run without a ciphertext.
    func resolveSource(
        _ ciphertext: [UInt8]?, _ name: String?, _ algorithm: String?, for action: KMSAction, dryRun: Bool,
        by context: CallContext
    ) throws(KMSError) -> Source? {
        guard let ciphertext else {
            guard dryRun, let name else {
                throw KMSError(
                    .validation,
                    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: "
                        + "Member must not be null"
                )
            }
            try resolve(name, for: action, by: context).checkEncryptionAlgorithm(algorithm)
            return nil
        }
        let named: KeyEntry? = if let name { try find(name, by: context) } else { nil }
        if let named { try authorizer.authorize(action, on: .key(named.key), by: context) }
        let blob = try CiphertextBlob(decoding: ciphertext)
        if let named, named.key.address.id != blob.keyID {
            throw KMSError(
                .incorrectKey, "The key ID in the request does not identify a CMK that can perform this operation."
            )
        }
        let address = KeyAddress(scope: context.scope, id: blob.keyID)
        guard let entry = table.withLock({ $0.key(address) }) else {
            // Whether the key is elsewhere, gone or never was, is not for the caller to know.
            throw KMSError(
                .accessDenied,
                "The ciphertext refers to a customer master key that does not exist, does not exist in this region, "
                    + "or you are not allowed to access."
            )
        }
        try authorizer.authorize(action, on: .key(entry.key), by: context)
        try action.check(entry.state, of: entry.arn)
        try entry.checkUsage(.encryptDecrypt, for: action.rawValue)
        try entry.checkEncryptionAlgorithm(algorithm)
        guard let material = entry.material(blob.materialNumber) else { throw .invalidCiphertext }
        return Source(entry: entry, material: material, sealed: blob.sealed)
    }
}

extension KeyEntry {
    func checkUsage(_ usage: KeyUsage, for operation: String) throws(KMSError) {
        guard key.usage == usage else {
            throw KMSError(
                .invalidKeyUsage,
                "\(arn) key usage is \(key.usage.rawValue) which is not valid for \(operation)."
            )
        }
    }

    func checkEncryptionAlgorithm(_ name: String?) throws(KMSError) {
        guard let name, !algorithm.encryptionAlgorithms.contains(name) else { return }
        throw KMSError(
            .invalidKeyUsage, "Algorithm \(name) is incompatible with key spec \(key.spec.rawValue)."
        )
    }
}
