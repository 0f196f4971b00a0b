import Synchronization

// The end of imported material, and of work on any material that was interrupted. To be called by who holds
// `materialWork`, but for the operation itself.
extension KeyStore {
    /// Destroys imported material; the key is PendingImport until the same is imported again. Without an id the
    /// current material is meant. To delete what is gone already is success.
    package func deleteImportedKeyMaterial(
        of name: String, materialID: String?, by context: CallContext
    ) async throws(KMSError) -> MaterialChange {
        let entry = try resolveKeyOnly(name, for: .deleteImportedKeyMaterial, by: context)
        try entry.checkOrigin(.external)
        return try await materialWork(on: entry.key).run { () async throws(KMSError) in
            try await deleteMaterial(materialID, of: entry.key.address, by: context)
        }
    }

    private func deleteMaterial(
        _ id: String?, of address: KeyAddress, by context: CallContext
    ) async throws(KMSError) -> MaterialChange {
        try await finishInterruptedWork(on: address)
        guard let key = table.withLock({ $0.key(address) })?.key else {
            throw KMSError(.notFound, "Key '\(address.arn)' does not exist")
        }
        let found = key.materials.first { material in
            id.map { material.idText == $0 && material.hasEverBeen } ?? (material.number == key.currentMaterial)
        }
        guard let found else {
            throw KMSError(.notFound, "The key material \(id ?? "") is not associated with \(address.arn).")
        }
        if found.stage == .present {
            context.draft.note(response: .materialChange(address.arn, found.idText))
            // The intent is what takes the material from its callers; the rest happens whatever comes.
            try await intendToRemoveMaterial(
                found.number, of: address,
                on: .call(context, .importedMaterialDestroyed(address, materialID: found.idText, hadExpired: false)))
            try await finishInterruptedWork(on: address, isStored: true)
        }
        return MaterialChange(found, of: key)
    }

    /// The first of intent, token, commit.
    private func intendToRemoveMaterial(
        _ number: UInt32, of address: KeyAddress, on occasion: Occasion
    ) async throws(KMSError) {
        try await change(address, on: occasion) { key throws(KMSError) in
            try key.editMaterial(number) { $0.stage = .destroying }
            key.noteImportedMaterial(at: clock.now)
        }
    }

    /// Destroys what imported material has expired. The keys refuse requests since the very moment; here their objects
    /// go.
    func destroyExpiredMaterial(in place: KeyPlace) async throws(KMSError) {
        try await forEach(Array(expiredMaterial(in: place)), of: \.key) { (address, numbers) async throws(KMSError) in
            try await gates(of: place).materialWork.run { () async throws(KMSError) in
                try await finishInterruptedWork(on: address)
                for number in numbers {
                    // It may have been imported again since, or deleted.
                    let material = table.withLock { $0.key(address) }?.key.material(number)
                    guard let material, material.stage == .present, material.hasExpired(at: clock.now) else { continue }
                    try await intendToRemoveMaterial(
                        number, of: address,
                        on: .service(
                            "DeleteExpiredKeyMaterial", address, at: clock.now,
                            [AuditValue.Member("keyMaterialId", .string(material.idText))],
                            .importedMaterialDestroyed(address, materialID: material.idText, hadExpired: true)))
                    try await finishInterruptedWork(on: address, isStored: true, isObjectKnown: true)
                }
            }
        }
    }

    func expiredMaterial(in place: KeyPlace) -> [KeyAddress: [UInt32]] {
        let now = clock.now
        var expired: [KeyAddress: [UInt32]] = [:]
        for entry in entries(in: place) where entry.key.origin == .external {
            let key = entry.key
            let numbers = key.materials.filter { $0.stage == .present && $0.hasExpired(at: now) }.map(\.number)
            if !numbers.isEmpty { expired[key.address] = numbers }
        }
        return expired
    }

    /// Keys that a crash or a fault left with work on their material half done.
    func interruptedKeys(in place: KeyPlace) -> [KeyAddress] {
        entries(in: place).filter { entry in
            entry.key.lifecycle != .destroying
                && entry.key.materials.contains { $0.stage == .creating || $0.stage == .destroying }
        }.map(\.key.address)
    }

    /// Undoes what was being made, and ends what was being destroyed: in both cases the object goes. Material that the
    /// key never had leaves no trace; what it had once can be imported again.
    ///
    /// Unless it is known that the store has the intent, it is stored first: a commit may have taken effect though its
    /// answer was lost, and a crash in between would then leave material that is present and has no object.
    ///
    /// Unless it is known already that the objects will be found, or were never made, the token has to show them, or all
    /// live keys; if it does not, the intent stays, and ``performDueWork()`` has the rest to do.
    func finishInterruptedWork(
        on address: KeyAddress, isStored: Bool = false, isObjectKnown: Bool = false
    ) async throws(KMSError) {
        guard let key = table.withLock({ $0.key(address) })?.key else { return }
        let interrupted = key.materials.filter { $0.stage == .creating || $0.stage == .destroying }
        guard !interrupted.isEmpty else { return }
        if !isStored { try await storeAgain(address) }
        if !isObjectKnown {
            let objects = Set(interrupted.map(\.reference.object))
            let place = place(of: key)
            try await checkThatLiveKeysAreThere(
                except: dueKeys(in: place), before: [address], orThese: objects, in: place)
        }
        let backend = try backend(of: key)
        for material in interrupted {
            try await backend.destroyKey(material.reference.object)
        }
        let numbers = Set(interrupted.map(\.number))
        try await change(address, on: .step) { key throws(KMSError) in
            key.materials.removeAll { material in
                numbers.contains(material.number) && material.number != key.currentMaterial
                    && (!material.hasEverBeen || material.isPendingRotation)
            }
            for number in numbers where key.material(number) != nil {
                try key.editMaterial(number) { $0.stage = .absent }
            }
            key.noteImportedMaterial(at: clock.now)
        }
        for material in interrupted where material.stage == .destroying {
            let hadExpired = material.hasExpired(at: clock.now)
            events.record(.importedMaterialDestroyed(address, materialID: material.idText, hadExpired: hadExpired))
        }
    }

    /// Makes the store the same as the memory, after a commit that may have taken effect although it failed.
    func storeAgain(_ address: KeyAddress) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let newest = table.withLock { $0.set(of: address) }.map(\.key)
            try await journal.prepare(newest.map { .saveKey($0) })
        }
    }

    /// As ``change(_:on:_:)``, for an intent: one that failed leaves nothing in the store, if the store still works.
    func intend(
        _ address: KeyAddress, _ edit: (inout Key) throws(KMSError) -> Void
    ) async throws(KMSError) -> Key {
        do {
            return try await change(address, on: .step, edit)
        } catch {
            if error.code == .internalFailure { try? await storeAgain(address) }
            throw error
        }
    }
}

extension KMSError {
    /// Whether it is certain that no object was made: see ``KeyBackend``.
    var leavesNoObject: Bool {
        [.incorrectKeyMaterial, .invalidCiphertext, .throttled, .unsupported].contains(code)
    }
}
