/// Where token and metadata do not agree. Nothing is put right here: an operator decides.
package struct ConsistencyReport: Sendable {
    /// Keys whose material the token does not show, or not as it was made, with the reason.
    package var faultyKeys: [(address: KeyAddress, reason: String)] = []
    /// What is wrong with the server's own keys.
    package var faultySystemKeys: [(purpose: SystemKeyPurpose, reason: String)] = []
    /// Objects that look like ours and that no row names.
    package var orphans: Set<ObjectID> = []
    /// Creations and deletions that were interrupted; the server brings them to their end.
    package var intents: [KeyAddress] = []
    package var verifiedKeys = 0

    /// Looks at every key of the store in the token, with its attributes and its check value.
    package init(comparing metadata: any MetadataStore, with backend: any KeyBackend) async throws(KMSError) {
        let image = try await metadata.load()
        let objects = try await backend.inventory()
        var named = Set(image.systemKeys.values.map(\.object))
        for key in image.keys {
            named.formUnion(key.materials.map(\.reference.object))
            if key.lifecycle == .creating || key.lifecycle == .destroying {
                intents.append(key.address)
                continue
            }
            if let reason = try await Self.fault(of: key.materials.map(\.reference), backend) {
                faultyKeys.append((key.address, reason))
            } else {
                verifiedKeys += 1
            }
        }
        for (purpose, reference) in image.systemKeys {
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
