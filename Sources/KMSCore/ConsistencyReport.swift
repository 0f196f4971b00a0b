/// Where token and metadata do not agree. Nothing is put right here: an operator decides.
package struct ConsistencyReport: Sendable {
    /// Keys whose material the token does not show, or not as it was made, with the reason.
    package var faultyKeys: [(address: KeyAddress, reason: String)] = []
    /// What is wrong with the server's own keys.
    package var faultySystemKeys: [(purpose: SystemKeyPurpose, reason: String)] = []
    /// Objects that look like ours and that no row names.
    package var orphans: Set<ObjectID> = []
    /// Creations, imports, rotations and deletions that were interrupted; the server brings them to their end.
    package var intents: [KeyAddress] = []
    package var verifiedKeys = 0

    /// Looks at every key of the token, with its attributes and its check value: of the server's own, or of that of a
    /// custom key store.
    package init(
        comparing metadata: any MetadataStore, with backend: any KeyBackend, of keyStore: CustomKeyStoreID? = nil
    ) async throws(KMSError) {
        let image = try await metadata.load()
        let objects = try await backend.inventory()
        // The server's own keys are in its own token.
        let systemKeys = keyStore == nil ? image.systemKeys : [:]
        var named = Set(systemKeys.values.map(\.object))
        if keyStore == nil { named.formUnion(image.wrappingKeys.map(\.reference.object)) }
        for key in image.keys where key.tokenKeyStore == keyStore {
            // Imported material that was deleted has no object any more, or should not have one.
            named.formUnion(key.materials.filter { $0.stage != .absent }.map(\.reference.object))
            if key.lifecycle == .creating || key.lifecycle == .destroying {
                intents.append(key.address)
                continue
            }
            if key.materials.contains(where: { $0.stage == .creating || $0.stage == .destroying }) {
                intents.append(key.address)
            }
            let present = key.materials.filter { $0.stage == .present }
            if let reason = try await Self.fault(of: present.map(\.reference), backend) {
                faultyKeys.append((key.address, reason))
            } else {
                verifiedKeys += 1
            }
        }
        // One without a check value is an intent; whoever needs the key first brings it to its end.
        for (purpose, reference) in systemKeys where !reference.checkValue.isEmpty {
            if let reason = try await Self.fault(of: [reference], backend) {
                faultySystemKeys.append((purpose, reason))
            }
        }
        orphans = objects.subtracting(named)
    }

    private static func fault(
        of references: [MaterialReference], _ backend: any KeyBackend
    ) async throws(KMSError) -> String? {
        for reference in references {
            do {
                try await backend.verifyKey(reference)
            } catch {
                guard error.code == .materialMissing else { throw error }
                return error.cause ?? error.message
            }
        }
        return nil
    }
}
