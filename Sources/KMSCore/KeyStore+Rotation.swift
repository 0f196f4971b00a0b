import Synchronization

/// What GetKeyRotationStatus tells.
package struct KeyRotationStatus: Sendable {
    package let keyARN: String
    package let rotation: KeyRotation
    /// When the rotation on demand that is under way began.
    package let onDemandRotationStartDate: Timestamp?
}

/// What ListKeyRotations tells of one material.
package struct ListedRotation: Sendable {
    package let keyARN: String
    package let material: KeyMaterial
    /// KeyMaterialState as AWS KMS names it.
    package let state: String
    /// ImportState as AWS KMS names it; nil for material that was made in the token.
    package let importState: String?
}

// Rotation (RotateKeyOnDemand, EnableKeyRotation): a key gets new material, and keeps the old for what it encrypted.
extension KeyStore {
    package static let rotationPeriodInDays = 90...2560
    package static let defaultRotationPeriodInDays = 365
    /// How often a key may be rotated on demand.
    package static let maximumOnDemandRotations = 25

    /// The period counts from now, as if the key had just been rotated.
    package func enableKeyRotation(
        _ name: String, periodInDays: Int?, by context: CallContext
    ) async throws(KMSError) {
        let period = periodInDays ?? Self.defaultRotationPeriodInDays
        let entry = try resolveKeyOnly(
            name, for: .enableKeyRotation, by: context, with: .rotation(periodInDays: period))
        try entry.checkAutomaticRotation()
        guard Self.rotationPeriodInDays.contains(period) else {
            throw KMSError(.validation, "RotationPeriodInDays must be between 90 and 2560 days; \(period) is not.")
        }
        let now = clock.now
        try await change(entry.key.address, on: .call(context)) { key throws(KMSError) in
            try KMSAction.enableKeyRotation.check(key.state, of: entry.arn)
            // To enable what is enabled does not put the rotation off.
            guard key.rotation.periodInDays != period else { return }
            key.rotation.periodInDays = period
            key.rotation.nextDate = now.adding(days: period)
        }
    }

    package func disableKeyRotation(_ name: String, by context: CallContext) async throws(KMSError) {
        let entry = try resolveKeyOnly(name, for: .disableKeyRotation, by: context)
        try entry.checkAutomaticRotation()
        try await change(entry.key.address, on: .call(context)) { key throws(KMSError) in
            try KMSAction.disableKeyRotation.check(key.state, of: entry.arn)
            key.rotation.periodInDays = nil
            key.rotation.nextDate = nil
        }
    }

    package func keyRotationStatus(_ name: String, by context: CallContext) throws(KMSError) -> KeyRotationStatus {
        let entry = try resolveKeyOnly(name, for: .getKeyRotationStatus, by: context)
        guard entry.algorithm.isSymmetricEncryption else { throw KMSError(.unsupported, "") }
        // While a key waits for its deletion nothing rotates it; a cancelled deletion brings the schedule back.
        let isEnding = entry.key.state == .pendingDeletion
        return KeyRotationStatus(
            keyARN: entry.arn,
            rotation: isEnding ? KeyRotation(onDemandCount: entry.key.rotation.onDemandCount) : entry.key.rotation,
            onDemandRotationStartDate: rotating.withLock { $0[entry.key.address] }
        )
    }

    /// Answers the key's ARN, when the new material encrypts.
    package func rotateKeyOnDemand(_ name: String, by context: CallContext) async throws(KMSError) -> String {
        let entry = try resolveKeyOnly(name, for: .rotateKeyOnDemand, by: context)
        guard entry.algorithm.isSymmetricEncryption else { throw KMSError(.unsupported, "") }
        if entry.key.customKeyStore != nil { throw entry.originNotValid }
        let address = entry.key.address
        let start = clock.now
        let isFirst = rotating.withLock { rotating in
            guard rotating[address] == nil else { return false }
            rotating[address] = start
            return true
        }
        guard isFirst else {
            throw KMSError(.conflict, "\(entry.arn) is being rotated already. Try again when that has ended.")
        }
        defer { rotating.withLock { $0[address] = nil } }
        context.draft.note(response: .object(("keyId", .string(entry.arn))))
        try await materialWork.run { () async throws(KMSError) in
            if entry.key.origin == .external {
                try await makePendingMaterialCurrent(address, by: context)
            } else {
                try await rotate(address, .onDemand, by: context)
            }
        }
        return entry.arn
    }

