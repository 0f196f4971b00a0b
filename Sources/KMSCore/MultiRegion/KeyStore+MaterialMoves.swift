import Synchronization

// How material gets from one Region's token to another's: wrapped in the one under a key that never leaves the other.
// What is to be moved stands in the store (`moving`), and is moved by whoever comes first: the call that asked for it, or
// a round of ``performDueWork()``, also after a crash. While the one token is asked, nothing in the other waits for it.
extension KeyStore {
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
        guard var key = table.withLock({ $0.key(address) })?.key else { return }
        if !lackedMaterial(of: key).isEmpty { key = try await expectLackedMaterial(address) }
        guard key.awaitsMaterial else { return }
        do throws(KMSError) {
            for material in key.materials where material.stage == .moving { try await move(material, to: key) }
        } catch {
            if error.code == .unsupported { try await giveUp(address, error) }
            throw error
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

    /// Under the wrapping key of the Region's token that others were made to trust, or one for this move.
    private func move(_ material: KeyMaterial, to key: Key) async throws(KMSError) {
        if let pair = trustedWrappingKeys.withLock({ $0[key.address.scope.region] }) {
            return try await move(material, to: key, under: pair)
        }
        let validTo = Timestamp(milliseconds: clock.now.milliseconds + Int64(Self.movingMinutes) * 60_000)
        // As strong as AES-128 against a thief of what is wrapped, which is in our own memory alone, for a moment.
        let wrappingKey = try await makeWrappingKey(.rsa3072, for: key.address, validTo: validTo)
        let result: KMSError?
        do throws(KMSError) {
            try await move(
                material, to: key,
                under: WrappingKeyPair(reference: wrappingKey.reference, publicKey: wrappingKey.publicKey))
            result = nil
        } catch {
            result = error
        }
        // If this fails, a round of due work does it.
        try? await destroy(wrappingKey)
        if let result { throw result }
    }

    /// Out of the first Region that can wrap it, by the first way that both tokens know.
    private func move(
        _ material: KeyMaterial, to key: Key, under pair: WrappingKeyPair
    ) async throws(KMSError) {
        let sources = siblings(of: key.address).filter { $0.key.material(material.number)?.stage == .present }
            .sorted { $0.key.isPrimary && !$1.key.isPrimary }
        var failure = KMSError(
            .keyUnavailable, "No Region has the key material \(material.idText) of \(key.address.arn).")
        for source in sources {
            guard let reference = source.key.material(material.number)?.reference else { continue }
            for algorithm in key.spec.movingAlgorithms {
                do throws(KMSError) {
                    let wrapped = try await backend(of: source).wrapKey(reference, under: pair.publicKey, algorithm)
                    return try await receive(
                        WrappedMaterial(wrappingKey: pair.reference, algorithm: algorithm, bytes: wrapped), reference,
                        as: material.number, of: key.address)
                } catch {
                    failure = error
                    guard error.code == .unsupported else { break }
                }
            }
        }
        throw failure
    }

    /// Intent (which is stored already), token, commit.
    private func receive(
        _ wrapped: WrappedMaterial, _ source: MaterialReference, as number: UInt32, of address: KeyAddress
    ) async throws(KMSError) {
        guard let place = table.withLock({ $0.key(address) }).map({ self.place(of: $0.key) }) else { return }
        try await gates(of: place).materialWork.run { () async throws(KMSError) in
            // Another may have been faster, or the key be gone.
            guard let key = table.withLock({ $0.key(address) })?.key, key.lifecycle != .destroying,
                let material = key.material(number), material.stage == .moving
            else { return }
            let object = material.reference.object
            if unmade.withLock({ $0.remove(object) }) == nil { try await clear(object, of: key) }
            let made = try await backend(of: key).unwrapKey(
                wrapped, as: object, matching: source, of: key.spec, for: key.usage)
            let occasion = Occasion.service(
                "SynchronizeMultiRegionKey", address, at: clock.now,
                [AuditValue.Member("keyMaterialId", .string(material.idText))])
            try await changeSet(address, on: occasion) { key, siblings throws(KMSError) in
                try key.editMaterial(number) { material in
                    material.reference = MaterialReference(object: object, checkValue: made.checkValue)
                    material.publicKey = made.publicKey
                    material.stage = .present
                }
                if key.lifecycle == .replicating, !key.awaitsMaterial { key.lifecycle = .enabled }
                if let primary = siblings.first(where: \.isPrimary) { try key.follow(primary) }
            }
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

    /// A replica whose token cannot hold it goes again, as a deletion does.
    private func giveUp(_ address: KeyAddress, _ error: KMSError) async throws(KMSError) {
        let key = try await change(address, on: .step) { key throws(KMSError) in
            if key.lifecycle == .replicating { key.lifecycle = .destroying }
        }
        guard key.lifecycle == .destroying else { return }
        events.record(.replicationGivenUp(address, cause: error.cause ?? error.message))
    }

    /// Minutes that a move may take: then its wrapping key is destroyed, whoever was to do it.
    static let movingMinutes = 10
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
