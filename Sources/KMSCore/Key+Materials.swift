extension Key {
    func material(_ number: UInt32) -> KeyMaterial? {
        materials.first { $0.number == number }
    }

    /// Edits a material; throws when it is gone.
    mutating func editMaterial(_ number: UInt32, _ edit: (inout KeyMaterial) -> Void) throws(KMSError) {
        guard let index = materials.firstIndex(where: { $0.number == number }) else {
            throw KMSError(.conflict, "The key material of \(address.arn) was changed meanwhile. Try again.")
        }
        edit(&materials[index])
    }

    /// Whether imported material is missing that the key cannot be without: any but that which waits for a rotation.
    func lacksMaterial(at now: Timestamp) -> Bool {
        origin == .external && materials.contains { !$0.isPendingRotation && !$0.isUsable(at: now) }
    }

    /// Shows in the lifecycle whether all imported material is there.
    mutating func noteImportedMaterial(at now: Timestamp) {
        switch lifecycle {
        case .enabled, .disabled:
            if lacksMaterial(at: now) { lifecycle = .pendingImport }
        case .pendingImport:
            if !lacksMaterial(at: now) { lifecycle = .enabled }
        case .creating, .replicating, .pendingDeletion, .pendingReplicaDeletion, .destroying:
            break
        }
    }
}

extension KeyMaterial {
    /// Whether the token was ever seen to have it: what never was is nobody's business.
    package var hasEverBeen: Bool { !reference.checkValue.isEmpty }

    func isUsable(at now: Timestamp) -> Bool {
        stage == .present && !hasExpired(at: now)
    }
}