    package func listKeyRotations(
        _ name: String, includingAllMaterial: Bool, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<ListedRotation> {
        let entry = try resolveKeyOnly(name, for: .listKeyRotations, by: context)
        guard entry.algorithm.isSymmetricEncryption else { throw KMSError(.unsupported, "") }
        let key = entry.key
        let now = clock.now
        let listed = key.materials.filter { material in
            includingAllMaterial ? material.hasEverBeen : material.rotation != nil
        }.sorted { $0.number < $1.number }.map { material in
            ListedRotation(
                keyARN: entry.arn, material: material,
                state: material.isPendingRotation
                    ? "PENDING_ROTATION" : material.number == key.currentMaterial ? "CURRENT" : "NON_CURRENT",
                importState: key.origin == .external
                    ? (material.isUsable(at: now) ? "IMPORTED" : "PENDING_IMPORT") : nil
            )
        }
        return try Page(of: listed, page, list: "ListKeyRotations", defaultLimit: 100) { rotation in
            // Padded, so that the order of names is that of numbers.
            let digits = String(rotation.material.number)
            return String(repeating: "0", count: 10 - digits.count) + digits
        }
    }
}

// The work itself; to be done by who holds `materialWork`.
extension KeyStore {
    /// Gives a key new material: intent, token, commit. A crash in between leaves an intent, which
    /// ``performDueWork()`` undoes.
    func rotate(
        _ address: KeyAddress, _ kind: KeyMaterial.Rotation.Kind, by context: CallContext? = nil
    ) async throws(KMSError) {
        try await finishInterruptedWork(on: address)
        let intent = try await intend(address) { key throws(KMSError) in
            // It may have been disabled since it was looked at.
            try KMSAction.rotateKeyOnDemand.check(key.state, of: address.arn)
            if kind == .onDemand { try key.checkOnDemandCount() }
            key.materials.append(.new(number: key.nextMaterialNumber, at: clock.now))
        }
        guard let new = intent.materials.last else { return }
        do {
            let generated = try await backend(of: intent).generateKey(
                intent.spec, for: intent.usage, id: new.reference.object)
            let now = clock.now
            let told = KeyStoreEvent.keyRotated(address, number: new.number, kind)
            let occasion: Occasion =
                context.map { .call($0, told) }
                ?? .service(
                    "RotateKey", address, at: now,
                    [
                        AuditValue.Member("rotationType", .string(kind.rawValue)),
                        AuditValue.Member("currentKeyMaterialId", .string(new.idText)),
                    ], told)
            try await change(address, on: occasion) { key throws(KMSError) in
                try key.editMaterial(new.number) { material in
                    material.reference = MaterialReference(
                        object: new.reference.object, checkValue: generated.checkValue)
                    material.stage = .present
                    material.rotation = KeyMaterial.Rotation(date: now, kind: kind)
                }
                key.currentMaterial = new.number
                key.didRotate(kind, at: now)
            }
        } catch {
            try? await finishInterruptedWork(on: address, isObjectKnown: error.leavesNoObject)
            throw error
        }
        events.record(.keyRotated(address, number: new.number, kind))
    }

    private func makePendingMaterialCurrent(_ address: KeyAddress, by context: CallContext) async throws(KMSError) {
        let now = clock.now
        let pending = table.withLock { $0.key(address) }?.key.materials.first { $0.isPendingRotation }
        let told = KeyStoreEvent.keyRotated(address, number: pending?.number ?? 0, .onDemand)
        let key = try await change(address, on: .call(context, told)) { key throws(KMSError) in
            try KMSAction.rotateKeyOnDemand.check(key.state, of: address.arn)
            guard let pending = key.materials.first(where: { $0.isPendingRotation && $0.isUsable(at: now) }) else {
                throw KMSError(
                    .invalidState, "No available key material pending rotation for the key: \(address.arn).")
            }
            try key.checkOnDemandCount()
            try key.editMaterial(pending.number) { material in
                material.isPendingRotation = false
                material.rotation = KeyMaterial.Rotation(date: now, kind: .onDemand)
            }
            key.currentMaterial = pending.number
            key.didRotate(.onDemand, at: now)
        }
        events.record(.keyRotated(address, number: key.currentMaterial, .onDemand))
    }

    /// Rotates every key whose day has come, once however long ago that was, and every key whose material has made
    /// nearly as many encryptions as it may. One key that cannot be rotated does not hold up the others.
    func rotateDueKeys() async throws(KMSError) {
        let now = clock.now
        let due = table.withLock { $0.allKeys }.filter { $0.isDueForRotation(at: now) }.map(\.key.address)
        try await forEach(due, of: { $0 }) { address async throws(KMSError) in
            try await materialWork.run { () async throws(KMSError) in
                // Another round, or a caller, may have been faster.
                let newest = table.withLock { $0.key(address) }
                guard let newest, newest.isDueForRotation(at: clock.now) else { return }
                try await rotate(address, .automatic)
            }
        }
    }
}

extension KeyEntry {
    func checkAutomaticRotation() throws(KMSError) {
        guard algorithm.isSymmetricEncryption else { throw KMSError(.unsupported, "") }
        guard key.origin == .awsKMS else { throw originNotValid }
    }

    /// Keys that are disabled or pending deletion wait; what became due meanwhile is caught up with once.
    func isDueForRotation(at now: Timestamp) -> Bool {
        guard key.lifecycle == .enabled, key.origin == .awsKMS, algorithm.isSymmetricEncryption else { return false }
        return key.rotation.nextDate.map { $0 <= now } ?? false || current.budget.isNearlySpent
    }
}

extension Key {
    fileprivate func checkOnDemandCount() throws(KMSError) {
        guard rotation.onDemandCount < KeyStore.maximumOnDemandRotations else {
            throw KMSError(
                .limitExceeded,
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
                    + "performed for this key: \(address.arn)"
            )
        }
    }

    /// The next number is never one that a ciphertext may carry already.
    var nextMaterialNumber: UInt32 { (materials.map(\.number).max() ?? 0) + 1 }

    fileprivate mutating func didRotate(_ kind: KeyMaterial.Rotation.Kind, at now: Timestamp) {
        switch kind {
        case .onDemand:
            rotation.onDemandCount += 1
        case .automatic:
            // One for spent encryptions leaves the schedule as it is.
            guard let period = rotation.periodInDays, let due = rotation.nextDate, due <= now else { return }
            rotation.nextDate = now.adding(days: period)
        }
    }
}
