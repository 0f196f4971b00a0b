package import SecureMemory
import Synchronization

/// A key that the XKS proxy exposes, as it is now.
package struct ExposedKey: Sendable {
    let entry: KeyEntry
    package let exposure: KeyExposure
    package let state: KeyState

    package var arn: String { entry.arn }
    package var key: Key { entry.key }
}

/// What was sealed under an exposed key, and with which of its materials.
package struct ExposedSealing: Sendable {
    package let material: UInt32
    /// `IV (12) | ciphertext | tag (16)`.
    package let sealed: SealedBytes

    package init(material: UInt32, sealed: SealedBytes) {
        self.material = material
        self.sealed = sealed
    }
}

// What the XKS proxy does with its keys. What is authenticated with a ciphertext is the proxy's business, and so is who
// may ask; states, budgets and missing material are the key store's.
extension KeyStore {
    package func exposedKey(_ name: KeyExposure.Name) -> ExposedKey? {
        guard let entry = table.withLock({ $0.exposedKey(name) }), let exposure = entry.key.exposure else { return nil }
        return ExposedKey(entry: entry, exposure: exposure, state: entry.state(at: clock.now))
    }

    /// Those of one store, by their external ids.
    package func exposedKeys(of prefix: String) -> [ExposedKey] {
        let now = clock.now
        return table.withLock { $0.exposedKeys }.compactMap { entry in
            guard let exposure = entry.key.exposure, exposure.name.prefix == prefix else { return nil }
            return ExposedKey(entry: entry, exposure: exposure, state: entry.state(at: now))
        }.sorted { $0.exposure.name.id < $1.exposure.name.id }
    }

    /// Seals under the key's current material. That the key may be used, the caller has looked at.
    ///
    /// - Parameter aad: What to authenticate, given the material's number.
    package func seal(
        _ plaintext: borrowing SecretBytes, under key: ExposedKey, authenticating aad: (UInt32) -> [UInt8]
    ) async throws(KMSError) -> ExposedSealing {
        let material = try await currentMaterial(of: key)
        let authenticated = aad(material.number)
        let sealed = try await using(material, of: key.entry) { reference async throws(KMSError) in
            try await backend(of: key.entry).encrypt(plaintext, authenticating: authenticated, with: reference)
        }
        return ExposedSealing(material: material.number, sealed: sealed)
    }

    /// As ``seal(_:under:authenticating:)``, by ``KeyBackend/encryptConfirmed(_:authenticating:digesting:with:)``: also the
    /// digest of `prefix` and what was sealed.
    package func sealConfirmed(
        _ plaintext: borrowing SecretBytes, under key: ExposedKey, authenticating aad: (UInt32) -> [UInt8],
        digesting prefix: (UInt32) -> [UInt8]
    ) async throws(KMSError) -> (ExposedSealing, digest: [UInt8]) {
        let material = try await currentMaterial(of: key)
        let (authenticated, digested) = (aad(material.number), prefix(material.number))
        let made = try await using(material, of: key.entry) { reference async throws(KMSError) in
            try await backend(of: key.entry).encryptConfirmed(
                plaintext, authenticating: authenticated, digesting: digested, with: reference)
        }
        return (ExposedSealing(material: material.number, sealed: made.sealed), made.digest)
    }

    /// The material to seal under, whose budget has this encryption counted.
    private func currentMaterial(of key: ExposedKey) async throws(KMSError) -> MaterialEntry {
        let material = key.entry.current
        try material.checkThatProxyCanUse(key)
        try await spendEncryption(of: material, of: key.entry)
        return material
    }

    /// Throws `invalidCiphertext` where nothing was sealed like that under the key.
    package func open(
        _ sealing: ExposedSealing, under key: ExposedKey, authenticating aad: [UInt8]
    ) async throws(KMSError) -> SecretBytes {
        guard let material = key.entry.material(sealing.material), material.isPresent else { throw .invalidCiphertext }
        try material.checkThatProxyCanUse(key)
        return try await using(material, of: key.entry) { reference async throws(KMSError) in
            try await backend(of: key.entry).decrypt(sealing.sealed, authenticating: aad, with: reference)
        }
    }

