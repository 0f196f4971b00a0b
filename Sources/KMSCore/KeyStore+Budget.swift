import Synchronization

extension KeyStore {
    /// Accounts for one encryption before it is made.
    func spendEncryption(of material: MaterialEntry, of entry: KeyEntry) async throws(KMSError) {
        switch material.budget.spend() {
        case .covered:
            return
        case .coveredReserveAhead:
            // If this fails, the request that runs out of the reservation tries again, and waits for it.
            Task { try? await self.reserve(covering: material.budget.covered + 1, material, of: entry) }
        case .needs(let count):
            try await reserve(covering: count, material, of: entry)
        case .exhausted:
            throw KMSError(
                .limitExceeded,
                "\(entry.arn) has made as many encryptions as one key material may make "
                    + "(\(entry.algorithm.maximumEncryptions)). Rotate the key, or create a new one and point the alias to it."
            )
        }
    }

    private func reserve(
        covering count: UInt64, _ material: MaterialEntry, of entry: KeyEntry
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            guard let total = material.budget.nextReservation(covering: count) else { return }
            try await journal.prepare([
                .reserveEncryptions(entry.key.address, material: material.number, total: total)
            ])
            material.budget.didReserve(total)
        }
    }

    /// Remembers that the token shows a material, and says so when it did not before.
    func noteFound(_ material: MaterialEntry, of entry: KeyEntry) {
        guard material.setMissing(false) else { return }
        events.record(.materialFoundAgain(entry.key.address, number: material.number))
    }

    /// Remembers that the token does not show a material, and gives the error that callers see.
    func note(_ error: KMSError, _ material: MaterialEntry, of entry: KeyEntry) -> KMSError {
        guard error.code == .materialMissing else { return error }
        // Deleted or expired since the request began: it is not missing, and no alarm.
        let newest = table.withLock { $0.key(entry.key.address) }
        guard newest?.material(material.number)?.isPresent == true else {
            let state: KeyState = newest == nil ? .pendingDeletion : .pendingImport
            return KMSError(.invalidState, "\(entry.arn) \(state.sentence)")
        }
        if material.setMissing(true) {
            events.record(.materialMissing(entry.key.address, number: material.number, cause: error.cause))
        }
        return KMSError(.keyUnavailable, "The key material of \(entry.arn) is not available.", cause: error.cause)
    }
}
