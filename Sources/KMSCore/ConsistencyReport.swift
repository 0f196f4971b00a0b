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

    /// What of the store is in the token.
    package enum Share: Sendable {
        /// The server's own keys, and those of all Regions but these.
        case own(except: Set<Region>)
        /// The keys of these Regions.
        case regions(Set<Region>)
        case keyStore(CustomKeyStoreID)

        fileprivate func contains(_ key: Key) -> Bool {
            if case .keyStore(let id) = self { return key.tokenKeyStore == id }
            return key.tokenKeyStore == nil && contains(key.address.scope.region)
        }

        fileprivate func contains(_ key: WrappingKey) -> Bool { contains(key.key.scope.region) }

        private func contains(_ region: Region) -> Bool {
            switch self {
            case .own(let others): !others.contains(region)
            case .regions(let regions): regions.contains(region)
            case .keyStore: false
            }
        }

        fileprivate func contains(_ purpose: SystemKeyPurpose) -> Bool {
            if let region = purpose.region { return contains(region) }
            if case .own = self { return true }
            return false
        }
    }

    /// Looks at every key of the token, with its attributes and its check value.
    package init(
        comparing metadata: any MetadataStore, with backend: any KeyBackend, of share: Share = .own(except: [])
    ) async throws(KMSError) {
        let image = try await metadata.load()
        let objects = try await backend.inventory()
        let systemKeys = image.systemKeys.filter { share.contains($0.key) }
        var named = Set(systemKeys.values.map(\.object))
        named.formUnion(image.wrappingKeys.filter { share.contains($0) }.map(\.reference.object))
        for key in image.keys where share.contains(key) {
            // Imported material that was deleted has no object any more, or should not have one.
            named.formUnion(key.materials.filter { $0.stage != .absent }.map(\.reference.object))
            if [.creating, .destroying].contains(key.lifecycle) {
                intents.append(key.address)
                continue
            }
            if key.materials.contains(where: { [.creating, .moving, .destroying].contains($0.stage) }) {
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
