import Synchronization

// How material gets from one Region's token to another's: wrapped in the one under a key that never leaves the other.
// What is to be moved stands in the store (`moving`), and is moved by whoever comes first: the call that asked for it, or
// a round of ``performDueWork()``, also after a crash.
extension KeyStore {
    /// Minutes that a move may take: then its wrapping key is destroyed, whoever was to do it.
    static let movingMinutes = 10

    /// Moves what is on its way to the keys of a place.
    func bringAwaitedMaterial(in place: KeyPlace) async throws(KMSError) {
        let waiting = entries(in: place).map(\.key).filter { $0.awaitsMaterial || !lackedMaterial(of: $0).isEmpty }
            .map(\.address)
        try await forEach(waiting, of: { $0 }) { address async throws(KMSError) in
            try await bringMaterial(to: address)
        }
    }

    /// Moves what is on its way to a key.
    func bringMaterial(to address: KeyAddress) async throws(KMSError) {
        guard let key = table.withLock({ $0.key(address) })?.key else { return }
        try await materialWork(on: key).run { () async throws(KMSError) in
            let newest = table.withLock { $0.key(address) }?.key
            // Another may have been faster, or the key be gone.
            guard var key = newest else { return }
            if !lackedMaterial(of: key).isEmpty { key = try await expectLackedMaterial(address) }
            guard key.awaitsMaterial else { return }
            do throws(KMSError) {
                for material in key.materials where material.stage == .moving { try await move(material, to: key) }
            } catch {
                if error.code == .unsupported, key.lifecycle == .replicating { try await giveUp(key, error) }
                throw error
            }
        }
    }

    /// Materials of its primary that a replica knows nothing of: its own beginning took effect although it failed, and the
    /// primary was rotated before a server saw it.
    private func lackedMaterial(of key: Key) -> [KeyMaterial] {
        guard key.isReplica, key.lifecycle != .destroying else { return [] }
        let primary = siblings(of: key.address).first(where: \.key.isPrimary)?.key
        return primary?.sharedMaterials.filter { key.material($0.number) == nil } ?? []
    }

    private func expectLackedMaterial(_ address: KeyAddress) async throws(KMSError) -> Key {
        try await changeSet(address, on: .step) { key, siblings throws(KMSError) in
            guard let primary = siblings.first(where: \.isPrimary) else { return }
            for material in primary.sharedMaterials where key.material(material.number) == nil {
                key.materials.append(material.replica(imported: key.origin == .external))
            }
        }
    }

    /// Intent (which is stored already), token, commit.
    private func move(_ material: KeyMaterial, to key: Key) async throws(KMSError) {
        let address = key.address
        let object = material.reference.object
        if unmade.withLock({ $0.remove(object) }) == nil { try await clear(object, of: key) }
        let made = try await transfer(material, to: key)
        let occasion = Occasion.service(
            "SynchronizeMultiRegionKey", address, at: clock.now,
            [AuditValue.Member("keyMaterialId", .string(material.idText))])
        try await changeSet(address, on: occasion) { key, siblings throws(KMSError) in
            try key.editMaterial(material.number) { material in
                material.reference = MaterialReference(object: object, checkValue: made.checkValue)
                material.publicKey = made.publicKey
                material.stage = .present
            }
            if key.lifecycle == .replicating, !key.awaitsMaterial { key.lifecycle = .enabled }
            if let primary = siblings.first(where: \.isPrimary) { try key.follow(primary) }
        }
    }

    /// Destroys what an earlier attempt may have left under an object's id. Nothing is destroyed but what the intent
    /// names, and only in a token that shows it, or all live keys. The intent is stored once more before: the end of that
    /// attempt may have taken effect although it failed.
    private func clear(_ object: ObjectID, of key: Key) async throws(KMSError) {
        let place = place(of: key)
        try await storeAgain(key.address)
        try await checkThatLiveKeysAreThere(
            except: dueKeys(in: place), before: [key.address], orThese: [object], in: place)
        try await backend(in: place).destroyKey(object)
    }

