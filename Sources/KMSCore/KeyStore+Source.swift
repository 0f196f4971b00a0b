import LibCrypto
import Synchronization

extension KeyStore {
    /// What a ciphertext was made with, found and permitted.
    struct Source {
        enum Ciphertext {
            case sealed(SealedBytes)
            /// What RSAES-OAEP made: as long as the modulus.
            case rsa([UInt8])
        }

        let entry: KeyEntry
        let material: MaterialEntry
        let algorithm: EncryptionAlgorithm
        let ciphertext: Ciphertext
    }

    /// Finds the key of a ciphertext. Nil only in a dry run without a ciphertext.
    func resolveSource(
        _ ciphertext: [UInt8]?, _ name: String?, _ algorithm: String?, _ encryptionContext: EncryptionContext,
        for action: KMSAction, dryRun: Bool, by context: CallContext
    ) throws(KMSError) -> Source? {
        guard let ciphertext else {
            guard dryRun, let name else { throw Self.isMissing("ciphertextBlob") }
            let entry = try resolve(name, for: action, by: context)
            try entry.checkUsage(.encryptDecrypt, for: action.rawValue)
            _ = try entry.encryptionAlgorithm(algorithm, encryptionContext)
            return nil
        }
        let named: KeyEntry? = if let name { try find(name, by: context) } else { nil }
        if let named {
            try authorizer.authorize(action, on: .key(named.key), by: context)
            if EncryptionAlgorithm.isAsymmetric(algorithm) || named.encryptsWithKeyPair {
                return try asymmetricSource(ciphertext, named, algorithm, encryptionContext, for: action)
            }
        }
        let blob: CiphertextBlob
        do {
            blob = try CiphertextBlob(decoding: ciphertext)
        } catch {
            // An RSA ciphertext tells nothing of its key.
            throw named == nil && EncryptionAlgorithm.isAsymmetric(algorithm) ? Self.isMissing("keyId") : error
        }
        if let named, named.key.address.id != blob.keyID {
            throw KMSError(
                .incorrectKey, "The key ID in the request does not identify a CMK that can perform this operation."
            )
        }
        return try symmetricSource(blob, algorithm, encryptionContext, for: action, by: context)
    }

    private func symmetricSource(
        _ blob: CiphertextBlob, _ algorithm: String?, _ encryptionContext: EncryptionContext, for action: KMSAction,
        by context: CallContext
    ) throws(KMSError) -> Source {
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
        try action.check(entry.state(at: clock.now), of: entry.arn)
        try entry.checkUsage(.encryptDecrypt, for: action.rawValue)
        let algorithm = try entry.encryptionAlgorithm(algorithm, encryptionContext)
        // A header can be written by anybody, also one that names a key pair, or material that is yet to be made.
        guard algorithm.oaepHash == nil, let material = entry.material(blob.materialNumber), material.isPresent else {
            throw .invalidCiphertext
        }
        return Source(entry: entry, material: material, algorithm: algorithm, ciphertext: .sealed(blob.sealed))
    }

    private func asymmetricSource(
        _ ciphertext: [UInt8], _ entry: KeyEntry, _ algorithm: String?, _ encryptionContext: EncryptionContext,
        for action: KMSAction
    ) throws(KMSError) -> Source {
        try action.check(entry.state(at: clock.now), of: entry.arn)
        try entry.checkUsage(.encryptDecrypt, for: action.rawValue)
        let algorithm = try entry.encryptionAlgorithm(algorithm, encryptionContext)
        guard ciphertext.count == (try entry.publicKey()).rsaModulus?.count else { throw .invalidCiphertext }
        return Source(entry: entry, material: entry.current, algorithm: algorithm, ciphertext: .rsa(ciphertext))
    }

    private static func isMissing(_ member: String) -> KMSError {
        KMSError(
            .validation,
            "1 validation error detected: Value null at '\(member)' failed to satisfy constraint: "
                + "Member must not be null"
        )
    }
}

extension KeyEntry {
    fileprivate var encryptsWithKeyPair: Bool {
        algorithm.isAsymmetric && key.usage == .encryptDecrypt
    }

    /// The KeyMaterialId that answers show: that of keys which can have several materials.
    func shownID(of material: MaterialEntry) -> String? {
        algorithm.isSymmetricEncryption ? material.idText : nil
    }
}
