import Synchronization

/// What ImportKeyMaterial takes.
package struct MaterialImport: Sendable {
    package var importToken: [UInt8]
    package var encryptedMaterial: [UInt8]
    package var validTo: Timestamp?
    /// ExpirationModel: KEY_MATERIAL_EXPIRES, which is the default.
    package var expires: Bool
    /// ImportType: NEW_KEY_MATERIAL.
    package var isNew: Bool
    package var description: String?
    /// Which of the key's materials it is, where the caller says so.
    package var materialID: String?

    package init(
        importToken: [UInt8], encryptedMaterial: [UInt8], validTo: Timestamp? = nil, expires: Bool = true,
        isNew: Bool = false, description: String? = nil, materialID: String? = nil
    ) {
        self.importToken = importToken
        self.encryptedMaterial = encryptedMaterial
        self.validTo = validTo
        self.expires = expires
        self.isNew = isNew
        self.description = description
        self.materialID = materialID
    }
}

/// Which material of which key was changed.
package struct MaterialChange: Hashable, Sendable {
    package let keyARN: String
    /// Nil for keys that can have but one material, which AWS gives no id; and for one that was never imported.
    package let keyMaterialID: String?

    package init(keyARN: String, keyMaterialID: String?) {
        self.keyARN = keyARN
        self.keyMaterialID = keyMaterialID
    }

    init(_ material: KeyMaterial, of key: Key) {
        keyARN = key.address.arn
        keyMaterialID = key.spec == .symmetricDefault && material.hasEverBeen ? material.idText : nil
    }
}

// Imported key material (ImportKeyMaterial). One material keeps its number, its id and its object's id for ever, so
// what is imported again has to be the same.
extension KeyStore {
    package static let maximumDaysToExpiry = 365

    package func importKeyMaterial(
        _ material: MaterialImport, into name: String, by context: CallContext
    ) async throws(KMSError) -> MaterialChange {
        let entry = try resolveKeyOnly(
            name, for: .importKeyMaterial, by: context, with: .materialImport(material))
        try entry.checkOrigin(.external)
        try check(material, for: entry)
        let (wrappingKey, algorithm) = try await openImportToken(
            material.importToken, for: entry.key.address)
        let wrapped = WrappedMaterial(
            wrappingKey: wrappingKey.reference, algorithm: algorithm, bytes: material.encryptedMaterial)
        return try await materialWork(on: entry.key).run { () async throws(KMSError) in
            try await importMaterial(material, wrapped, into: entry.key.address, by: context)
        }
    }

