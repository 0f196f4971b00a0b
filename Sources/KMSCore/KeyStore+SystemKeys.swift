import Synchronization

extension KeyStore {
    /// A key of the server's own, made when first needed.
    func systemKey(for purpose: SystemKeyPurpose) async throws(KMSError) -> MaterialReference {
        if let known = systemKeys.withLock({ $0[purpose] }) { return known }
        return try await gates(of: .own).materialWork.run { () async throws(KMSError) in
            // Another request may have been faster.
            if let known = systemKeys.withLock({ $0[purpose] }) { return known }
            let made = try await SystemKeys(backend: backend, metadata: journal.metadata).key(for: purpose)
            systemKeys.withLock { $0[purpose] = made }
            return made
        }
    }
}