    /// Notes a use of the key that succeeded.
    package func noteUse(of key: ExposedKey, _ operation: String, requestID: String) {
        key.entry.lastUse.note(KeyLastUsage(operation: operation, date: clock.now, requestID: requestID))
    }

    /// Restricts an exposed key to some uses, or to none.
    package func setUses(
        _ uses: Set<KeyExposure.Use>, of name: KeyExposure.Name, by context: CallContext
    ) async throws(KMSError) {
        guard let key = exposedKey(name) else { throw .noExposedKey(name) }
        try await change(key.entry.key.address, on: .call(context)) { key throws(KMSError) in
            key.exposure?.uses = uses
        }
    }

    /// Makes a key out of an object that is in the token already, which is found by its label and stays what it is and
    /// where it is. It is in use from then on, and never destroyed: not even with the key.
    package func adoptKey(
        labelled label: String, _ request: NewKey, by context: CallContext
    ) async throws(KMSError) -> KeyDescription {
        try authorize(.createKey, on: .account(context.scope), by: context, with: .creation(request, [:]))
        let backend = try backend(in: regions.place(of: context.region))
        var material = KeyMaterial.new(number: 1, at: clock.now)
        let object = material.reference.object
        material.reference = MaterialReference(
            object: object, checkValue: try await backend.adoptKey(labelled: label, as: object).checkValue)
        material.stage = .present
        try checkThatIsNew(material.reference)
        var key = Key(
            address: KeyAddress(scope: context.scope, id: .random()), spec: .symmetricDefault, usage: .encryptDecrypt,
            origin: .awsKMS, lifecycle: .enabled, description: request.description,
            policy: KeyPolicy.standard(for: context.scope.account), tags: [:], creationDate: clock.now,
            materials: [material], currentMaterial: 1
        )
        key.exposure = request.exposure
        context.draft.note(
            AuditRecord.Resource(arn: key.address.arn, account: key.address.scope.account, type: "AWS::KMS::Key"))
        // Nothing was made, so a crash before this leaves nothing to be undone.
        try await save(key, or: key, on: .call(context))
        return KeyDescription(key: key, state: key.state)
    }

    /// One object behind two keys would let what one store encrypted be decrypted in another.
    private func checkThatIsNew(_ reference: MaterialReference) throws(KMSError) {
        guard let object = backend.adoptedObject(of: reference) else { return }
        let known = table.withLock { $0.allKeys }.first { entry in
            entry.allMaterials.contains { $0.adoptedObject == object }
        }
        guard let known else { return }
        throw KMSError(.alreadyExists, "The token's object is the key \(known.arn) already.")
    }

    /// Throws unless a key can be exposed under this name: to be asked by one at a time.
    package func checkThatIsFree(_ name: KeyExposure.Name) throws(KMSError) {
        guard exposedKey(name) == nil else {
            throw KMSError(
                .alreadyExists,
                "The store '\(name.prefix)' has an external key '\(name.id)' already. Choose another id.")
        }
    }
}

extension MaterialEntry {
    /// Callers get IV, ciphertext and tag apart, which is what AES-GCM has.
    fileprivate func checkThatProxyCanUse(_ key: ExposedKey) throws(KMSError) {
        guard scheme == .aesGCM else {
            throw KMSError(.unsupported, "\(key.arn) does not use AES-GCM, which the XKS proxy needs.")
        }
    }
}

extension KMSError {
    package static func noExposedKey(_ name: KeyExposure.Name) -> KMSError {
        KMSError(.notFound, "The store '\(name.prefix)' has no external key '\(name.id)'.")
    }
}
