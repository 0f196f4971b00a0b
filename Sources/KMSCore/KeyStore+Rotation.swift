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
        try entry.checkPrimary()
        try await changeSet(entry.key.address, on: .call(context)) { key, siblings throws(KMSError) in
            try KMSAction.enableKeyRotation.check(key.state, of: entry.arn)
            // To enable what is enabled does not put the rotation off.
            guard key.rotation.periodInDays != period else { return }
            key.rotation.periodInDays = period
            key.rotation.nextDate = now.adding(days: period)
            for index in siblings.indices { siblings[index].rotation = key.rotation }
        }
    }

    package func disableKeyRotation(_ name: String, by context: CallContext) async throws(KMSError) {
        let entry = try resolveKeyOnly(name, for: .disableKeyRotation, by: context)
        try entry.checkAutomaticRotation()
        try entry.checkPrimary()
        try await changeSet(entry.key.address, on: .call(context)) { key, siblings throws(KMSError) in
            try KMSAction.disableKeyRotation.check(key.state, of: entry.arn)
            key.rotation.periodInDays = nil
            key.rotation.nextDate = nil
            for index in siblings.indices { siblings[index].rotation = key.rotation }
        }
    }

    package func keyRotationStatus(_ name: String, by context: CallContext) throws(KMSError) -> KeyRotationStatus {
        let entry = try resolveKeyOnly(name, for: .getKeyRotationStatus, by: context)
        guard entry.algorithm.isSymmetricEncryption else { throw KMSError(.unsupported, "") }
        // While a key waits for its deletion nothing rotates it; a cancelled deletion brings the schedule back.
        let isEnding = [.pendingDeletion, .pendingReplicaDeletion].contains(entry.key.state)
        return KeyRotationStatus(
            keyARN: entry.arn,
            rotation: isEnding ? KeyRotation(onDemandCount: entry.key.rotation.onDemandCount) : entry.key.rotation,
            onDemandRotationStartDate: rotationStart(of: entry.key)
        )
    }

    /// Answers the key's ARN, when the new material encrypts. That of a multi-Region key with replicas is then made, and
    /// on its way to them.
    package func rotateKeyOnDemand(_ name: String, by context: CallContext) async throws(KMSError) -> String {
        let entry = try resolveKeyOnly(name, for: .rotateKeyOnDemand, by: context)
        guard entry.algorithm.isSymmetricEncryption else { throw KMSError(.unsupported, "") }
        if entry.key.customKeyStore != nil { throw entry.originNotValid }
        try entry.checkPrimary()
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
        try await materialWork(on: entry.key).run { () async throws(KMSError) in
            if entry.key.origin == .external {
                try await makePendingMaterialCurrent(address, by: context)
            } else {
                try await rotate(address, .onDemand, by: context)
            }
        }
        Task { try? await self.spreadRotation(of: address) }
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
            includingAllMaterial ? material.hasEverBeen : material.rotation != nil && !material.isPendingRotation
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
            guard !key.materials.contains(where: \.isPendingRotation) else {
                throw KMSError(
                    .conflict, "\(address.arn) is being rotated already. Try again when that has ended.")
            }
            key.materials.append(.new(number: key.nextMaterialNumber, at: clock.now))
        }
        guard let new = intent.materials.last else { return }
        do {
            let generated = try await backend(of: intent).generateMaterial(of: intent, as: new.reference.object)
            let now = clock.now
            let hasReplicas = !siblings(of: address).isEmpty
            let told = hasReplicas ? [] : [KeyStoreEvent.keyRotated(address, number: new.number, kind)]
            let occasion: Occasion =
                context.map { .call($0, told) } ?? .rotation(of: address, to: new, kind, at: now, told)
            try await changeSet(address, on: occasion) { key, siblings throws(KMSError) in
                try key.editMaterial(new.number) { material in
                    material.reference = MaterialReference(
                        object: new.reference.object, checkValue: generated.checkValue)
                    material.stage = .present
                    material.rotation = KeyMaterial.Rotation(date: now, kind: kind)
                    material.isPendingRotation = !siblings.isEmpty
                }
                if siblings.isEmpty { key.currentMaterial = new.number }
                key.didRotate(kind, at: now)
                for index in siblings.indices { giveNewMaterial(of: key, new.number, to: &siblings[index]) }
            }
            guard !hasReplicas else { return }
        } catch {
            try? await finishInterruptedWork(on: address, isObjectKnown: error.leavesNoObject)
            throw error
        }
        events.record(.keyRotated(address, number: new.number, kind))
    }

    /// Of imported material. A multi-Region key is rotated everywhere at once, when all its Regions have it.
    private func makePendingMaterialCurrent(_ address: KeyAddress, by context: CallContext) async throws(KMSError) {
        let now = clock.now
        let pending = table.withLock { $0.key(address) }?.key.materials.first { $0.isPendingRotation }
        let told = KeyStoreEvent.keyRotated(address, number: pending?.number ?? 0, .onDemand)
        let key = try await changeSet(address, on: .call(context, told)) { key, siblings throws(KMSError) in
            try KMSAction.rotateKeyOnDemand.check(key.state, of: address.arn)
            guard let pending = key.materials.first(where: { $0.isPendingRotation && $0.isUsable(at: now) }) else {
                throw KMSError(
                    .invalidState, "No available key material pending rotation for the key: \(address.arn).")
            }
            for sibling in siblings where sibling.material(pending.number)?.isUsable(at: now) != true {
                throw KMSError(
                    .invalidState,
                    "The key material \(pending.idText) is yet to be imported into \(sibling.address.arn). Import it there, "
                        + "and rotate the key then.")
            }
            try key.checkOnDemandCount()
            let rotation = KeyMaterial.Rotation(date: now, kind: .onDemand)
            try key.makeCurrent(pending.number, rotation)
            key.didRotate(.onDemand, at: now)
            for index in siblings.indices {
                try siblings[index].makeCurrent(pending.number, rotation)
                siblings[index].rotation = key.rotation
            }
        }
        events.record(.keyRotated(address, number: key.currentMaterial, .onDemand))
    }

    /// Rotates every key whose day has come, once however long ago that was, and every key whose material has made
    /// nearly as many encryptions as it may. One key that cannot be rotated does not hold up the others.
    func rotateDueKeys(in place: KeyPlace) async throws(KMSError) {
        let now = clock.now
        let due = entries(in: place).filter { isDueForRotation($0, at: now) }.map(\.key.address)
        try await forEach(due, of: { $0 }) { address async throws(KMSError) in
            try await gates(of: place).materialWork.run { () async throws(KMSError) in
                // Another round, or a caller, may have been faster.
                let newest = table.withLock { $0.key(address) }
                guard let newest, isDueForRotation(newest, at: clock.now) else { return }
                try await rotate(address, .automatic)
            }
        }
    }

    /// Replicas are rotated with their primary, which also sees to it that none of them runs out of encryptions.
    private func isDueForRotation(_ entry: KeyEntry, at now: Timestamp) -> Bool {
        guard !entry.key.isReplica, entry.isDueForRotation(at: now) || hasNearlySpentReplica(entry) else {
            return false
        }
        return !entry.key.materials.contains(where: \.isPendingRotation)
    }

    private func hasNearlySpentReplica(_ entry: KeyEntry) -> Bool {
        guard entry.key.lifecycle == .enabled, entry.key.origin == .awsKMS else { return false }
        return siblings(of: entry.key.address).contains { sibling in
            sibling.current.number == entry.current.number && sibling.current.budget.isNearlySpent
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