    private func check(_ material: MaterialImport, for entry: KeyEntry) throws(KMSError) {
        let now = clock.now
        switch (material.expires, material.validTo) {
        case (true, nil):
            throw KMSError(
                .validation, "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
        case (false, .some):
            throw KMSError(
                .validation,
                "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
        case (true, .some(let validTo)) where validTo <= now:
            throw KMSError(.validation, "The validTo date must be in the future.")
        case (true, .some(let validTo)) where validTo > now.adding(days: Self.maximumDaysToExpiry):
            throw KMSError(
                .validation, "The validTo date must be at most \(Self.maximumDaysToExpiry) days ahead.")
        case (true, .some), (false, nil):
            break
        }
        guard !entry.algorithm.isSymmetricEncryption else { return }
        // Other keys have one material for ever.
        let misplaced: String? =
            material.isNew
            ? "ImportType NEW_KEY_MATERIAL"
            : material.materialID != nil
                ? "KeyMaterialId" : material.description != nil ? "KeyMaterialDescription" : nil
        if let misplaced {
            throw KMSError(
                .unsupported,
                "\(misplaced) is for symmetric encryption keys; \(entry.arn) is of spec \(entry.key.spec.rawValue)."
            )
        }
    }

    private func importMaterial(
        _ material: MaterialImport, _ wrapped: WrappedMaterial, into address: KeyAddress, by context: CallContext
    ) async throws(KMSError) -> MaterialChange {
        try await finishInterruptedWork(on: address)
        guard let key = table.withLock({ $0.key(address) })?.key else {
            throw KMSError(.notFound, "Key '\(address.arn)' does not exist")
        }
        try KMSAction.importKeyMaterial.check(key.state, of: address.arn)
        let target: KeyMaterial
        if let shared = try await sharedMaterial(material, wrapped, of: key) {
            target = shared
        } else if material.isNew, key.materials.contains(where: \.hasEverBeen) {
            target = try await addMaterial(wrapped, to: key)
        } else {
            target = try await existingMaterial(material, wrapped, of: key)
        }
        let record = KeyMaterial.Import(
            validTo: material.validTo, description: material.description ?? target.imported?.description ?? "",
            place: target.imported?.place ?? .token
        )
        let place: KeyMaterial.Import.Place
        if target.stage == .present, try await isThere(target, of: key) {
            // The same material once more: only its expiry and description change.
            note(target, place: record.place, of: key, by: context)
            try await change(address, on: .call(context)) { key throws(KMSError) in
                // Of what has expired nobody may have taken note yet.
                key.noteImportedMaterial(at: clock.now)
                try key.editMaterial(target.number) { $0.imported = record }
                key.noteImportedMaterial(at: clock.now)
            }
            place = record.place
        } else {
            place = try await unwrap(wrapped, as: target, record, of: key, by: context)
        }
        events.record(.materialImported(address, materialID: target.idText, place: place))
        return MaterialChange(keyARN: address.arn, keyMaterialID: key.spec == .symmetricDefault ? target.idText : nil)
    }

    /// Whether the token has a material that it should have. What it has lost is imported anew, if it shows all other
    /// keys: otherwise it is not the token, or not the whole of it, that had this one.
    private func isThere(_ material: KeyMaterial, of key: Key) async throws(KMSError) -> Bool {
        do throws(KMSError) {
            try await backend(of: key).verifyKey(material.reference)
            return true
        } catch {
            guard error.code == .materialMissing else { throw error }
        }
        let place = place(of: key)
        try await checkThatLiveKeysAreThere(except: dueKeys(in: place) + [key], before: [key.address], in: place)
        return false
    }

    /// A number for material that the key has not had before; it is stored by ``unwrap(_:as:_:of:)``.
    private func addMaterial(_ wrapped: WrappedMaterial, to key: Key) async throws(KMSError) -> KeyMaterial {
        if let pending = key.materials.first(where: \.isPendingRotation) {
            throw KMSError(
                .invalidState,
                "New key material cannot be imported into KMS key \(key.address.id), because another key material (id: "
                    + "\(pending.idText)) is pending rotation."
            )
        }
        guard try await identify(wrapped, among: key.materials, of: key) == nil else {
            throw KMSError(
                .incorrectKeyMaterial,
                "The key material is not new: it is associated with \(key.address.arn) already. Import it with "
                    + "ImportType EXISTING_KEY_MATERIAL."
            )
        }
        var new = KeyMaterial.new(number: nextMaterialNumber(of: key), at: clock.now)
        new.isPendingRotation = true
        return new
    }

    /// Which of the key's materials an import is for. What is there already, and what is one of several, has to show
    /// first that it is the same.
    private func existingMaterial(
        _ material: MaterialImport, _ wrapped: WrappedMaterial, of key: Key
    ) async throws(KMSError) -> KeyMaterial {
        var candidates = key.materials
        if let id = material.materialID {
            candidates = candidates.filter { $0.idText == id && $0.hasEverBeen }
            guard !candidates.isEmpty else {
                throw KMSError(
                    .notFound, "The key material \(id) is not associated with \(key.address.arn).")
            }
        }
        if let only = candidates.first, candidates.count == 1, only.stage == .absent { return only }
        guard let found = try await identify(wrapped, among: candidates, of: key) else {
            throw KMSError(
                .incorrectKeyMaterial,
                "The key material is not what was imported into \(key.address.arn) before. Import that, or new material "
                    + "with ImportType NEW_KEY_MATERIAL."
            )
        }
        return found
    }

    private func identify(
        _ wrapped: WrappedMaterial, among materials: [KeyMaterial], of key: Key
    ) async throws(KMSError) -> KeyMaterial? {
        let known = materials.filter(\.hasEverBeen)
        let index = try await backend(of: key).identify(
            wrapped, of: key.spec, for: key.usage, among: known.map(\.reference))
        return index.map { known[$0] }
    }

    /// For the record: what was imported, and where its wrapping was opened.
    private func note(
        _ material: KeyMaterial, place: KeyMaterial.Import.Place, of key: Key, by context: CallContext
    ) {
        context.draft.note(response: .materialChange(key.address.arn, material.idText))
        context.draft.note(additional: "unwrappedIn", .string(place.rawValue))
    }

    /// Intent, token, commit. Material that was known before keeps its check value, and has to meet it. Answers where
    /// the wrapping was opened.
    private func unwrap(
        _ wrapped: WrappedMaterial, as target: KeyMaterial, _ record: KeyMaterial.Import, of key: Key,
        by context: CallContext
    ) async throws(KMSError) -> KeyMaterial.Import.Place {
        let address = key.address
        _ = try await intend(address) { key throws(KMSError) in
            if key.material(target.number) == nil { key.materials.append(target) }
            try key.editMaterial(target.number) { $0.stage = .creating }
            key.noteImportedMaterial(at: clock.now)
        }
        do {
            let imported = try await backend(of: key).importKey(
                wrapped, of: key.spec, for: key.usage, id: target.reference.object,
                expecting: target.hasEverBeen ? target.reference.checkValue : nil
            )
            try imported.key.checkPublicKey(of: key.spec)
            let now = clock.now
            note(target, place: imported.place, of: key, by: context)
            try await changeSet(address, on: .call(context)) { key, siblings throws(KMSError) in
                try key.editMaterial(target.number) { material in
                    if !material.hasEverBeen {
                        material.reference = MaterialReference(
                            object: target.reference.object, checkValue: imported.key.checkValue)
                        material.publicKey = imported.key.publicKey
                        material.creationDate = now
                    }
                    material.stage = .present
                    material.imported = record
                    material.imported?.place = imported.place
                }
                key.noteImportedMaterial(at: now)
                for index in siblings.indices { expectImport(of: key, target.number, into: &siblings[index]) }
            }
            return imported.place
        } catch {
            try? await finishInterruptedWork(on: address, isObjectKnown: error.leavesNoObject)
            throw error
        }
    }
}