    /// The token of `key` has a wrapping key that others were made to trust, or makes one that is then destroyed. That of
    /// another Region wraps the material under its public part, and the first unwraps it.
    private func transfer(_ material: KeyMaterial, to key: Key) async throws(KMSError) -> GeneratedKey {
        let sources = siblings(of: key.address).filter { $0.key.material(material.number)?.stage == .present }
            .sorted { $0.key.isPrimary && !$1.key.isPrimary }
        guard !sources.isEmpty else {
            throw KMSError(.keyUnavailable, "No Region has the key material \(material.idText) of \(key.address.arn).")
        }
        if let pair = trustedWrappingKeys.withLock({ $0[key.address.scope.region] }) {
            return try await transfer(material, to: key, from: sources, under: pair)
        }
        let validTo = Timestamp(milliseconds: clock.now.milliseconds + Int64(Self.movingMinutes) * 60_000)
        // As strong as AES-128 against a thief of what is wrapped, which is in our own memory alone, for a moment.
        let wrappingKey = try await makeWrappingKey(.rsa3072, for: key.address, validTo: validTo)
        let pair = WrappingKeyPair(reference: wrappingKey.reference, publicKey: wrappingKey.publicKey)
        do throws(KMSError) {
            let made = try await transfer(material, to: key, from: sources, under: pair)
            // If this fails, a round of due work does it.
            try? await destroy(wrappingKey)
            return made
        } catch {
            try? await destroy(wrappingKey)
            throw error
        }
    }

    private func transfer(
        _ material: KeyMaterial, to key: Key, from sources: [KeyEntry], under pair: WrappingKeyPair
    ) async throws(KMSError) -> GeneratedKey {
        var failure: KMSError?
        for source in sources {
            guard let reference = source.key.material(material.number)?.reference else { continue }
            for algorithm in key.spec.movingAlgorithms {
                do throws(KMSError) {
                    let wrapped = try await backend(of: source).wrapKey(
                        reference, under: pair.publicKey, algorithm)
                    return try await backend(of: key).unwrapKey(
                        WrappedMaterial(wrappingKey: pair.reference, algorithm: algorithm, bytes: wrapped),
                        as: material.reference.object, matching: reference, of: key.spec, for: key.usage)
                } catch {
                    failure = error
                    guard error.code == .unsupported else { break }
                }
            }
        }
        throw failure ?? KMSError(.keyUnavailable, "The key material \(material.idText) cannot be had now.")
    }

    /// A replica whose token cannot hold it goes again, as a deletion does.
    private func giveUp(_ key: Key, _ error: KMSError) async throws(KMSError) {
        try await change(key.address, on: .step) { key throws(KMSError) in key.lifecycle = .destroying }
        events.record(.replicationGivenUp(key.address, cause: error.cause ?? error.message))
    }
}

extension Key {
    /// What every replica is to have.
    var sharedMaterials: [KeyMaterial] {
        materials.filter { origin == .external ? $0.hasEverBeen : $0.stage == .present }
    }

    /// Whether material is on its way to it. Not to a key that is going.
    var awaitsMaterial: Bool { lifecycle != .destroying && materials.contains { $0.stage == .moving } }
}

extension KeySpec {
    /// How material of the spec is wrapped, best first: a secret by OAEP alone, a private key, which is larger, by AES
    /// key wrap under a key that is wrapped so.
    var movingAlgorithms: [String] {
        let isSecret = AlgorithmTable.entry(for: self)?.isAsymmetric == false
        return isSecret
            ? ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"] : ["RSA_AES_KEY_WRAP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1"]
    }
}

extension KeyBackend {
    /// New material of a key: that of a multi-Region key can be wrapped for another Region's token.
    func generateMaterial(of key: Key, as object: ObjectID) async throws(KMSError) -> GeneratedKey {
        guard key.address.id.isMultiRegion else { return try await generateKey(key.spec, for: key.usage, id: object) }
        return try await generateMovableKey(key.spec, for: key.usage, id: object)
    }
}
