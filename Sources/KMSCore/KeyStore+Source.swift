import LibCrypto
import Synchronization

extension KeyStore {
    /// What a ciphertext was made with, found and permitted.
    struct Source {
        enum Ciphertext {
            case sealed(SealedBytes)
            /// What an external key sealed: in it is what the server's own token did.
            case double(DoubleSealing)
            /// What RSAES-OAEP made: as long as the modulus.
            case rsa([UInt8])
        }

        let entry: KeyEntry
        let material: MaterialEntry
        let algorithm: EncryptionAlgorithm
        let ciphertext: Ciphertext

        /// How many bytes the plaintext has at the least, where that can be told.
        var leastPlaintext: Int? {
            switch ciphertext {
            case .sealed(let sealed): material.scheme.plaintextSizes(of: sealed.bytes.count)?.lowerBound
            case .double(let sealing): material.scheme.plaintextSizes(of: sealing.innerSize)?.lowerBound
            case .rsa: nil
            }
        }
    }

    /// Finds the key of a ciphertext. Nil only in a dry run without a ciphertext.
    func resolveSource(
        _ ciphertext: [UInt8]?, _ name: String?, _ algorithm: String?, _ encryptionContext: EncryptionContext,
        for action: KMSAction, dryRun: Bool, by context: CallContext, destination: String? = nil
    ) throws(KMSError) -> Source? {
        let conditions = { (source: KeyAddress?) in
            guard let destination else { return RequestConditions.encryption(encryptionContext, algorithm) }
            return .reEncryption(
                encryptionContext, algorithm, onSameKey: self.isSameKey(destination, as: source, by: context))
        }
        guard let ciphertext else {
            guard dryRun, let name else { throw Self.isMissing("ciphertextBlob") }
            let entry = try resolve(name, for: action, by: context, with: conditions(nil))
            try entry.checkUsage(.encryptDecrypt, for: action.rawValue)
            _ = try entry.encryptionAlgorithm(algorithm, encryptionContext)
            return nil
        }
        var named: KeyEntry?
        if let name {
            let found = try find(name, for: action, by: context, with: conditions(nil))
            try authorize(
                action, on: .key(found.entry), by: context, with: conditions(found.entry.key.address),
                alias: found.alias, named: found.arn)
            named = found.entry
        }
        if let named {
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
        return try symmetricSource(
            blob, named, algorithm, encryptionContext, for: action, by: context, with: conditions)
    }

    private func symmetricSource(
        _ blob: CiphertextBlob, _ named: KeyEntry?, _ algorithm: String?, _ encryptionContext: EncryptionContext,
        for action: KMSAction, by context: CallContext, with conditions: (KeyAddress?) -> RequestConditions
    ) throws(KMSError) -> Source {
        let entry: KeyEntry
        if let named {
            entry = named
        } else {
            entry = try authorizedKey(of: blob, for: action, by: context, with: conditions)
        }
        try entry.checkExposure(for: action)
        try checkState(of: entry, for: action)
        try entry.checkUsage(.encryptDecrypt, for: action.rawValue)
        let algorithm = try entry.encryptionAlgorithm(algorithm, encryptionContext)
        // A header can be written by anybody, also one that names a key pair, or material that is yet to be made.
        // The version is compared, not only authenticated: what one scheme sealed is never given to the other.
        let material = entry.material(blob.materialNumber)
        if material?.isMoving == true, algorithm.oaepHash == nil {
            throw KMSError(
                .keyUnavailable,
                "The key material of \(entry.arn) is on its way from another Region. Try again in a few seconds.")
        }
        guard algorithm.oaepHash == nil, let material, material.isPresent, material.format == blob.format
        else { throw .invalidCiphertext }
        let ciphertext: Source.Ciphertext =
            switch blob.content {
            case .sealed(let sealed): .sealed(sealed)
            case .double(let sealing): .double(sealing)
            }
        return Source(entry: entry, material: material, algorithm: algorithm, ciphertext: ciphertext)
    }

    /// The key that a ciphertext names, in whichever account it is. Whether it is refused to the caller, gone or never
    /// was, is not for the caller to know.
    private func authorizedKey(
        of blob: CiphertextBlob, for action: KMSAction, by context: CallContext,
        with conditions: (KeyAddress?) -> RequestConditions
    ) throws(KMSError) -> KeyEntry {
        let refusal = KMSError(
            .accessDenied,
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, "
                + "or you are not allowed to access."
        )
        guard let entry = table.withLock({ $0.key(blob.keyID, preferring: context.scope) }) else {
            // As it would be counted if it were there.
            try quotas.spend(action, for: .account(context.scope), by: context)
            throw refusal
        }
        do throws(KMSError) {
            try authorize(action, on: .key(entry), by: context, with: conditions(entry.key.address))
        } catch {
            throw error.code == .accessDenied ? refusal : error
        }
        return entry
    }

    /// Whether a name that is yet to be resolved is the key's (`kms:ReEncryptOnSameKey`).
    func isSameKey(_ name: String, as key: KeyAddress?, by context: CallContext) -> Bool {
        guard let key, let identifier = try? KeyIdentifier(name, in: context.scope) else { return false }
        let scope = Scope(account: identifier.account, region: context.region)
        return switch identifier.name {
        case .id(let id): KeyAddress(scope: scope, id: id) == key
        case .alias(let alias): table.withLock { $0.alias(alias, in: scope) }?.target == key.id && scope == key.scope
        }
    }

    private func asymmetricSource(
        _ ciphertext: [UInt8], _ entry: KeyEntry, _ algorithm: String?, _ encryptionContext: EncryptionContext,
        for action: KMSAction
    ) throws(KMSError) -> Source {
        try checkState(of: entry, for: action)
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
